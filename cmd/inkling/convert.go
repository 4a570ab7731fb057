package main

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/spf13/cobra"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read"
	"github.com/inkling-sec/inkling/read/pcap"
	"github.com/inkling-sec/inkling/read/zeek"
	"github.com/inkling-sec/inkling/store"
)

// A converter is one run of inkling convert.
type converter struct {
	out      string
	json     bool
	opts     read.Options
	stderr   io.Writer
	terminal bool

	w       recordWriter
	records int
	skipped int
	stats   pcap.Stats
	errs    []error
	shown   time.Time
	took    map[string]bool // formats that there were
}

type recordWriter interface {
	Write(*inkling.Record) error
	Close() error
}

func convertCmd() *cobra.Command {
	c := &converter{}
	cmd := &cobra.Command{
		Use:   "convert FILE…",
		Short: "Turn captures and other logs into a Zeek conn.log",
		Long: `Convert reads captures (pcap, pcapng) or any other readable file, compressed or not,
and writes its records as a Zeek log: tab-separated, or JSON lines with --json.

With -o the output appears whole or not at all. A capture that was cut is converted as
far as it goes, and the exit status then tells that something is missing.`,
		Example: `  inkling convert trace.pcap -o conn.log
  inkling convert monday.pcapng.gz tuesday.pcapng.gz -o conn.log.gz
  tcpdump -w - -c 1000 | inkling convert - --json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c.stderr = cmd.ErrOrStderr()
			if err := within([]bounded{{"max-flows", c.opts.MaxFlows, 0, 0}}); err != nil {
				return err
			}
			args, passed, err := read.Files(args, c.opts, nil)
			if err != nil {
				return err
			}
			if len(passed) > 0 {
				c.note(passedOver(passed))
			}
			if err := overInput(c.out, args); err != nil {
				return err
			}
			return c.run(cmd.Context(), cmd.OutOrStdout(), args)
		},
	}
	cmd.Flags().StringVarP(&c.out, "output", "o", "-", "file to write, compressed when it ends in .gz or .zst; - is standard output")
	cmd.Flags().BoolVar(&c.json, "json", false, "write JSON lines")
	cmd.Flags().StringVar(&c.opts.Format, "format", "", "force the input format instead of recognising it: "+formats())
	cmd.Flags().StringSliceVar(&c.opts.Names, "names", nil, "column names of a table without a header line; other formats are refused")
	cmd.Flags().IntVar(&c.opts.MaxFlows, "max-flows", 0, fmt.Sprintf("flows a capture or an export may hold open at a time; 0 means %d", pcap.DefaultMaxFlows))
	cmd.Flags().BoolVarP(&c.opts.AnyChecksum, "any-checksum", "C", false, "count packets with a wrong checksum too, for captures whose addresses were changed")
	return cmd
}

func (c *converter) run(ctx context.Context, stdout io.Writer, files []string) error {
	start := time.Now()
	c.terminal = isTerminal(c.stderr)
	c.took = map[string]bool{}
	body := func(w io.Writer) error { return c.convert(ctx, w, files) }
	var err error
	if c.out == "-" {
		err = buffered(stdout, body)
	} else {
		err = store.Elsewhere(store.WriteFile(c.out, func(w io.Writer) error { return compressed(w, filepath.Ext(c.out), body) }), "with -o")
	}
	if c.terminal {
		fmt.Fprint(c.stderr, "\r\033[K")
	}
	if err != nil {
		return err
	}
	c.tellUnused()
	fmt.Fprintln(c.stderr, c.summary(time.Since(start)))
	return c.failed()
}

// tellUnused tells of flags that none of the files took.
func (c *converter) tellUnused() {
	for _, flag := range []struct {
		name    string
		given   bool
		formats []string
	}{
		{"--max-flows", c.opts.MaxFlows > 0, []string{"pcap", "netflow", "nfdump"}},
		{"-C", c.opts.AnyChecksum, []string{"pcap", "netflow"}}, // netflow: in a capture
	} {
		if flag.given && !slices.ContainsFunc(flag.formats, func(f string) bool { return c.took[f] }) {
			c.note(fmt.Sprintf("%s did nothing: it is for %s", flag.name, either(flag.formats)))
		}
	}
}

// failed joins what went wrong while the output was still worth writing.
func (c *converter) failed() error {
	if len(c.errs) == 0 {
		return nil
	}
	first := c.errs[0]
	for _, e := range c.errs[1:] {
		fmt.Fprintln(c.stderr, "inkling:", e)
	}
	return &inkling.Error{Code: inkling.CodeOf(first), Err: first,
		What: fmt.Sprintf("converted in part: %s written to %s", were(int(c.records)), outName(c.out))}
}

func outName(path string) string {
	if path == "-" {
		return "standard output"
	}
	return path
}

// buffered lets body write to w, all that it wrote, even where it fails.
func buffered(w io.Writer, body func(io.Writer) error) error {
	b := bufio.NewWriterSize(w, 64<<10)
	err := body(b)
	return cmp.Or(err, b.Flush()) // the records before an error are whole lines
}

// compressed writes through what a file name's end says, in letters of either case: .gz, .zst, or nothing. The gzip header names no file and no
// time: the same records give the same bytes.
func compressed(w io.Writer, end string, body func(io.Writer) error) error {
	var z io.WriteCloser
	switch strings.ToLower(end) {
	case ".gz":
		z = gzip.NewWriter(w)
	case ".zst":
		var err error
		if z, err = zstd.NewWriter(w, zstd.WithEncoderConcurrency(1)); err != nil {
			return err
		}
	default:
		return buffered(w, body)
	}
	if err := buffered(z, body); err != nil {
		return err
	}
	return z.Close()
}

func (c *converter) convert(ctx context.Context, w io.Writer, files []string) error {
	if c.json {
		c.w = zeek.NewJSONWriter(w)
	} else {
		c.w = zeek.NewWriter(w)
	}
	for _, name := range files {
		if err := c.file(ctx, name); err != nil {
			return err
		}
	}
	if zw, ok := c.w.(*zeek.Writer); ok && c.records == 0 {
		if err := zw.Header(pcap.Schema); err != nil {
			return err
		}
	}
	return c.w.Close()
}

// file converts one file. An error of the input is kept for the end; the error
// it returns is one of the output, or of a file that is no input at all.
func (c *converter) file(ctx context.Context, name string) error {
	f, err := opened(ctx, name, c.opts)
	if err != nil {
		return err
	}
	defer f.Close()
	defer context.AfterFunc(ctx, func() { f.Close() })()
	c.took[f.Format] = true
	var rec inkling.Record
	for err == nil {
		err = c.record(ctx, f, name, &rec)
	}
	c.count(f)
	for _, n := range f.Notes() {
		c.note(name + ": " + n)
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// record converts the next record; io.EOF ends the file.
func (c *converter) record(ctx context.Context, f *read.File, name string, rec *inkling.Record) error {
	err := f.Read(rec)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	switch {
	case err == io.EOF:
		return err
	case inkling.Skippable(err):
		if c.skipped++; c.skipped <= 5 {
			c.errs = append(c.errs, err)
		}
		return nil
	case err != nil:
		c.errs = append(c.errs, err)
		return io.EOF
	}
	c.records++
	c.progress(f, name)
	return c.w.Write(rec)
}

// note says something of the input, on a line of its own.
func (c *converter) note(what string) {
	if c.terminal {
		fmt.Fprint(c.stderr, "\r\033[K")
	}
	fmt.Fprintln(c.stderr, "inkling: note:", inkling.Printable(what))
}

func (c *converter) count(f *read.File) {
	if r, ok := f.Unwrap().(*pcap.Reader); ok {
		s := r.Stats()
		c.stats.Packets += s.Packets
		c.stats.Flows += s.Flows
		c.stats.Evicted += s.Evicted
		c.stats.Malformed += s.Malformed
		c.stats.BadSum += s.BadSum
		c.stats.NotIP += s.NotIP
	}
}

func (c *converter) summary(d time.Duration) string {
	s := fmt.Sprintf("%s in %.2f s", plural(int(c.records), "record"), d.Seconds())
	if p := c.stats; p.Packets > 0 {
		s = fmt.Sprintf("%s, %s in %.2f s; %s evicted; %s undecodable, %s with a bad checksum, %s not IP",
			plural(int(p.Packets), "packet"), plural(int(p.Flows), "flow"), d.Seconds(), plural(int(p.Evicted), "flow"), plural(int(p.Malformed), "packet"), count(int(p.BadSum)), count(int(p.NotIP)))
	}
	if p := c.stats; p.BadSum > p.Packets/2 {
		s += " (most checksums are wrong: use -C if the addresses in the capture were changed)"
	}
	if c.skipped > 0 {
		s += "; " + plural(int(c.skipped), "record") + " could not be read"
	}
	return s
}

// progress tells a terminal how far the file is read, twice a second.
func (c *converter) progress(f *read.File, name string) {
	if !c.terminal || c.records%256 != 0 || time.Since(c.shown) < time.Second/2 {
		return
	}
	c.shown = time.Now()
	part := ""
	if f.Size > 0 {
		part = fmt.Sprintf("%d %%, ", 100*f.Done()/f.Size)
	}
	text := fmt.Sprintf("%s: %s%d records", name, part, c.records)
	if f, ok := c.stderr.(*os.File); ok {
		text = inOneLine(f, text)
	}
	fmt.Fprint(c.stderr, "\r\033[K"+text)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
