package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"

	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/tensor"
)

//go:embed peer.py
var sklearnScript string

// sklearn is a learner of scikit-learn, which runs in processes of its own, one a core. Benign and taught rows weigh the same in all.
//
// What is written to a process is a head of four numbers (little-endian uint32): which task, 0 to teach or 1 to ask, rows and columns; then
// the rows (float32); and to teach a byte a row, 1 where it is taught. It answers a float32 for each row asked about, one when it is taught.
type sklearn struct {
	ctx   context.Context // that they run under
	name  string
	pool  []*process
	mu    sync.Mutex
	tasks uint32
}

// process is one that answers a question at a time.
type process struct {
	mu   sync.Mutex
	in   io.WriteCloser
	out  *bufio.Reader
	diag bytes.Buffer
	cmd  *exec.Cmd
}

// startSklearn starts a learner of peer.py; it ends with ctx.
func startSklearn(ctx context.Context, python, name string) (*sklearn, error) {
	s := &sklearn{ctx: ctx, name: name}
	for range runtime.GOMAXPROCS(0) {
		p := &process{cmd: exec.CommandContext(ctx, python, "-c", sklearnScript, name)}
		p.cmd.Env, p.cmd.Stderr = append(os.Environ(), "OMP_NUM_THREADS=1"), &p.diag
		var err error
		if p.in, err = p.cmd.StdinPipe(); err != nil {
			return nil, err
		}
		out, err := p.cmd.StdoutPipe()
		if err != nil {
			return nil, err
		}
		p.out = bufio.NewReader(out)
		if err := p.cmd.Start(); err != nil {
			return nil, fmt.Errorf("--sklearn: %w: name the interpreter with --python", err)
		}
		s.pool = append(s.pool, p)
	}
	return s, nil
}

// ask writes a question and gives the answer, n numbers.
func (p *process) ask(question []byte, n int) ([]float32, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	answer := make([]float32, n)
	_, err := p.in.Write(question)
	if err == nil {
		err = binary.Read(p.out, binary.LittleEndian, answer)
	}
	if err != nil {
		p.in.Close()
		p.cmd.Wait() // all that it said is there now
		said := strings.Split(strings.TrimSpace(p.diag.String()), "\n")
		return nil, fmt.Errorf("scikit-learn ended: %w: %s", err, said[len(said)-1])
	}
	return answer, nil
}

// question is a head and rows.
func question(task, asked uint32, x *tensor.Tensor) []byte {
	b := binary.LittleEndian.AppendUint32(nil, task)
	for _, v := range []uint32{asked, uint32(x.Rows()), uint32(x.Cols())} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	b, err := binary.Append(b, binary.LittleEndian, x.Data[:x.Rows()*x.Cols()])
	if err != nil {
		panic(err) // of numbers there is none
	}
	return b
}

func (s *sklearn) Name() string { return "sklearn-" + s.name }

// Adapt teaches one of the processes.
func (s *sklearn) Adapt(_ context.Context, t *meta.Task) (meta.Scorer, error) {
	if t.Ways != 2 {
		return nil, fmt.Errorf("%s: %d ways: it is for detection", s.Name(), t.Ways)
	}
	s.mu.Lock()
	task := s.tasks
	s.tasks++
	s.mu.Unlock()
	b := question(task, 0, t.Support.X)
	for _, y := range t.Support.Y {
		b = append(b, byte(y))
	}
	a := &asked{s.ctx, s.pool[int(task)%len(s.pool)], task}
	_, err := a.process.ask(b, 1)
	return a, err
}

// asked is a scorer in a process.
type asked struct {
	ctx     context.Context
	process *process
	task    uint32
}

func (*asked) Ways() int { return 2 }

// Score panics where the process has ended, but by an interruption, when nothing counts any more: a [meta.Scorer] has no errors.
func (a *asked) Score(dst []float32, x *tensor.Tensor) {
	margins, err := a.process.ask(question(a.task, 1, x), x.Rows())
	if err != nil && a.ctx.Err() == nil {
		panic(err)
	}
	for i, v := range margins {
		dst[2*i], dst[2*i+1] = 0, v
	}
}
