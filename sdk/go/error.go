package wats

import (
	"errors"
	"io"
	"strconv"
	"strings"
)

// ErrorKind tells what kind of error keeps a file from being converted.
type ErrorKind uint8

// Kinds of errors, in the words of the contract.
const (
	// KindMalformed: the file breaks the rules of its format.
	KindMalformed ErrorKind = iota
	// KindTruncated: right so far, and ends too soon.
	KindTruncated
	// KindUnsupported: a kind or version of the format that the converter cannot read.
	KindUnsupported
	// KindRejected: a report breaks rules; [UUT.Finish] and [Reports.EmitJSON] give it.
	KindRejected
	// KindMisconfigured: a setting is missing or wrong.
	KindMisconfigured
	// KindInternal: a fault of the converter.
	KindInternal
)

var kindNames = [...]string{"malformed", "truncated", "unsupported", "rejected", "misconfigured", "internal"}

// String gives the word of the contract: "malformed".
func (k ErrorKind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "internal"
}

// Place is where in a file. The zero value is nowhere in particular; else one of the forms is filled in.
type Place struct {
	// Line from 1; 0 for none.
	Line int
	// Column in the line, from 1: in characters, or in fields where the format has fields. 0 for the whole line.
	Column int
	// Offset of a byte, from 0, when HasOffset.
	Offset int64
	// HasOffset says that Offset is meant.
	HasOffset bool
	// Path in the format's own terms: "/TestResults/Step[3]/@value", "Sheet1!B7".
	Path string
}

// String gives the place in words, and nothing for the zero value: "line 5, column 2".
func (p Place) String() string {
	switch {
	case p.Path != "":
		return p.Path
	case p.HasOffset:
		return "byte " + strconv.FormatInt(p.Offset, 10)
	case p.Line > 0 && p.Column > 0:
		return "line " + strconv.Itoa(p.Line) + ", column " + strconv.Itoa(p.Column)
	case p.Line > 0:
		return "line " + strconv.Itoa(p.Line)
	}
	return ""
}

// Error is why a file could not be converted, and where in it.
type Error struct {
	// Kind of the error.
	Kind ErrorKind
	// Message says what was found and what was expected, without the place.
	Message string
	// Place in the file.
	Place Place
	// File names the file, when there are several; else empty.
	File string
	// Violations are what is wrong with a report, for KindRejected.
	Violations []Violation
	// Cause is the error below, if there is one.
	Cause error
}

// Violation is one thing that is wrong with a report, in the terms of the report.
type Violation struct {
	// Path, for people: "steps/Main/Vcc/high limit".
	Path string
	// Rule is a stable name, for programs: "limits-crossed".
	Rule string
	// Message says what was found and what would be right, without the path.
	Message string
}

// Malformed is for a file that breaks the rules of its format.
func Malformed(message string) *Error { return &Error{Kind: KindMalformed, Message: message} }

// Truncated is for a file that is right so far, and ends too soon.
func Truncated(message string) *Error { return &Error{Kind: KindTruncated, Message: message} }

// Unsupported is for a kind or version of the format that the converter cannot read.
func Unsupported(message string) *Error { return &Error{Kind: KindUnsupported, Message: message} }

// Misconfigured is for a setting that is missing or wrong.
func Misconfigured(message string) *Error { return &Error{Kind: KindMisconfigured, Message: message} }

// Internal is for a fault of the converter.
func Internal(message string) *Error { return &Error{Kind: KindInternal, Message: message} }

