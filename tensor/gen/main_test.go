package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The kernels in the tree are what this generator writes.
func TestKernelsAreUpToDate(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the go command")
	}
	dir := t.TempDir()
	gen := filepath.Join(dir, "gen")
	if out, err := exec.Command("go", "build", "-o", gen, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, s := range sets {
		names := []string{s.name + "_amd64.s", s.name + "_amd64.go"}
		other := s.name + "_other.go"
		out, err := exec.Command(gen, "-set", s.name, "-pkg", "tensor", "-out", filepath.Join(dir, names[0]),
			"-stubs", filepath.Join(dir, names[1]), "-other", filepath.Join(dir, other)).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", s.name, err, out)
		}
		if _, err := os.Stat(filepath.Join("..", other)); err == nil {
			names = append(names, other)
		}
		for _, name := range names {
			if !bytes.Equal(body(t, filepath.Join(dir, name)), body(t, filepath.Join("..", name))) {
				t.Errorf("%s is out of date: go generate ./tensor", name)
			}
		}
	}
}

// The assembler takes registers from 16 on for AVX-512 without a word.
func TestAVX2KernelsHaveSixteenVectors(t *testing.T) {
	high := regexp.MustCompile(`\b[XY](1[6-9]|2\d|3[01])\b`)
	for _, s := range sets {
		name, wide := "", false
		for line := range strings.Lines(string(body(t, filepath.Join("..", s.name+"_amd64.s")))) {
			switch {
			case strings.HasPrefix(line, "TEXT"):
				name = line
				wide = strings.Contains(line, "AVX512")
			case strings.Contains(line, "·use"):
				wide = true
			case strings.HasPrefix(line, "avx2:"):
				wide = false
			case !wide && high.MatchString(line):
				t.Errorf("%s: %s%s", s.name, name, line)
			}
		}
	}
}

// body gives a file without its first line, which names the files asked for.
func body(t *testing.T, name string) []byte {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ = bytes.Cut(text, []byte("\n"))
	return text
}
