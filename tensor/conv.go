package tensor

import "sync"

// Conv says what a convolution does to images, or to series, which are images
// one high. An image is Height·Width rows of Channels columns, row by row of
// the picture; n images are the rows [n·Height·Width, Channels]. The weights
// are [High·Wide·Channels, filters], the window's place first. The picture is
// padded with zeros so that stride 1 keeps its sides.
type Conv struct {
	Height, Width, Channels int
	High, Wide              int // sides of the window, odd
	Stride                  int // from window to window, along each side that has a window
}

// Out gives the sides of the result.
func (c *Conv) Out() (height, width int) {
	return outSide(c.Height, c.High, c.Stride), outSide(c.Width, c.Wide, c.Stride)
}

func outSide(side, window, stride int) int {
	if window == 1 && side == 1 {
		return 1
	}
	return (side-1)/stride + 1
}

// Window gives the number of elements that go into one of the result.
func (c *Conv) Window() int { return c.High * c.Wide * c.Channels }

// rows of im2col that are made and multiplied at a time; so many stay in the cache.
const convRows = 128

// ConvTo writes the convolution of images x with weights w to dst. The work is
// shared out over so many workers; that changes no bit.
func ConvTo(dst, x, w *Tensor, c *Conv, workers int) {
	n := c.images("ConvTo", x)
	oh, ow := c.Out()
	fit("ConvTo", w.Rows() == c.Window() && dst.Rows() == n*oh*ow && dst.Cols() == w.Cols(), dst, x, w)
	if workers <= 1 {
		c.forward(dst, x, w, 0, dst.Rows())
		return
	}
	inParallel(workers, dst.Rows(), convRows, func(from, to int) { c.forward(dst, x, w, from, to) })
}

// forward makes rows from to to-1 of the result.
func (c *Conv) forward(dst, x, w *Tensor, from, to int) {
	s := convScratches.Get().(*convScratch)
	defer convScratches.Put(s)
	for ; from < to; from += convRows {
		until := min(from+convRows, to)
		cols := s.matrix(0, until-from, c.Window())
		c.gather(cols.Data, x.Data, from, until)
		MatMulTo(s.view(dst, from, until), cols, w)
	}
}

// ConvWeightsTo writes to dst [window, filters] the gradient of a convolution
// of x with respect to its weights, g being the one with respect to its result.
func ConvWeightsTo(dst, x, g *Tensor, c *Conv, workers int) {
	n := c.images("ConvWeightsTo", x)
	oh, ow := c.Out()
	fit("ConvWeightsTo", dst.Rows() == c.Window() && g.Rows() == n*oh*ow && dst.Cols() == g.Cols(), dst, x, g)
	// Parts of fixed size are added up in order, so that the sum is that of one worker.
	const part = 8 * convRows
	clear(dst.Data)
	if workers <= 1 || g.Rows() <= part {
		sum := borrowRoom(len(dst.Data))
		defer returnRoom(sum)
		for from := 0; from < g.Rows(); from += part {
			c.weights(*sum, x, g, from, min(from+part, g.Rows()))
			addInto(dst.Data, *sum)
		}
		return
	}
	sums := borrowRoom((g.Rows() + part - 1) / part * len(dst.Data))
	defer returnRoom(sums)
	inParallel(workers, g.Rows(), part, func(from, to int) {
		c.weights((*sums)[from/part*len(dst.Data):][:len(dst.Data)], x, g, from, to)
	})
	for sum := *sums; len(sum) > 0; sum = sum[len(dst.Data):] {
		addInto(dst.Data, sum[:len(dst.Data)])
	}
}

// weights writes to sum what rows from to to-1 of the result add to the gradient.
func (c *Conv) weights(sum []float32, x, g *Tensor, from, to int) {
	s := convScratches.Get().(*convScratch)
	defer convScratches.Put(s)
	tmp := s.matrix(1, c.Window(), g.Cols())
	clear(sum)
	for ; from < to; from += convRows {
		until := min(from+convRows, to)
		cols := s.matrix(0, until-from, c.Window())
		c.gather(cols.Data, x.Data, from, until)
		MatMulATo(tmp, cols, s.view(g, from, until))
		addInto(sum, tmp.Data)
	}
}

// ConvBackTo writes to dst the gradient of a convolution with w with respect to
// its images, g being the one with respect to its result.
func ConvBackTo(dst, g, w *Tensor, c *Conv, workers int) {
	n := c.images("ConvBackTo", dst)
	oh, ow := c.Out()
	fit("ConvBackTo", w.Rows() == c.Window() && g.Rows() == n*oh*ow && w.Cols() == g.Cols(), dst, g, w)
	s := convScratches.Get().(*convScratch)
	defer convScratches.Put(s)
	if c.Stride == 1 {
		// That is a convolution of g, with the window turned half round.
		s.back = Conv{Height: oh, Width: ow, Channels: w.Cols(), High: c.High, Wide: c.Wide, Stride: 1}
		turned := s.matrix(0, s.back.Window(), c.Channels)
		c.turn(turned.Data, w)
		ConvTo(dst, g, turned, &s.back, workers)
		return
	}
	wt := s.matrix(0, w.Cols(), w.Rows())
	TransposeTo(wt, w)
	if workers <= 1 {
		c.back(dst, g, wt, 0, n)
		return
	}
	inParallel(workers, n, 1, func(from, to int) { c.back(dst, g, wt, from, to) })
}

