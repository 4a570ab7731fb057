package read

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/inkling-sec/inkling"
)

// What is exported to a port is read until the port is closed; what waits for its other half then comes too.
func TestOpenUDP(t *testing.T) {
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.LocalAddr().String()
	free.Close()
	f, err := Open("udp://"+address, Options{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, samples["netflow"]); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(200*time.Millisecond, func() { f.Close() })
	var rec inkling.Record
	if err := f.Read(&rec); err != nil || rec.Origin.File != "udp://"+address || string(rec.Text[rec.Schema.Index("id.orig_h")]) != "10.0.0.1" {
		t.Errorf("%v %v", err, rec.Map())
	}
	if err := f.Read(&rec); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %v", err)
	}
	if _, err := Open("udp://nowhere", Options{}); inkling.CodeOf(err) != inkling.Invalid {
		t.Errorf("no port: %v", err)
	}
}