// Error gives file, place and message: "line 5, column 2: "O.12" is not a number".
func (e *Error) Error() string {
	text := e.Message
	if place := e.Place.String(); place != "" {
		text = place + ": " + text
	}
	if e.File != "" {
		text = e.File + ", " + text
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error {
	if e == nil {
		// What a function with a result *Error gives when nothing is wrong, looked at as an error.
		return nil
	}
	return e.Cause
}

// AtLine gives the error with the place line, from 1.
func (e *Error) AtLine(line int) *Error { return e.At(Place{Line: line}) }

// AtCell gives the error with the place line and column, both from 1.
func (e *Error) AtCell(line, column int) *Error { return e.At(Place{Line: line, Column: column}) }

// AtOffset gives the error with the place of a byte, from 0.
func (e *Error) AtOffset(offset int64) *Error { return e.At(Place{Offset: offset, HasOffset: true}) }

// AtPath gives the error with a path in the format's own terms.
func (e *Error) AtPath(path string) *Error { return e.At(Place{Path: path}) }

// At gives the error with the place.
func (e *Error) At(place Place) *Error {
	placed := *e
	placed.Place = place
	return &placed
}

// InFile gives the error with the name of a file, for when there are several.
func (e *Error) InFile(name string) *Error {
	placed := *e
	placed.File = name
	return &placed
}

// AtLine puts any error at a line, from 1: its kind is kept, an error of another package is malformed. nil stays nil, and so do
// [Skipped] and [Waiting], which are no errors of the file.
func AtLine(err error, line int) error { return At(err, Place{Line: line}) }

// AtCell puts any error at a line and column, both from 1. See [AtLine].
func AtCell(err error, line, column int) error { return At(err, Place{Line: line, Column: column}) }

// AtOffset puts any error at a byte, from 0. See [AtLine].
func AtOffset(err error, offset int64) error { return At(err, Place{Offset: offset, HasOffset: true}) }

// AtPath puts any error at a path in the format's own terms. See [AtLine].
func AtPath(err error, path string) error { return At(err, Place{Path: path}) }

// At puts any error at a place. See [AtLine].
func At(err error, place Place) error {
	switch err := verdict(err).(type) {
	case *Error:
		return err.At(place)
	default:
		return err
	}
}

// Skipped is returned from Convert when the file is not this converter's after all, and why: the next plugin is asked.
func Skipped(why string) error { return &SkippedError{Why: why} }

// SkippedError is what [Skipped] makes.
type SkippedError struct {
	// Why the file is not this converter's.
	Why string
}

// Error gives the reason.
func (s *SkippedError) Error() string { return "skipped: " + s.Why }

// Waiting is returned from Convert when the file has to be tried again later. It is no failure.
type Waiting struct {
	// Reason for which it waits.
	Reason string
	// RetryAfter is how many seconds it takes until it is worth asking again. 0: as long as the station thinks right.
	RetryAfter float64
	// Missing are the names of files that are missed.
	Missing []string
}

// Error gives the reason.
func (w Waiting) Error() string { return "waiting: " + w.Reason }

// Any error as one of nil, *SkippedError, Waiting, *Error.
func verdict(err error) error {
	if err == nil {
		return nil
	}
	var skipped *SkippedError
	if errors.As(err, &skipped) {
		if skipped == nil {
			return nil
		}
		return skipped
	}
	var waiting Waiting
	if errors.As(err, &waiting) {
		return waiting
	}
	// &Waiting{...} is an error as well.
	var pointed *Waiting
	if errors.As(err, &pointed) {
		if pointed == nil {
			return nil
		}
		return *pointed
	}
	var own *Error
	if errors.As(err, &own) {
		if own == nil {
			// A function whose result is a *Error that is nil, returned as an error.
			return nil
		}
		if text := err.Error(); err != error(own) {
			// Wrapped: the words around it are kept, the place is told only once.
			around := *own
			around.Message = strings.Replace(text, own.Error(), own.Message, 1)
			around.Cause = err
			return &around
		}
		return own
	}
	var unanswered *HTTPError
	if errors.As(err, &unanswered) && unanswered != nil {
		return unanswered.meaning(err.Error())
	}
	kind := KindMalformed
	// The plain one is what io.ReadFull gives when nothing is left to read.
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		kind = KindTruncated
	}
	return &Error{Kind: kind, Message: err.Error(), Cause: err}
}

func rejected(violations []Violation) error {
	const shown = 5
	var text strings.Builder
	if len(violations) == 1 {
		text.WriteString("the report breaks a rule: ")
	} else {
		text.WriteString("the report breaks " + strconv.Itoa(len(violations)) + " rules: ")
	}
	for i, violation := range violations {
		if i == shown {
			text.WriteString("; ...")
			break
		}
		if i > 0 {
			text.WriteString("; ")
		}
		text.WriteString(violation.Path + ": " + violation.Message)
	}
	return &Error{Kind: KindRejected, Message: text.String(), Violations: violations}
}
