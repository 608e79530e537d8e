package watstest

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	wats "wats.dev/converter"
)

// Result is what came of a conversion.
type Result struct {
	t testing.TB
	// Err is nil, [wats.Waiting], a [*wats.SkippedError] or a [*wats.Error].
	Err error
	// Reports that were finished; none unless Err is nil.
	Reports []*Report
	// Documents that were emitted; none unless Err is nil.
	Documents []Document
	// Log lines.
	Log []LogLine
	// Progress that was told last.
	Progress float64
	// DependsOnNameOrTime: the converter asked for the name, the path or the time of change of a file, which are then part of what the
	// source is.
	DependsOnNameOrTime bool
}

// LogLine is a line of the log.
type LogLine struct {
	Level   wats.Level
	Message string
}

// Document is a report that was emitted as WSJF.
type Document struct {
	// Text is JSON.
	Text string
	// Key of the report; empty for none.
	Key string
}

// Report is a report as it was written. The station fills in what is left out, and judges.
type Report struct {
	Header wats.Header
	// Status that was stated.
	Status wats.Status
	// Program is the outermost sequence.
	Program *Sequence
	// Attachments of the report, those of files with their bytes.
	Attachments []wats.Attachment
	MiscInfos   []MiscInfo
	SubUnits    []wats.SubUnit
	Assets      []wats.Asset
	// Data is nested data, as JSON texts.
	Data []string
	// Unbalanced: sequences were closed that were not open, or left open. Finish refuses that, so no report that is here is it.
	Unbalanced bool

	t testing.TB
}

// MiscInfo is something worth knowing.
type MiscInfo struct{ Description, Text string }

// Sequence is a sequence and what is in it.
type Sequence struct {
	wats.Sequence
	Items []Item
}

// Item is a step or a sequence; the other is nil.
type Item struct {
	Step     *Step
	Sequence *Sequence
}

// Step is a step and what goes along with it.
type Step struct {
	wats.StepRecord
	// Beside is the chart beside the measurement.
	Beside     *wats.Chart
	Attachment *wats.Attachment
	// Results are nested results, as JSON texts.
	Results []string
}

// Report gives the one report. The test stops when the conversion failed, or when there is not exactly one.
func (r *Result) Report() *Report {
	r.t.Helper()
	if r.Err != nil {
		r.t.Fatalf("the conversion failed: %v", r.Err)
	}
	if len(r.Reports) != 1 {
		r.t.Fatalf("%d reports and %d documents, wanted is one report", len(r.Reports), len(r.Documents))
	}
	return r.Reports[0]
}

// Error tells why the conversion failed. The test stops when it did not.
func (r *Result) Error() *wats.Error {
	r.t.Helper()
	var err *wats.Error
	if !errors.As(r.Err, &err) {
		r.t.Fatalf("the conversion did not fail: %v, %d reports", r.Err, len(r.Reports))
	}
	return err
}

// Step gives the step at a path in the program: "Measurements/Vcc". Names may have a "/" in them. The test stops when there is none.
func (r *Report) Step(path string) *Step {
	r.t.Helper()
	step := r.Program.step(path)
	if step == nil {
		r.t.Fatalf("no step %q; there are:\n%s", path, r)
	}
	return step
}

// The first step at the path: of sequences with the same name each is looked through.
func (s *Sequence) step(path string) *Step {
	for _, item := range s.Items {
		if item.Step != nil {
			if item.Step.Name == path {
				return item.Step
			}
			continue
		}
		if rest, within := strings.CutPrefix(path, item.Sequence.Name+"/"); within {
			if found := item.Sequence.step(rest); found != nil {
				return found
			}
		}
	}
	return nil
}

// String shows the steps, one on a line.
func (r *Report) String() string {
	var text strings.Builder
	r.Program.write(&text, "")
	return text.String()
}

func (s *Sequence) write(text *strings.Builder, indent string) {
	text.WriteString(indent + s.Name + "\n")
	for _, item := range s.Items {
		if item.Step != nil {
			text.WriteString(indent + "  " + item.Step.String() + "\n")
		} else {
			item.Sequence.write(text, indent+"  ")
		}
	}
}

// Number gives the value of a step with one number: NaN is a value, and 0 is given for none.
func (s *Step) Number() float64 {
	if len(s.Numbers) > 0 && s.Numbers[0].Value != nil {
		return *s.Numbers[0].Value
	}
	return 0
}

// Text gives the value of a step with one text; empty for none.
func (s *Step) Text() string {
	if len(s.Texts) > 0 && s.Texts[0].Value != nil {
		return *s.Texts[0].Value
	}
	return ""
}

// Unit gives the unit of a step with one number.
func (s *Step) Unit() string {
	if len(s.Numbers) > 0 {
		return s.Numbers[0].Unit
	}
	return ""
}

// Limits gives the limits of the first measurement in words: "GELE 4.9 5.1", "LE 0.2", "LOG", "CASESENSIT 1.4.0".
func (s *Step) Limits() string {
	switch {
	case len(s.Numbers) > 0:
		return limits(s.Numbers[0].Limits)
	case len(s.Texts) > 0 && s.Texts[0].Limits.Comparison != wats.TextLOG:
		return s.Texts[0].Limits.Comparison.String() + " " + s.Texts[0].Limits.Limit
	}
	return "LOG"
}

func limits(limits wats.NumericLimits) string {
	text := limits.Comparison.String()
	if limits.Comparison != wats.LOG {
		text += " " + float(limits.Low)
	}
	if limits.Comparison >= wats.GTLT {
		text += " " + float(limits.High)
	}
	return text
}

// String shows the step in one line: "Vcc 5.01 V GELE 4.9 5.1".
func (s *Step) String() string {
	text := s.Name
	for _, number := range s.Numbers {
		text += words(number.Name)
		if number.Value != nil {
			text += " " + float(*number.Value)
		}
		text += words(number.Unit) + " " + limits(number.Limits)
	}
	for _, passFail := range s.PassFails {
		text += words(passFail.Name) + " " + passFail.Status.String()
	}
	for _, measured := range s.Texts {
		text += words(measured.Name)
		if measured.Value != nil {
			text += " " + strconv.Quote(*measured.Value)
		}
	}
	if s.Status != wats.StatusJudged {
		text += " (" + s.Status.String() + ")"
	}
	return text
}

func words(text string) string {
	if text == "" {
		return ""
	}
	return " " + text
}

func float(number float64) string { return strconv.FormatFloat(number, 'g', -1, 64) }
