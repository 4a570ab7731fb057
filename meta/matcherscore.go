package meta

import "github.com/inkling-sec/inkling/tensor"

// matcherScorer has a judge for each class, of two classes for the second alone.
type matcherScorer struct {
	ways, d int
	judges  []*judge
}

func (s *matcherScorer) Ways() int { return s.ways }

func (s *matcherScorer) Score(dst []float32, x *tensor.Tensor) {
	n := checkScore(dst, x, s.ways, s.d)
	clear(dst[:n*s.ways])
	first := s.ways - len(s.judges)
	for c, g := range s.judges {
		for lo := 0; lo < n; lo += matcherBlock {
			g.scoreTo(dst[lo*s.ways+first+c:], s.ways, x, lo, min(n, lo+matcherBlock))
		}
	}
}

// matcherBlock is how many rows go through a column's table together.
const matcherBlock = 64

// room is what a block of rows is judged in.
type room struct {
	sums, at, weighted, z, logs, plain matrix // where a row lies, see cells
	land, taught, known                matrix // distances
	linear, log, derived               matrix
	last, hidden, out, votes           matrix
	cast                               []float32             // votes on the block, where they are known
	most                               bool                  // those by distance are at most that, and so are scores to be told
	low, high, above                   matrix                // see answerMostTo
	values, ranks                      [matcherBlock]float32 // of one column
}

// matrix is an array whose rows are as many as a block has.
type matrix struct {
	tensor.Tensor
	shape [2]int
}

func (m *matrix) init(cols int) {
	m.Data = make([]float32, matcherBlock*cols)
	m.shape = [2]int{0, cols}
}

func (m *matrix) rows(n int) *tensor.Tensor {
	m.shape[0] = n
	m.Shape, m.Data = m.shape[:], m.Data[:n*m.shape[1]]
	return &m.Tensor
}

// grow gives an array of n rows, whatever they held.
func (m *matrix) grow(n, cols int) *tensor.Tensor {
	if cap(m.Data) < n*cols {
		m.Data = make([]float32, n*cols)
	}
	m.shape = [2]int{0, cols}
	return m.rows(n)
}

func (g *judge) newRoom() *room {
	r, d := new(room), g.d
	known := 0
	if g.plain.known != nil {
		known = g.plain.known.Rows()
	}
	for m, cols := range map[*matrix]int{
		&r.sums: tableSides, &r.at: 2 * d, &r.weighted: 2 * d, &r.z: d, &r.logs: d, &r.plain: d,
		&r.land: g.plain.land.Rows(), &r.taught: g.plain.taught.Rows(), &r.known: known,
		&r.linear: g.space.linear.Cols(), &r.log: 1, &r.derived: derivedSides,
		&r.last: g.last.Rows(), &r.hidden: g.form.last, &r.low: g.form.last, &r.high: g.form.last, &r.above: g.form.last, &r.out: 1, &r.votes: voteSides,
	} {
		m.init(cols)
	}
	return r
}

// room gives one that nobody is in.
func (g *judge) room() *room {
	if r, ok := g.rooms.Get().(*room); ok {
		return r
	}
	return g.newRoom()
}

// leave gives a room back.
func (g *judge) leave(r *room) {
	r.cast, r.most = nil, false
	g.rooms.Put(r)
}

// scoreTo writes the scores of rows from to to-1 of x to dst, one every stride.
func (g *judge) scoreTo(dst []float32, stride int, x *tensor.Tensor, from, to int) {
	r := g.room()
	defer g.leave(r)
	g.judgeBlock(r, dst, stride, x, from, to-from)
}

// judgeBlock is scoreTo in a room, where it leaves what the scores are made of.
func (g *judge) judgeBlock(r *room, dst []float32, stride int, x *tensor.Tensor, from, n int) {
	if g.tables == nil {
		g.judgeExactly(r, dst, stride, x, from, n)
		return
	}
	clear(r.sums.rows(n).Data)
	g.lookUp(r, x, from, n)
	g.standardise(r, x, from, n)
	g.deriveTo(r, n)
	last := r.last.rows(n)
	g.metricTo(r, n)
	for i := range n {
		row, sums := last.Row(i), r.sums.Row(i)
		at := g.form.heads * metricSides
		at += copy(row[at:], sums[1:])
		dst[i*stride] = g.gain*sums[0] + g.offset
		row[at] = clip32(dst[i*stride], clipAdditive) / 4
	}
	if g.withRatio {
		g.plainTo(r, n)
	}
	if g.votes != nil {
		g.votesTo(r, x, from, n)
	}
	if r.most {
		g.answerMostTo(dst, stride, r, n)
	} else {
		g.answerTo(dst, stride, r, n)
	}
}

