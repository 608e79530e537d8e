package wats

import "strings"

// Header is what is known about a unit under test and its test. Everything but the serial number can be left out: it then has a
// default from the station's settings, or is not in the report. Blank texts count as left out. Lengths are in characters.
//
// Optional numbers are pointers: Duration: new(12.5).
type Header struct {
	// SerialNumber: 1 to 100, without * % ? [ ] ^ ! / \
	SerialNumber string
	// PartNumber: 1 to 100, as the serial number. Default: the inbox's.
	PartNumber string
	// Revision of the part: 1 to 100. Default: the inbox's.
	Revision string
	// ProcessCode is the test operation: 100. Default, also for 0: the inbox's.
	ProcessCode uint32
	// Start is when the test began, ISO 8601: "2026-05-04T08:15:30", with an optional fraction and offset; without an offset it is the
	// local time of the station. See [Timestamp]. Default: when the file was last changed.
	Start string
	// Duration is how many seconds the test took, 0 or more.
	Duration *float64
	// Operator is a login name, up to 100.
	Operator string
	// MachineName names the test station, 1 to 100. Default: this station's.
	MachineName string
	// Location: 1 to 100. Default: this station's.
	Location string
	// Purpose: 1 to 100. Default: this station's.
	Purpose string
	// BatchSerialNumber is the lot, up to 100.
	BatchSerialNumber string
	// Fixture: up to 100.
	Fixture string
	// SocketIndex is the place in a multi-site tester; -1 for none.
	SocketIndex *int32
	// Comment: up to 5000; above 1000 the station warns.
	Comment string
	// ErrorCode of the whole test.
	ErrorCode *int32
	// ErrorMessage of the whole test.
	ErrorMessage string
	// Key is what stays the same about this report when the source is converted again: the index of the part, or serial number and
	// start. 1 to 200, unique in the source. Default: the number of the report within the source.
	Key string
	// ID is the report's identity, a GUID, where the file carries one. Kept only with [GrantOwnID].
	ID string
	// Program is the test program: the outermost sequence. Default: one named "Main". Its status is that of [UUT.FinishWith], and
	// its duration the header's.
	Program Sequence
	// Properties are for what is rare. Known: "batch-fail-count", "batch-loop-index" (numbers).
	Properties []Property
}

// Group is the part of a sequence that a step belongs to.
type Group uint8

// Parts of a sequence.
const (
	GroupMain Group = iota
	GroupSetup
	GroupCleanup
)

// Sequence is a step that holds steps. Only the name is needed.
type Sequence struct {
	// Name: 1 to 100.
	Name string
	// Path of the file that holds the test program's sequence, up to 500.
	Path string
	// Version of that file, up to 30.
	Version string
	// Group of the enclosing sequence that it belongs to.
	Group Group
	// Status that it ends with. Default: failed if a step in it failed, else passed.
	Status Status
	// Duration is how many seconds it took, 0 or more.
	Duration *float64
	// Start is when it began, as in [Header].
	Start string
	// ErrorCode is a number or a word.
	ErrorCode string
	// ErrorMessage tells what went wrong.
	ErrorMessage string
	// ReportText is free text, lines allowed.
	ReportText string
	// Properties are for what is rare, with the keys known for a step.
	Properties []Property
}

// Property is a named value, for what is rare or comes later.
type Property struct {
	// Key: lower-case words joined by "-", 1 to 100.
	Key string
	// Value of it.
	Value Value
}

// ValueKind tells what a [Value] is.
type ValueKind uint8

// Kinds of values.
const (
	ValueText ValueKind = iota
	ValueNumber
	ValueFlag
	ValueJSON
)

// Value is a small value: one of a text, a number, a flag, or JSON.
type Value struct {
	// Kind tells which of the others is meant.
	Kind ValueKind
	// Text, or JSON text of an array or object.
	Text string
	// Number; whole ones are exact up to 2^53.
	Number float64
	// Flag is yes or no.
	Flag bool
}

// Text makes a value of a text.
func Text(text string) Value { return Value{Kind: ValueText, Text: text} }

// Num makes a value of a number.
func Num(number float64) Value { return Value{Kind: ValueNumber, Number: number} }

// Flag makes a value of a yes or no.
func Flag(flag bool) Value { return Value{Kind: ValueFlag, Flag: flag} }

// JSON makes a value of an array or object, as JSON text.
func JSON(text string) Value { return Value{Kind: ValueJSON, Text: text} }

// Blank counts as left out, so that an empty field of a file needs no if.
func orNone(text string) string {
	if strings.TrimSpace(text) == "" {
		return ""
	}
	return text
}

func (h Header) clean() Header {
	for _, text := range []*string{
		&h.PartNumber, &h.Revision, &h.Start, &h.Operator, &h.MachineName, &h.Location, &h.Purpose, &h.BatchSerialNumber,
		&h.Fixture, &h.Comment, &h.ErrorMessage, &h.Key, &h.ID,
	} {
		*text = orNone(*text)
	}
	if orNone(h.Program.Name) == "" {
		h.Program.Name = "Main"
	}
	h.Program = h.Program.clean()
	return h
}

func (s Sequence) clean() Sequence {
	s.Status.known()
	s.Group.known()
	for _, text := range []*string{&s.Start, &s.ErrorCode, &s.ErrorMessage, &s.ReportText} {
		*text = orNone(*text)
	}
	return s
}
