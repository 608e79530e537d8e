package wats

import "slices"

// StepOptions is what every kind of step takes: everything about it that is optional. S is the kind of step, so that calls can be
// strung together.
//
// A step is in the report when the method of [UUT] returns; these only add to it. They are for the step that was added last: once the
// next step, a sequence or the end of the report has come, they panic, for the step may be with the station already.
type StepOptions[S any] struct {
	step
	self S
}

type step struct {
	uut    *UUT
	record *StepRecord
}

func (s step) last() *StepRecord {
	if s.uut.lastStep != s.record {
		panic("wats: step " + quote(s.record.Name) + " is not the last one any more: set a step up before the next one is added")
	}
	return s.record
}

// Status says how the step ended. Without it: judged from its measurements; done when there is none.
func (s *StepOptions[S]) Status(status Status) S {
	s.last().Status = status.known()
	return s.self
}

// Group says to which part of the enclosing sequence it belongs. Without it: main.
func (s *StepOptions[S]) Group(group Group) S {
	s.last().Group = group.known()
	return s.self
}

// Start says when it began, as in [Header].
func (s *StepOptions[S]) Start(time string) S {
	s.last().Start = orNone(time)
	return s.self
}

// Duration says how many seconds it took, 0 or more.
func (s *StepOptions[S]) Duration(seconds float64) S {
	s.last().Duration = &seconds
	return s.self
}

// ErrorCode is a number or a word.
func (s *StepOptions[S]) ErrorCode(code string) S {
	s.last().ErrorCode = orNone(code)
	return s.self
}

// ErrorMessage tells what went wrong.
func (s *StepOptions[S]) ErrorMessage(text string) S {
	s.last().ErrorMessage = orNone(text)
	return s.self
}

// ReportText is free text, lines allowed.
func (s *StepOptions[S]) ReportText(text string) S {
	s.last().ReportText = orNone(text)
	return s.self
}

// LoopIndex marks one iteration of a loop, from 0.
func (s *StepOptions[S]) LoopIndex(index int) S { return s.Property("loop-index", Num(float64(index))) }

// LoopSummary marks the summary of a loop, which comes before its iterations: how many there were, passed and failed.
func (s *StepOptions[S]) LoopSummary(count, passed, failed int) S {
	s.Property("loop-count", Num(float64(count)))
	s.Property("loop-ending-index", Num(float64(count)))
	s.Property("loop-passed", Num(float64(passed)))
	return s.Property("loop-failed", Num(float64(failed)))
}

// CausedFailure marks the step that made the unit fail.
func (s *StepOptions[S]) CausedFailure() S { return s.Property("caused-uut-failure", Flag(true)) }

// Property adds something rare, by its key in the contract: "ts-guid", "value-format", ...
func (s *StepOptions[S]) Property(key string, value Value) S {
	record := s.last()
	record.Properties = append(record.Properties, Property{key, value})
	return s.self
}

// Chart puts a chart beside the measurement. At most one.
func (s *StepOptions[S]) Chart(chart Chart) S {
	s.last()
	s.uut.extras.chart = chart.own()
	return s.self
}

// Attach puts bytes to the step. At most one attachment.
func (s *StepOptions[S]) Attach(attachment Attachment) S {
	s.last()
	attachment.Content = slices.Clone(attachment.Content)
	s.uut.extras.attachment = &attachment
	return s.self
}

// Result adds nested results: a WSJF `additionalResults` entry as JSON text.
func (s *StepOptions[S]) Result(json string) S {
	s.last()
	s.uut.extras.results = append(s.uut.extras.results, json)
	return s.self
}

// Step is a step without measurements of its own: action, chart, message popup, generic, ...; and pass/fail.
type Step struct{ StepOptions[*Step] }

// NumericStep is a step with one number.
type NumericStep struct {
	StepOptions[*NumericStep]
	NumericOptions[*NumericStep]
}

// TextStep is a step with one text.
type TextStep struct {
	StepOptions[*TextStep]
	TextOptions[*TextStep]
}

// MultiNumericStep is a step with several named numbers.
type MultiNumericStep struct{ StepOptions[*MultiNumericStep] }

// MultiPassFailStep is a step with several named yeses or noes.
type MultiPassFailStep struct {
	StepOptions[*MultiPassFailStep]
}

// MultiTextStep is a step with several named texts.
type MultiTextStep struct{ StepOptions[*MultiTextStep] }

// NumericMeasurement is one of several numbers of a step.
type NumericMeasurement struct {
	NumericOptions[*NumericMeasurement]
}

// TextMeasurement is one of several texts of a step.
type TextMeasurement struct {
	TextOptions[*TextMeasurement]
}

