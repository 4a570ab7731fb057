package tensor

// near lists the loops whose paths differ by roundings.
var near = []loop{}
