package feature

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/inkling-sec/inkling"
)

// What gathering holds until the end of its input. Beyond it refuses: a count that forgot reports would be wrong.
const (
	mostPairs    = 1 << 22
	mostNames    = 1 << 19 // drugs, and events
	mostHeld     = 1 << 29 // bytes of text
	mostCaseRows = 4096
)

// drugGatherer counts reports by drug and event. Rows of a case stand together; one that comes back later counts as another.
type drugGatherer struct {
	in            inkling.Reader
	schema, made  *inkling.Schema
	at            []int // case, drug, event
	carried       []int // text columns besides
	drugs, events lexicon
	pairs         []drugPair
	index         map[[2]int32]int32
	held          int
	all           float64
	file          string
	current       key            // case
	rows          map[int32]bool // pairs of the current case
	whole         bool           // the input has ended
	counted       bool           // the input is a table of counts, which is taken as it is
	next          int
}

// drugPair is a drug and an event.
type drugPair struct {
	drug, event         int32
	reports, others     float64 // others are the events beside, summed over reports
	drugRank, eventRank float64
	carried             [][]byte // of its first row
}

// lexicon numbers texts as they come.
type lexicon struct {
	at      map[string]int32
	text    []string
	reports []float64
	pairs   []float64
}

// gatherDrug gives a record for each drug and event that were reported together, in order of their first row, with the
// counts of reports that drugExtractor needs; a table of counts is left alone. All other text columns, such as a label, are those of the first row.
func gatherDrug(r inkling.Reader) inkling.Reader {
	n := func() lexicon { return lexicon{at: map[string]int32{}} }
	return &drugGatherer{in: r, drugs: n(), events: n(), index: map[[2]int32]int32{}, rows: map[int32]bool{}}
}

func (g *drugGatherer) Close() error { return g.in.Close() }

func (g *drugGatherer) Read(r *inkling.Record) error {
	if g.counted {
		return g.in.Read(r)
	}
	for !g.whole {
		err := g.in.Read(r)
		if errors.Is(err, io.EOF) {
			g.finish()
			break
		}
		if err == nil && g.schema == nil && r.Schema.Index("case") < 0 && r.Schema.Index(pairFields[pReports]) >= 0 {
			g.counted = true
			return nil
		}
		if err == nil {
			err = g.add(r)
		}
		if err != nil {
			return err
		}
	}
	if g.next == len(g.pairs) {
		return io.EOF
	}
	g.fill(r, &g.pairs[g.next])
	g.next++
	r.Origin = inkling.Origin{File: g.file, Line: g.next}
	return nil
}

func (g *drugGatherer) bind(r *inkling.Record) error {
	at, err := columns(drugContract, r.Schema, drugRemedy, "case", "drug", "event")
	if err != nil {
		return err
	}
	for _, i := range at[1:] {
		if r.Schema.Fields[i].Kind != inkling.Text {
			return inkling.Errorf(inkling.Invalid, "schema "+r.Schema.Name, "contract drug needs field %s to be text", r.Schema.Fields[i].Name)
		}
	}
	made := &inkling.Schema{Name: "drug.pair", Fields: []inkling.Field{{Name: "drug"}, {Name: "event"}}}
	for _, f := range pairFields {
		made.Fields = append(made.Fields, inkling.Field{Name: f, Kind: inkling.Number})
	}
	g.carried = nil
	for i, f := range r.Schema.Fields {
		if f.Kind == inkling.Text && !slices.Contains(at, i) && made.Index(f.Name) < 0 {
			g.carried = append(g.carried, i)
			made.Fields = append(made.Fields, f)
		}
	}
	if g.made != nil && !slices.Equal(made.Fields, g.made.Fields) {
		return inkling.Errorf(inkling.Invalid, r.Origin.String(), "the record has other columns than those before it")
	}
	if g.made == nil {
		g.made, g.file = made, r.Origin.File
	}
	g.schema, g.at = r.Schema, at
	return nil
}

