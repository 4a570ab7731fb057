package parquet

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// Codecs, of those that the format has.
const (
	codecNone   = 0
	codecSnappy = 1
	codecGzip   = 2
	codecZstd   = 6
	codecLZ4    = 7
)

// others are codecs that are not read.
var others = map[int]string{3: "LZO", 4: "Brotli", 5: "LZ4 in Hadoop's framing"}

// gains are the most bytes that a codec makes of one.
var gains = map[int]int64{codecNone: 1, codecSnappy: 32, codecGzip: 1100, codecZstd: 1 << 15, codecLZ4: 256}

var errPacked = errors.New("its compression is damaged")

// unzstd is safe for many goroutines.
var unzstd, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(mostPage))

// unpacked undoes a codec into dst, which has as many bytes as there are to be.
func unpacked(dst, src []byte, codec int) error {
	switch codec {
	case codecNone:
		if len(src) != len(dst) {
			return errPacked
		}
		copy(dst, src)
		return nil
	case codecSnappy:
		if n, err := snappy.DecodedLen(src); err != nil || n != len(dst) {
			return errPacked
		}
		_, err := snappy.Decode(dst, src)
		return damaged(err)
	case codecGzip:
		z, err := gzip.NewReader(bytes.NewReader(src))
		if err != nil {
			return errPacked
		}
		if _, err := io.ReadFull(z, dst); err != nil {
			return errPacked
		}
		if n, err := z.Read(make([]byte, 1)); n > 0 || err != io.EOF {
			return errPacked
		}
		return nil
	case codecZstd:
		out, err := unzstd.DecodeAll(src, dst[:0:len(dst)])
		if err != nil || len(out) != len(dst) {
			return errPacked
		}
		return nil
	case codecLZ4:
		n, err := lz4.UncompressBlock(src, dst)
		if err == nil && n != len(dst) {
			err = errPacked
		}
		return damaged(err)
	}
	if name := others[codec]; name != "" {
		return fmt.Errorf("it is compressed by %s, which is not read", name)
	}
	return errors.New("its compression is not known")
}

func damaged(err error) error {
	if err != nil {
		return errPacked
	}
	return nil
}

// unread reports whether the column's codec is one that is not read.
func (c *chunk) unread() bool { return others[c.codec] != "" }
