package pcap

// maxHoles bounds the pieces kept of a stream that arrives out of order; one
// that has more is no longer followed for gaps.
const maxHoles = 64

// maxUnacked is how far data may run ahead of a hole when nothing was ever
// acknowledged: then the other direction is not in the capture.
const maxUnacked = 16 << 10

// A stream follows which bytes of one direction have been seen, by sequence
// numbers relative to the SYN: the first byte is 1. Fields count from 0, so
// that the zero value is a stream at its start.
type stream struct {
	done   int64 // bytes seen without a hole
	trim   int64 // bytes acknowledged
	pieces []piece
	lost   bool // no longer followed
}

// A piece is seen data [from, to) beyond a hole.
type piece struct{ from, to int64 }

func (s *stream) next() int64  { return s.done + 1 }
func (s *stream) acked() int64 { return s.trim + 1 }

// add takes data [from, to), of which the bytes before ack are old news.
func (s *stream) add(from, to, ack int64) {
	if s.lost || to <= ack || to <= s.next() {
		return
	}
	if from <= s.next() {
		s.done = to - 1
		s.join()
		return
	}
	s.insert(piece{from, to})
	if len(s.pieces) > maxHoles || ack <= 1 && s.pieces[len(s.pieces)-1].to-s.next() > maxUnacked {
		s.lost, s.pieces = true, s.pieces[:0]
	}
}

// insert merges p into the sorted pieces.
func (s *stream) insert(p piece) {
	i := 0
	for i < len(s.pieces) && s.pieces[i].to < p.from {
		i++
	}
	j := i
	for j < len(s.pieces) && s.pieces[j].from <= p.to {
		p.from, p.to = min(p.from, s.pieces[j].from), max(p.to, s.pieces[j].to)
		j++
	}
	if i == j {
		s.pieces = append(s.pieces, piece{})
		copy(s.pieces[i+1:], s.pieces[i:])
	} else {
		s.pieces = append(s.pieces[:i+1], s.pieces[j:]...)
	}
	s.pieces[i] = p
}

// join moves over pieces that are no longer beyond a hole.
func (s *stream) join() {
	n := 0
	for n < len(s.pieces) && s.pieces[n].from <= s.next() {
		s.done = max(s.done, s.pieces[n].to-1)
		n++
	}
	s.pieces = append(s.pieces[:0], s.pieces[n:]...)
}

// skipTo gives up the bytes before ack that were not seen, a call of gap for
// each hole.
func (s *stream) skipTo(ack int64, gap func(n int64)) {
	for !s.lost && len(s.pieces) > 0 && s.pieces[0].from < ack {
		gap(s.pieces[0].from - s.next())
		s.done = s.pieces[0].from - 1
		s.join()
	}
	if ack > s.next() {
		if !s.lost {
			gap(ack - s.next())
		}
		s.done = ack - 1
		s.join()
	}
}
