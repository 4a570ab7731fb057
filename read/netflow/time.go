package netflow

// latest is the year 9999, in microseconds: beyond, a time is damaged.
const latest = 253402300800 * 1e6

// sane gives 0 for what is no time.
func sane(t int64) int64 {
	if t < 0 || t > latest {
		return 0
	}
	return t
}

// clock makes microseconds of a count of units of so many microseconds; 0 where it is no time.
func clock(n, micros uint64) int64 {
	if n > latest/micros {
		return 0
	}
	return int64(n * micros)
}

// ntp makes microseconds since 1970 of seconds since 1900 and a binary fraction (RFC 7011, 6.1.9).
func ntp(n uint64) int64 {
	const seventyYears = 2208988800
	return (int64(n>>32)-seventyYears)*1e6 + int64((n&0xffffffff)*1e6>>32)
}

// uptime makes a time of milliseconds since the exporter started, which begin anew after 2³² of them.
func (d *decoder) uptime(milli uint32, boot int64) int64 {
	now := (d.head.sent - boot) / 1e3
	return boot + (now-int64(int32(uint32(now)-milli)))*1e3
}

// times gives when a flow's first and last packet were seen, by the finest of the record's clocks; where it has none, when
// it was told of.
func (d *decoder) times() (start, end int64) {
	v := &d.values
	boot := d.head.boot
	if v.has(eBoot) {
		boot = clock(v.number[eBoot], 1e3)
	}
	start, end = sane(d.moment(v, boot, &starts)), sane(d.moment(v, boot, &ends))
	if long := clock(v.first(eDurationMilli), 1e3) + clock(v.first(eDurationMicro), 1); start != 0 && end == 0 {
		end = sane(start + long)
	} else if start == 0 && end != 0 {
		start = sane(end - long)
	}
	if start == 0 {
		start, end = d.head.sent, d.head.sent
		if v.has(eEventMilli) {
			start = clock(v.number[eEventMilli], 1e3)
			end = start
		}
	}
	return start, end
}

// aheadMost is how much later than its packet a flow may end, by clocks that differ.
const aheadMost = 24 * 3600 * 1e6

// notAhead moves a flow that ends long after its packet came to that time: it would take the time of all that is remembered
// with it, and anyone can send a packet.
func (d *decoder) notAhead() {
	w := &d.flow.ways
	by := max(w[0].start, w[0].end, w[1].start, w[1].end) - d.head.at
	if by <= aheadMost {
		return
	}
	d.stats.Ahead++
	for i := range w {
		w[i].start, w[i].end = max(w[i].start-by, 0), max(w[i].end-by, 0)
	}
}

// clocks are the elements that tell of one moment.
type clocks struct{ milli, uptime, micro, nano, second, delta uint8 }

var (
	starts = clocks{eStartMilli, eStartUptime, eStartMicro, eStartNano, eStartSecond, eStartDelta}
	ends   = clocks{eEndMilli, eEndUptime, eEndMicro, eEndNano, eEndSecond, eEndDelta}

	backStarts = clocks{eBackStartMilli, eNone, eBackStartMicro, eBackStartNano, eBackStartSecond, eBackStartDelta}
	backEnds   = clocks{eBackEndMilli, eNone, eBackEndMicro, eBackEndNano, eBackEndSecond, eBackEndDelta}
)

// moment gives one of them; 0 where the record has none.
func (d *decoder) moment(v *values, boot int64, c *clocks) int64 {
	switch {
	case v.has(c.nano):
		return ntp(v.number[c.nano])
	case v.has(c.micro):
		return ntp(v.number[c.micro])
	case v.has(c.milli):
		return clock(v.number[c.milli], 1e3)
	case v.has(c.uptime) && boot != 0:
		return d.uptime(uint32(v.number[c.uptime]), boot)
	case v.has(c.second):
		return clock(v.number[c.second], 1e6)
	case v.has(c.delta):
		return d.head.sent - int64(uint32(v.number[c.delta]))
	}
	return 0
}
