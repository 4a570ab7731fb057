package dataset

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// neighbours is how many benign traces with numbers in a row are kept together.
const neighbours = 50

var traceNumber = regexp.MustCompile(`\d+`)

// ADFA reads ADFA-LD (Creech and Hu 2013): traces of system calls of a Linux server. Each run of an attack is a group of
// its own; benign traces that were numbered one after the other are one.
func ADFA(ctx context.Context, folder string) ([]Part, error) {
	z, err := zip.OpenReader(filepath.Join(folder, "ADFA-LD.zip"))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	t := &Texts{Columns: []string{groupColumn, "calls"}}
	for _, f := range z.File {
		dir, name := path.Split(f.Name)
		run := path.Base(dir)
		class, group := "", run
		switch {
		case !strings.HasSuffix(name, ".txt") || strings.Count(f.Name, "/") < 2:
			continue
		case strings.Contains(dir, "Attack_Data"):
			class = run[:strings.LastIndexByte(run, '_')]
		default:
			n, err := strconv.Atoi(traceNumber.FindString(name))
			if err != nil {
				return nil, fmt.Errorf("%s: a trace without a number", f.Name)
			}
			class, group = "normal", fmt.Sprintf("%s %d", run, n/neighbours)
		}
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		calls, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		t.Add(class, group, strings.TrimSpace(string(calls)))
	}
	d, err := loadTexts(ctx, "adfa-ld", "host", groupColumn, t)
	return []Part{{"", d}}, err
}
