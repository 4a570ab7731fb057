package pe

import (
	"bytes"
	"math"
)

// entropyOf gives the entropy of data in bits a byte; NaN where there is none, and where so much was scanned already that
// the file must be made to be slow.
func (m *image) entropyOf(data []byte) float64 {
	if m.scanned += len(data); len(data) == 0 || m.scanned > mostScans*len(m.b) {
		return math.NaN()
	}
	return entropy(data)
}

func entropy(data []byte) float64 {
	var counts [256]int
	for _, c := range data {
		counts[c]++
	}
	sum, n := 0.0, float64(len(data))
	for _, c := range counts {
		if c > 0 {
			sum += float64(c) * math.Log2(float64(c))
		}
	}
	return max(0, math.Log2(n)-sum/n)
}

// leastText is the shortest run of visible characters that counts as a text.
const leastText = 5

// texts sums up the texts in a file, of ASCII and of UTF-16.
type texts struct {
	printable                                           float64 // visible characters and spaces, of all bytes
	n                                                   float64
	length                                              float64 // of all
	longest                                             float64
	wide                                                float64 // of UTF-16
	urls, registry, addresses, paths, encoded, programs float64
}

func (t *texts) scan(b []byte) {
	for i := 0; i < len(b); {
		if !visible(b[i]) {
			i++
			continue
		}
		end := i + 1
		for end < len(b) && visible(b[end]) {
			end++
		}
		t.printable += float64(end - i)
		if end-i >= leastText {
			t.add(b[i:end])
		}
		if end-i == 1 && end < len(b) && b[end] == 0 {
			end = t.scanWide(b, i)
		}
		i = end
	}
	t.programs = float64(bytes.Count(b, []byte("This program cannot be run in DOS mode")))
}

// scanWide reads a text of UTF-16 that begins at i, and gives where it ends.
func (t *texts) scanWide(b []byte, i int) int {
	var buf [1024]byte
	n, text := 0, buf[:0]
	for ; i+1 < len(b) && visible(b[i]) && b[i+1] == 0; i += 2 {
		if n++; len(text) < cap(text) {
			text = append(text, b[i])
		}
	}
	if t.printable += float64(n - 1); n >= leastText {
		t.wide++
		t.add(text)
	}
	return i
}

func visible(c byte) bool { return c >= ' ' && c <= '~' }

var (
	schemes = [][]byte{[]byte("http://"), []byte("https://"), []byte("ftp://")}
	hives   = [][]byte{[]byte("hkey_"), []byte("software\\"), []byte("currentversion\\"), []byte("system\\currentcontrolset")}
)

// add counts a text and what it looks like.
func (t *texts) add(s []byte) {
	t.n++
	t.length += float64(len(s))
	t.longest = max(t.longest, float64(len(s)))
	low := s
	if bytes.ContainsAny(s, ":\\") {
		low = bytes.ToLower(s)
		t.urls += occurrences(low, schemes)
		t.registry += occurrences(low, hives)
		if i := bytes.Index(low, []byte(`:\`)); i > 0 && low[i-1] >= 'a' && low[i-1] <= 'z' {
			t.paths++
		}
	}
	t.addresses += float64(quads(s))
	if len(s) >= 40 && base64(s) {
		t.encoded++
	}
}

func occurrences(s []byte, of [][]byte) (n float64) {
	for _, o := range of {
		n += float64(bytes.Count(s, o))
	}
	return n
}

// quads counts dotted quads such as 10.0.0.1.
func quads(s []byte) (n int) {
	for i := 0; i < len(s); {
		parts, from := 0, i
		for parts < 4 {
			v, digits := 0, 0
			for i < len(s) && s[i] >= '0' && s[i] <= '9' && digits < 4 {
				v, digits, i = v*10+int(s[i]-'0'), digits+1, i+1
			}
			if digits == 0 || digits > 3 || v > 255 {
				break
			}
			if parts++; parts < 4 {
				if i == len(s) || s[i] != '.' {
					break
				}
				i++
			}
		}
		if parts == 4 && (i == len(s) || s[i] != '.' && (s[i] < '0' || s[i] > '9')) && (from == 0 || s[from-1] != '.' && (s[from-1] < '0' || s[from-1] > '9')) {
			n++
		}
		if i == from {
			i++
		}
	}
	return n
}

// base64 says whether a text is of that alphabet, with digits and letters of both cases.
func base64(s []byte) bool {
	var lower, upper, digit bool
	for _, c := range bytes.TrimRight(s, "=") {
		switch {
		case c >= 'a' && c <= 'z':
			lower = true
		case c >= 'A' && c <= 'Z':
			upper = true
		case c >= '0' && c <= '9':
			digit = true
		case c != '+' && c != '/':
			return false
		}
	}
	return lower && upper && digit
}
