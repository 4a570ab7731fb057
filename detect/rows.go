package detect

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"

	"github.com/inkling-sec/inkling"
)

// Rows are raw feature rows of one contract and the records they were made of.
type Rows struct {
	Raw    Matrix           `json:"raw"`
	Origin []inkling.Origin `json:"origin"`
	Record []map[string]any `json:"record,omitempty"` // for people; nil where nobody will look
	Time   []float64        `json:"time,omitempty"`   // of examples: the record's own, 0 when it has none
}

// Len gives the number of rows.
func (r Rows) Len() int { return len(r.Raw) }

func (r Rows) check(width int) error {
	if len(r.Origin) != len(r.Raw) || r.Record != nil && len(r.Record) != len(r.Raw) {
		return fmt.Errorf("%d rows, %d origins, %d records", len(r.Raw), len(r.Origin), len(r.Record))
	}
	for i := range r.Raw {
		if len(r.Raw[i]) != width {
			return fmt.Errorf("row %d has %d values, not %d", i, len(r.Raw[i]), width)
		}
	}
	return nil
}

// told is check for rows that evidence shows: each needs its record.
func (r Rows) told(width int) error {
	if err := r.check(width); err != nil {
		return err
	}
	if len(r.Record) != len(r.Raw) {
		return fmt.Errorf("%d rows, %d records", len(r.Raw), len(r.Record))
	}
	return nil
}

// without gives the rows but those that are out, which learners need and no more. Nothing is copied but the slices' heads.
func (r Rows) without(out func(i int) bool) (rest Rows) {
	for i := range r.Raw {
		if !out(i) {
			rest.Raw, rest.Origin = append(rest.Raw, r.Raw[i]), append(rest.Origin, r.Origin[i])
		}
	}
	return rest
}

// half gives every second row, the first among them, in the room of all.
func (r Rows) half() Rows {
	n := (r.Len() + 1) / 2
	for i := range n {
		r.Raw[i], r.Origin[i], r.Record[i], r.Time[i] = r.Raw[2*i], r.Origin[2*i], r.Record[2*i], r.Time[2*i]
	}
	return Rows{r.Raw[:n], r.Origin[:n], r.Record[:n], r.Time[:n]}
}

// Matrix is rows of equal length. As JSON it is one string, exact to the bit and quick to read:
// base64 of the row and column counts (uint32) and the values (float64), little-endian.
type Matrix [][]float64

// MarshalJSON packs the matrix.
func (m Matrix) MarshalJSON() ([]byte, error) {
	width := 0
	if len(m) > 0 {
		width = len(m[0])
	}
	b := make([]byte, 0, 8+8*len(m)*width)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(m)))
	b = binary.LittleEndian.AppendUint32(b, uint32(width))
	for i, row := range m {
		if len(row) != width {
			return nil, fmt.Errorf("row %d has %d values, row 0 has %d", i, len(row), width)
		}
		for _, v := range row {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
	}
	return json.Marshal(base64.StdEncoding.EncodeToString(b))
}

// UnmarshalJSON unpacks what MarshalJSON packed.
func (m *Matrix) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return err
	}
	if len(b) < 8 {
		return fmt.Errorf("matrix of %d bytes", len(b))
	}
	rows, width := uint64(binary.LittleEndian.Uint32(b)), uint64(binary.LittleEndian.Uint32(b[4:]))
	if b = b[8:]; rows*width != uint64(len(b))/8 || len(b)%8 != 0 || width == 0 && rows > 0 {
		return fmt.Errorf("matrix of %d×%d in %d bytes", rows, width, len(b))
	}
	values := make([]float64, rows*width)
	for i := range values {
		values[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
	}
	*m = make(Matrix, rows)
	for i := range *m {
		(*m)[i] = values[uint64(i)*width : uint64(i+1)*width]
	}
	return nil
}
