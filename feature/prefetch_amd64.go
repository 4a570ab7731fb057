package feature

import "unsafe"

// prefetch asks for the line of memory at p and does not wait for it.
//
//go:noescape
func prefetch(p unsafe.Pointer)
