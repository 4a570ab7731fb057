// Package lab holds our own labelled captures: Zeek-format conn logs of real
// servers, clients and attack tools in network namespaces, with one more field,
// label, that tells benign records from each kind of attack. README.md says how
// they were made and what is unrealistic about them.
package lab

import _ "embed"

// HeldOut names the capture, and Unseen the kinds of attack, that nothing
// shipped was trained or tuned on: what is shown and reported is judged on them.
const HeldOut = "day6.conn.log.gz"

// Unseen lists the kinds; see HeldOut.
var Unseen = []string{"beacon", "exfil", "guess-ssh", "slow-http", "tunnel-dns"}

// Log is the held-out capture, gzipped, for the quickstart. The other captures
// stand beside it in the repository and are not part of the program.
//
//go:embed conn/day6.conn.log.gz
var Log []byte
