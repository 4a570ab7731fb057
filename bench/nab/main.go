// Command nab scores our unsupervised detector of series by the Numenta Anomaly
// Benchmark: features of family series, learner odd, nothing labelled. Beside it
// runs a detector whose score is published, the windowed Gaussian, which shows that
// the arithmetic is the benchmark's.
//
//	go run ./bench/nab -data ../shared/data/nab
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"

	"github.com/inkling-sec/inkling/dataset"
	"github.com/inkling-sec/inkling/eval"
)

// developed are the folders that the detector was tuned on; the others were scored at the end.
var developed = []string{"artificialNoAnomaly", "artificialWithAnomaly", "realAWSCloudwatch", "realTraffic"}

func main() {
	data := flag.String("data", "../shared/data/nab", "folder of the benchmark")
	only := flag.Bool("development", false, "score what the detector was tuned on and nothing else")
	each := flag.Bool("each", false, "tell of each series")
	flag.Parse()
	if err := run(*data, *only, *each); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// judged are parts of the corpus, each scored with thresholds of its own, as the whole is.
var judged = []struct {
	name string
	has  func(folder string) bool
}{
	{"development", isDeveloped},
	{"test", func(f string) bool { return !isDeveloped(f) }},
	{"real", func(f string) bool { return strings.HasPrefix(f, "real") }},
	{"all", func(string) bool { return true }},
}

func isDeveloped(folder string) bool {
	for _, d := range developed {
		if d == folder {
			return true
		}
	}
	return false
}

func run(data string, development, each bool) error {
	var folders []string
	if development {
		folders = developed
	}
	files, err := dataset.NABFiles(data, folders...)
	if err != nil {
		return err
	}
	for _, d := range detectors {
		scored, err := scores(d, files)
		if err != nil {
			return err
		}
		for _, j := range judged {
			var part []eval.NABSeries
			for _, s := range scored {
				if j.has(s.Name[:strings.Index(s.Name, "/")]) {
					part = append(part, s)
				}
			}
			if len(part) > 0 && (!development || j.name == "development") {
				tell(d.name, j.name, part)
			}
		}
		if each {
			tellEach(scored)
		}
	}
	return nil
}

// scores runs a detector over all series, several at a time.
func scores(d detector, files []dataset.NABFile) ([]eval.NABSeries, error) {
	out, errs := make([]eval.NABSeries, len(files)), make([]error, len(files))
	var wg sync.WaitGroup
	room := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i := range files {
		wg.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			out[i] = eval.NABSeries{Name: files[i].Name, Windows: files[i].Windows}
			out[i].Scores, errs[i] = d.scores(context.Background(), &files[i])
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func tell(detector, part string, all []eval.NABSeries) {
	fmt.Printf("%-18s %-12s %2d series", detector, part, len(all))
	for _, p := range eval.NABProfiles {
		threshold, score := p.Best(all)
		fmt.Printf("  %s %.1f (at %.4g)", p.Name, score, threshold)
	}
	fmt.Println()
}

func tellEach(all []eval.NABSeries) {
	threshold, _ := eval.NABProfiles[0].Best(all)
	for _, s := range all {
		alarms, found := 0, map[int]bool{}
		for i, v := range s.Scores {
			if i < eval.NABProbation(len(s.Scores)) || v < threshold {
				continue
			}
			hit := false
			for k, w := range s.Windows {
				if i >= w[0] && i <= w[1] {
					hit, found[k] = true, true
				}
			}
			if !hit {
				alarms++
			}
		}
		fmt.Printf("  %-60s %5d points, %d of %d windows, %d false alarms\n", s.Name, len(s.Scores), len(found), len(s.Windows), alarms)
	}
}
