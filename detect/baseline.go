package detect

import (
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/tensor"
)

// Baseline is what normal looks like at one site: a sample of its benign
// records, in two disjoint parts.
type Baseline struct {
	Format      int                  `json:"format"`
	Name        string               `json:"name"`
	Created     time.Time            `json:"created"`
	Files       []string             `json:"files"`
	Records     int                  `json:"records"` // benign records seen
	Skipped     int                  `json:"skipped"` // records that could not be read
	Seconds     float64              `json:"seconds"` // of record time they span, counted once; 0 when records have no time
	Contract    *feature.Contract    `json:"contract"`
	Pinned      *feature.TableSchema `json:"pinned,omitempty"` // what a table's records are held to; nil: to nothing
	Pool        Rows                 `json:"pool"`             // what learners and scales are fitted on
	Calibration Rows                 `json:"calibration"`      // what false-alarm rates are promised on
	Doubts      []string             `json:"-"`                // what may have been overlooked when it was made

	scaler *feature.Scaler
	pool   *tensor.Tensor // the pool as columns
	calib  *tensor.Tensor
	id     string
	likely []float64      // a typical raw row: medians and commonest levels of the pool
	labels map[string]int // seen while it was made, the first few
}

const baselineFormat = 1

// BaselineOptions say how a baseline is made; zero values are defaults.
type BaselineOptions struct {
	Schema      string               // of feature.Families, or "table"; "" means flow
	Drop        []string             // columns of a table not to learn from
	Pinned      *feature.TableSchema // makes the contract of a table, whose records are held to it already; nil: inspect the rows
	Label       string               // when set, only records whose column Label says Benign are kept (all are seen by features over time)
	Benign      string
	Pool        int // rows to learn from; 0 means 1000
	Calibration int // rows to calibrate on; 0 means 3000
	Seed        uint64
	Skipped     func(error) error // told of every record left out because it could not be read; an error it gives ends the reading; may be nil
	Progress    func(records int)
}

// sampled is one record of the reservoir.
type sampled struct {
	record inkling.Record
	raw    []float64
	order  int
}

// NewBaseline samples the readers' benign records evenly (reservoir sampling, so in bounded memory).
func NewBaseline(ctx context.Context, name string, files []string, open func(file string) (inkling.Reader, error), o BaselineOptions) (*Baseline, error) {
	o.Schema = cmp.Or(o.Schema, feature.Flow().Name)
	pool, calibration := o.Pool, o.Calibration
	if pool == 0 {
		pool = 1000
	}
	if calibration == 0 {
		calibration = 3000
	}
	b := &Baseline{Format: baselineFormat, Name: name, Created: time.Now().UTC().Truncate(time.Second), Files: files}
	rng := rand.New(rand.NewPCG(o.Seed, 0x62617365))
	var kept []sampled
	var spans []span
	var memory Memory
	for _, file := range files {
		span := span{math.Inf(1), math.Inf(-1)}
		err := b.sample(ctx, file, open, o, &memory, &span, func(order int, r *inkling.Record, raw []float64) {
			at := order
			if order >= pool+calibration {
				at = rng.IntN(order + 1)
			}
			if at >= pool+calibration {
				return
			}
			s := sampled{r.Clone(), slices.Clone(raw), order}
			if at == len(kept) {
				kept = append(kept, s)
			} else {
				kept[at] = s
			}
		})
		if err != nil {
			return nil, err
		}
		spans = append(spans, span)
	}
	b.Seconds = covered(spans)
	if len(kept) < 40 {
		remedy := "give at least 40, better 4000 or more"
		if o.Label != "" {
			remedy += fmt.Sprintf("; benign are those with %q in the column %q, which has %s", o.Benign, o.Label, tellShares(b.labels, commonestFirst(b.labels)))
		}
		few := fmt.Sprintf("%d benign records are too few for a baseline", len(kept))
		if len(kept) == 1 {
			few = "1 benign record is too few for a baseline"
		}
		return nil, &inkling.Error{Code: inkling.Invalid, Place: strings.Join(files, ", "), What: few, Remedy: remedy}
	}
	return b, b.split(kept, pool, rng, o)
}

