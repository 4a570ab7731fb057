package nn

import "math"

// Schedules give the share of its first rate that an optimizer works with
// after done of so many steps.

// Cosine falls from 1 to 0 along half a cosine (Loshchilov and Hutter 2017).
func Cosine(done, of int) float64 { return 0.5 + 0.5*math.Cos(math.Pi*float64(done)/float64(of)) }

// Linear falls from 1 to 0 along a line.
func Linear(done, of int) float64 { return 1 - float64(done)/float64(of) }

// Halving is 1, and halves after every so many steps.
func Halving(done, every int) float64 { return math.Ldexp(1, -(done / every)) }
