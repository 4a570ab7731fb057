//go:build !amd64

package feature

import "unsafe"

// prefetch does nothing: each line of memory is waited for.
func prefetch(unsafe.Pointer) {}
