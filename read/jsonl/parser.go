package jsonl

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// A parser walks over one line of JSON. Its methods pass over white space first.
type parser struct {
	b []byte
	i int
}

var errSyntax = fmt.Errorf("not JSON")

func (p *parser) space() int {
	for p.i < len(p.b) && (p.b[p.i] == ' ' || p.b[p.i] == '\t') {
		p.i++
	}
	return p.i
}

func (p *parser) peek() byte {
	if p.space() < len(p.b) {
		return p.b[p.i]
	}
	return 0
}

func (p *parser) take(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.i++
	return true
}

func (p *parser) word(w string) bool {
	if len(p.b)-p.i < len(w) || string(p.b[p.i:p.i+len(w)]) != w {
		return false
	}
	p.i += len(w)
	return true
}

// number passes over a number; none where it goes wrong.
func (p *parser) number() []byte {
	from := p.space()
	p.one('-', '-')
	if !p.one('0', '0') && !p.digits() {
		return nil
	}
	if p.one('.', '.') && !p.digits() {
		return nil
	}
	if p.one('e', 'E') {
		p.one('+', '-')
		if !p.digits() {
			return nil
		}
	}
	return p.b[from:p.i]
}

// one passes over one of two bytes, without white space.
func (p *parser) one(c, d byte) bool {
	if p.i < len(p.b) && (p.b[p.i] == c || p.b[p.i] == d) {
		p.i++
		return true
	}
	return false
}

// digits passes over one digit or more.
func (p *parser) digits() bool {
	from := p.i
	for p.i < len(p.b) && p.b[p.i] >= '0' && p.b[p.i] <= '9' {
		p.i++
	}
	return p.i > from
}

// str passes over a string and gives what is between its quotes.
func (p *parser) str() (raw []byte, escaped, ok bool) {
	if !p.take('"') {
		return nil, false, false
	}
	from := p.i
	for {
		j := bytes.IndexByte(p.b[p.i:], '"')
		if j < 0 {
			return nil, false, false
		}
		k := bytes.IndexByte(p.b[p.i:p.i+j], '\\')
		if k < 0 {
			p.i += j + 1
			return p.b[from : p.i-1], escaped, true
		}
		escaped = true
		p.i += k + 2
		if p.i > len(p.b) {
			return nil, false, false
		}
	}
}

var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unquote appends s with its JSON escapes decoded.
func unquote(dst, s []byte) ([]byte, bool) {
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			dst = append(dst, s[i])
			i++
			continue
		}
		if i+1 >= len(s) {
			return dst, false
		}
		if s[i+1] == 'u' {
			r, n := rune4(s[i:])
			if n == 0 {
				return dst, false
			}
			dst = utf8.AppendRune(dst, r)
			i += n
			continue
		}
		c := escapes[s[i+1]]
		if c == 0 {
			return dst, false
		}
		dst = append(dst, c)
		i += 2
	}
	return dst, true
}

// rune4 decodes \uXXXX, or a pair of surrogates, and gives its length.
func rune4(s []byte) (rune, int) {
	r := hex4(s)
	if r < 0 {
		return 0, 0
	}
	if utf16.IsSurrogate(r) {
		if r2 := hex4(s[6:]); r2 >= 0 {
			if d := utf16.DecodeRune(r, r2); d != utf8.RuneError {
				return d, 12
			}
		}
		return utf8.RuneError, 6
	}
	return r, 6
}

func hex4(s []byte) rune {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return -1
	}
	v, err := strconv.ParseUint(string(s[2:6]), 16, 32)
	if err != nil {
		return -1
	}
	return rune(v)
}
