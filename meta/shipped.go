package meta

import (
	"fmt"
	"sync"

	"github.com/inkling-sec/inkling/models"
)

var shipped = sync.OnceValue(func() *Matcher {
	l, _, err := Decode(models.Matcher)
	if err != nil {
		panic(fmt.Sprintf("meta: the matcher inside the program: %v", err)) // a broken build, that every test finds
	}
	return l.(*Matcher)
})

// Shipped gives the matcher that the program carries. The seed is of the trees that vote in it.
func Shipped(seed uint64) *Matcher {
	m := *shipped()
	m.Seed = seed
	return &m
}
