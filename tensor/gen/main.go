// Command gen writes the assembly kernels of package tensor, and their Go
// declarations:
//
//	go generate ./tensor
//
// Each family of kernels is a set of its own, with a file here and a pair of
// files in tensor. A panel kernel makes a strip of columns of a·b or aᵀ·b: it
// walks down b once for every few rows of a and holds their results in
// registers. A rows kernel makes the products, or the squared distances, of
// rows with rows. How each sums is told in tensor/kernel.go; the code here must
// keep to it whatever the blocking.
//
// No kernel reads or writes beyond the elements that it is told of: the ends
// of rows are loaded and stored under a mask.
package main

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"go/format"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A set is one output: kernels of one family, for every instruction set.
type set struct {
	name  string
	write func()
}

// sets lists them; a set is a line here, a go:generate line in
// tensor/kernel.go and the files NAME_amd64.s and NAME_amd64.go; NAME_other.go
// too if code for all processors calls the kernels.
var sets = []set{
	{"panel", panels},
	{"rows", rows},
	{"maps", maps},
	{"pool", pools},
	{"sums", sums},
	{"functions", functions},
	{"forest", forest},
	{"pieces", pieces},
	{"logs", logs},
}

func main() {
	f := flag.NewFlagSet("gen", flag.ExitOnError)
	name := f.String("set", "", "the set to write")
	pkg := f.String("pkg", "", "the package that they are of")
	out := f.String("out", "", "where the assembly goes")
	stubs := f.String("stubs", "", "where the declarations go")
	other := f.String("other", "", "where the stubs of other processors go, which panic")
	f.Parse(os.Args[1:])
	at := slices.IndexFunc(sets, func(s set) bool { return s.name == *name })
	if at < 0 {
		log.Fatalf("gen: no set %q", *name)
	}
	ConstraintExpr("amd64")
	sets[at].write()
	if err := generate(*pkg, *out, *stubs, *other); err != nil {
		log.Fatalf("gen: %v", err)
	}
}

// generate puts nothing in place before all is written: a set that is wrong
// must not break the package.
func generate(pkg, out, stubs, other string) error {
	dir, err := os.MkdirTemp("", "gen")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	asm, decl := filepath.Join(dir, "s"), filepath.Join(dir, "go")
	flag.CommandLine.Parse([]string{"-pkg", pkg, "-out", asm, "-stubs", decl}) // avo's
	Generate()
	if other != "" {
		if err := writeOther(other, decl); err != nil {
			return err
		}
	}
	return cmp.Or(copyFile(out, asm), copyFile(stubs, decl))
}

func copyFile(to, from string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o644)
}

// writeOther writes the functions that stubs declares, for processors without them.
func writeOther(name, stubs string) error {
	text, err := os.ReadFile(stubs)
	if err != nil {
		return err
	}
	text = bytes.ReplaceAll(text, []byte("//go:build amd64"), []byte("//go:build !amd64"))
	text = bytes.ReplaceAll(text, []byte("\n//\n//go:noescape"), nil)
	text = regexp.MustCompile(`(?m)^func .*$`).ReplaceAll(text, []byte(`$0 { panic("tensor: no kernel") }`))
	if text, err = format.Source(text); err != nil {
		return err
	}
	return os.WriteFile(name, text, 0o644)
}

// at addresses row r, of at most 9, from base, rows being stride bytes apart
// and triple three times as many. Rows from 4 on use far = base + 4·stride.
func at(base, far, stride, triple reg.Register, r int) Mem {
	if r >= 4 {
		base, r = far, r-4
	}
	switch r {
	case 0:
		return Mem{Base: base}
	case 1:
		return Mem{Base: base, Index: stride, Scale: 1}
	case 2:
		return Mem{Base: base, Index: stride, Scale: 2}
	case 3:
		return Mem{Base: base, Index: triple, Scale: 1}
	case 4:
		return Mem{Base: base, Index: stride, Scale: 4}
	}
	panic(fmt.Sprint("no address for row ", r))
}

// inBytes loads a parameter that counts elements and makes it count bytes.
func inBytes(name string) reg.GPVirtual {
	r := GP64()
	Load(Param(name), r)
	SHLQ(Imm(2), r)
	return r
}

func times3(r reg.GPVirtual) reg.GPVirtual {
	t := GP64()
	LEAQ(Mem{Base: r, Index: r, Scale: 2}, t)
	return t
}

func param(name string) reg.GPVirtual {
	r := GP64()
	Load(Param(name), r)
	return r
}