// lookUp adds up the evidence of raw columns and writes normal scores and plain coordinates.
func (g *judge) lookUp(r *room, x *tensor.Tensor, from, n int) {
	d, width := g.d, x.Cols()
	at, z, plain := r.at.rows(n).Data, r.z.rows(n).Data, r.plain.rows(n).Data
	for j, column := range g.from {
		for i := range n {
			r.values[i] = finite32(x.Data[(from+i)*width+column])
		}
		t := &g.tables[j]
		r.addEvidence(t, n)
		mean, dev := g.space.mean[j], g.space.dev[j]
		for i, v := range r.values[:n] {
			normal := 2 * t.code.normal[int(r.ranks[i])]
			at[i*2*d+j] = clip32(normal, 8)
			z[i*d+j] = clip32((normal-mean)/dev, 6)
			plain[i*d+j] = g.plain.of(j, v)
		}
	}
}

// addEvidence adds what a table says of the block's values to the sums, and leaves their ranks.
func (r *room) addEvidence(t *table, n int) {
	var places, pieces [matcherBlock]int32
	var along [matcherBlock]float32
	t.ends.FindTo(places[:n], r.values[:n])
	for i, v := range r.values[:n] {
		s := t.stops[places[i]]
		pieces[i], r.ranks[i], along[i] = s.piece, s.rank, t.along(v)
	}
	tensor.AddPieces(&r.sums.Tensor, t.pieces, pieces[:n], along[:n], r.ranks[:n])
}

// standardise writes the standardised logarithms of a block.
func (g *judge) standardise(r *room, x *tensor.Tensor, from, n int) {
	d, width := g.d, x.Cols()
	logs, at := r.logs.rows(n), r.at.Data
	for j, column := range g.from {
		c := &g.codes[j]
		for i := range n {
			logs.Data[i*d+j] = c.size(finite32(x.Data[(from+i)*width+column]))
		}
	}
	tensor.LogTo(logs, logs)
	for j, column := range g.from {
		c, middle := &g.codes[j], g.space.middle[j]
		for i := range n {
			v := 3 * c.logCell(finite32(x.Data[(from+i)*width+column]), logs.Data[i*d+j])
			at[i*2*d+d+j] = clip32(v, 8)
			logs.Data[i*d+j] = v - middle
		}
	}
}

// deriveTo writes the derived columns of a block and adds up their evidence.
func (g *judge) deriveTo(r *room, n int) {
	if !g.withDerived {
		return
	}
	sides := len(g.tables) - g.d
	r.derived.shape[1] = sides
	derived := r.derived.rows(n)
	g.space.deriveTo(derived, r, n)
	for j := range sides {
		for i := range n {
			r.values[i] = derived.Data[i*sides+j]
		}
		r.addEvidence(&g.tables[g.d+j], n)
	}
}

// metricTo writes what the heads tell of a block.
func (g *judge) metricTo(r *room, n int) {
	at, weighted, land, taught := r.at.rows(n), r.weighted.rows(n), r.land.rows(n), r.taught.rows(n)
	for h := range g.heads {
		w := &g.heads[h]
		tensor.MulRowTo(weighted, at, w.root)
		tensor.SquaredDistancesTo(land, weighted, w.land)
		tensor.SquaredDistancesTo(taught, weighted, w.taught)
		for i := range n {
			w.tell(r.last.Row(i)[h*metricSides:(h+1)*metricSides], land.Row(i), taught.Row(i))
		}
	}
}

// plainTo writes the plain distances of a block; the ratios stay where answerTo finds them.
func (g *judge) plainTo(r *room, n int) {
	plain, land, taught := r.plain.rows(n), r.land.rows(n), r.taught.rows(n)
	tensor.SquaredDistancesTo(land, plain, g.plain.land)
	tensor.SquaredDistancesTo(taught, plain, g.plain.taught)
	if g.known != nil {
		tensor.SquaredDistancesTo(r.known.rows(n), plain, g.plain.known)
	}
	from := g.plainFrom()
	for i := range n {
		var known []float32
		if g.known != nil {
			known = r.known.Row(i)
		}
		g.plain.tell(r.last.Row(i)[from:], land.Row(i), taught.Row(i), known)
	}
}

