package wats

import "strings"

// Status is how a step, measurement or report ended.
type Status uint8

const (
	// StatusJudged is the zero value: nothing is stated, and the station judges.
	StatusJudged Status = iota
	// StatusPassed is passed.
	StatusPassed
	// StatusFailed is failed.
	StatusFailed
	// StatusDone ran, and nothing was judged. Counts as passed.
	StatusDone
	// StatusSkipped did not run. Steps and measurements only, never a report.
	StatusSkipped
	// StatusError could not be judged because something broke. Counts as failed.
	StatusError
	// StatusTerminated was stopped by an operator or a rule. Counts as failed.
	StatusTerminated
)

var statusNames = [...]string{"judged", "passed", "failed", "done", "skipped", "error", "terminated"}

// String gives the word of the contract: "passed".
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return "judged"
}

// PassedIf gives StatusPassed or StatusFailed.
func PassedIf(passed bool) Status {
	if passed {
		return StatusPassed
	}
	return StatusFailed
}

// ParseStatus reads the spellings that testers use, in any case: "P", "Pass", "OK", "NG", "Aborted", ... Anything else is
// malformed.
func ParseStatus(text string) (Status, error) {
	switch lower(strings.TrimSpace(text)) {
	case "p", "pass", "passed", "ok", "success", "successful":
		return StatusPassed, nil
	case "f", "fail", "failed", "failure", "ng":
		return StatusFailed, nil
	case "d", "done", "complete", "completed":
		return StatusDone, nil
	case "s", "skip", "skipped":
		return StatusSkipped, nil
	case "e", "err", "error":
		return StatusError, nil
	case "t", "term", "terminated", "abort", "aborted":
		return StatusTerminated, nil
	}
	return StatusJudged, Malformed(quote(text) + " is not a status")
}

// Comparison is how a number is compared with its limits. Names are those of WATS.
type Comparison uint8

// Comparisons of numbers.
const (
	// LOG: only logged, no limits, always passes.
	LOG Comparison = iota
	// EQ: value = low
	EQ
	// EQT: equal within a tolerance that the report does not carry: give the status.
	EQT
	// NE: value != low
	NE
	// LT: value < low
	LT
	// LE: value <= low
	LE
	// GT: value > low
	GT
	// GE: value >= low
	GE
	// GTLT: low < value < high
	GTLT
	// GTLE: low < value <= high
	GTLE
	// GELT: low <= value < high
	GELT
	// GELE: low <= value <= high
	GELE
	// LTGT: value < low or value > high
	LTGT
	// LTGE: value < low or value >= high
	LTGE
	// LEGT: value <= low or value > high
	LEGT
	// LEGE: value <= low or value >= high
	LEGE
)

var comparisonNames = [...]string{
	"LOG", "EQ", "EQT", "NE", "LT", "LE", "GT", "GE", "GTLT", "GTLE", "GELT", "GELE", "LTGT", "LTGE", "LEGT", "LEGE",
}

// String gives WATS's name: "GELE".
func (c Comparison) String() string {
	if int(c) < len(comparisonNames) {
		return comparisonNames[c]
	}
	return "LOG"
}

// NumericLimits is a comparison with what it compares to. The zero value is no limits.
type NumericLimits struct {
	// Comparison tells what the limits mean.
	Comparison Comparison
	// Low is the low limit, and the only one of a comparison with one (EQ to GE), LE and LT too.
	Low float64
	// High is the high limit of a comparison with two (GTLT to LEGE).
	High float64
}

// Limits gives the limits by WATS's name of the comparison, in any case ("GELE", "LT", "LOG"), and the limits that a file gives; nil
// for none. A comparison with one limit takes the low one, or the high one when there is no low one.
//
// Malformed when there is no such comparison, or a limit is missing.
func Limits(comparison string, low, high *float64) (NumericLimits, error) {
	name := upper(strings.TrimSpace(comparison))
	for i, known := range comparisonNames {
		if known != name {
			continue
		}
		limits := NumericLimits{Comparison: Comparison(i)}
		switch {
		case limits.Comparison == LOG:
		case limits.Comparison < GTLT:
			if low == nil {
				low = high
			}
			if low == nil {
				return NumericLimits{}, Malformed(name + " without a limit")
			}
			limits.Low = *low
		default:
			if low == nil || high == nil {
				return NumericLimits{}, Malformed(name + " needs a low and a high limit")
			}
			limits.Low, limits.High = *low, *high
		}
		return limits, nil
	}
	return NumericLimits{}, Malformed(quote(name) + " is no comparison of numbers")
}

// Inclusive gives the limits that there are, nil for none: within both, at least the low one, at most the high one, or only logged.
func Inclusive(low, high *float64) NumericLimits {
	switch {
	case low != nil && high != nil:
		return NumericLimits{GELE, *low, *high}
	case low != nil:
		return NumericLimits{GE, *low, 0}
	case high != nil:
		return NumericLimits{LE, *high, 0}
	}
	return NumericLimits{}
}

// TextComparison is how a text is compared.
type TextComparison uint8

// Comparisons of texts.
const (
	// TextLOG: only logged, always passes.
	TextLOG TextComparison = iota
	// TextEQ: the same text.
	TextEQ
	// TextNE: another text.
	TextNE
	// TextCaseSensitive: the same text, case matters.
	TextCaseSensitive
	// TextIgnoreCase: the same text, case does not matter.
	TextIgnoreCase
)

var textComparisonNames = [...]string{"LOG", "EQ", "NE", "CASESENSIT", "IGNORECASE"}

// String gives WATS's name: "CASESENSIT".
func (c TextComparison) String() string {
	if int(c) < len(textComparisonNames) {
		return textComparisonNames[c]
	}
	return "LOG"
}

// TextLimits is what a text is compared with. The zero value is nothing.
type TextLimits struct {
	// Comparison tells how.
	Comparison TextComparison
	// Limit is the text to compare with.
	Limit string
}

// LimitsOfText gives the limits by WATS's name of the comparison, in any case: "EQ", "NE", "CASESENSIT", "IGNORECASE", "LOG".
// Anything else is malformed.
func LimitsOfText(comparison, limit string) (TextLimits, error) {
	name := upper(strings.TrimSpace(comparison))
	for i, known := range textComparisonNames {
		if known == name {
			limits := TextLimits{Comparison: TextComparison(i)}
			if limits.Comparison != TextLOG {
				limits.Limit = limit
			}
			return limits, nil
		}
	}
	return TextLimits{}, Malformed(quote(name) + " is no comparison of texts")
}

// Of ASCII letters only: the tables of Unicode stay out of a plugin.
func lower(text string) string { return mapASCII(text, 'A', 'Z', 'a'-'A') }
func upper(text string) string { return mapASCII(text, 'a', 'z', 'a'-'A') }

func mapASCII(text string, first, last, flip byte) string {
	bytes := []byte(text)
	for i, b := range bytes {
		if first <= b && b <= last {
			bytes[i] = b ^ flip
		}
	}
	return string(bytes)
}
