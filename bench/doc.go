// Package bench holds what measures the numeric packages: its benchmarks time
// training steps and scoring, its tests hold training to its promises about
// memory. Below it, peers compares with PyTorch, papers with the published
// accuracies on Omniglot, tables learners on many real tables, sine draws the
// regression figure of the MAML paper, and roads holds flows of packets against
// those of Zeek, Argus and Suricata:
//
//	go test ./bench -run - -bench . -benchmem
//	go run ./bench/peers
//	go run ./bench/papers
//	go run ./bench/tables
//	go run ./bench/sine
//	go run ./bench/roads zeek
package bench
