package tensor

// PieceSides is how many numbers a [Piece] gives.
const PieceSides = 9

// Piece is a straight piece of a function of two numbers: From + Slope·(x−X) + Turn·(y−Y).
type Piece struct {
	X, Y              float32
	From, Slope, Turn [PieceSides]float32
}

// AddPieces adds to row i of sums [n, PieceSides] what pieces[which[i]] gives at x[i] and y[i].
func AddPieces(sums *Tensor, pieces []Piece, which []int32, x, y []float32) {
	n := sums.Rows()
	fit("AddPieces", sums.Cols() == PieceSides && len(which) == n && len(x) == n && len(y) == n, sums)
	if use != plain && n > 0 {
		addPiecesSIMD(&sums.Data[0], n, &pieces[0].X, &which[0], &x[0], &y[0])
		return
	}
	for i, k := range which {
		p, row := &pieces[k], sums.Data[i*PieceSides:][:PieceSides]
		along, across := x[i]-p.X, y[i]-p.Y
		for k := range row {
			row[k] += p.From[k] + p.Slope[k]*along + p.Turn[k]*across
		}
	}
}

// placesBlock is how many values the kernel searches for side by side.
const placesBlock = 32

// PlacesTo writes for each of x the number of the last of at, which rise, that is no larger, or 0. None may be NaN. By
// halving, many at a time and without a branch, which a processor would guess wrong half the time.
func PlacesTo(dst []int32, x, at []float32) {
	if use == plain {
		placesTo(dst, x, at)
		return
	}
	whole := len(x) &^ (placesBlock - 1)
	if whole > 0 {
		placesSIMD(&dst[0], &x[0], whole, at)
	}
	if whole < len(x) {
		var from [placesBlock]float32
		var to [placesBlock]int32
		copy(from[:], x[whole:])
		placesSIMD(&to[0], &from[0], placesBlock, at)
		copy(dst[whole:len(x)], to[:])
	}
}

// placesTo is PlacesTo for all processors.
func placesTo(dst []int32, xs, at []float32) {
	for i, x := range xs {
		from := 0
		for n := len(at); n > 1; {
			half := n >> 1
			if at[from+half] <= x {
				from += half
			}
			n -= half
		}
		dst[i] = int32(from)
	}
}
