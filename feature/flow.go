package feature

import "github.com/inkling-sec/inkling"

const flowName = "flow"

// FlowOptions bounds the memory of the flow extractor.
type FlowOptions struct {
	Keys int // most keys a table of statistics over time; 0 means 65,536
}

// Flow gives the flow contract.
func Flow() *Contract { return &Contract{Name: flowName, Version: 1} }

// FlowExtractor makes rows of the flow contract.
type FlowExtractor struct{}

// NewFlow gives an extractor of the flow contract with an empty memory.
func NewFlow(o FlowOptions) *FlowExtractor { return &FlowExtractor{} }

// Contract gives the flow contract.
func (*FlowExtractor) Contract() *Contract { return Flow() }

// Extract is to come.
func (*FlowExtractor) Extract(dst []float64, r *inkling.Record) error {
	return inkling.Errorf(inkling.Internal, "contract flow", "is to come")
}

// Evictions counts the keys put out for want of room.
func (*FlowExtractor) Evictions() uint64 { return 0 }
