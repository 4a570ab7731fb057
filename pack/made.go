package pack

import (
	"bytes"
	"encoding/csv"
	"math/rand/v2"
	"strconv"
	"strings"
)

// made is example data in the making: a CSV file of a header and rows.
type made struct {
	*rand.Rand
	out bytes.Buffer
	csv *csv.Writer
}

func newMade(seed uint64, header ...string) *made {
	m := &made{Rand: rand.New(rand.NewPCG(seed, 0x6d616465))}
	m.csv = csv.NewWriter(&m.out)
	m.row(header...)
	return m
}

func (m *made) row(cells ...string) { m.csv.Write(cells) } // errors stay until bytes

func (m *made) bytes() ([]byte, error) {
	m.csv.Flush()
	return m.out.Bytes(), m.csv.Error()
}

// normal draws from a normal distribution.
func (m *made) normal(mean, dev float64) float64 { return mean + dev*m.NormFloat64() }

// between draws evenly.
func (m *made) between(low, high float64) float64 { return low + (high-low)*m.Float64() }

// oneOf draws one of several.
func oneOf[T any](rng *rand.Rand, values ...T) T { return values[rng.IntN(len(values))] }

// short writes a number with so many digits after the point, without those that say nothing.
func short(v float64, digits int) string {
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		return "0"
	}
	return s
}