// add counts a row.
func (g *drugGatherer) add(r *inkling.Record) error {
	if r.Schema != g.schema {
		if err := g.bind(r); err != nil {
			return err
		}
	}
	k, ok := keyOf(r, g.at[0])
	drug, event := text(r, g.at[1]), text(r, g.at[2])
	if !ok || len(drug) == 0 || len(event) == 0 {
		return unusable(r, "no case, drug or event", "leave the row out")
	}
	if k != g.current {
		g.endCase()
		g.current = k
	}
	if len(g.rows) >= mostCaseRows {
		return unusable(r, fmt.Sprintf("a case of more than %d rows", mostCaseRows), "name the cases in column case")
	}
	pair := [2]int32{g.number(&g.drugs, drug), g.number(&g.events, event)}
	i, met := g.index[pair]
	if !met {
		i = int32(len(g.pairs))
		p := drugPair{drug: pair[0], event: pair[1], carried: make([][]byte, len(g.carried))}
		for c, at := range g.carried {
			p.carried[c] = slices.Clone(r.Text[at])
			g.held += len(r.Text[at])
		}
		g.pairs, g.index[pair] = append(g.pairs, p), i
	}
	g.rows[i] = true
	if len(g.pairs) > mostPairs || len(g.drugs.text) > mostNames || len(g.events.text) > mostNames || g.held > mostHeld {
		return &inkling.Error{Code: inkling.Invalid, Place: r.Origin.String(), What: "too many different drugs and events to hold", Remedy: "give reports of a shorter time, and no columns but case, drug, event and label"}
	}
	return nil
}

func (g *drugGatherer) number(n *lexicon, b []byte) int32 {
	i, met := n.at[string(b)]
	if !met {
		i = int32(len(n.text))
		s := string(b)
		n.at[s], n.text = i, append(n.text, s)
		n.reports, n.pairs = append(n.reports, 0), append(n.pairs, 0)
		g.held += len(b)
	}
	return i
}

// endCase counts the current case.
func (g *drugGatherer) endCase() {
	if len(g.rows) == 0 {
		return
	}
	g.all++
	drugs, events := map[int32]bool{}, map[int32]bool{}
	for i := range g.rows {
		drugs[g.pairs[i].drug], events[g.pairs[i].event] = true, true
	}
	for i := range g.rows {
		g.pairs[i].reports++
		g.pairs[i].others += float64(len(events) - 1)
	}
	for d := range drugs {
		g.drugs.reports[d]++
	}
	for e := range events {
		g.events.reports[e]++
	}
	clear(g.rows)
}

// finish ends the last case and ranks the pairs of each drug and of each event.
func (g *drugGatherer) finish() {
	g.endCase()
	g.whole, g.index = true, nil
	byDrug, byEvent := make([][]int32, len(g.drugs.text)), make([][]int32, len(g.events.text))
	for i := range g.pairs {
		p := &g.pairs[i]
		g.drugs.pairs[p.drug]++
		g.events.pairs[p.event]++
		byDrug[p.drug], byEvent[p.event] = append(byDrug[p.drug], int32(i)), append(byEvent[p.event], int32(i))
	}
	for _, of := range byDrug {
		g.rank(of, func(p *drugPair, share float64) { p.drugRank = share })
	}
	for _, of := range byEvent {
		g.rank(of, func(p *drugPair, share float64) { p.eventRank = share })
	}
}

// rank gives each pair the share, in percent, of the others that have fewer reports, ties counted half.
func (g *drugGatherer) rank(pairs []int32, set func(p *drugPair, share float64)) {
	slices.SortFunc(pairs, func(a, b int32) int { return int(g.pairs[a].reports - g.pairs[b].reports) })
	for from := 0; from < len(pairs); {
		to := from + 1
		for to < len(pairs) && g.pairs[pairs[to]].reports == g.pairs[pairs[from]].reports {
			to++
		}
		share := 50.0
		if len(pairs) > 1 {
			share = 100 * (float64(from) + float64(to-from-1)/2) / float64(len(pairs)-1)
		}
		for _, i := range pairs[from:to] {
			set(&g.pairs[i], share)
		}
		from = to
	}
}

func (g *drugGatherer) fill(r *inkling.Record, p *drugPair) {
	r.Reset(g.made)
	r.Text[0], r.Text[1] = []byte(g.drugs.text[p.drug]), []byte(g.events.text[p.event])
	copy(r.Num[2:], []float64{
		pReports: p.reports, pDrug: g.drugs.reports[p.drug], pEvent: g.events.reports[p.event], pAll: g.all,
		pDrugEvents: g.drugs.pairs[p.drug], pEventDrugs: g.events.pairs[p.event], pDrugRank: p.drugRank, pEventRank: p.eventRank,
		pCompany: p.others / p.reports,
	})
	copy(r.Text[2+pairWidth:], p.carried)
}
