package main

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/inkling-sec/inkling/dataset"
	"github.com/inkling-sec/inkling/eval"
)

// The windowed Gaussian gets what NAB's scoreboard and its results/windowedGaussian_standard_scores.csv say.
func TestPublished(t *testing.T) {
	data := os.Getenv("INKLING_DATA")
	if data == "" {
		data = filepath.Join("..", "..", "..", "shared", "data")
	}
	if _, err := os.Stat(filepath.Join(data, "nab")); err != nil {
		t.Skip("nab is not there; set INKLING_DATA to the folder that holds it")
	}
	files, err := dataset.NABFiles(filepath.Join(data, "nab"))
	if err != nil {
		t.Fatal(err)
	}
	var all []eval.NABSeries
	windows := 0
	for i := range files {
		s, err := gaussian(context.Background(), &files[i])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, eval.NABSeries{Name: files[i].Name, Scores: s, Windows: files[i].Windows})
		windows += len(files[i].Windows)
	}
	for i, want := range []float64{39.6, 20.9, 47.4} {
		if _, got := eval.NABProfiles[i].Best(all); math.Round(10*got) != 10*want {
			t.Errorf("%s: %.2f, published %v", eval.NABProfiles[i].Name, got, want)
		}
	}
	raw := func(s []eval.NABSeries, windows int) float64 {
		return eval.NABProfiles[0].Score(s, 1)/100*2*float64(windows) - float64(windows)
	}
	if got := raw(all, windows); math.Abs(got+24.0131054891) > 1e-9 {
		t.Errorf("all: %.10f", got)
	}
	for name, want := range map[string]float64{
		"realTraffic/speed_t4013.csv": 1.76631783122, "realTweets/Twitter_volume_UPS.csv": -2.2051646682, "realAWSCloudwatch/grok_asg_anomaly.csv": 2.37942230674,
		"realKnownCause/rogue_agent_key_updown.csv": -1.3964908955, "realAdExchange/exchange-3_cpc_results.csv": 2.50266326119,
	} {
		i := slices.IndexFunc(all, func(s eval.NABSeries) bool { return s.Name == name })
		if got := raw(all[i:i+1], len(all[i].Windows)); math.Abs(got-want) > 1e-9 {
			t.Errorf("%s: %.10f, published %v", name, got, want)
		}
	}
}

func TestOnce(t *testing.T) {
	if got := once([]float64{1, 5, 4, 6, 6, 2, 3}, 2); !slices.Equal(got, []float64{1, 5, 0, 6, 0, 0, 0}) {
		t.Error(got)
	}
}
