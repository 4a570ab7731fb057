package tensor

import "os"

//go:generate go run ./gen -set panel -pkg tensor -out panel_amd64.s -stubs panel_amd64.go -other panel_other.go
//go:generate go run ./gen -set rows -pkg tensor -out rows_amd64.s -stubs rows_amd64.go
//go:generate go run ./gen -set maps -pkg tensor -out maps_amd64.s -stubs maps_amd64.go -other maps_other.go
//go:generate go run ./gen -set pool -pkg tensor -out pool_amd64.s -stubs pool_amd64.go -other pool_other.go
//go:generate go run ./gen -set sums -pkg tensor -out sums_amd64.s -stubs sums_amd64.go -other sums_other.go
//go:generate go run ./gen -set functions -pkg tensor -out functions_amd64.s -stubs functions_amd64.go -other functions_other.go
//go:generate go run ./gen -set forest -pkg tensor -out forest_amd64.s -stubs forest_amd64.go -other forest_other.go
//go:generate go run ./gen -set pieces -pkg tensor -out pieces_amd64.s -stubs pieces_amd64.go -other pieces_other.go
//go:generate go run ./gen -set logs -pkg tensor -out logs_amd64.s -stubs logs_amd64.go -other logs_other.go

// A path is a way to compute products and distances. Each has one order of
// summation, which depends on the length of the sum alone: not on the place of
// a row, on how many rows go together, or on goroutines.
//
// The avx2 and avx512 paths give the same bits. An element of a·b and of aᵀ·b
// starts as 0, to which the products are added from the first to the last,
// each in one fused step of one rounding; so does one of a·bᵀ where b has
// wideB rows or more. Where it has fewer, an element of a·bᵀ, and always a
// squared distance, is the sum of eight lanes, lane l taking the elements l,
// l+8, l+16 and so on in this same way; the lanes are added as
// ((l0+l2)+(l1+l3)) + ((l4+l6)+(l5+l7)).
//
// The plain path adds from the first to the last and rounds products too; in
// a·b and aᵀ·b it takes four at a time, as (x0+x1)+(x2+x3).
//
// All else gives the same bits on every path, the plain one too: products are
// rounded before they are added, and sums have the lanes and blocks that
// reduce.go names. The exceptions are DotRowsTo, which sums as a·bᵀ does, and
// the functions and softmax, where functions.go says how near the paths are.
type path uint8

const (
	plain path = iota
	avx2
	avx512
)

var pathNames = [...]string{plain: "go", avx2: "avx2", avx512: "avx512"}

// use is the path of this process. Only tests change it.
var use = choose(os.Getenv("INKLING_KERNEL"), fastest())

// Kernel names the way in which this process computes products and distances:
// go, avx2 or avx512. It is the fastest that the processor has, or a lower one
// when the environment variable INKLING_KERNEL names it. Results on avx2 and
// avx512 agree to the last bit; those on go differ by roundings.
func Kernel() string { return pathNames[use] }

func choose(name string, best path) path {
	for p, n := range pathNames {
		if n == name {
			return min(path(p), best)
		}
	}
	return best
}
