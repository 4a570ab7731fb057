package meta

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/inkling-sec/inkling/tensor"
)

// Rows far out are odd, whether or not something was taught; a benign row is as odd as the share of the pool says.
func TestOdd(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	pool := tensor.New(400, 6)
	for i := range pool.Data {
		pool.Data[i] = float32(rng.NormFloat64())
	}
	fresh := tensor.New(1000, 6)
	for i := range fresh.Data {
		fresh.Data[i] = float32(rng.NormFloat64())
	}
	far := tensor.New(20, 6)
	for i := range far.Data {
		far.Data[i] = float32(3.5 + rng.NormFloat64())
	}
	alone, err := (&Odd{}).Unlike(context.Background(), pool)
	if err != nil {
		t.Fatal(err)
	}
	taught, err := (&Odd{}).Adapt(context.Background(), Detection(pool, far))
	if err != nil {
		t.Fatal(err)
	}
	a, b := Margin(alone, far), Margin(taught, far)
	for i := range a {
		if a[i] != b[i] {
			t.Fatal("what was taught changes how odd a row is")
		}
	}
	if v := AUROC(Margin(alone, fresh), a); v < .99 {
		t.Errorf("AUROC %v of rows far out", v)
	}
	high := 0.0
	for _, v := range Margin(alone, fresh) {
		if v > 3 { // p of about .05
			high++
		}
	}
	if high < 20 || high > 90 {
		t.Errorf("%v of 1,000 fresh benign rows have surprise above 3", high)
	}
	if _, err := (&Odd{}).Unlike(context.Background(), tensor.New(0, 3)); err == nil {
		t.Error("no error without benign rows")
	}
}
