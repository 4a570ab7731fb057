package pack

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
)

// makeRuns simulates runs of programs. A program goes from one activity to another, and an activity is a Markov chain of
// calls, whose names are made up. Malware does what harmless programs do too, and in between what it is for; backups
// and vaults do much of the same.
func makeRuns(seed uint64) ([]byte, error) {
	rng := rand.New(rand.NewPCG(seed, 0x61706963616c6c73))
	var kinds []int
	for k, p := range programs {
		for range p.runs {
			kinds = append(kinds, k)
		}
	}
	rng.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
	var b bytes.Buffer
	b.WriteString("label,calls\n")
	for _, k := range kinds {
		fmt.Fprintf(&b, "%s,%s\n", programs[k].label, strings.Join(run(rng, programs[k].does), " "))
	}
	return b.Bytes(), nil
}

// programs are the kinds of them; one that is named twice among what it does is done twice as often.
var programs = []struct {
	label string
	runs  int
	does  string
}{
	{"benign", 450, "window window files settings"},
	{"benign", 350, "window web web web settings"},
	{"benign", 250, "files unpack settings spawn"},
	{"benign", 200, "tree backup backup web"},
	{"benign", 150, "vault window files"},
	{"benign", 150, "service service web settings"},
	{"spreader", 70, "window files tree lock lock web"},
	{"watcher", 60, "window service listen listen web settings"},
	{"loader", 60, "web unpack graft settings window"},
}

// activities give for each call those that may follow, one named twice twice as often. The first of them is "go".
var activities = map[string]map[string]string{
	"start":    {"go": "lib.load", "lib.load": "lib.load lib.find cfg.open", "lib.find": "lib.find lib.find lib.load", "cfg.open": "cfg.get", "cfg.get": "cfg.get cfg.close", "cfg.close": "lib.load time.now", "time.now": "mem.take", "mem.take": "lib.load mem.take"},
	"window":   {"go": "win.make", "win.make": "win.show", "win.show": "win.wait", "win.wait": "win.wait win.draw win.key win.mouse", "win.draw": "win.wait win.draw mem.take", "win.key": "win.wait win.draw", "win.mouse": "win.wait win.draw", "mem.take": "mem.free win.draw", "mem.free": "win.wait"},
	"files":    {"go": "file.open", "file.open": "file.stat file.read", "file.stat": "file.read", "file.read": "file.read file.read file.close", "file.close": "file.open file.make", "file.make": "file.write", "file.write": "file.write file.close"},
	"settings": {"go": "cfg.open", "cfg.open": "cfg.get cfg.get cfg.set", "cfg.get": "cfg.get cfg.get cfg.close", "cfg.set": "cfg.close", "cfg.close": "cfg.open"},
	"web":      {"go": "net.name", "net.name": "net.dial", "net.dial": "net.send", "net.send": "net.recv", "net.recv": "net.recv net.recv net.send net.close", "net.close": "net.name net.dial time.now", "time.now": "net.name"},
	"unpack":   {"go": "file.open", "file.open": "file.read", "file.read": "file.read mem.take", "mem.take": "file.make", "file.make": "file.write", "file.write": "file.write file.close file.stat", "file.stat": "file.close", "file.close": "file.open file.make"},
	"spawn":    {"go": "proc.make", "proc.make": "proc.wait", "proc.wait": "proc.wait proc.end", "proc.end": "proc.make time.now", "time.now": "proc.make"},
	"tree":     {"go": "dir.open", "dir.open": "dir.next", "dir.next": "dir.next dir.next file.stat dir.close", "file.stat": "dir.next", "dir.close": "dir.open"},
	"backup":   {"go": "dir.next", "dir.next": "file.open", "file.open": "file.read", "file.read": "file.read file.write", "file.write": "file.read file.close", "file.close": "dir.next dir.next file.move", "file.move": "dir.next"},
	"vault":    {"go": "code.key", "code.key": "file.open", "file.open": "file.read", "file.read": "code.run", "code.run": "file.write code.run", "file.write": "file.close", "file.close": "code.key win.wait", "win.wait": "win.wait code.key"},
	"service":  {"go": "time.now", "time.now": "time.sleep", "time.sleep": "time.now proc.list cfg.get", "proc.list": "proc.list time.sleep", "cfg.get": "time.now"},
	"lock":     {"go": "dir.next", "dir.next": "file.open", "file.open": "file.read", "file.read": "code.run", "code.run": "code.run file.write", "file.write": "file.close", "file.close": "file.move dir.next", "file.move": "dir.next"},
	"listen":   {"go": "win.top", "win.top": "win.key win.key time.sleep", "win.key": "win.key time.sleep win.top", "time.sleep": "win.top win.key file.write", "file.write": "time.sleep"},
	"graft":    {"go": "proc.list", "proc.list": "proc.list proc.open", "proc.open": "mem.take", "mem.take": "mem.put", "mem.put": "mem.put mem.guard", "mem.guard": "proc.run time.sleep", "proc.run": "time.sleep", "time.sleep": "proc.list"},
}

// run gives the calls of a run that does those things.
func run(rng *rand.Rand, does string) (calls []string) {
	what := strings.Fields(does)
	calls = act(rng, nil, "start", 4+rng.IntN(8))
	for most := 16 + int(20*rng.ExpFloat64()); len(calls) < most && len(calls) < 120; {
		calls = act(rng, calls, what[rng.IntN(len(what))], 4+rng.IntN(16))
	}
	return calls
}

// act appends n calls of an activity. Now and then there is one that does not belong to it.
func act(rng *rand.Rand, calls []string, activity string, n int) []string {
	follow, at := activities[activity], "go"
	for range n {
		next := strings.Fields(follow[at])
		at = next[rng.IntN(len(next))]
		if calls = append(calls, at); rng.IntN(12) == 0 {
			calls = append(calls, noise[rng.IntN(len(noise))])
		}
	}
	return calls
}

var noise = strings.Fields("time.now mem.take mem.free lib.find cfg.get file.stat win.wait file.close proc.list code.run")