// split deals the sample out at random and makes the contract of a table from the pool's part alone.
func (b *Baseline) split(kept []sampled, pool int, rng *rand.Rand, o BaselineOptions) error {
	slices.SortFunc(kept, func(x, y sampled) int { return x.order - y.order })
	lacking := unify(kept)
	b.Doubts = append(doubtTimes(kept, b.Seconds), doubts(kept, len(b.Files), o)...)
	if len(lacking) > 0 {
		b.Doubts = append(b.Doubts, "not every file has these columns, whose values are missing there: "+strings.Join(lacking, ", "))
	}
	rng.Shuffle(len(kept), func(i, j int) { kept[i], kept[j] = kept[j], kept[i] })
	pool = min(pool, len(kept)/2)
	if o.Schema == "table" {
		c, err := tableContract(kept[:pool], o)
		if err != nil {
			return err
		}
		b.Contract, b.Pinned = c, o.Pinned
		x, err := feature.New(c)
		if err != nil {
			return err
		}
		for i := range kept {
			kept[i].raw = make([]float64, len(c.Features))
			if err := x.Extract(kept[i].raw, &kept[i].record); err != nil {
				return err
			}
		}
	} else {
		b.Contract = feature.Find(o.Schema).New().Contract()
	}
	for i, s := range kept {
		to := &b.Pool
		if i >= pool {
			to = &b.Calibration
		} else {
			to.Record = append(to.Record, s.record.Map())
		}
		to.Raw = append(to.Raw, s.raw)
		to.Origin = append(to.Origin, s.record.Origin)
	}
	return b.prepare()
}

