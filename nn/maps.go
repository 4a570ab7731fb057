package nn

// Map gives the sides of the picture that the last block leaves, and its channels.
func (m ConvNet) Map() (height, width, channels int) {
	last := len(m.Filters) - 1
	c, p := m.block(last)
	height, width = c.Out()
	if !m.Strided {
		height, width = p.Out()
	}
	return height, width, m.Filters[last]
}
