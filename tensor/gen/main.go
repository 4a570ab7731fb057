// Command gen writes the assembly kernels of package tensor, and their Go
// declarations:
//
//	go generate ./tensor
//
// There are two families. A panel kernel makes a strip of columns of a·b or
// aᵀ·b: it walks down b once for every few rows of a and holds their results
// in registers (panel.go). A rows kernel makes the products, or the squared
// distances, of rows with rows (rows.go). How each sums is told in
// tensor/kernel.go; the code here must keep to it whatever the blocking.
//
// No kernel reads or writes beyond the elements that it is told of: the ends
// of rows are loaded and stored under a mask.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("amd64")
	panel("panelAVX2x2", avx2{}, 2, false, 6, 3, 1)
	panel("panelAVX2x2masked", avx2{}, 2, true, 6, 3, 1)
	panel("panelAVX2x1", avx2{}, 1, true, 6, 3, 1)
	panel("panelAVX512x4", avx512{}, 4, true, 6, 3, 1)
	panel("panelAVX512x3", avx512{}, 3, true, 8, 4, 1)
	panel("panelAVX512x2", avx512{}, 2, true, 8, 4, 1)
	panel("panelAVX512x1", avx512{}, 1, true, 8, 4, 1)
	rowsAVX2("dots1AVX2", 1, dotStep)
	rowsAVX2("dots3AVX2", 3, dotStep)
	rowsAVX2("distances1AVX2", 1, distanceStep)
	rowsAVX2("distances2AVX2", 2, distanceStep)
	rowsAVX512("dots1AVX512", 1, dotStep)
	rowsAVX512("dots6AVX512", 6, dotStep)
	rowsAVX512("distances1AVX512", 1, distanceStep)
	rowsAVX512("distances6AVX512", 6, distanceStep)
	Generate()
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
