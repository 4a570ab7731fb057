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
