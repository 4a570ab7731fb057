package pack

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/inkling-sec/inkling/dataset"
)

var host = Pack{
	Name: "host", Title: "Compromised programs, by their system calls", Area: "network",
	About:  "A record is a trace: the system calls of a process, in order, as numbers or names. Found are programs that do what such programs do not: shells behind web servers, guessing of passwords, new accounts, by which calls and runs of calls there are and how varied they are.",
	Schema: "host", Learner: "vote",
	Example: Example{File: "calls.csv", Attack: "reverse-shell", Make: makeCalls},
	Judged: []Judged{{
		Name:   "ADFA-LD",
		About:  "5,951 traces of a Linux server and six attacks of ten runs each; runs of an attack, and benign traces that were numbered one after the other, are kept apart. A trace of an attack's run is labelled as attack as a whole, whether or not that process did harm",
		Folder: "adfa-ld", Load: dataset.ADFA, Benign: "normal", Apart: true,
		Development: []string{"Hydra_FTP", "Meterpreter", "Web_Shell"},
	}},
}

// A program is what it may do next, each a few calls by their numbers on x86-64 Linux.
type program [][]string

func programOf(phrases ...string) (p program) {
	for _, f := range phrases {
		p = append(p, strings.Fields(f))
	}
	return p
}

var (
	webServer = programOf("43 72 7 0 4 2 5 9 1 11 3", "7 0 0 4 40 3", "43 7 0 21 4 257 5 0 3 44 3", "7 35 7", "202 202")
	mailer    = programOf("43 0 1 0 1 257 1 1 3", "41 42 44 45 3", "82 87", "7 23 0", "5 8 0 0 3")
	scheduler = programOf("35 4 4 4", "57 59 12 21 257 9 3 61", "22 57 33 59 12 9 61", "13 14 14", "78 78 6 6 3")
	session   = programOf("43 56 105 106 107 257 0 3", "7 0 1 7 0 1", "16 16 0 1", "102 107 13 14", "22 57 59 12 61")
	desktop   = programOf("202 202 7 0 0 45", "7 45 44 7", "257 5 9 9 10 3", "8 0 8 0", "39 16 202")
	benignOf  = []program{webServer, mailer, scheduler, session, desktop}
)

// intrusions are what is done in the midst of what a program does anyway.
var intrusions = []struct {
	kind string
	in   program
	does program
}{
	{"reverse-shell", webServer, programOf("41 42 33 33 33 59 12 21", "7 0 22 57 33 59 12 61 1", "79 80 78 78 1", "102 107 4 257 0 3 1")},
	{"password-guessing", session, programOf("43 56 257 0 3 105 1 60", "43 56 105 0 1 0 1 0 1 3 62", "257 0 3 0 1 35 3")},
	{"new-account", scheduler, programOf("257 72 0 0 8 1 3 82", "107 105 106 257 1 82", "83 92 90 92 90", "57 59 257 72 8 1 82 61")},
}

// makeCalls simulates the processes of a server: a program goes from phrase to phrase, now and then with a call that is left out
// or another in between, and an intrusion's phrases make up some of a trace. Benign administrators do a little of that too.
func makeCalls(seed uint64) ([]byte, error) {
	rng := rand.New(rand.NewPCG(seed, 0x63616c6c73))
	var out bytes.Buffer
	out.WriteString("calls,label\n")
	for range 2000 {
		switch kind := intrusions[rng.IntN(len(intrusions))]; {
		case rng.IntN(12) == 0:
			fmt.Fprintf(&out, "%s,%s\n", trace(rng, kind.in, kind.does, 0.15+0.4*rng.Float64()), kind.kind)
		default:
			p := benignOf[rng.IntN(len(benignOf))]
			fmt.Fprintf(&out, "%s,benign\n", trace(rng, p, kind.does, 0.2*max(0, rng.Float64()-0.7)))
		}
	}
	return out.Bytes(), nil
}

// trace gives the calls of one process, of whose phrases a share are of other.
func trace(rng *rand.Rand, own, other program, share float64) string {
	var calls []string
	phrase := 0
	for n := 30 + rng.IntN(60); len(calls) < n; {
		from := own
		if rng.Float64() < share {
			from = other
		}
		if rng.IntN(3) > 0 { // else the phrase before again
			phrase = rng.IntN(len(from))
		}
		for _, c := range from[phrase%len(from)] {
			switch rng.IntN(25) {
			case 0:
			case 1:
				calls = append(calls, c, []string{"0", "1", "7", "12", "202", "39"}[rng.IntN(6)])
			default:
				calls = append(calls, c)
			}
		}
	}
	return strings.Join(calls, " ")
}
