package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// isa is an instruction set: its vectors and how they move.
type isa interface {
	vec() reg.VecVirtual
	bytes() int
	maskType() string
	loadMask(name string) reg.Register
	maskedLoad(m Mem, mask reg.Register, v reg.VecVirtual)
	maskedStore(v reg.VecVirtual, mask reg.Register, m Mem)
}

type avx2 struct{}

func (avx2) vec() reg.VecVirtual { return YMM() }
func (avx2) bytes() int          { return 32 }
func (avx2) maskType() string    { return "*int32" }

func (avx2) loadMask(name string) reg.Register {
	m := YMM()
	VMOVUPS(Mem{Base: param(name)}, m)
	return m
}

func (avx2) maskedLoad(m Mem, mask reg.Register, v reg.VecVirtual)  { VMASKMOVPS(m, mask, v) }
func (avx2) maskedStore(v reg.VecVirtual, mask reg.Register, m Mem) { VMASKMOVPS(v, mask, m) }

type avx512 struct{}

func (avx512) vec() reg.VecVirtual { return ZMM() }
func (avx512) bytes() int          { return 64 }
func (avx512) maskType() string    { return "uint32" }

func (avx512) loadMask(name string) reg.Register {
	r, k := GP32(), K()
	Load(Param(name), r)
	KMOVW(r, k)
	return k
}

func (avx512) maskedLoad(m Mem, mask reg.Register, v reg.VecVirtual)  { VMOVUPS_Z(m, mask, v) }
func (avx512) maskedStore(v reg.VecVirtual, mask reg.Register, m Mem) { VMOVUPS(v, mask, m) }
