// Package models holds the models that ship inside the program: one for every
// table, trained on the synthetic tasks of package prior alone, and one for flows,
// trained on the lab's captures without the held-out capture and kinds of attack
// that package lab names. The command that made each is among the file's own
// texts and in README.md beside it.
package models

import _ "embed"

// Flow is the model for the flow contract.
//
//go:embed flow.safetensors
var Flow []byte

// Matcher is the model for every table.
//
//go:embed matcher.safetensors
var Matcher []byte
