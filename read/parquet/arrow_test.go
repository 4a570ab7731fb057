package parquet

import (
	"bytes"
	"encoding/base64"
	"maps"
	"math/rand/v2"
	"testing"

	pq "github.com/parquet-go/parquet-go"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/readtest"
)

// arrowSchema is what arrow-go 18.4 makes of ts: timestamp[ns, UTC], id: struct<orig_h: string, wait: duration[us]>, duration: duration[ns],
// dus: duration[us], dms: duration[ms], ds: duration[s], n: int64, proto: dictionary<string>. Its Parquet writer knows no spans; those of
// pyarrow and Polars write them as INT64 without a logical type.
const arrowSchema = "/////2gCAAAQAAAAAAAKAAwACgAJAAQACgAAAAgAAAAAAQQArP///wQAAAAIAAAABAIAAFwBAAAoAQAA7AAAAMQAAACYAAAAYAAAABQAAAAQABgAFAATABIADAAIAAQAEAAAADAAAAAYAAAALAAAAAAA" +
	"BQEoAAAACAAIAAAABAAIAAAABAAAAMj///8AAAABIAAAAAAAAACQ/v//BQAAAHByb3RvAAAAhP7//xAAAAAYAAAAAAAAAhwAAAAAAAAACAAMAAgABwAIAAAAAAAAAUAAAAABAAAAbgAAAIz///8QAAAAEAAA" +
	"AAAAEgEQAAAAAAAAAB7///8AAAAAAgAAAGRzAAC0////EAAAABAAAAAAABIBDAAAAAAAAAAU////AwAAAGRtcwDY////EAAAABAAAAAAABIBEAAAAAAAAABq////AAACAAMAAABkdXMAEAAUABAADwAOAAgAAA" +
	"AEABAAAAAQAAAAEAAAAAAAEgEQAAAAAAAAAKL///8AAAMACAAAAGR1cmF0aW9uAAAAAGz///8QAAAAGAAAAAAAAA18AAAAAgAAAEgAAAAQAAAAqP///zwAAAAEAAAAmP///xAAAAAYAAAAAAAAEhgAAAAAAAAA" +
	"AAAGAAgABgAGAAAAAAACAAQAAAB3YWl0AAAAAMz///8QAAAAFAAAAAAAAAUQAAAAAAAAAAQABAAEAAAABgAAAG9yaWdfaAAAAgAAAGlkAAAQABQAEAAAAA8ACAAAAAQAEAAAABAAAAAYAAAAAAAACiQAAAAAAA" +
	"AACAAMAAoABAAIAAAACAAAAAAAAwADAAAAVVRDAAIAAAB0cwAA/////wAAAAA="

var arrowSpans = map[string]int{"id.wait": micros, "duration": nanos, "dus": micros, "dms": millis, "ds": seconds}

func TestSpans(t *testing.T) {
	if got := spans([]byte(arrowSchema)); !maps.Equal(got, arrowSpans) {
		t.Errorf("%v", got)
	}
	raw, _ := base64.StdEncoding.DecodeString(arrowSchema)
	if got := spans([]byte(base64.StdEncoding.EncodeToString(raw[4:]))); !maps.Equal(got, arrowSpans) {
		t.Errorf("as before Arrow 0.15: %v", got)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range 20000 { // damage is of no consequence but that spans are missing
		b := bytes.Clone(raw[:len(raw)-n%7*rng.IntN(100)])
		for range 1 + rng.IntN(4) {
			b[rng.IntN(len(b))] = byte(rng.Uint32())
		}
		spans([]byte(base64.StdEncoding.EncodeToString(b)))
	}
	for _, text := range []string{"", "x", "/////w==", "AAAA", "/////wAAAAAAAAAA"} {
		if got := spans([]byte(text)); len(got) > 0 {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// Spans of time are seconds, whatever they count; a column of another type is not one.
func TestColumnsOfSpans(t *testing.T) {
	type spanned struct {
		Duration *int64 `parquet:"duration,optional"`
		DUs      int64  `parquet:"dus"`
		DMs      int64  `parquet:"dms"`
		DS       int32  `parquet:"ds"`
		N        int64  `parquet:"n"`
		ID       struct {
			Wait int64 `parquet:"wait"`
		} `parquet:"id"`
	}
	long := int64(1_500_000_000)
	one := spanned{Duration: &long, DUs: -1_500_000, DMs: 1500, DS: 2, N: 7}
	one.ID.Wait = 250_000
	b := file(t, []spanned{one, {}}, pq.KeyValueMetadata("pandas", "{}"), pq.KeyValueMetadata(arrowKey, arrowSchema))
	r, err := NewReader(bytes.NewReader(b), int64(len(b)), "x", nil)
	if err != nil {
		t.Fatal(err)
	}
	var rec inkling.Record
	for _, want := range []map[string]any{
		{"duration": 1.5, "dus": -1.5, "dms": 1.5, "ds": 2.0, "n": 7.0, "id.wait": 0.25},
		{"duration": nil, "dus": 0.0, "n": 0.0},
	} {
		if err := r.Read(&rec); err != nil {
			t.Fatal(err)
		}
		readtest.Fields(t, &rec, want)
	}
}
