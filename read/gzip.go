package read

import (
	"bufio"
	"compress/gzip"
	"io"
)

// members reads the gzip members of a file one after the other. Zeros behind the last one, as of tapes and of file systems that fill a
// file's last block, are its end, as they are to gzip itself; compress/gzip takes them for a damaged header.
type members struct {
	r   *bufio.Reader
	z   *gzip.Reader
	err error
}

func openGzip(r *bufio.Reader) (io.Reader, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	return &members{r: r, z: z}, nil
}

func (m *members) Read(b []byte) (int, error) {
	for m.err == nil {
		n, err := m.z.Read(b)
		if m.err = err; err == io.EOF {
			m.err = m.next()
		}
		if n > 0 || len(b) == 0 {
			return n, nil
		}
	}
	return 0, m.err
}

// next goes to the member behind the one that has ended; io.EOF where there is none.
func (m *members) next() error {
	for padded := false; ; padded = true {
		head, err := m.r.Peek(1)
		switch {
		case err != nil:
			return err
		case head[0] == 0:
			_, _ = m.r.Discard(1)
			continue
		case padded:
			return gzip.ErrHeader
		}
		if err = m.z.Reset(m.r); err == nil {
			m.z.Multistream(false)
		}
		return err
	}
}
