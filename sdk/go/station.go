package wats

// Station is the other side of a converter: the host, or the test kit. Authors have no need of it.
type Station interface {
	// SettingsJSON gives all settings as one JSON object.
	SettingsJSON() string
	// Log writes a line.
	Log(level Level, message string)
	// Progress tells how much is done, 0 to 1.
	Progress(fraction float64)
	// Process answers [LookupProcess].
	Process(name string) (Process, Answer)
	// Product answers [LookupProduct].
	Product(partNumber string) (Product, Answer)
	// OpenUUT opens a report.
	OpenUUT(header Header) StationUUT
	// EmitJSON takes a whole report. An empty key is none.
	EmitJSON(document, key string) (id string, violations []Violation)
}

// ScheduledStation is a station that runs a [ScheduledConverter].
type ScheduledStation interface {
	Station
	// Send sends a request and waits for the answer.
	Send(request HTTPRequest) (*HTTPResponse, *HTTPError)
	// StateKeys gives the keys that have a value, in order.
	StateKeys() ([]string, StateError)
	// StateGet gives the value of a key, if it has one.
	StateGet(key string) (value []byte, found bool, err StateError)
	// StateSet remembers a value.
	StateSet(key string, value []byte) StateError
	// StateDelete forgets a key.
	StateDelete(key string) StateError
}

// StateError is why nothing is remembered.
type StateError uint8

const (
	// StateFine: it is.
	StateFine StateError = iota
	// StateDenied: the plugin was not granted [GrantState].
	StateDenied
	// StateInvalidKey: keys have 1 to 200 characters.
	StateInvalidKey
)

// StationFile is a file as the station gives it.
type StationFile interface {
	Name() string
	Path() string
	Size() uint64
	Modified() string
	// Read gives at most 16 MiB.
	Read(offset uint64, length uint32) []byte
	// Text decodes the whole file. An empty encoding is none.
	Text(encoding string) (string, *TextError)
}

// StationUUT is a report that is being written, as the station sees it.
type StationUUT interface {
	SetHeader(header Header)
	OpenSequence(sequence Sequence)
	// CloseSequence takes [StatusJudged] and nil for what is not known.
	CloseSequence(status Status, duration *float64)
	Add(steps []*StepRecord)
	// AddChart, AddAttachment and AddResult are for the step added last.
	AddChart(chart Chart)
	AddAttachment(attachment Attachment)
	AddResult(json string)
	Attach(attachment Attachment)
	AttachFile(file StationFile, contentType string)
	AddMiscInfo(description, text string)
	AddSubUnit(unit SubUnit)
	AddAsset(asset Asset)
	AddData(json string)
	Finish(status Status) (id string, violations []Violation)
	Discard()
}

// Answer is how a lookup ended.
type Answer struct {
	// Found says that there is one.
	Found bool
	// Unavailable is why there is no answer: no server, and nothing cached.
	Unavailable string
	// Denied says that the plugin was not granted [GrantLookup].
	Denied bool
}

// TextErrorKind tells why a file could not be decoded.
type TextErrorKind uint8

// Why a file could not be decoded.
const (
	// TextUnknownEncoding: the label names no known encoding.
	TextUnknownEncoding TextErrorKind = iota
	// TextInvalid: the bytes at the offset are not valid in the encoding.
	TextInvalid
	// TextTooLarge: longer than what is decoded at once.
	TextTooLarge
)

// TextError is why a file could not be decoded as text.
type TextError struct {
	Kind TextErrorKind
	// Offset in the file of what is not valid, or how many bytes are decoded at once.
	Number uint64
}

// Whose log and lookup are used: set while a converter runs.
var current Station
