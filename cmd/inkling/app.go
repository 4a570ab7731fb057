package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/read"
	"github.com/inkling-sec/inkling/store"
)

// app is what every subcommand shares: the flags of the root command and where to write.
type app struct {
	home string
	json bool
}

// store opens the home named by --home, INKLING_HOME, or the default, in this order.
func (a *app) store() (store.Home, error) {
	if a.home != "" {
		return store.Home{Dir: a.home}, nil
	}
	if dir := os.Getenv("INKLING_HOME"); dir != "" {
		return store.Home{Dir: dir}, nil
	}
	return store.Default()
}

// print writes one JSON line.
func (a *app) print(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) }

// input are the flags that say how a file is to be read.
type input struct {
	format string
	names  []string
	strict bool
	unread int                  // records left out
	pin    *feature.TableSchema // what records are held to; nil: to nothing
	pinned string               // the file it is of
	lacks  []string             // columns that records of JSON may lack
	truth  truthFlags
	before []string         // files that came before those with records to judge
	thin   bool             // of more records than examples may be, some are taken
	stderr func() io.Writer // where notes go; nil: nowhere
	told   map[string]bool  // notes that were given
}

func (in *input) flags(cmd *cobra.Command) {
	in.stderr, in.told = cmd.ErrOrStderr, map[string]bool{}
	cmd.Flags().StringVar(&in.format, "format", "", "force the input format instead of recognising it: "+formats())
	cmd.Flags().StringSliceVar(&in.names, "names", nil, "column names of a table without a header line; other formats are refused")
}

func (in *input) options() read.Options {
	return read.Options{Format: in.format, Names: in.names, Columns: in.lacks}
}

// strictFlag is for commands that go over whole files.
func (in *input) strictFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&in.strict, "strict", false, "stop at the first record that cannot be read, instead of leaving it out, telling of the first few and counting all")
}

// skipped gives what is done with records that cannot be read: with --strict they end the command, else the first few
// are told, and the summary counts all.
func (in *input) skipped(cmd *cobra.Command, p *progress) func(error) error {
	if in.strict {
		return func(err error) error { return err }
	}
	return func(err error) error {
		what := err.Error()
		if in.unread++; in.unread == mostUnread+1 {
			what = "further ones are not named"
		} else if in.unread > mostUnread {
			return nil
		}
		p.cleared(func() error {
			_, err := fmt.Fprintln(cmd.ErrOrStderr(), "inkling: skipped:", what)
			return err
		})
		return nil
	}
}

// mostUnread is how many records that cannot be read are named.
const mostUnread = 3

// tellUnread says how many records were left out, where there is no summary to say so and not all were named.
func (in *input) tellUnread(cmd *cobra.Command) {
	if in.unread > mostUnread {
		fmt.Fprintf(cmd.ErrOrStderr(), "inkling: skipped: %s in all\n", plural(in.unread, "record"))
	}
}

// opener opens files so that the end of ctx ends a wait for the beginning or for
// more, of a pipe or of standard input.
func (in *input) opener(ctx context.Context) func(file string) (inkling.Reader, error) {
	return func(file string) (inkling.Reader, error) {
		return in.open(ctx, file, in.options())
	}
}

// opened opens a file, or gives up with ctx: to recognise a pipe's format is to wait for its beginning.
func opened(ctx context.Context, file string, o read.Options) (*read.File, error) {
	type result struct {
		f   *read.File
		err error
	}
	done := make(chan result)
	go func() {
		f, err := read.Open(file, o)
		select {
		case done <- result{f, err}:
		case <-ctx.Done():
			if err == nil {
				f.Close()
			}
		}
	}()
	select {
	case r := <-done:
		return r.f, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (in *input) open(ctx context.Context, file string, o read.Options) (inkling.Reader, error) {
	f, err := opened(ctx, file, o)
	if err != nil {
		return nil, err
	}
	r := in.truth.label(f)
	if in.pin != nil {
		r = feature.Pin(r, in.truth.kept(in.pin))
	}
	return &stoppable{r, context.AfterFunc(ctx, func() { f.Close() }), func(n string) { in.note(file + ": " + n) }}, nil
}

// stoppable is a reader that the end of a context closes.
type stoppable struct {
	inkling.Reader
	release func() bool
	note    func(string)
}

func (s *stoppable) Close() error {
	for _, n := range inkling.NotesOf(s.Reader) {
		s.note(n)
	}
	if !s.release() {
		return nil // closed already
	}
	return s.Reader.Close()
}

func formats() string {
	var names []string
	for _, f := range read.Formats {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// style colours text on a terminal and leaves it plain elsewhere.
type style struct{ on bool }

func styleOf(w io.Writer) style {
	if o, ok := w.(*output); ok {
		w = o.Writer
	}
	f, ok := w.(*os.File)
	return style{ok && term.IsTerminal(int(f.Fd())) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

func (s style) with(code, text string) string {
	if !s.on {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s style) bold(t string) string  { return s.with("1", t) }
func (s style) dim(t string) string   { return s.with("2", t) }
func (s style) red(t string) string   { return s.with("31", t) }
func (s style) green(t string) string { return s.with("32", t) }
func (s style) blue(t string) string  { return s.with("36", t) }

// progress rewrites one line of a terminal; elsewhere it is silent. Any goroutine may call it.
type progress struct {
	w    *os.File
	mu   sync.Mutex // guards what follows, and the terminal
	last time.Time
	used bool
}

func newProgress(a *app) *progress {
	if a.json || !term.IsTerminal(int(os.Stderr.Fd())) {
		return &progress{}
	}
	return &progress{w: os.Stderr}
}

// show writes at most ten times a second.
func (p *progress) show(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.w == nil || time.Since(p.last) < 100*time.Millisecond {
		return
	}
	p.last, p.used = time.Now(), true
	fmt.Fprint(p.w, "\r\x1b[K"+inOneLine(p.w, fmt.Sprintf(format, args...)))
}

// inOneLine cuts a text, which may name what stands in a file, to the terminal's width: a line that was broken in two is not rewritten, but added to.
func inOneLine(terminal *os.File, text string) string {
	width, _, err := term.GetSize(int(terminal.Fd()))
	return cutTo(inkling.Printable(text), width, err == nil)
}

// cutTo cuts a text to less than a width, where that is known.
func cutTo(text string, width int, known bool) string {
	if r := []rune(text); known && width > 1 && len(r) >= width {
		return string(r[:width-2]) + "…"
	}
	return text
}

// count gives a function that shows how much of what is done.
func (p *progress) count(what string) func(done, of int) {
	return func(done, of int) {
		p.show("%s %s  %d of %d tasks", what, bar(style{}, float64(done)/float64(of)), done, of)
	}
}

func (p *progress) clear() { p.cleared(func() error { return nil }) }

// cleared clears the line and has print write in its place; until it has, nothing is shown.
func (p *progress) cleared(print func() error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.used {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.used = false
	}
	return print()
}
