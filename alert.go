package inkling

// Alert is a record that a detector holds for an attack. Its JSON form is public.
type Alert struct {
	ID       string         `json:"id"` // hash of detector and origin: the same record found twice has one ID
	Detector string         `json:"detector"`
	Time     float64        `json:"time"` // the record's own time, Unix seconds; 0 when it has none
	Origin   Origin         `json:"origin"`
	Flow     string         `json:"community_id,omitempty"` // of a flow: what Zeek and Suricata call it too
	PValue   float64        `json:"p_value"`
	Score    float64        `json:"score"`
	Record   map[string]any `json:"record"`
	Evidence Evidence       `json:"evidence"`
}

// Evidence says why an alert was raised, in raw units.
type Evidence struct {
	NearestTaught []Neighbour    `json:"nearest_taught"`
	NearestBenign []Neighbour    `json:"nearest_benign"`
	Votes         []Vote         `json:"votes,omitempty"` // of a detector that several methods have a say in
	Contributions []Contribution `json:"contributions"`   // none where typical values would give the same score
	Flip          []Change       `json:"flip"`
}

// Vote is what one method says of the record by itself.
type Vote struct {
	Voter  string  `json:"voter"`
	Weight float64 `json:"weight"`  // in the verdict; all weights add up to 1
	PValue float64 `json:"p_value"` // share of benign records that look as much like the attack to it; 1/(n+1) at least, of the n that it was calibrated on
}

// Neighbour is a known record near the alert's.
type Neighbour struct {
	Origin   Origin         `json:"origin"`
	Distance float64        `json:"distance"` // in the detector's own space; small is alike
	Record   map[string]any `json:"record"`
}

// Contribution is one feature's part in the score.
type Contribution struct {
	Feature string  `json:"feature"`
	Value   any     `json:"value"`   // of this record, raw units
	Typical any     `json:"typical"` // of benign records
	Share   float64 `json:"share"`   // of the score's rise over the typical record; may be negative
}

// Change is an edit of the record that would take it below the threshold.
type Change struct {
	Feature string  `json:"feature"`
	From    any     `json:"from"`
	To      any     `json:"to"`
	PValue  float64 `json:"p_value"` // after this change and those before it
}
