package line

import (
	"math"
	"strings"
	"testing"
	"time"
)

// The quick reading of times agrees with Go's.
func TestMoment(t *testing.T) {
	for _, text := range []string{
		"2026-11-24T22:15:29.123456+0000", "2021-06-06T15:59:46.457984+0200", "2021-06-06T15:59:46-05:30", "2024-02-29T00:00:00Z", "1970-01-01T00:00:00.5", "2021-12-31T23:59:59.999999999Z",
		"2021-06-06 15:59:46.25", "2021/06/06 15:59:46.25", "2021-06-06 15:59:46+02:00", "2021-06-06 15:59", "2021-06-06T15:59", "2021-06-06", "2021/06/06",
		"2021-06-06T15:59:46.123456789012345678Z", "2021-06-06 15:59:46.457 UTC", "2021-06-06 15:59:46UTC", "2021-06-06 15:59:46.457 +02:00", "2021-06-06 15:59:46 Z",
	} {
		var want time.Time
		var err error
		for _, layout := range []string{
			"2006-01-02T15:04:05.999999999Z0700", time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateTime, "2006-01-02 15:04:05Z07:00",
			"2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly, "2006-01-02 15:04:05.999999999 Z07:00", "2006-01-02 15:04:05.999999999 UTC", "2006-01-02 15:04:05UTC",
		} {
			if want, err = time.Parse(layout, strings.ReplaceAll(text, "/", "-")); err == nil {
				break
			}
		}
		got, ok := Moment([]byte(text))
		if err != nil || !ok || math.Abs(got-float64(want.UnixNano())/1e9) > 1e-6 {
			t.Errorf("%s: %v (%v), want %v", text, got, ok, want)
		}
	}
	if v, ok := Moment([]byte("1700000000.25")); !ok || v != 1700000000.25 {
		t.Errorf("seconds: %v", v)
	}
	for _, text := range []string{"", "2021-13-06T15:59:46Z", "2021-02-29T15:59:46Z", "2021-06-06T25:59:46Z", "2021-06-06T15:59:46+02", "2021-06-06T15:59:46+0299", "2021-06-06T15:59:4xZ", "2021-06-06T15:59:46.Zx", "2021-06/06 15:59:46", "2021-06-06_15:59:46", "2021-02-29", "2021-06-06T15:5", "2021-06-06 ", "2021-06-06 15:59:46 ", "2021-06-06 15:59:46  UTC", "2021-06-06 15:59:46 CET", "2021-06-06 15:59:46 +02", "2021-06-06 15:59:46 +0000 UTC", "yesterday, perhaps..."} {
		if v, ok := Moment([]byte(text)); ok {
			t.Errorf("%q is taken for %v", text, v)
		}
	}
}

func BenchmarkMoment(b *testing.B) {
	text := []byte("2021-06-06T15:59:46.457984+0200")
	b.ReportAllocs()
	for b.Loop() {
		Moment(text)
	}
}
