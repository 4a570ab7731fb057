package follow_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read"
	"github.com/inkling-sec/inkling/read/follow"
)

// halves is a table of nfdump: flows one way each, of conversations that end in another order than they begin in, some by one line.
func halves() string {
	var b strings.Builder
	b.WriteString("ts,te,td,sa,da,sp,dp,pr,flg,ipkt,ibyt\n")
	row := func(at, took, from, to, n int) {
		start := time.Unix(1700000000+int64(at), 0).UTC()
		fmt.Fprintf(&b, "%s,%s,%d,10.0.0.%d,10.0.0.%d,%d,%d,UDP,........,2,200\n", start.Format(time.DateTime), start.Add(time.Duration(took)*time.Second).Format(time.DateTime), took, from, to, 1000+from*n, 1000+to*n)
	}
	for n := 1; n <= 60; n++ {
		took := []int{1, 90, 5, 40}[n%4]
		row(n*3, took, 1, 2, n)
		row(n*3, took, 2, 1, n)
	}
	row(4000, 1, 3, 4, 99) // ends all that waits
	return b.String()
}

// A log whose records are made of several lines goes on after any of them without losing one or giving one twice.
func TestJoinedResume(t *testing.T) {
	path := filepath.Join(t.TempDir(), "flows.csv")
	if err := os.WriteFile(path, []byte(halves()), 0o600); err != nil {
		t.Fatal(err)
	}
	var rec inkling.Record
	follows := func(from *follow.Position, n int) (r *follow.Reader, lines []int) {
		o := follow.Options{Poll: time.Millisecond}
		if o.Resume = from; from != nil {
			o.From = from.Place
		}
		r, err := read.Follow(path, read.Options{}, o)
		if err != nil {
			t.Fatal(err)
		}
		defer time.AfterFunc(patience, func() { r.Close() }).Stop()
		for range n {
			if err := r.Read(&rec); err != nil {
				t.Fatalf("after %v: %v", lines, err)
			}
			lines = append(lines, rec.Origin.Line)
		}
		return r, lines
	}
	r, all := follows(nil, 60)
	r.Close()
	if slices.IsSorted(all) {
		t.Fatalf("conversations end in the order that they begin in: %v", all)
	}
	for k := range 61 {
		r, _ := follows(nil, k)
		at := r.Position(r.Place(), 1)
		r.Close()
		r, rest := follows(&at, 60-k)
		if !slices.Equal(rest, all[k:]) {
			t.Errorf("after %d: %v, want %v", k, rest, all[k:])
		}
		time.AfterFunc(5*time.Millisecond, func() { r.Close() })
		if err := r.Read(&rec); err == nil {
			t.Errorf("after all: %v of a conversation that has not ended", rec.Origin)
		}
	}
}
