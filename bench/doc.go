// Package bench holds what measures the numeric packages: its benchmarks time
// training steps and scoring, its tests hold training to its promises about
// memory. Below it, peers compares with PyTorch and sine draws the regression
// figure of the MAML paper:
//
//	go test ./bench -run - -bench . -benchmem
//	go run ./bench/peers
//	go run ./bench/sine
package bench