// Measure adds a number with a name that is unique in the step: Measure("3V3", 3.31).Unit("V").Between(3.2, 3.4).
func (s *MultiNumericStep) Measure(name string, value float64) *NumericMeasurement {
	record := s.last()
	number := &NumericRecord{Name: name, Value: &value}
	record.Numbers = append(record.Numbers, number)
	measurement := &NumericMeasurement{}
	measurement.NumericOptions = NumericOptions[*NumericMeasurement]{s.step, number, measurement}
	return measurement
}

// Measure adds a yes or no with a name that is unique in the step.
func (s *MultiPassFailStep) Measure(name string, passed bool) *MultiPassFailStep {
	return s.MeasureStatus(name, PassedIf(passed))
}

// MeasureStatus adds a measurement with any status, which must not be [StatusJudged].
func (s *MultiPassFailStep) MeasureStatus(name string, status Status) *MultiPassFailStep {
	record := s.last()
	record.PassFails = append(record.PassFails, PassFailRecord{name, stated(status)})
	return s
}

func stated(status Status) Status {
	if status == StatusJudged {
		panic("wats: a pass/fail measurement needs a status")
	}
	return status.known()
}

// Measure adds a text with a name that is unique in the step.
func (s *MultiTextStep) Measure(name, value string) *TextMeasurement {
	record := s.last()
	text := &TextRecord{Name: name, Value: &value}
	record.Texts = append(record.Texts, text)
	measurement := &TextMeasurement{}
	measurement.TextOptions = TextOptions[*TextMeasurement]{s.step, text, measurement}
	return measurement
}

// NumericOptions is what a number takes, alone in a step or as one of several. Without limits it is only logged.
type NumericOptions[S any] struct {
	of     step
	number *NumericRecord
	self   S
}

func (n *NumericOptions[S]) last() *NumericRecord {
	n.of.last()
	return n.number
}

// NoValue says that there is no value: it was not measured.
func (n *NumericOptions[S]) NoValue() S {
	n.last().Value = nil
	return n.self
}

// Value replaces the value.
func (n *NumericOptions[S]) Value(value float64) S {
	n.last().Value = &value
	return n.self
}

// Unit of the number: "V", "Ohm".
func (n *NumericOptions[S]) Unit(unit string) S {
	n.last().Unit = orNone(unit)
	return n.self
}

// Limits takes any comparison.
func (n *NumericOptions[S]) Limits(limits NumericLimits) S {
	within(limits.Comparison, LEGE, "comparison")
	n.last().Limits = limits
	return n.self
}

// Between: low <= value <= high
func (n *NumericOptions[S]) Between(low, high float64) S {
	return n.Limits(NumericLimits{GELE, low, high})
}

// AtLeast: value >= low
func (n *NumericOptions[S]) AtLeast(low float64) S { return n.Limits(NumericLimits{GE, low, 0}) }

// AtMost: value <= high
func (n *NumericOptions[S]) AtMost(high float64) S { return n.Limits(NumericLimits{LE, high, 0}) }

// Above: value > low
func (n *NumericOptions[S]) Above(low float64) S { return n.Limits(NumericLimits{GT, low, 0}) }

// Below: value < high
func (n *NumericOptions[S]) Below(high float64) S { return n.Limits(NumericLimits{LT, high, 0}) }

// EqualTo: value = expected
func (n *NumericOptions[S]) EqualTo(expected float64) S {
	return n.Limits(NumericLimits{EQ, expected, 0})
}

// MeasuredStatus says how the measurement ended, where that is not what the limits say. A step with one number follows it.
func (n *NumericOptions[S]) MeasuredStatus(status Status) S {
	n.last().Status = status.known()
	return n.self
}

// TextOptions is what a text takes, alone in a step or as one of several. Without something to equal it is only logged.
type TextOptions[S any] struct {
	of   step
	text *TextRecord
	self S
}

func (t *TextOptions[S]) last() *TextRecord {
	t.of.last()
	return t.text
}

// NoValue says that there is no value: it was not measured.
func (t *TextOptions[S]) NoValue() S {
	t.last().Value = nil
	return t.self
}

// Limits takes any comparison.
func (t *TextOptions[S]) Limits(limits TextLimits) S {
	within(limits.Comparison, TextIgnoreCase, "comparison")
	t.last().Limits = limits
	return t.self
}

// EqualTo wants the same text, case matters.
func (t *TextOptions[S]) EqualTo(expected string) S {
	return t.Limits(TextLimits{TextCaseSensitive, expected})
}

// EqualToInAnyCase wants the same text, case does not matter.
func (t *TextOptions[S]) EqualToInAnyCase(expected string) S {
	return t.Limits(TextLimits{TextIgnoreCase, expected})
}

// NotEqualTo wants another text.
func (t *TextOptions[S]) NotEqualTo(unwanted string) S { return t.Limits(TextLimits{TextNE, unwanted}) }

// MeasuredStatus says how the measurement ended, where that is not what the limits say. A step with one text follows it.
func (t *TextOptions[S]) MeasuredStatus(status Status) S {
	t.last().Status = status.known()
	return t.self
}
