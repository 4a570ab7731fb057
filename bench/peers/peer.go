package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// script is how a work is asked of the peer. Every script takes --threads.
type script struct {
	file    string   // in the folder of --peers; none means inline
	inline  string   // a program
	args    []string // beside --threads and --seconds
	once    bool     // takes no --seconds
	modules string   // that it imports
	line    string   // the "peer" of the JSON line that counts, if there are several
	ms      func(line) float64
}

// line is what of a script's output is read.
type line struct {
	Peer         string  `json:"peer"`
	MSPerTask    float64 `json:"ms_per_task"`
	MSPerEpisode float64 `json:"ms_per_episode"`
	RowsPerS     float64 `json:"rows_per_s"`
	MSPerProduct float64 `json:"ms_per_product"`
}

// product times one small matrix product on PyTorch.
const product = `import argparse, json, time, torch
p = argparse.ArgumentParser()
p.add_argument("--threads", type=int, default=1)
p.add_argument("--seconds", type=float, default=2)
a = p.parse_args()
torch.set_num_threads(a.threads)
x, y = torch.randn(75, 64), torch.randn(64, 64)
with torch.no_grad():
    for _ in range(1000):
        x @ y
    n, t0 = 0, time.perf_counter()
    while time.perf_counter() - t0 < a.seconds:
        for _ in range(1000):
            x @ y
        n += 1000
    ms = (time.perf_counter() - t0) / n * 1e3
print(json.dumps({"peer": "torch " + torch.__version__, "ms_per_product": ms}))
`

// check says what of the peer is not there.
func (s *sitting) check(ctx context.Context, k work) error {
	if _, err := os.Stat(s.python); err != nil {
		return &absent{"there is no " + s.python}
	}
	if k.script.file != "" {
		if _, err := os.Stat(filepath.Join(s.dir, k.script.file)); err != nil {
			return &absent{fmt.Sprintf("there is no %s in %s (--peers names the folder)", k.script.file, s.dir)}
		}
	}
	err, known := s.imports[k.script.modules]
	if !known {
		err = s.try(ctx, k.script.modules)
		s.imports[k.script.modules] = err
	}
	return err
}

func (s *sitting) try(ctx context.Context, modules string) error {
	if out, err := s.start(ctx, "-c", "import "+modules).CombinedOutput(); err != nil {
		return &absent{fmt.Sprintf("%s cannot import %s: %s", s.python, modules, lastLine(out))}
	}
	return nil
}

// peer runs the script once and gives its time per unit.
func (s *sitting) peer(ctx context.Context, k work, threads int) (float64, string, error) {
	args := []string{"-c", k.script.inline}
	if k.script.file != "" {
		args = []string{filepath.Join(s.dir, k.script.file)}
	}
	args = append(append(args, k.script.args...), "--threads", strconv.Itoa(threads))
	if !k.script.once {
		args = append(args, "--seconds", strconv.FormatFloat(s.seconds, 'g', -1, 64))
	}
	cmd := s.start(ctx, args...)
	var diag bytes.Buffer
	cmd.Stderr = &diag
	out, err := cmd.Output()
	if err != nil {
		return 0, "", fmt.Errorf("%s: %w: %s", strings.Join(k.script.command(), " "), err, lastLine(diag.Bytes()))
	}
	for text := range bytes.Lines(out) {
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			return 0, "", fmt.Errorf("%s: not a JSON line: %w", k.script.file, err)
		}
		if k.script.line == "" || k.script.line == l.Peer {
			if ms := k.script.ms(l); ms > 0 {
				return ms, l.Peer, nil
			}
		}
	}
	return 0, "", fmt.Errorf("%s: no line tells a time", strings.Join(k.script.command(), " "))
}

func (c script) command() []string {
	if c.file == "" {
		return []string{"the inline script"}
	}
	return append([]string{c.file}, c.args...)
}

// start prepares python; the end of ctx interrupts it as Ctrl-C does, and kills it 2 s later.
func (s *sitting) start(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, s.python, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = 2 * time.Second
	return cmd
}

func lastLine(b []byte) string {
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return lines[len(lines)-1]
}
