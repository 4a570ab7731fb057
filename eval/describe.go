package eval

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"

	"github.com/inkling-sec/inkling"
)

// Omitted is a column that no learner is given.
type Omitted struct {
	Column string `json:"column"`
	Why    string `json:"why"`
}

// Omitted lists the columns of a table that are not learned from. Of a contract with features of its own it
// gives none: there, what is not a feature is not learned from.
func (d *Data) Omitted() (out []Omitted) {
	if d.fixed != nil {
		return nil
	}
	for _, f := range d.records[0].Schema.Fields {
		switch {
		case slices.Contains(d.options.Label, f.Name):
			out = append(out, Omitted{f.Name, "the label"})
		case f.Name == d.by:
			out = append(out, Omitted{f.Name, "says what belongs together"})
		case slices.Contains(d.options.Drop, f.Name):
			out = append(out, Omitted{f.Name, "dropped as asked"})
		case f.Kind == inkling.Time:
			out = append(out, Omitted{f.Name, "absolute time tells one recording from another"})
		}
	}
	return out
}

// Fingerprint gives a SHA-256, in hex, of the rows as they are judged: labels, groups and values, in order.
func (d *Data) Fingerprint() string {
	h := sha256.New()
	var b []byte
	text := func(s []byte) {
		b = append(binary.LittleEndian.AppendUint64(b, uint64(len(s))), s...)
	}
	number := func(v float64) { b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v)) }
	for i, label := range d.Label {
		b = b[:0]
		text([]byte(label))
		number(float64(d.Group[i]))
		if d.fixed != nil {
			for _, v := range d.raw[i] {
				number(v)
			}
		} else {
			for k, f := range d.records[i].Schema.Fields {
				if f.Kind == inkling.Text {
					text(d.records[i].Text[k])
				} else {
					number(d.records[i].Num[k])
				}
			}
		}
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil))
}
