package netflow

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/netip"
	"os"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/store"
)

// A keeper keeps templates in a file, so that a listener that starts again needs not wait for them.
type keeper struct {
	path    string // empty keeps nothing
	last    int64  // when it wrote, in microseconds
	failing bool
}

// keepEvery is the least time between two writes, in microseconds.
const keepEvery = 30 * second

// kept is a template in the file.
type kept struct {
	Exporter netip.Addr `json:"exporter"`
	Domain   uint32     `json:"domain"`
	Version  uint16     `json:"version"`
	Options  bool       `json:"options,omitempty"`
	Used     int64      `json:"used"` // microseconds since the epoch
	Template []byte     `json:"template"`

	// Samplers are the domain's sampling intervals: exporters tell them even more rarely.
	Samplers map[uint64]uint64 `json:"samplers,omitempty"`
}

func (k *keeper) load(s *templates) error {
	if k.path == "" {
		return nil
	}
	b, err := os.ReadFile(k.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var all []kept
	if err == nil {
		err = json.Unmarshal(b, &all)
	}
	for _, one := range all {
		t, rest, e := parseTemplate(one.Version, one.Options, one.Template)
		if e == nil && (len(rest) > 0 || len(one.Samplers) > maxSamplers || t.least == 0 || t.id < 256) {
			e = errors.New("a template is damaged")
		}
		if e != nil {
			err = e
			break
		}
		t.kept = one.Used
		d := s.domain(domainKey{one.Exporter, one.Domain, one.Version}, one.Used)
		d.samplers = one.Samplers
		s.put(d, t, one.Used)
	}
	if err != nil {
		return &inkling.Error{Code: inkling.Invalid, Place: k.path, What: "the templates that were kept cannot be read", Err: err,
			Remedy: "remove the file: exporters send their templates again"}
	}
	s.changed = false
	return nil
}

// due writes when something changed and the last write is long enough ago. That it cannot is told once, and tried again: flows go on.
func (k *keeper) due(s *templates, now int64) error {
	if k.path == "" || !s.changed || now >= k.last && now-k.last < keepEvery {
		return nil
	}
	k.last = now
	err := k.save(s)
	first := err != nil && !k.failing
	if k.failing = err != nil; !first {
		return nil
	}
	return &inkling.Error{Code: inkling.Invalid, Place: k.path, What: "templates cannot be kept for the next run; tried again", Err: err, Remedy: "free space, or mend the permissions", Skippable: true}
}

// save writes all templates, those least recently used first.
func (k *keeper) save(s *templates) error {
	if k.path == "" || !s.changed {
		return nil
	}
	all := []kept{}
	for t := s.edge.newer; t != &s.edge; t = t.newer {
		o := t.domain.key
		all = append(all, kept{o.from, o.id, o.version, t.options, t.used, t.raw, t.domain.samplers})
	}
	if err := store.WriteFile(k.path, func(w io.Writer) error { return json.NewEncoder(w).Encode(all) }); err != nil {
		return err
	}
	for t := s.edge.newer; t != &s.edge; t = t.newer {
		t.kept = t.used
	}
	s.changed = false
	return nil
}
