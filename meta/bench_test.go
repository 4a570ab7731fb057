package meta_test

import (
	"context"
	"testing"

	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/meta/metatest"
)

// 1,000 benign rows, five taught, 150 columns; the known ones are few.
func BenchmarkAdapt(b *testing.B) {
	task := metatest.Detection(1, 1000, 5, 1, 150)
	for _, e := range meta.Learners {
		b.Run(e.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.New(1).Adapt(context.Background(), task); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// 10,000 rows.
func BenchmarkScore(b *testing.B) {
	task := metatest.Detection(1, 1000, 5, 5000, 150)
	dst := make([]float32, 2*task.Query.Len())
	for _, e := range meta.Learners {
		b.Run(e.Name, func(b *testing.B) {
			s, err := e.New(1).Adapt(context.Background(), task)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				s.Score(dst, task.Query.X)
			}
		})
	}
}
