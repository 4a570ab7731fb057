package read

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inkling-sec/inkling"
)

func listening(t *testing.T) (path string, r *File) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "s")
	r, err := Open("unix://"+path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	time.AfterFunc(20*time.Second, func() { r.Close() })
	return path, r
}

func dial(t *testing.T, path string) net.Conn {
	t.Helper()
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// Each client sends its own format, at once or one after the other, and none has to send much to be heard.
func TestSocket(t *testing.T) {
	path, r := listening(t)
	var rec inkling.Record
	next := func() string {
		t.Helper()
		if err := r.Read(&rec); err != nil {
			t.Fatal(err)
		}
		return string(rec.Text[rec.Schema.Index("uid")])
	}
	one := dial(t, path)
	io.WriteString(one, "#separator \\x09\n#path\tconn\n#fields\tts\tuid\n#types\ttime\tstring\n1.5\tCa\n")
	if got := next(); got != "Ca" || rec.Origin.File != "unix://"+path+"#1" || rec.Origin.Line != 5 {
		t.Errorf("%s of %s", got, rec.Origin)
	}
	two := dial(t, path)
	io.WriteString(two, "{\"ts\":2.5,\"uid\":\"Cb\"}\n")
	if got := next(); got != "Cb" || rec.Schema.Name != "zeek.log" {
		t.Errorf("%s of %s", got, rec.Origin)
	}
	io.WriteString(one, "3.5\tC")
	io.WriteString(two, "{\"ts\":2.5,\"uid\":\"Cc\"}\n")
	if got := next(); got != "Cc" {
		t.Errorf("%s of %s", got, rec.Origin)
	}
	io.WriteString(one, "d\n")
	if got := next(); got != "Cd" {
		t.Errorf("%s of %s", got, rec.Origin)
	}
	one.Close()
	io.WriteString(two, "not JSON\n{\"uid\":\"Ce\"}\n")
	if err := r.Read(&rec); !inkling.Skippable(err) {
		t.Error(err)
	}
	if got := next(); got != "Ce" {
		t.Errorf("%s of %s", got, rec.Origin)
	}
	three := dial(t, path)
	io.WriteString(three, "neither this nor that\n")
	if err := r.Read(&rec); !inkling.Skippable(err) || !strings.Contains(err.Error(), "#3: no more is read of this client: ") || !strings.Contains(err.Error(), "not recognised") {
		t.Error(err)
	}
	if _, err := three.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("a client that makes no sense is not hung up on: %v", err)
	}
	r.Close()
	if err := r.Read(&rec); err == nil || err == io.EOF {
		t.Errorf("after Close: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the socket was left behind")
	}
}

// Nothing is lost of many clients that send at once.
func TestSocketClients(t *testing.T) {
	path, r := listening(t)
	const clients, records = 20, 500
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			conn, err := net.Dial("unix", path)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			for n := range records {
				fmt.Fprintf(conn, "{\"ts\":1,\"uid\":\"%d\",\"n\":%d}\n", c, n)
			}
		})
	}
	seen := map[string]int{}
	var rec inkling.Record
	for range clients * records {
		if err := r.Read(&rec); err != nil {
			t.Fatal(err)
		}
		m := rec.Map()
		uid := m["uid"].(string)
		if m["n"] != float64(seen[uid]) {
			t.Fatalf("client %s: record %v after %d", uid, m["n"], seen[uid])
		}
		seen[uid]++
	}
	wg.Wait()
}

func TestSocketErrors(t *testing.T) {
	path, _ := listening(t)
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"unix://" + path: "another program listens there", "unix://" + plain: "is no socket", "unix://x": "begins with /",
		"unix:///no/such/folder/s": "cannot listen",
	} {
		if _, err := Open(name, Options{}); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	stale := filepath.Join(t.TempDir(), "stale")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: stale, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	r, err := Open("unix://"+stale, Options{})
	if err != nil {
		t.Fatalf("a socket that was left behind: %v", err)
	}
	r.Close()
}
