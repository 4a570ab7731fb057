package grad

// UnitRows divides each row of a [n, d] by √(its squared length + eps).
func UnitRows(a *Node, eps float32) *Node { return MulCol(a, Rsqrt(Offset(DotRows(a, a), eps))) }

// Cosine gives the cosine of each row of a [n, d] with each row of b [m, d], as
// [n, m]; eps is added to squared lengths.
func Cosine(a, b *Node, eps float32) *Node { return MatMulB(UnitRows(a, eps), UnitRows(b, eps)) }
