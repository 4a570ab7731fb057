package line

import (
	"math"
	"strconv"
	"time"

	"github.com/inkling-sec/inkling"
)

var tens = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// Number reads a finite decimal number. Digits with at most one point, whose
// value is below 2⁵³, are exact by one division; the rest goes to strconv.
func Number(b []byte) (float64, bool) {
	i, neg := 0, false
	if len(b) > 0 && b[0] == '-' {
		i, neg = 1, true
	}
	var m uint64
	digits, point := 0, -1
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case c >= '0' && c <= '9' && digits < 18:
			m = m*10 + uint64(c-'0')
			digits++
		case c == '.' && point < 0:
			point = digits
		default:
			return slowNumber(b)
		}
	}
	if digits == 0 || m >= 1<<53 {
		return slowNumber(b)
	}
	v := float64(m)
	if point >= 0 {
		v /= tens[digits-point]
	}
	if neg {
		v = -v
	}
	return v, true
}

func slowNumber(b []byte) (float64, bool) {
	if len(b) > 64 {
		return 0, false
	}
	for _, c := range b {
		if c == 'x' || c == 'X' || c == '_' || c == 'p' || c == 'P' {
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(string(b), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, false
	}
	return v, true
}

// Moment reads a time: seconds since the epoch, or ISO 8601.
func Moment(b []byte) (float64, bool) {
	if v, ok := Number(b); ok {
		return v, true
	}
	if len(b) < 19 || len(b) > 40 {
		return 0, false
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999"} {
		if t, err := time.Parse(layout, string(b)); err == nil {
			return float64(t.Unix()) + float64(t.Nanosecond())/1e9, true
		}
	}
	return 0, false
}

// Noun says in an error what a value of that kind is to be.
func Noun(k inkling.Kind) string {
	if k == inkling.Time {
		return "time"
	}
	return "finite number"
}

// BOM is what some programs put before the first line.
var BOM = []byte("\xef\xbb\xbf")
