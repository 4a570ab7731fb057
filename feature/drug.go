package feature

import (
	"math"

	"github.com/inkling-sec/inkling"
)

// The drug contract: what is learned of a drug and an event that were reported together. gatherDrug counts the reports; here they are
// made to measures of disproportionality. Never an input: which drug, which event.

const (
	drugName    = "drug"
	drugVersion = 1
)

// Positions in a row. Their order is part of the contract.
const (
	dReports = iota
	dExpected
	dPRR
	dROR
	dRORLow
	dIC
	dICLow
	dChi2
	dDrugReports
	dEventReports
	dDrugShare
	dEventShare
	dDrugEvents
	dEventDrugs
	dDrugRank
	dEventRank
	dCompany
	drugWidth
)

var drugContract = &Contract{Name: drugName, Version: drugVersion, Features: []Feature{
	dReports:      {Name: "reports", Unit: "reports", Doc: "of the drug with the event (a)"},
	dExpected:     {Name: "expected", Unit: "reports", Doc: "of both if neither had to do with the other: reports of the drug times those of the event by all"},
	dPRR:          {Name: "prr", Doc: "proportional reporting ratio, half a report added to each count"},
	dROR:          {Name: "ror", Doc: "reporting odds ratio, half a report added to each count, which shrinks it to 1"},
	dRORLow:       {Name: "ror.low", Doc: "lower end of its 95 % interval"},
	dIC:           {Name: "ic", Unit: "bits", Doc: "information component: log2 of reports against expected, half a report added to each"},
	dICLow:        {Name: "ic.low", Unit: "bits", Doc: "lower end of its 95 % interval (Norén et al. 2013)"},
	dChi2:         {Name: "chi2", Doc: "chi-squared with Yates' correction, signed: below 0 where there are fewer reports than expected"},
	dDrugReports:  {Name: "drug.reports", Unit: "reports", Doc: "of the drug"},
	dEventReports: {Name: "event.reports", Unit: "reports", Doc: "of the event"},
	dDrugShare:    {Name: "drug.share", Unit: "%", Doc: "share of the drug's reports that have the event"},
	dEventShare:   {Name: "event.share", Unit: "%", Doc: "share of the event's reports that have the drug"},
	dDrugEvents:   {Name: "drug.events", Unit: "events", Doc: "reported with the drug; missing in a table of counts without it", Missing: true},
	dEventDrugs:   {Name: "event.drugs", Unit: "drugs", Doc: "reported with the event; missing in a table of counts without it", Missing: true},
	dDrugRank:     {Name: "drug.rank", Unit: "%", Doc: "share of the drug's other events with fewer reports, ties counted half; 50 where there is no other; missing in a table of counts without it", Missing: true},
	dEventRank:    {Name: "event.rank", Unit: "%", Doc: "share of the event's other drugs with fewer reports, ties counted half; 50 where there is no other; missing in a table of counts without it", Missing: true},
	dCompany:      {Name: "company", Unit: "events", Doc: "mean number of other events in these reports; missing in a table of counts without it", Missing: true},
}}

// pairFields are those of a gathered record, after drug and event. A table of counts has the first four, and others if it likes.
var pairFields = []string{"reports", "drug.reports", "event.reports", "all.reports", "drug.events", "event.drugs", "drug.rank", "event.rank", "company"}

// Positions in pairFields.
const (
	pReports = iota
	pDrug
	pEvent
	pAll
	pDrugEvents
	pEventDrugs
	pDrugRank
	pEventRank
	pCompany
	pairWidth
)

// pairNeeded of the pairFields have to be there.
const pairNeeded = pAll + 1

const drugRemedy = "give a table of reports, a line for each drug and event of a case: columns case, drug and event; or one of counts: reports, drug.reports, event.reports and all.reports"

// drugExtractor makes rows of the drug contract of gathered records.
type drugExtractor struct {
	schema *inkling.Schema // that at is for
	at     []int
}

func newDrug() Extractor { return &drugExtractor{} }

func (*drugExtractor) Contract() *Contract { return drugContract }

func (x *drugExtractor) Extract(dst []float64, r *inkling.Record) error {
	if r.Schema != x.schema {
		at, err := columns(drugContract, r.Schema, drugRemedy, pairFields[:pairNeeded]...)
		if err != nil {
			return err
		}
		for _, name := range pairFields[pairNeeded:] {
			at = append(at, r.Schema.Index(name))
		}
		x.schema, x.at = r.Schema, at
	}
	var p [pairWidth]float64
	for i, at := range x.at {
		if p[i] = math.NaN(); at >= 0 {
			p[i] = number(r, at)
		}
		if whole := p[i] >= 0 && p[i] <= 1e15; !whole && (i < pairNeeded || !math.IsNaN(p[i])) {
			return unusable(r, pairFields[i]+": not a count", drugRemedy)
		}
	}
	a, b := p[pReports], p[pDrug]-p[pReports]
	c, d := p[pEvent]-p[pReports], p[pAll]-p[pDrug]-p[pEvent]+p[pReports]
	if a == 0 || b < 0 || c < 0 || d < 0 {
		return unusable(r, "the counts of reports contradict each other", drugRemedy)
	}
	disproportion(dst, a, b, c, d)
	dst[dReports], dst[dDrugReports], dst[dEventReports] = a, a+b, a+c
	dst[dDrugShare], dst[dEventShare] = 100*a/(a+b), 100*a/(a+c)
	dst[dDrugEvents], dst[dEventDrugs] = p[pDrugEvents], p[pEventDrugs]
	dst[dDrugRank], dst[dEventRank], dst[dCompany] = p[pDrugRank], p[pEventRank], p[pCompany]
	return nil
}

// disproportion fills in what compares the reports of drug and event (a), of the drug without (b), of the event without the
// drug (c), and of neither (d).
func disproportion(dst []float64, a, b, c, d float64) {
	n := a + b + c + d
	expected := (a + b) * (a + c) / n
	dst[dExpected] = expected
	dst[dPRR] = (a + 0.5) / (a + b + 1) / ((c + 0.5) / (c + d + 1))
	dst[dROR] = (a + 0.5) * (d + 0.5) / ((b + 0.5) * (c + 0.5))
	dst[dRORLow] = dst[dROR] * math.Exp(-1.96*math.Sqrt(1/(a+0.5)+1/(b+0.5)+1/(c+0.5)+1/(d+0.5)))
	dst[dIC] = math.Log2((a + 0.5) / (expected + 0.5))
	dst[dICLow] = dst[dIC] - 3.3*math.Pow(a+0.5, -0.5) - 2*math.Pow(a+0.5, -1.5)
	dst[dChi2] = 0
	if margins := (a + b) * (c + d) * (a + c) * (b + d); margins > 0 {
		excess := max(math.Abs(a*d-b*c)-n/2, 0)
		dst[dChi2] = math.Copysign(excess*(excess*n/margins), a-expected)
	}
}
