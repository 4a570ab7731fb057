// Package dataset reads the public data sets that the program is judged on, each from a folder of its own as it
// was published. None of them is in the repository.
//
// A set is one or more parts, labelled rows that have benign ones of their own.
package dataset

import "github.com/inkling-sec/inkling/eval"

// Part is a table of a set with benign rows of its own: a capture, a bank. Most sets are one part without a name.
type Part struct {
	Name string
	Data *eval.Data
}