// tableContract makes the contract of a table of the pinned schema, or of the rows.
func tableContract(rows []sampled, o BaselineOptions) (*feature.Contract, error) {
	if o.Pinned != nil {
		return o.Pinned.Contract()
	}
	return feature.InspectTable(rows[0].record.Schema, recordsOf(rows), feature.TableOptions{File: rows[0].record.Origin.File, Drop: o.Drop, Label: nonEmpty(o.Label)})
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

type span struct{ first, last float64 }

func (s *span) add(t float64) {
	if !math.IsNaN(t) {
		s.first, s.last = min(s.first, t), max(s.last, t)
	}
}

// covered gives the seconds that are in one of the spans at least: several sensors' files of one day are a day.
func covered(spans []span) (seconds float64) {
	slices.SortFunc(spans, func(x, y span) int { return cmp.Compare(x.first, y.first) })
	until := math.Inf(-1)
	for _, s := range spans {
		seconds += max(0, s.last-max(s.first, until))
		until = max(until, s.last)
	}
	return seconds
}

// sample reads one file and hands each benign record on with its number among them and, for flows, its raw row.
func (b *Baseline) sample(ctx context.Context, file string, open func(string) (inkling.Reader, error), o BaselineOptions, memory *Memory, span *span, take func(int, *inkling.Record, []float64)) error {
	r, err := open(file)
	if err != nil {
		return err
	}
	defer r.Close()
	r = feature.Gather(o.Schema, r)
	var x feature.Extractor
	var raw []float64
	if f := feature.Find(o.Schema); f != nil {
		if x, err = memory.extractor(f.New().Contract()); err != nil {
			return err
		}
		raw = make([]float64, len(x.Contract().Features))
	}
	var rec inkling.Record
	for {
		if b.Records%1024 == 0 {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if o.Progress != nil {
				o.Progress(b.Records)
			}
		}
		err := r.Read(&rec)
		if err == nil && x != nil {
			err = extract(memory.record(&rec), &rec, raw)
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case inkling.Skippable(err):
			b.Skipped++
			if o.Skipped != nil {
				if err := o.Skipped(err); err != nil {
					return err
				}
			}
			continue
		case err != nil:
			return err
		}
		if o.Label != "" {
			i := rec.Schema.Index(o.Label)
			if i < 0 {
				return &inkling.Error{Code: inkling.Invalid, Place: rec.Origin.String(), What: fmt.Sprintf("no label column %q", o.Label), Remedy: "correct --label"}
			}
			label := string(rec.Written(i))
			if b.see(label); label != o.Benign {
				continue
			}
		}
		span.add(recordTime(&rec))
		take(b.Records, &rec, raw)
		b.Records++
	}
}

// see counts a label.
func (b *Baseline) see(label string) {
	if _, met := b.labels[label]; met || len(b.labels) <= mostLabels {
		if b.labels == nil {
			b.labels = map[string]int{}
		}
		b.labels[label]++
	}
}

// extract makes the raw row of a record. One that is whole but cannot be made a row is skippable too.
func extract(x feature.Extractor, rec *inkling.Record, raw []float64) error {
	err := x.Extract(raw, rec)
	if err != nil && !inkling.Skippable(err) {
		return fmt.Errorf("%s: %w", rec.Origin, err)
	}
	return err
}

// recordTime gives the record's own time, NaN where it has none: its first Time field, or of a table the column time or ts,
// if it holds a date and time, or seconds since 1970 that are no count of something.
func recordTime(r *inkling.Record) float64 {
	const counts = 1e8 // seconds; 1973
	named := -1
	for i, f := range r.Schema.Fields {
		switch {
		case f.Kind == inkling.Time:
			return r.Num[i]
		case named < 0 && (f.Name == "time" || f.Name == "ts"):
			named = i
		}
	}
	if named >= 0 {
		if t := feature.Moment(r, named); t >= counts {
			return t
		}
	}
	return math.NaN()
}

// prepare fits the scales and lays the parts out as columns.
func (b *Baseline) prepare() (err error) {
	if b.scaler, err = feature.Fit(b.Contract, b.Pool.Raw, feature.Scaling{}); err != nil {
		return err
	}
	b.pool, b.calib = b.scaler.Tensor(b.Pool.Raw), b.scaler.Tensor(b.Calibration.Raw)
	b.likely = Typical(b.Contract, b.Pool.Raw)
	b.id = b.fingerprint()
	return nil
}

// Typical gives the row of the median of each number and the commonest level of each category.
func Typical(c *feature.Contract, rows [][]float64) []float64 {
	out := make([]float64, len(c.Features))
	var column []float64
	for i, f := range c.Features {
		column = column[:0]
		for _, r := range rows {
			if !math.IsNaN(r[i]) {
				column = append(column, r[i])
			}
		}
		if len(column) == 0 {
			out[i] = math.NaN()
			continue
		}
		slices.Sort(column)
		if out[i] = column[len(column)/2]; f.Kind == feature.Category {
			out[i] = commonest(column)
		}
	}
	return out
}

// commonest gives the value that a sorted slice holds most often, the smallest of several.
func commonest(sorted []float64) (best float64) {
	most := 0
	for i := 0; i < len(sorted); {
		k := i
		for k < len(sorted) && sorted[k] == sorted[i] {
			k++
		}
		if k-i > most {
			best, most = sorted[i], k-i
		}
		i = k
	}
	return best
}

// RecordsPerDay extrapolates the benign volume from the record time spanned; 0 when unknown.
func (b *Baseline) RecordsPerDay() float64 {
	if b.Seconds <= 0 {
		return 0
	}
	return float64(b.Records) / b.Seconds * 86400
}

// ID identifies what the baseline holds: a detector taught on it works with no other.
func (b *Baseline) ID() string { return b.id }

// fingerprint hashes the contract and every value of both parts.
func (b *Baseline) fingerprint() string {
	h := sha256.New()
	fmt.Fprintln(h, b.Contract.Hash(), len(b.Pool.Raw), len(b.Calibration.Raw))
	line := make([]byte, 0, 8*len(b.Contract.Features))
	for _, row := range slices.Concat(b.Pool.Raw, b.Calibration.Raw) {
		line = line[:0]
		for _, v := range row {
			line = binary.LittleEndian.AppendUint64(line, math.Float64bits(v))
		}
		h.Write(line)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Write writes the baseline as gzipped JSON.
func (b *Baseline) Write(w io.Writer) error {
	z := gzip.NewWriter(w)
	if err := json.NewEncoder(z).Encode(b); err != nil {
		return err
	}
	return z.Close()
}

// ReadBaseline reads what Write wrote.
func ReadBaseline(r io.Reader, name string) (*Baseline, error) {
	damaged := func(err error) error {
		return &inkling.Error{Code: inkling.Invalid, Place: "baseline " + name, What: "the file is damaged", Remedy: "make the baseline again", Err: err}
	}
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, damaged(err)
	}
	text, err := io.ReadAll(z) // to its end, where the checksum is
	if err != nil {
		return nil, damaged(err)
	}
	b := &Baseline{}
	if err := json.Unmarshal(text, b); err != nil {
		return nil, damaged(err)
	}
	if b.Format != baselineFormat {
		return nil, &inkling.Error{Code: inkling.Conflict, Place: "baseline " + name, What: fmt.Sprintf("format %d, not %d", b.Format, baselineFormat), Remedy: "make the baseline again with this program"}
	}
	if b.Contract == nil {
		return nil, damaged(errors.New("no contract"))
	}
	if _, err := feature.New(b.Contract); err != nil {
		return nil, err
	}
	width := len(b.Contract.Features)
	if err := errors.Join(b.Pool.told(width), b.Calibration.check(width)); err != nil {
		return nil, damaged(err)
	}
	if err := b.prepare(); err != nil {
		return nil, damaged(err)
	}
	return b, nil
}

// MayLack gives the columns of a table's contract that some of its records have no value of.
func (b *Baseline) MayLack() (names []string) {
	if f := feature.Find(b.Contract.Name); f != nil {
		return nil
	}
	for _, f := range b.Contract.Features {
		if slices.ContainsFunc(b.Pool.Record, func(r map[string]any) bool { _, ok := r[f.Name]; return !ok }) {
			names = append(names, f.Name)
		}
	}
	return names
}
