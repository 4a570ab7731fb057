package inkling

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// Code sorts errors by what a caller can do about them; it decides the exit status.
type Code uint8

const (
	Internal Code = iota // ours to mend
	Invalid              // the input or the call is wrong
	NotFound             // no such file, detector, model
	Conflict             // exists already, or made for another contract
)

// Error is an error a user can act on. Its text names the place, what is wrong, and the remedy.
type Error struct {
	Code      Code
	Place     string // "conn.log:812", "detector ssh-guess", …; may be empty
	What      string // what is wrong, lowercase
	Remedy    string // what to do about it; may be empty
	Skippable bool   // a reader may go on after it
	Err       error  // cause, if any
}

func (e *Error) Error() string {
	s := e.What
	if e.Place != "" {
		s = e.Place + ": " + s
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Remedy != "" {
		s += " (" + e.Remedy + ")"
	}
	return Printable(s)
}

// Printable gives text without control characters, with which what stands in a file could command a terminal.
func Printable(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) && c != '\n' {
			return ' '
		}
		return c
	}, s)
}

// Quoted puts a word into quotes where a shell would take it apart.
func Quoted(s string) string {
	if s != "" && !strings.ContainsAny(s, " \t\n'\"\\$`*?;&|<>(){}[]#~!") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error without a remedy.
func Errorf(c Code, place, format string, a ...any) *Error {
	return &Error{Code: c, Place: place, What: fmt.Sprintf(format, a...)}
}

// CodeOf gives the code of the first *Error in err's chain, Internal if there is none.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}

// Skippable reports whether a reader may go on after err.
func Skippable(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Skippable
}
