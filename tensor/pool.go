package tensor

// Pool says how images are made smaller: of each window of High·Wide pixels
// that do not overlap one is taken, channel by channel. What is left over at
// the right and the bottom goes.
type Pool struct {
	Height, Width int // of an image before
	High, Wide    int // of a window; at most 16 pixels
}

// Out gives the sides of an image after.
func (p *Pool) Out() (height, width int) { return p.Height / p.High, p.Width / p.Wide }

// Images gives the number of images that n rows are.
func (p *Pool) images(op string, x *Tensor) int {
	fit(op, x.Rows()%(p.Height*p.Width) == 0, x)
	return x.Rows() / (p.Height * p.Width)
}

// PoolTo takes from each window of x the largest element where sign is 0 or
// more in its column and the smallest where it is less, and writes to which
// which pixel of the window that was, the first where there are several.
func PoolTo(dst *Tensor, which []uint8, x, sign *Tensor, p *Pool) {
	n := p.images("PoolTo", x)
	oh, ow := p.Out()
	d := x.Cols()
	fit("PoolTo", dst.Rows() == n*oh*ow && dst.Cols() == d && len(sign.Data) == d && len(which) >= len(dst.Data), dst, x, sign)
	p.windows(n, func(out, first int) {
		poolWindow(dst.Row(out), which[out*d:(out+1)*d], x.Data[first*d:], sign.Data, p)
	})
}

func poolWindow(dst []float32, which []uint8, x, sign []float32, p *Pool) {
	d := len(dst)
	copy(dst, x[:d])
	clear(which)
	for i := range p.High {
		for j := range p.Wide {
			place := uint8(i*p.Wide + j)
			for c, v := range x[(i*p.Width+j)*d:][:d] {
				if sign[c] >= 0 && v > dst[c] || sign[c] < 0 && v < dst[c] {
					dst[c], which[c] = v, place
				}
			}
		}
	}
}

// PickTo takes from each window of x the element that which says.
func PickTo(dst, x *Tensor, which []uint8, p *Pool) {
	n := p.images("PickTo", x)
	oh, ow := p.Out()
	d := x.Cols()
	fit("PickTo", dst.Rows() == n*oh*ow && dst.Cols() == d && len(which) >= len(dst.Data), dst, x)
	p.windows(n, func(out, first int) {
		to := dst.Row(out)
		for c, w := range which[out*d : (out+1)*d] {
			to[c] = x.Data[(first+int(w)/p.Wide*p.Width+int(w)%p.Wide)*d+c]
		}
	})
}

// AddUnpoolTo writes to dst acc and, in each window at the element that which
// says, g added. dst may be acc.
func AddUnpoolTo(dst, acc, g *Tensor, which []uint8, p *Pool) {
	n := p.images("AddUnpoolTo", dst)
	same("AddUnpoolTo", dst, acc)
	oh, ow := p.Out()
	d := dst.Cols()
	fit("AddUnpoolTo", g.Rows() == n*oh*ow && g.Cols() == d && len(which) >= len(g.Data), dst, g)
	if &dst.Data[0] != &acc.Data[0] {
		copy(dst.Data, acc.Data)
	}
	p.windows(n, func(out, first int) {
		from := g.Row(out)
		for c, w := range which[out*d : (out+1)*d] {
			dst.Data[(first+int(w)/p.Wide*p.Width+int(w)%p.Wide)*d+c] += from[c]
		}
	})
}

// windows calls f for each window of n images: its row in the result and that of its first pixel.
func (p *Pool) windows(n int, f func(out, first int)) {
	oh, ow := p.Out()
	out := 0
	for i := range n {
		for y := range oh {
			for x := range ow {
				f(out, (i*p.Height+y*p.High)*p.Width+x*p.Wide)
				out++
			}
		}
	}
}
