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

// Moment reads a time: seconds since the epoch, or a date as of ISO 8601, with - or / in it, and as much as there is of
// a time of day after it, with T or a space between. Without a zone it is UTC.
func Moment(b []byte) (float64, bool) {
	if len(b) >= 10 && len(b) <= 40 {
		if v, ok := date(b); ok {
			return v, true
		}
	}
	return Number(b)
}

// date reads 2026-11-24T22:15:29.123456+0000, or the beginning of it up to day or minute.
func date(b []byte) (float64, bool) {
	if len(b) == 10 || len(b) == 16 {
		var room [19]byte
		copy(room[:], "0000-00-00T00:00:00")
		copy(room[:], b)
		b = room[:]
	}
	if len(b) < 19 {
		return 0, false
	}
	two := func(i int) int {
		x, y := int(b[i])-'0', int(b[i+1])-'0'
		if x < 0 || x > 9 || y < 0 || y > 9 {
			return -1 << 20
		}
		return 10*x + y
	}
	if b[4] != '-' && b[4] != '/' || b[7] != b[4] || b[10] != 'T' && b[10] != ' ' || b[13] != ':' || b[16] != ':' {
		return 0, false
	}
	year, month, day, hour, minute, second := 100*two(0)+two(2), two(5), two(8), two(11), two(14), two(17)
	if year < 1 || month < 1 || month > 12 || day < 1 || day > 28 && day > daysIn(year, month) || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 {
		return 0, false
	}
	rest, part := b[19:], 0.0
	if len(rest) > 0 && rest[0] == '.' {
		i, v := 1, uint64(0)
		for ; i < len(rest) && rest[i] >= '0' && rest[i] <= '9'; i++ {
			if i < 17 { // more than a float64 holds
				v = 10*v + uint64(rest[i]-'0')
			}
		}
		part, rest = float64(v)/tens[min(i, 17)-1], rest[i:]
	}
	offset, ok := zone(rest)
	return float64(time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC).Unix()-offset) + part, ok
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// zone reads nothing, Z, UTC, +0200 or +02:00, as seconds; there may be a space before it.
func zone(b []byte) (int64, bool) {
	if len(b) > 1 && b[0] == ' ' {
		b = b[1:]
	}
	switch {
	case string(b) == "UTC":
		return 0, true
	case len(b) == 0 || len(b) == 1 && b[0] == 'Z':
		return 0, true
	case len(b) == 6 && b[3] == ':':
		b = []byte{b[0], b[1], b[2], b[4], b[5]}
	case len(b) != 5:
		return 0, false
	}
	n := int64(0)
	for _, c := range b[1:] {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	seconds := n/100*3600 + n%100*60
	switch b[0] {
	case '+':
		return seconds, n%100 < 60
	case '-':
		return -seconds, n%100 < 60
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
