package main

import (
	"math"
	"strconv"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// What a set's kernels read of constants, each written when it is first asked for.
var data = map[string]Mem{}

// lanes is 16 lanes of ones, then 16 of zeros: masks are windows on it.
func lanes() Mem {
	return vectors("lanes", 32, func(i int) uint32 { return -uint32(1 - i/16) })
}

// number is a vector of f everywhere.
func number(f float64) Mem { return bits(math.Float32bits(float32(f))) }

// bits is a vector of b everywhere.
func bits(b uint32) Mem {
	return vectors("all"+strconv.FormatUint(uint64(b), 16), 16, func(int) uint32 { return b })
}

func vectors(name string, n int, value func(i int) uint32) Mem {
	if m, ok := data[name]; ok {
		return m
	}
	m := GLOBL(name, attr.RODATA|attr.NOPTR)
	for i := range n {
		DATA(4*i, U32(value(i)))
	}
	data[name] = m
	return m
}
