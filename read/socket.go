package read

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/netflow"
)

// mostClients is how many may be connected at a time.
const mostClients = 256

// socket gives the records of all who connect, as they come. What each sends is a log of its own, whose format is recognised by
// its first line.
type socket struct {
	name   string
	o      Options
	l      *net.UnixListener
	ready  chan *client
	done   chan struct{}
	closed sync.Once
	wg     sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]bool
}

// client has a record, or an error, for the reader.
type client struct {
	rec   inkling.Record
	err   error
	taken chan struct{}
}

// listenUnix listens at a stream socket, named unix:///path.
func listenUnix(name string, o Options) (inkling.Reader, error) {
	path := strings.TrimPrefix(name, "unix://")
	bad := func(what, remedy string, err error) error {
		return &inkling.Error{Code: inkling.Invalid, Place: name, What: what, Remedy: remedy, Err: err}
	}
	if !strings.HasPrefix(path, "/") {
		return nil, bad("the path of a socket begins with /", "write unix:///run/inkling.sock", nil)
	}
	if info, err := os.Lstat(path); err == nil {
		if info.Mode().Type() != os.ModeSocket {
			return nil, bad("is no socket", "remove it, or name another path", nil)
		}
		if c, err := net.Dial("unix", path); err == nil {
			c.Close()
			return nil, &inkling.Error{Code: inkling.Conflict, Place: name, What: "another program listens there", Remedy: "stop it, or name another path"}
		} else if errors.Is(err, syscall.ECONNREFUSED) {
			os.Remove(path) // left behind by a program that was killed
		}
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, bad("cannot listen", "make its folder, or mend the permissions of it", err)
	}
	o.Live = true
	s := &socket{name: name, o: o, l: l, ready: make(chan *client), done: make(chan struct{}), conns: map[net.Conn]bool{}}
	s.wg.Go(s.accept)
	return s, nil
}

// exporters gives the flows that are exported to a port, until it is closed.
type exporters struct {
	*netflow.Reader
	port *netflow.UDP
}

// Close ends a Read that waits; what waits for its other half is still given.
func (e *exporters) Close() error { return e.port.Close() }

// listenUDP listens for NetFlow and IPFIX, named udp://:2055.
func listenUDP(name string, o Options) (inkling.Reader, error) {
	if o.Format != "" && o.Format != "netflow" || len(o.Names) > 0 {
		return nil, &inkling.Error{Code: inkling.Invalid, Place: name, What: "a port is read as NetFlow and IPFIX, which have column names of their own", Remedy: "leave --format and --names out"}
	}
	port, err := netflow.Listen(strings.TrimPrefix(name, "udp://"))
	if err != nil {
		return nil, err
	}
	r, err := netflow.NewReader(port, name, netflow.Options{MaxFlows: o.MaxFlows, Templates: o.Templates})
	if err != nil {
		port.Close()
		return nil, err
	}
	return &exporters{r, port}, nil
}

func (s *socket) accept() {
	for n := 1; ; n++ {
		c, err := s.l.Accept()
		if err != nil {
			return // closed
		}
		if !s.admit(c) {
			c.Close()
			continue
		}
		s.wg.Go(func() {
			defer s.dismiss(c)
			s.serve(c, fmt.Sprintf("%s#%d", s.name, n))
		})
	}
}

func (s *socket) admit(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.done:
		return false
	default:
	}
	if len(s.conns) >= mostClients {
		return false
	}
	s.conns[c] = true
	return true
}

func (s *socket) dismiss(c net.Conn) {
	c.Close()
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
}

// serve hands on what one client sends.
func (s *socket) serve(conn io.Reader, name string) {
	c := &client{taken: make(chan struct{})}
	r, _, err := New(conn, name, s.o)
	for {
		c.err = err
		if err == nil {
			c.err = r.Read(&c.rec)
		}
		last := c.err != nil && !inkling.Skippable(c.err)
		if c.err == io.EOF {
			return
		}
		if last { // ends this client, not the others
			c.err = &inkling.Error{Code: inkling.Invalid, Place: name, What: "no more is read of this client", Skippable: true, Err: c.err}
		}
		select {
		case s.ready <- c:
		case <-s.done:
			return
		}
		select {
		case <-c.taken:
		case <-s.done:
			return
		}
		if last {
			return
		}
	}
}

// Read implements inkling.Reader. It ends when the socket is closed.
func (s *socket) Read(r *inkling.Record) error {
	select {
	case <-s.done:
		return os.ErrClosed
	case c := <-s.ready:
		err := c.err
		if err == nil {
			c.rec.CopyTo(r)
		}
		select {
		case c.taken <- struct{}{}:
		case <-s.done:
		}
		return err
	}
}

// Close stops listening and hangs up.
func (s *socket) Close() error {
	s.closed.Do(func() {
		close(s.done)
		s.l.Close()
		s.mu.Lock()
		for c := range s.conns {
			c.Close()
		}
		s.mu.Unlock()
		s.wg.Wait()
	})
	return nil
}
