package netflow

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"

	"github.com/inkling-sec/inkling"
)

// maxPacket is the most bytes of a packet: what a datagram holds.
const maxPacket = 1<<16 - 1

// File gives the export packets of a file that holds them one after the other. They are of one exporter, and came when
// their headers say. Packets of v9, which tell no length, end where a number stands that no set of theirs may have.
type File struct {
	file    string
	r       *bufio.Reader
	buf     []byte
	packets int
}

// NewFile reads the packets of r; file names it in errors.
func NewFile(r *bufio.Reader, file string) *File { return &File{file: file, r: r} }

// Next implements Packets.
func (f *File) Next() ([]byte, netip.Addr, int64, error) {
	f.buf = f.buf[:0]
	f.packets++
	err := f.more(4)
	if err == io.EOF && len(f.buf) == 0 {
		return nil, netip.Addr{}, 0, io.EOF
	}
	if err == nil {
		count := int(binary.BigEndian.Uint16(f.buf[2:]))
		switch version := binary.BigEndian.Uint16(f.buf); {
		case version == 5:
			err = f.more(v5Header - 4 + count*v5Record)
		case version == 9:
			err = f.v9()
		case version == 10 && count >= ipfixHeader:
			err = f.more(count - 4)
		default:
			err = fmt.Errorf("no packet begins with % x", f.buf)
		}
	}
	if err != nil {
		return nil, netip.Addr{}, 0, f.ended(err)
	}
	return f.buf, netip.Addr{}, 0, nil
}

// v9 reads the rest of a packet of v9, set by set.
func (f *File) v9() error {
	if err := f.more(v9Header - 4); err != nil {
		return err
	}
	for {
		head, err := f.r.Peek(4)
		if len(head) == 0 {
			return nil // the end; other errors come again
		}
		if len(head) >= 2 {
			if id := int(binary.BigEndian.Uint16(head)); !isSet(9, id) {
				return nil // a packet, or damage, which is told of when it is read
			}
		}
		if err != nil {
			return io.EOF
		}
		n := int(binary.BigEndian.Uint16(head[2:]))
		if n < 4 {
			return fmt.Errorf("a set of %d bytes", n)
		}
		if err := f.more(n); err != nil {
			return err
		}
	}
}

// more reads n bytes more of the packet.
func (f *File) more(n int) error {
	from := len(f.buf)
	if from+n > maxPacket {
		return fmt.Errorf("a packet of more than %d bytes", maxPacket)
	}
	if cap(f.buf) < from+n {
		f.buf = append(make([]byte, 0, max(2048, 2*(from+n))), f.buf...)
	}
	f.buf = f.buf[:from+n]
	got, err := io.ReadFull(f.r, f.buf[from:])
	f.buf = f.buf[:from+got]
	if err == io.ErrUnexpectedEOF {
		return io.EOF
	}
	return err
}

// ended says in words why the file gives no more packets.
func (f *File) ended(err error) error {
	e := &inkling.Error{Code: inkling.Invalid, Place: fmt.Sprintf("%s: packet %d", f.file, f.packets), Remedy: "copy the file again; the packets before were read"}
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		e.What = "the file is truncated: it ends in the middle of a packet"
		return e
	}
	e.What, e.Err = "the file is damaged here", err
	return e
}
