package read

import (
	"io"
	"slices"
	"testing"
	"time"

	"github.com/inkling-sec/inkling"
)

// What a program writes line by line is given record by record, before the file ends or there is more of it.
func TestLive(t *testing.T) {
	for _, f := range Formats {
		if slices.Contains(wholes, f.Name) || f.Name == "nfdump" { // whose halves of a flow are joined
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			in, out := io.Pipe()
			defer in.Close()
			go io.WriteString(out, samples[f.Name])
			o := Options{Live: true}
			if f.Match == nil {
				o.Format = f.Name
			}
			got := make(chan error, 1)
			go func() {
				r, _, err := New(in, "x", o)
				var rec inkling.Record
				if err == nil {
					err = r.Read(&rec)
				}
				got <- err
			}()
			select {
			case err := <-got:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(10 * time.Second):
				t.Error("waits for more")
			}
		})
	}
}
