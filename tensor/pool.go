package tensor

// Pool says how images are made smaller: of each window of High·Wide pixels
// that do not overlap one is taken, channel by channel. What is left over at
// the right and the bottom goes.
type Pool struct {
	Height, Width int // of an image before
	High, Wide    int // of a window
}

// Out gives the sides of an image after.
func (p *Pool) Out() (height, width int) { return p.Height / p.High, p.Width / p.Wide }

// images gives the number of images that x is.
func (p *Pool) images(op string, x *Tensor) int {
	fit(op, x.Rows()%(p.Height*p.Width) == 0, x)
	return x.Rows() / (p.Height * p.Width)
}

// PoolTo takes from each window of x the largest element where sign is 0 or
// more in its column and the smallest where it is less, and writes to which
// the pixel of the window that was, the first where there are several. The work
// is shared out over so many workers; that changes no bit.
func PoolTo(dst, which, x, sign *Tensor, p *Pool, workers int) {
	n, d := p.images("PoolTo", x), x.Cols()
	oh, ow := p.Out()
	same("PoolTo", dst, which)
	fit("PoolTo", dst.Rows() == n*oh*ow && dst.Cols() == d && len(sign.Data) == d, dst, x, sign)
	if workers <= 1 {
		p.pool(dst, which, x, sign, 0, n*oh)
		return
	}
	inParallel(workers, n*oh, oh, func(from, to int) { p.pool(dst, which, x, sign, from, to) })
}

// pool does rows of windows from to to-1, over all images.
func (p *Pool) pool(dst, which, x, sign *Tensor, from, to int) {
	_, ow := p.Out()
	d := x.Cols()
	for r := from; r < to; r++ {
		out, index := dst.Data[r*ow*d:(r+1)*ow*d], which.Data[r*ow*d:(r+1)*ow*d]
		in := x.Data[p.first(r)*d:]
		if p.fast() {
			poolSIMD(out, index, in, in[p.Width*d:], sign.Data, ow, d)
			continue
		}
		for w := range ow {
			poolWindow(out[w*d:(w+1)*d], index[w*d:(w+1)*d], in[w*p.Wide*d:], sign.Data, p)
		}
	}
}

// fast tells whether there is a kernel for the windows.
func (p *Pool) fast() bool { return use != plain && p.High == 2 && p.Wide == 2 }

// first gives the first pixel of row r of the windows of all images.
func (p *Pool) first(r int) int {
	oh, _ := p.Out()
	return (r/oh*p.Height + r%oh*p.High) * p.Width
}

// pixel gives the place of pixel which of a window that begins at 0.
func (p *Pool) pixel(which float32) int { return int(which)/p.Wide*p.Width + int(which)%p.Wide }

func poolWindow(dst, which, x, sign []float32, p *Pool) {
	d := len(dst)
	copy(dst, x[:d])
	clear(which)
	for i := 1; i < p.High*p.Wide; i++ {
		place := float32(i)
		for c, v := range x[p.pixel(place)*d:][:d] {
			if sign[c] < 0 {
				if v < dst[c] {
					dst[c], which[c] = v, place
				}
			} else if v > dst[c] {
				dst[c], which[c] = v, place
			}
		}
	}
}

// PickTo takes from each window of x the element that which says.
func PickTo(dst, x, which *Tensor, p *Pool) {
	n, d := p.images("PickTo", x), x.Cols()
	oh, ow := p.Out()
	same("PickTo", dst, which)
	fit("PickTo", dst.Rows() == n*oh*ow && dst.Cols() == d, dst, x)
	for r := range n * oh {
		out, index := dst.Data[r*ow*d:(r+1)*ow*d], which.Data[r*ow*d:(r+1)*ow*d]
		in := x.Data[p.first(r)*d:]
		if p.fast() {
			pickSIMD(out, index, in, in[p.Width*d:], ow, d)
			continue
		}
		for i, w := range index {
			out[i] = in[(i/d*p.Wide+p.pixel(w))*d+i%d]
		}
	}
}

// AddUnpoolTo writes to dst acc with g added in each window to the element that
// which says. dst may be acc.
func AddUnpoolTo(dst, acc, g, which *Tensor, p *Pool) {
	n, d := p.images("AddUnpoolTo", dst), dst.Cols()
	oh, ow := p.Out()
	same("AddUnpoolTo", dst, acc)
	same("AddUnpoolTo", g, which)
	fit("AddUnpoolTo", g.Rows() == n*oh*ow && g.Cols() == d, dst, g)
	if len(dst.Data) > 0 && &dst.Data[0] != &acc.Data[0] && !(p.fast() && p.Height%2 == 0 && p.Width%2 == 0) {
		copy(dst.Data, acc.Data)
		acc = dst
	}
	for r := range n * oh {
		in, index := g.Data[r*ow*d:(r+1)*ow*d], which.Data[r*ow*d:(r+1)*ow*d]
		at := p.first(r) * d
		if p.fast() {
			below := at + p.Width*d
			addUnpoolSIMD(dst.Data[at:], dst.Data[below:], acc.Data[at:], acc.Data[below:], index, in, ow, d)
			continue
		}
		for i, w := range index {
			dst.Data[at+(i/d*p.Wide+p.pixel(w))*d+i%d] += in[i]
		}
	}
}
