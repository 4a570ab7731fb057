//go:build !unix

package follow

import "os"

// Elsewhere files are known again by their first bytes alone.
func inode(os.FileInfo) (device, number uint64) { return 0, 0 }
