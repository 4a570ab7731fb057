package jsonl

import (
	"slices"
	"strings"

	"github.com/inkling-sec/inkling"
)

// Members that hold a name and a value, as programs that turn XML into JSON call them: {"@Name":"Image","#text":"a.exe"}.
var (
	pairNames  = []string{"@Name", "Name"}
	pairValues = []string{"#text", "Value"}
)

// pairs reads an array of objects that each hold a name, and a value or none, as fields of those names, beside an array that is called
// Data, below one that is not. It gives false, and has read nothing, where the array is another or the line is damaged.
func (z *Reader) pairs(array []byte, depth int) (bool, error) {
	p := &z.p
	from, n := p.i, len(z.text)
	undo := func() (bool, error) {
		p.i, z.text = from, z.text[:n]
		return false, nil
	}
	type pair struct{ name, value []byte }
	var all []pair
	if depth > maxDepth || !p.take('[') {
		return undo()
	}
	for {
		name, value, ok := z.pair(depth + 1)
		if !ok {
			return undo()
		}
		all = append(all, pair{name, value})
		if p.take(']') {
			break
		}
		if !p.take(',') {
			return undo()
		}
	}
	prefix := strings.TrimSuffix(string(array), "Data")
	if len(prefix) == len(array) {
		prefix += "."
	}
	for _, one := range all {
		name := append([]byte(prefix), one.name...)
		if len(name) > maxName {
			return true, z.in.Bad("shorten it", "the name of a member is longer than %d bytes", maxName)
		}
		if one.value == nil {
			continue
		}
		if err := z.put(name, one.value, inkling.Text); err != nil {
			return true, err
		}
	}
	return true, nil
}

// pair reads an object that holds a name and a value.
func (z *Reader) pair(depth int) (name, value []byte, ok bool) {
	p := &z.p
	if depth > maxDepth || !p.take('{') {
		return nil, nil, false
	}
	for {
		key, _, ok := p.str()
		if !ok || !p.take(':') {
			return nil, nil, false
		}
		missing := p.peek() == 'n'
		v, err := z.element(depth)
		if err != nil {
			return nil, nil, false
		}
		switch {
		case slices.Contains(pairNames, string(key)):
			name = v
		case slices.Contains(pairValues, string(key)) && !missing:
			value = v
		}
		if p.take('}') {
			return name, value, len(name) > 0
		}
		if !p.take(',') {
			return nil, nil, false
		}
	}
}