// plainFrom is where the plain distances stand among what the last layers see.
func (g *judge) plainFrom() int {
	if g.votes != nil {
		return g.last.Rows() - voteSides - plainSides
	}
	return g.last.Rows() - plainSides
}

// votesTo writes the votes on a block.
func (g *judge) votesTo(r *room, x *tensor.Tensor, from, n int) {
	d := x.Cols()
	cast := r.votes.rows(n)
	if r.cast != nil {
		copy(cast.Data, r.cast)
	} else {
		g.votes.tellTo(cast.Data, &tensor.Tensor{Shape: []int{n, d}, Data: x.Data[from*d : (from+n)*d]}, nil)
	}
	at := g.last.Rows() - voteSides
	for i := range n {
		for k, v := range cast.Row(i) {
			r.last.Row(i)[at+k] = v / voteEase
		}
	}
}

// voted gives the votes' part of the score of row i.
func (g *judge) voted(r *room, i int) (sum float32) {
	if g.votes == nil {
		return 0
	}
	for k, v := range r.votes.Row(i) {
		sum += g.gains[len(g.gains)-voteSides+k] * v
	}
	return sum
}

// answerTo adds the ratios and what the last layers say.
func (g *judge) answerTo(dst []float32, stride int, r *room, n int) {
	hidden, out := r.hidden.rows(n), r.out.rows(n)
	tensor.DenseTo(hidden, &r.last.Tensor, g.last, g.common, false)
	tensor.GeluTo(hidden, hidden)
	tensor.DenseTo(out, hidden, g.params[pLast1], g.params[pLast1+1], false)
	for i := range n {
		dst[i*stride] += out.Data[i]
		if g.withRatio {
			dst[i*stride] += g.nearness(r, i)
		}
		dst[i*stride] += g.voted(r, i)
	}
}

// answerMostTo is answerTo where the votes by distance are at most those told, and the scores then at most those written;
// where that is not to be told, not a number. Each hidden number lies in an interval.
func (g *judge) answerMostTo(dst []float32, stride int, r *room, n int) {
	const ease = 1e-3 // what roundings may be off by, generously
	low, high, below, above := r.low.rows(n), r.high.rows(n), r.hidden.rows(n), r.above.rows(n)
	tensor.DenseTo(low, &r.last.Tensor, g.last, g.common, false)
	copy(high.Data, low.Data)
	for _, side := range [...]int{voteRatio, voteOdd} {
		weights, from := g.last.Row(g.last.Rows()-voteSides+side), soften(g.votes.scale[side].nats[0])
		for i := range n {
			by := (r.votes.Row(i)[side] - from) / voteEase
			low, high := low.Row(i), high.Row(i)
			for k, w := range weights {
				low[k] -= max(w*by, 0)
				high[k] -= min(w*by, 0)
			}
		}
	}
	tensor.GeluTo(below, low)
	tensor.GeluTo(above, high)
	weights, bias := g.params[pLast1].Data, g.params[pLast1+1].Data[0]
	for i := range n {
		low, high, below, above := low.Row(i), high.Row(i), below.Row(i), above.Row(i)
		sum := bias + ease
		for k, w := range weights {
			sum += mostGelu(w, low[k], high[k], below[k], above[k])
		}
		dst[i*stride] += sum
		if g.withRatio {
			dst[i*stride] += g.nearness(r, i)
		}
		dst[i*stride] += g.voted(r, i)
	}
}

// mostGelu gives what w times gelu is at most from low to high, where gelu is below and above: it falls, then rises, so that it
// is largest at an end, and smallest where it turns if that lies between.
func mostGelu(w, low, high, below, above float32) float32 {
	const turns, least = -.75179, -.17 // where it is smallest, and that or a little less
	switch {
	case w > 0:
		return w * max(below, above)
	case low < turns && high > turns:
		return w * least
	}
	return w * min(below, above)
}

// nearness gives the ratios' part of the score of row i.
func (g *judge) nearness(r *room, i int) (sum float32) {
	last := r.last.Row(i)
	gains := g.gains
	for h := range g.heads {
		sum += gains[h] * last[h*metricSides+2]
	}
	gains = gains[len(g.heads):]
	told := last[g.plainFrom():]
	sum += gains[0]*told[2] + gains[1]*told[3]
	if g.withDerived {
		derived := r.derived.Row(i)
		if sum += gains[2] * derived[3]; g.known != nil {
			sum += gains[3] * derived[7]
		}
	}
	return sum
}
