package store

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// packing reads and writes files of one way of compressing; of gzip, the writer takes over the reader's header.
type packing struct {
	reader func(io.Reader) (io.Reader, func(), error)
	writer func(w io.Writer, as io.Reader) (io.WriteCloser, error)
}

// packings are by the end of a file's name.
var packings = map[string]packing{
	".gz": {
		func(r io.Reader) (io.Reader, func(), error) {
			z, err := gzip.NewReader(r)
			return z, func() {}, err
		},
		func(w io.Writer, as io.Reader) (io.WriteCloser, error) {
			z := gzip.NewWriter(w)
			z.Header = as.(*gzip.Reader).Header
			return z, nil
		},
	},
	".zst": {
		func(r io.Reader) (io.Reader, func(), error) {
			z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
			if err != nil {
				return nil, nil, err
			}
			return z, z.Close, nil
		},
		func(w io.Writer, _ io.Reader) (io.WriteCloser, error) {
			return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		},
	},
}

// cutPacked cuts a compressed file to the lines that a note speaks of, where it holds them: it is written anew. One that is damaged
// holds none; one that may not be written is left as it is, with lines that will be made again, as it may be somebody else's to keep.
func cutPacked(path string, n noted) (found bool) {
	p, ok := packings[strings.ToLower(filepath.Ext(path))]
	if !ok {
		return false
	}
	more := false
	err := unpack(p, path, func(r io.Reader) error {
		tail := make([]byte, min(n.Length, endingSize))
		if _, err := io.CopyN(io.Discard, r, n.Length-int64(len(tail))); err != nil {
			return err
		}
		if _, err := io.ReadFull(r, tail); err != nil {
			return err
		}
		found = endingOf(tail) == n.Ending
		rest, err := io.Copy(io.Discard, r) // all of it: what is cut short holds no lines for sure
		more = rest > 0
		return err
	})
	if err != nil || !found || !more {
		return found && err == nil
	}
	return WriteFile(path, func(w io.Writer) error {
		return unpack(p, path, func(r io.Reader) error {
			z, err := p.writer(w, r)
			if err != nil {
				return err
			}
			if _, err := io.CopyN(z, r, n.Length); err != nil {
				return err
			}
			return z.Close()
		})
	}) == nil
}

// unpack lets use read what is in a compressed file.
func unpack(p packing, path string, use func(io.Reader) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r, done, err := p.reader(f)
	if err != nil {
		return err
	}
	defer done()
	return use(r)
}
