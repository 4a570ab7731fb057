package meta

import (
	"context"
	"testing"
)

// ProtoNet with two ways judges by the ratio head in its embedding: so does an
// Encoded of the two, to the bit; and every head works on every encoder.
func TestEncoded(t *testing.T) {
	src := toy(3, 60, 5)
	task := src(1000)
	task.Known = src(1001).Query
	for name, l := range trained(8) {
		l := train(t, l, src, Run{Iterations: 3})
		for _, head := range []Learner{&Ratio{}, &Contrast{}, &Whitened{}, &NearestMean{}, &LDA{}, &KNN{}} {
			s, err := (&Encoded{l, head}).Adapt(context.Background(), task)
			if err != nil {
				t.Fatalf("%s+%s: %v", name, head.Name(), err)
			}
			got := Margin(s, task.Query.X)
			if name != "protonet" || head.Name() != "ratio" {
				continue
			}
			own, err := l.Adapt(context.Background(), task)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range Margin(own, task.Query.X) {
				if v != got[i] {
					t.Errorf("row %d: %v, ProtoNet's own head gives %v", i, got[i], v)
				}
			}
		}
	}
	if _, err := (&Encoded{&ProtoNet{}, &Ratio{}}).Adapt(context.Background(), task); err == nil {
		t.Error("an encoder that is not trained encodes")
	}
}
