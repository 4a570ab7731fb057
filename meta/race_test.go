//go:build race

package meta

// raced tells that the race detector runs, under which a sync.Pool drops values at random.
const raced = true
