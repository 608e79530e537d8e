package wats

// Grant is what an operator may grant to a plugin that asks for it.
type Grant string

const (
	// GrantLookup allows to ask for master data of the WATS server: [LookupProcess], [LookupProduct].
	GrantLookup Grant = "lookup"
	// GrantOwnID allows to keep report ids that the file carries: [Header.ID].
	GrantOwnID Grant = "own-id"
	// GrantState allows to remember something from run to run: [StateText]. Scheduled converters only.
	GrantState Grant = "state"
	// GrantHTTP allows to send requests to hosts that the operator names: [HTTPGet]. Scheduled converters only.
	GrantHTTP Grant = "http"
)

// GrantHTTPTo allows to send requests to this host: "mes.example", "mes.example:8080". Scheduled converters only.
func GrantHTTPTo(host string) Grant { return Grant("http:" + host) }

// Descriptor is what a converter is. The rules about the file (Patterns to Contains) are applied by the station itself, so that most
// files never wake most plugins: all of them must hold, and an empty one is none.
type Descriptor struct {
	// Name: lower-case words joined by "-", unique on a station.
	Name string
	// Version, semantic: "1.4.0".
	Version string
	// Summary is one line for people.
	Summary string
	// Formats names the formats that it reads, for people: "Keysight i3070 log".
	Formats []string
	// Patterns are globs of the file name, without regard to case: "*.csv". One must match.
	Patterns []string
	// MinSize is the smallest size in bytes; 0 for any.
	MinSize uint64
	// MaxSize is the largest size in bytes; 0 for any.
	MaxSize uint64
	// Magic are bytes within the first 4 KiB. One must match.
	Magic []Magic
	// Contains are texts of which one must occur in the first 4 KiB, in UTF-8 or UTF-16; case matters.
	Contains []string
	// Grants that it asks for; the operator decides.
	Grants []Grant
	// Homepage, License and Author are for people.
	Homepage, License, Author string
}

// Magic is bytes at a place in the file.
type Magic struct {
	// Offset of the first one, from 0.
	Offset uint32
	// Bytes that are there.
	Bytes []byte
}

// Detection tells whether a converter can read a file.
type Detection struct {
	// Confidence from 0 (cannot) to 1 (certain). Of several plugins the most confident gets the file.
	Confidence float64
	// Detail tells what was recognised, or why not.
	Detail string
	// Missing are the names of files that have to come first.
	Missing []string
	// SerialNumber and PartNumber, when they were seen in passing.
	SerialNumber, PartNumber string
}

// No: it cannot, and why.
func No(why string) Detection { return Detection{Detail: why} }

// Certain: it can.
func Certain() Detection { return Detection{Confidence: 1} }

// Likely: it can with this confidence, 0 (cannot) to 1 (certain).
func Likely(confidence float64) Detection {
	// Not a number is no confidence.
	if !(confidence > 0) {
		confidence = 0
	}
	return Detection{Confidence: min(confidence, 1)}
}
