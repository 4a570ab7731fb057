package tensor

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"unsafe"
)

// fenced gives n elements with a page that must not be touched right behind
// them, or right before them.
func fenced(t *testing.T, n int, before bool) []float32 {
	page := syscall.Getpagesize()
	size := (4*n + page - 1) / page * page
	mem, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(mem) })
	for _, fence := range [][]byte{mem[:page], mem[page+size:]} {
		if err := syscall.Mprotect(fence, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	data := mem[page : page+size]
	if !before {
		data = data[size-4*n:]
	}
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&data[0])), n)
}

// beside gives a tensor of this shape next to the fence of all.
func beside(all []float32, before bool, shape []int) *Tensor {
	n := 1
	for _, d := range shape {
		n *= d
	}
	if before {
		return From(all[:n], shape...)
	}
	return From(all[len(all)-n:], shape...)
}

func TestLoopsStayWithinTheirOperands(t *testing.T) {
	const size = 1 << 14
	onEachPath(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(25, 26))
		for _, before := range []bool{false, true} {
			var all [][]float32
			for range 5 {
				all = append(all, fenced(t, size, before))
			}
			for _, l := range slices.Concat(exact, near) {
				t.Run(fmt.Sprint(l.name, before), func(t *testing.T) {
					matrices(rng, func(n, d int) {
						if n*d > size {
							return
						}
						var x []*Tensor
						for i := range l.kinds {
							x = append(x, beside(all[i], before, l.shape(i, n, d)))
						}
						l.run(x)
					})
				})
			}
		}
	})
}

// A kernel that touched one element too many would end this process.
func TestKernelsStayWithinTheirOperands(t *testing.T) {
	onEachPath(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(13, 14))
		for _, before := range []bool{false, true} {
			a, b, dst := fenced(t, 71*71, before), fenced(t, 71*71, before), fenced(t, 71*71, before)
			for _, p := range products {
				t.Run(fmt.Sprint(p.name, before), func(t *testing.T) {
					someSizes(rng, func(n, k, m int) {
						if max(n*k, k*m, n*m) > len(a) {
							return
						}
						as, bs := p.operands(n, k, m)
						p.to(beside(dst, before, []int{n, m}), beside(a, before, as), beside(b, before, bs))
					})
				})
			}
		}
	})
}
