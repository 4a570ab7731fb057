package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// exports are what softflowd exports, by its -v, and the files that it is kept in.
var exports = []struct{ version, file string }{{"5", "v5.netflow"}, {"9", "v9.netflow"}, {"10", "ipfix.netflow"}}

// export has softflowd export every capture in dir, and keeps the packets for compare: in out a folder a capture, with a link to it.
func export(ctx context.Context, dir, out string) error {
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetReadBuffer(32 << 20) // a system that allows less gives what it has
	dir, err = filepath.Abs(dir)
	if err != nil {
		return err
	}
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !slices.Contains([]string{".pcap", ".cap"}, filepath.Ext(path)) {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		to := filepath.Join(out, strings.ReplaceAll(rel, string(filepath.Separator), "_"))
		if err := os.MkdirAll(to, 0o755); err != nil {
			return err
		}
		if err := os.Symlink(path, filepath.Join(to, "capture")); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		for _, e := range exports {
			if err := softflowd(ctx, c, path, e.version, filepath.Join(to, e.file)); err != nil {
				return err
			}
		}
		return nil
	})
}

// softflowd writes the packets that it exports of a capture to a file; none when it exports none. Captures that it cannot read are passed over.
func softflowd(ctx context.Context, c *net.UDPConn, capture, version, file string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	var failed *exec.ExitError
	err := exec.CommandContext(ctx, "softflowd", "-r", capture, "-n", fmt.Sprint(c.LocalAddr()), "-v", version, "-d", "-T", "full").Run()
	if err != nil && !errors.As(err, &failed) {
		return err
	}
	var all []byte
	b := make([]byte, 64<<10)
	for {
		if err := c.SetReadDeadline(time.Now().Add(30 * time.Millisecond)); err != nil {
			return err
		}
		n, err := c.Read(b)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err != nil {
			return err
		}
		all = append(all, b[:n]...)
	}
	if len(all) == 0 {
		return nil
	}
	return os.WriteFile(file, all, 0o644)
}
