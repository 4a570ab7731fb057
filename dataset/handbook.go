package dataset

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"strconv"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/read"
)

// The span of the handbook's simulation that is read begins on 1 April 2018, a Sunday.
const (
	handbookStart = 1522540800 // seconds since 1970
	handbookWarm  = 14         // days that only fill the memory of features over time
	handbookShare = 0.076      // drawn of the benign payments after that: 20,000 of 263,458
)

// handbookKinds are the classes by TX_FRAUD_SCENARIO.
var handbookKinds = map[string]string{"0": "benign", "1": "large-amount", "2": "terminal", "3": "stolen-card"}

// Handbook reads the first 400,000 simulated payments of the Fraud Detection Handbook, 41 days, with a group for each
// customer. All go through the features over time; judged are those after two weeks, 20,000 of the benign ones.
func Handbook(ctx context.Context, folder string) ([]Part, error) {
	open := func() (inkling.Reader, error) {
		r, err := read.Open(filepath.Join(folder, "transactions_400k.csv.gz"), read.Options{Format: "csv"})
		if err != nil {
			return nil, err
		}
		return &handbookReader{in: r, rng: rand.New(rand.NewPCG(1, 0x68616e64))}, nil
	}
	d, err := eval.Load(ctx, "fraud-handbook-simulated", []func() (inkling.Reader, error){open}, eval.Options{Schema: "payment", Label: classColumn, Group: "customer"})
	return []Part{{"", d}}, err
}

var paymentSchema = &inkling.Schema{Name: "payment", Fields: []inkling.Field{
	{Name: "time", Kind: inkling.Time}, {Name: "customer"}, {Name: "terminal"}, {Name: "amount", Kind: inkling.Number}, {Name: classColumn},
}}

// handbookReader gives the handbook's payments the columns of the payment family.
type handbookReader struct {
	in  inkling.Reader
	raw inkling.Record
	rng *rand.Rand
}

func (h *handbookReader) Read(r *inkling.Record) error {
	if err := h.in.Read(&h.raw); err != nil {
		return err
	}
	get := func(column string) []byte {
		if i := h.raw.Schema.Index(column); i >= 0 {
			return h.raw.Text[i]
		}
		return nil
	}
	r.Reset(paymentSchema)
	r.Origin = h.raw.Origin
	seconds := number(string(get("TX_TIME_SECONDS")))
	r.Num[0], r.Num[3] = handbookStart+seconds, number(string(get("TX_AMOUNT")))
	r.Text[1], r.Text[2] = get("CUSTOMER_ID"), get("TERMINAL_ID")
	class := handbookKinds[string(get("TX_FRAUD_SCENARIO"))]
	if seconds < handbookWarm*86400 || class == "benign" && h.rng.Float64() >= handbookShare {
		class = eval.Unjudged
	}
	r.Text[4] = []byte(class)
	return nil
}

func (h *handbookReader) Close() error { return h.in.Close() }

// CreditCard reads the sample of card payments whose columns are principal components; without time.
func CreditCard(ctx context.Context, folder string) ([]Part, error) {
	f := Files{Names: []string{"data/creditcard_sample.csv.gz"}, Drop: []string{"column1", "Time"}, Label: "Class"}
	d, err := f.Load(ctx, folder, "creditcard-sample")
	if err != nil {
		return nil, err
	}
	return []Part{{"", d.Relabel(func(i int) string {
		if fraud, _ := strconv.Atoi(d.Label[i]); fraud == 1 {
			return "fraud"
		}
		return "benign"
	})}}, nil
}
