package wats

// StepKind tells what kind of step it is.
type StepKind uint8

// Kinds of steps.
const (
	// StepAction did something, measured nothing.
	StepAction StepKind = iota
	// StepNumeric has one number.
	StepNumeric
	// StepMultiNumeric has several numbers.
	StepMultiNumeric
	// StepPassFail has one yes or no.
	StepPassFail
	// StepMultiPassFail has several.
	StepMultiPassFail
	// StepText has one text.
	StepText
	// StepMultiText has several texts.
	StepMultiText
	// StepChart is a chart that belongs to no measurement.
	StepChart
	// StepMessagePopup is a question to the operator.
	StepMessagePopup
	// StepCallExecutable ran a program.
	StepCallExecutable
	// StepGeneric is any other step type of WATS.
	StepGeneric
)

// StepRecord is a step as it is handed to the station, and as the test kit shows it. Authors write steps with the methods of [UUT].
type StepRecord struct {
	Name string
	Kind StepKind
	// Status that is stated; else judged from the measurements.
	Status Status
	Group  Group
	Start  string
	// Duration in seconds.
	Duration                            *float64
	ErrorCode, ErrorMessage, ReportText string
	Properties                          []Property

	// Numbers of a numeric step: one without a name, or several.
	Numbers []*NumericRecord
	// PassFails of a pass/fail step.
	PassFails []PassFailRecord
	// Texts of a text step.
	Texts []*TextRecord
	// Chart of a chart step.
	Chart *Chart
	// Response and Button of a message popup.
	Response string
	Button   *int32
	// ExitCode of a program that was run.
	ExitCode int32
	// Type of a generic step: its name in WATS.
	Type string
}

// NumericRecord is a number that was measured.
type NumericRecord struct {
	// Name is empty in a step with one.
	Name string
	// Value is nil when there is none.
	Value  *float64
	Unit   string
	Limits NumericLimits
	// Status that is stated; else judged by the limits.
	Status Status
}

// PassFailRecord is a yes or no.
type PassFailRecord struct {
	// Name is empty in a step with one.
	Name   string
	Status Status
}

// TextRecord is a text that was measured.
type TextRecord struct {
	// Name is empty in a step with one.
	Name string
	// Value is nil when there is none.
	Value  *string
	Limits TextLimits
	// Status that is stated; else judged by the limits.
	Status Status
}

// About how many bytes it is on its way to the station.
func (s *StepRecord) size() int {
	const each = 100
	size := each + len(s.Name) + len(s.ErrorCode) + len(s.ErrorMessage) + len(s.ReportText) + len(s.Response) + len(s.Type)
	for _, number := range s.Numbers {
		size += each + len(number.Name) + len(number.Unit)
	}
	for _, passFail := range s.PassFails {
		size += each + len(passFail.Name)
	}
	for _, text := range s.Texts {
		size += each + len(text.Name) + len(text.Limits.Limit)
		if text.Value != nil {
			size += len(*text.Value)
		}
	}
	for _, property := range s.Properties {
		size += each + len(property.Key) + len(property.Value.Text)
	}
	if s.Chart != nil {
		for _, series := range s.Chart.Series {
			size += each + len(series.Name) + 8*(len(series.X)+len(series.Y))
		}
	}
	return size
}
