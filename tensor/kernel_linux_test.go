package tensor

import (
	"fmt"
	"math/rand/v2"
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

// A kernel that touched one element too many would end this process.
func TestKernelsStayWithinTheirOperands(t *testing.T) {
	onEachPath(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(13, 14))
		for _, before := range []bool{false, true} {
			a, b, dst := fenced(t, 71*71, before), fenced(t, 71*71, before), fenced(t, 71*71, before)
			part := func(all []float32, shape []int) *Tensor {
				n := shape[0] * shape[1]
				if before {
					return From(all[:n], shape...)
				}
				return From(all[len(all)-n:], shape...)
			}
			for _, p := range products {
				t.Run(fmt.Sprint(p.name, before), func(t *testing.T) {
					someSizes(rng, func(n, k, m int) {
						if max(n*k, k*m, n*m) > len(a) {
							return
						}
						as, bs := p.operands(n, k, m)
						p.to(part(dst, []int{n, m}), part(a, as), part(b, bs))
					})
				})
			}
		}
	})
}
