package netflow

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/inkling-sec/inkling"
)

// UDP gives export packets as they arrive, until it is closed.
type UDP struct {
	conn    *net.UDPConn
	began   time.Time // times are counted from here, so that they go on evenly when the machine's clock is set
	buf     [maxPacket]byte
	waiting bool // the deadline is set
}

// Listen waits for packets at an address such as ":2055" or "[::1]:9995".
func Listen(address string) (*UDP, error) {
	invalid := func(what string, err error) error {
		return &inkling.Error{Code: inkling.Invalid, Place: "udp://" + address, What: what, Err: err, Remedy: "name a free port of this machine: udp://:2055, or with an address, udp://[::1]:9995"}
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil || port == "" {
		return nil, invalid("is no place to listen at", err)
	}
	at, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return nil, invalid("is no place to listen at", err)
	}
	c, err := net.ListenUDP("udp", at)
	if err != nil {
		return nil, invalid("cannot listen", err)
	}
	_ = c.SetReadBuffer(8 << 20) // for bursts; a system that allows less gives what it has
	return &UDP{conn: c, began: time.Now()}, nil
}

// Address is where it listens.
func (u *UDP) Address() net.Addr { return u.conn.LocalAddr() }

// Close ends a Next that waits. Any goroutine may call it.
func (u *UDP) Close() error { return u.conn.Close() }

// tick is how often the clock moves when nothing arrives.
const tick = time.Second

// Next implements Packets.
func (u *UDP) Next() ([]byte, netip.Addr, int64, error) {
	if !u.waiting {
		u.waiting = u.conn.SetReadDeadline(time.Now().Add(tick)) == nil
	}
	n, from, err := u.conn.ReadFromUDPAddrPort(u.buf[:])
	now := u.began.UnixMicro() + time.Since(u.began).Microseconds()
	switch {
	case err == nil:
		return u.buf[:n], from.Addr().Unmap(), now, nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		u.waiting = false
		return nil, netip.Addr{}, now, nil
	case errors.Is(err, net.ErrClosed):
		return nil, netip.Addr{}, now, io.EOF
	}
	return nil, netip.Addr{}, now, &inkling.Error{Code: inkling.Invalid, Place: "udp://" + u.conn.LocalAddr().String(), What: "cannot listen any longer", Err: err, Remedy: "start again"}
}
