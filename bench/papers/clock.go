package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// clock adds up the wall time of a training over its stops.
type clock struct {
	file    string
	before  float64 // seconds of earlier runs
	started time.Time
	saved   time.Time
	err     error // of the latest tick
}

func (o *options) startClock(t training) (*clock, error) {
	c := &clock{file: o.file(t, ".seconds"), started: time.Now(), saved: time.Now()}
	text, err := os.ReadFile(c.file)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err == nil {
		_, err = fmt.Sscan(string(text), &c.before)
	}
	return c, err
}

func (c *clock) seconds() float64 { return c.before + time.Since(c.started).Seconds() }

// tick saves the time now and then, for a run that is killed.
func (c *clock) tick() {
	if time.Since(c.saved) > 20*time.Second {
		c.saved = time.Now()
		c.err = c.save()
	}
}

func (c *clock) save() error {
	return os.WriteFile(c.file, fmt.Appendf(nil, "%.1f\n", c.seconds()), 0o644)
}
