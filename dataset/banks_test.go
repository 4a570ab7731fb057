package dataset

import (
	"fmt"
	"testing"

	"github.com/inkling-sec/inkling"
)

// Repeated payments are dropped and link their accounts; accounts are numbered as they appear in time.
func TestTransfers(t *testing.T) {
	b := &transfers{kind: map[string]string{"1": "benign", "2": "cycle", "3": "cycle", "4": "benign"}, list: []transfer{
		{"9", "4", "1", "5"}, {"2", "2", "3", "7.5"}, {"2", "2", "3", "7.5"}, {"3", "1", "1", "6"}, {"2", "3", "1", "7.5"},
	}}
	if err := b.clean(); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(b.accounts) != "[2 3 1 4]" || b.patterns.root(2) != b.patterns.root(3) || b.patterns.root(1) == b.patterns.root(2) {
		t.Errorf("accounts %v, patterns %v", b.accounts, b.patterns)
	}
	got := ""
	for {
		var r inkling.Record
		if err := b.Read(&r); err != nil {
			break
		}
		got += fmt.Sprintf("%v %s-%s %v %s %s; ", r.Num[0], r.Text[1], r.Text[2], r.Num[3], r.Text[4], r.Text[5])
	}
	if want := "172800 2-3 7.5 cycle cycle; 172800 3-1 7.5 cycle benign; 777600 4-1 5 benign benign; "; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	b.list = append(b.list, transfer{"1", "1", "99", "5"})
	if b.clean() == nil {
		t.Error("an unknown account is taken")
	}
}
