// Package detect is where the two columns meet: records and features on one
// side, learners on the other.
//
//	[Baseline]  benign records: a pool to learn from, a disjoint part to calibrate on
//	[Teach]     examples + baseline → a [Detector] with its bound and self-test
//	[Arm]       a detector ready to score: scorer, calibration, neighbours
//	[Engine]    records in, alerts with evidence out
//
// A detector's file holds what it was taught, not what came of it: arming makes
// the scorer anew in milliseconds, the same to the bit.
package detect