// back makes images from to to-1.
func (c *Conv) back(dst, g, wt *Tensor, from, to int) {
	s := convScratches.Get().(*convScratch)
	defer convScratches.Put(s)
	oh, ow := c.Out()
	image, out := c.Height*c.Width*c.Channels, oh*ow
	cols := s.matrix(0, out, c.Window())
	for i := from; i < to; i++ {
		MatMulTo(cols, s.view(g, i*out, (i+1)*out), wt)
		c.scatter(dst.Data[i*image:][:image], cols.Data)
	}
}

// images gives the number of images in x.
func (c *Conv) images(op string, x *Tensor) int {
	fit(op, x.Cols() == c.Channels && x.Rows()%(c.Height*c.Width) == 0, x)
	return x.Rows() / (c.Height * c.Width)
}

// gather writes the windows of rows from to to-1 of the result to cols, one a row.
func (c *Conv) gather(cols, x []float32, from, to int) {
	oh, ow := c.Out()
	window, wide := c.Window(), c.Wide*c.Channels
	image := from / (oh * ow)
	y, col := from/ow%oh, from%ow
	for range to - from {
		dst, src := cols[:window], x[image*c.Height*c.Width*c.Channels:]
		left := col*c.Stride - c.Wide/2
		lo := max(0, -left) * c.Channels
		hi := min(c.Wide, c.Width-left) * c.Channels
		for h := range c.High {
			row := dst[h*wide : (h+1)*wide]
			at := y*c.Stride - c.High/2 + h
			if at < 0 || at >= c.Height {
				clear(row)
				continue
			}
			if len(row) > 16 || lo > 0 || hi < wide {
				clear(row[:lo])
				copy(row[lo:hi], src[(at*c.Width+left)*c.Channels+lo:])
				clear(row[hi:])
				continue
			}
			for i, v := range src[(at*c.Width+left)*c.Channels:][:len(row)] {
				row[i] = v
			}
		}
		cols = cols[window:]
		if col++; col == ow {
			if col, y = 0, y+1; y == oh {
				y, image = 0, image+1
			}
		}
	}
}

// scatter adds the windows of one image's result, one a row of cols, up to that image.
func (c *Conv) scatter(x, cols []float32) {
	clear(x)
	oh, ow := c.Out()
	window, wide := c.Window(), c.Wide*c.Channels
	for y := range oh {
		for col := range ow {
			left := col*c.Stride - c.Wide/2
			lo := max(0, -left) * c.Channels
			hi := min(c.Wide, c.Width-left) * c.Channels
			for h := range c.High {
				if at := y*c.Stride - c.High/2 + h; at >= 0 && at < c.Height {
					addInto(x[(at*c.Width+left)*c.Channels+lo:][:hi-lo], cols[h*wide+lo:h*wide+hi])
				}
			}
			cols = cols[window:]
		}
	}
}

// turn writes the weights of the convolution that carries gradients back: the
// window turned half round, filters and channels exchanged.
func (c *Conv) turn(dst []float32, w *Tensor) {
	places, filters := c.High*c.Wide, w.Cols()
	s := convScratches.Get().(*convScratch)
	defer convScratches.Put(s)
	for p := range places {
		from := s.view(w, p*c.Channels, (p+1)*c.Channels)
		to := s.wrap(dst[(places-1-p)*c.Channels*filters:], filters, c.Channels)
		TransposeTo(to, from)
	}
}

func addInto(dst, x []float32) {
	x = x[:len(dst)]
	if use != plain {
		addSIMD(dst, dst, x)
		return
	}
	for i, v := range x {
		dst[i] += v
	}
}

// convScratch is a worker's memory.
type convScratch struct {
	room   [2][]float32
	m      [2]Tensor
	shape  [2][2]int
	part   Tensor
	bounds [2]int
	back   Conv
}

var convScratches = sync.Pool{New: func() any { return new(convScratch) }}

// matrix gives matrix i of the scratch with those sides.
func (s *convScratch) matrix(i, rows, cols int) *Tensor {
	if len(s.room[i]) < rows*cols {
		s.room[i] = make([]float32, rows*cols)
	}
	s.shape[i] = [2]int{rows, cols}
	s.m[i] = Tensor{s.shape[i][:], s.room[i][:rows*cols]}
	return &s.m[i]
}

// view gives rows from to to-1 of t.
func (s *convScratch) view(t *Tensor, from, to int) *Tensor {
	c := t.Cols()
	s.bounds = [2]int{to - from, c}
	s.part = Tensor{s.bounds[:], t.Data[from*c : to*c]}
	return &s.part
}

// wrap gives data, as far as it is used, those sides.
func (s *convScratch) wrap(data []float32, rows, cols int) *Tensor {
	s.shape[1] = [2]int{rows, cols}
	s.m[1] = Tensor{s.shape[1][:], data[:rows*cols]}
	return &s.m[1]
}

var rooms = sync.Pool{New: func() any { return new([]float32) }}

func borrowRoom(n int) *[]float32 {
	r := rooms.Get().(*[]float32)
	if cap(*r) < n {
		*r = make([]float32, n)
	}
	*r = (*r)[:n]
	return r
}

func returnRoom(r *[]float32) { rooms.Put(r) }

// inParallel calls f for parts of size part of 0 to n-1, by so many goroutines.
func inParallel(workers, n, part int, f func(from, to int)) {
	parts := (n + part - 1) / part
	if workers = min(workers, parts); workers <= 1 {
		for from := 0; from < n; from += part {
			f(from, min(from+part, n))
		}
		return
	}
	var next sync.Mutex
	var wg sync.WaitGroup
	at := 0
	for range workers {
		wg.Go(func() {
			for {
				next.Lock()
				from := at
				at += part
				next.Unlock()
				if from >= n {
					return
				}
				f(from, min(from+part, n))
			}
		})
	}
	wg.Wait()
}
