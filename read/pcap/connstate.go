package pcap

// connState is Zeek's summary of a finished connection.
func (f *flow) connState() string {
	o, r := f.orig(), f.resp()
	oMid, rMid := o.state == inactive || o.state == partial, r.state == inactive || r.state == partial
	switch {
	case r.state == reset:
		if o.state == synSent || o.state == synAckSent || o.state == reset && o.size(r) == 0 && r.size(o) == 0 {
			return "REJ"
		}
		return pick(oMid, "RSTRH", "RSTR")
	case o.state == reset && rMid:
		return pick(f.abandoned(), "RSTOS0", "OTH")
	case o.state == reset:
		return "RSTO"
	case r.state == closed && o.state == closed:
		return "SF"
	case o.state == closed:
		return pick(rMid, "SH", "S2")
	case r.state == closed:
		return pick(oMid, "SHR", "S3")
	case o.state == synSent && r.state == inactive:
		return "S0"
	case o.state == established && r.state == established:
		return "S1"
	}
	return "OTH"
}

func pick(c bool, yes, no string) string {
	if c {
		return yes
	}
	return no
}

// abandoned reports whether the history is a SYN and then a RST of the
// originator with nothing but data or other marks between.
func (f *flow) abandoned() bool {
	h := f.history
	if len(h) > 0 && h[0] == '^' {
		h = h[1:]
	}
	if len(h) == 0 || h[0] != 'S' {
		return false
	}
	for _, c := range h[1:] {
		switch c {
		case 'R':
			return true
		case 'H', 'A', 'F', 'G', 'I', 'Q':
			return false
		}
	}
	return false
}
