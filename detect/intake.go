package detect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/feature"
)

// intake is the first half of the engine: records in, raw rows out. Two goroutines do it.
type intake struct {
	engine *Engine
	r      inkling.Reader
	x      feature.Extractor

	mu      sync.Mutex
	records int
	skipped int
	err     error // the first that ended it; nil at the end of the records
}

// read fills free batches with records and sends them on, the last one with what there was.
func (in *intake) read(ctx context.Context, free, to chan *batch) {
	var rec inkling.Record
	for {
		var b *batch
		select {
		case b = <-free:
		case <-ctx.Done():
			in.end(ctx.Err())
			return
		}
		b.n, b.alerts = 0, b.alerts[:0]
		var err error
		for b.n < batchRows && err == nil {
			if err = in.r.Read(&rec); err == nil {
				rec.CopyTo(&b.records[b.n])
				b.n++
			} else if inkling.Skippable(err) {
				in.skip(err)
				err = nil
			}
		}
		to <- b
		if err != nil {
			if !errors.Is(err, io.EOF) {
				in.end(err)
			}
			return
		}
	}
}

// extract makes the raw rows of a batch and leaves records out that cannot be made one. It reports whether to go on.
func (in *intake) extract(b *batch) bool {
	all, err := b.records[:b.n], error(nil)
	b.n = 0
	for i := range all {
		r := &all[i]
		if err = in.x.Extract(b.raw[b.n], r); err == nil {
			*r, b.records[b.n] = b.records[b.n], *r
			b.n++
		} else if inkling.Skippable(err) {
			in.skip(err)
			err = nil
		} else {
			in.end(fmt.Errorf("%s: %w", r.Origin, err))
			break
		}
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.records += b.n
	if in.engine.Progress != nil {
		in.engine.Progress(in.records)
	}
	return err == nil
}

func (in *intake) skip(err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.skipped++
	if in.engine.Skipped != nil {
		in.engine.Skipped(err)
	}
}

func (in *intake) end(err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.err == nil {
		in.err = err
	}
}

// tell writes what came in; both goroutines have ended.
func (in *intake) tell(sum *Summary) {
	sum.Records, sum.Skipped = in.records, in.skipped
	if f, ok := in.x.(interface{ Evictions() uint64 }); ok {
		sum.Evicted = f.Evictions()
	}
}
