package wats

// Steps that go to the station at a time: a call for each step would cost 1 us more.
const batch = 64

// Bytes from which on they go at once: the station takes 32 MiB in one call.
const batchBytes = 1 << 20

// UUT writes one report on a unit under test: its steps in the order of execution, and what goes along.
//
// Nothing here fails. What is wrong is gathered, and Finish tells all of it. A writer that is neither finished nor discarded makes the
// conversion fail: a forgotten Finish must not lose a report.
//
//	uut := reports.UUT(wats.Header{SerialNumber: "L7-000042", PartNumber: "LAMP-7", Revision: "C"})
//	uut.Open("Supply")
//	uut.Numeric("Vcc", 5.01).Unit("V").Between(4.9, 5.1)
//	uut.Text("Firmware", "1.4.0").EqualTo("1.4.0").Duration(0.2)
//	uut.Close()
//	uut.PassFail("LED", true)
//	_, err := uut.Finish()
type UUT struct {
	station StationUUT
	steps   []*StepRecord
	// About how many bytes they are, without the last one, which can still grow.
	bytes int
	// The step that can still be set up.
	lastStep *StepRecord
	extras   extras
	// How the open sequences are to be closed, the innermost last.
	open []closing
	over bool
}

// What belongs to the last step of the batch.
type extras struct {
	chart      *Chart
	attachment *Attachment
	results    []string
}

type closing struct {
	status   Status
	duration *float64
}

// SetHeader replaces the header, for formats that tell the end only at the end.
func (u *UUT) SetHeader(header Header) { u.writer().SetHeader(header.clean()) }

// Open opens a sequence inside the one that is open. Any depth up to 256.
func (u *UUT) Open(name string) { u.OpenSequence(Sequence{Name: name}) }

// OpenSequence opens a sequence of which more is known than its name.
func (u *UUT) OpenSequence(sequence Sequence) {
	u.flush()
	u.open = append(u.open, closing{sequence.Status, sequence.Duration})
	u.writer().OpenSequence(sequence.clean())
}

// Close closes the innermost open sequence, with the status and duration that it was opened with.
func (u *UUT) Close() { u.CloseWith(StatusJudged, nil) }

// CloseWith closes the innermost open sequence, with what is known only now: its status, and how many seconds it took, nil for not
// known.
func (u *UUT) CloseWith(status Status, duration *float64) {
	u.flush()
	if last := len(u.open) - 1; last >= 0 {
		if status == StatusJudged {
			status = u.open[last].status
		}
		if duration == nil {
			duration = u.open[last].duration
		}
		u.open = u.open[:last]
	}
	u.writer().CloseSequence(status.known(), duration)
}

// Depth tells how many sequences are open, the program not counted.
func (u *UUT) Depth() int { return len(u.open) }

// Numeric adds a step with one number. Only logged until it is given limits.
func (u *UUT) Numeric(name string, value float64) *NumericStep {
	number := &NumericRecord{Value: &value}
	added := &NumericStep{}
	of := u.add(&StepRecord{Name: name, Kind: StepNumeric, Numbers: []*NumericRecord{number}})
	added.StepOptions = StepOptions[*NumericStep]{of, added}
	added.NumericOptions = NumericOptions[*NumericStep]{of, number, added}
	return added
}

// MultiNumeric adds a step with several named numbers.
func (u *UUT) MultiNumeric(name string) *MultiNumericStep {
	added := &MultiNumericStep{}
	added.StepOptions = StepOptions[*MultiNumericStep]{u.add(&StepRecord{Name: name, Kind: StepMultiNumeric}), added}
	return added
}

// PassFail adds a step that is a yes or no.
func (u *UUT) PassFail(name string, passed bool) *Step {
	return u.PassFailStatus(name, PassedIf(passed))
}

// PassFailStatus adds a pass/fail step with any status, which must not be [StatusJudged].
func (u *UUT) PassFailStatus(name string, status Status) *Step {
	return u.plain(&StepRecord{Name: name, Kind: StepPassFail, PassFails: []PassFailRecord{{"", stated(status)}}})
}

// MultiPassFail adds a step with several named yeses or noes.
func (u *UUT) MultiPassFail(name string) *MultiPassFailStep {
	added := &MultiPassFailStep{}
	added.StepOptions = StepOptions[*MultiPassFailStep]{u.add(&StepRecord{Name: name, Kind: StepMultiPassFail}), added}
	return added
}

// Text adds a step with one text. Only logged until it is given something to equal.
func (u *UUT) Text(name, value string) *TextStep {
	text := &TextRecord{Value: &value}
	added := &TextStep{}
	of := u.add(&StepRecord{Name: name, Kind: StepText, Texts: []*TextRecord{text}})
	added.StepOptions = StepOptions[*TextStep]{of, added}
	added.TextOptions = TextOptions[*TextStep]{of, text, added}
	return added
}

// MultiText adds a step with several named texts.
func (u *UUT) MultiText(name string) *MultiTextStep {
	added := &MultiTextStep{}
	added.StepOptions = StepOptions[*MultiTextStep]{u.add(&StepRecord{Name: name, Kind: StepMultiText}), added}
	return added
}

// Action adds a step that did something and measured nothing.
func (u *UUT) Action(name string) *Step { return u.plain(&StepRecord{Name: name, Kind: StepAction}) }

// Chart adds a step that is a chart. For a chart beside a measurement see the step's Chart.
func (u *UUT) Chart(name string, chart Chart) *Step {
	return u.plain(&StepRecord{Name: name, Kind: StepChart, Chart: chart.own()})
}

// MessagePopup adds a question to the operator: the answer (up to 100, empty for none) and the number of the button, nil for none.
func (u *UUT) MessagePopup(name, response string, button *int32) *Step {
	return u.plain(&StepRecord{Name: name, Kind: StepMessagePopup, Response: response, Button: button})
}

// CallExecutable adds a program that was run, with its exit code.
func (u *UUT) CallExecutable(name string, exitCode int32) *Step {
	return u.plain(&StepRecord{Name: name, Kind: StepCallExecutable, ExitCode: exitCode})
}

// Generic adds any other step type of WATS by its name: "NI_Flow_If", "GenericTest".
func (u *UUT) Generic(stepType, name string) *Step {
	return u.plain(&StepRecord{Name: name, Kind: StepGeneric, Type: stepType})
}

// Attach attaches bytes to the report.
func (u *UUT) Attach(attachment Attachment) { u.writer().Attach(attachment) }

// AttachFile attaches a source file to the report; its bytes do not pass through the plugin. contentType is a media type: "text/csv".
func (u *UUT) AttachFile(file *File, contentType string) {
	u.writer().AttachFile(file.station, contentType)
}

// MiscInfo adds something worth knowing: a description (1 to 100) and a text (up to 255; above 100 the station warns).
func (u *UUT) MiscInfo(description, text string) { u.writer().AddMiscInfo(description, text) }

// SubUnit adds a part that is built into the unit.
func (u *UUT) SubUnit(unit SubUnit) {
	unit.Revision, unit.PartType = orNone(unit.Revision), orNone(unit.PartType)
	u.writer().AddSubUnit(unit)
}

// Asset adds equipment that the test used.
func (u *UUT) Asset(asset Asset) { u.writer().AddAsset(asset) }

// Data adds nested data: a WSJF `additionalData` entry as JSON text.
func (u *UUT) Data(json string) { u.writer().AddData(json) }

// Finish ends the report, failed if a step failed, else passed, and gives its identity.
//
// Rejected, with what is wrong with the report.
func (u *UUT) Finish() (id string, err error) { return u.FinishWith(StatusJudged) }

// FinishWith ends the report with the status that the file gives.
func (u *UUT) FinishWith(status Status) (id string, err error) {
	u.flush()
	status.known()
	writer := u.writer()
	u.over = true
	id, violations := writer.Finish(status)
	if len(violations) > 0 {
		return "", rejected(violations)
	}
	return id, nil
}

// Discard throws the report away. After Finish it does nothing, so that it can be deferred.
func (u *UUT) Discard() {
	if !u.over {
		u.over = true
		u.lastStep = nil
		u.station.Discard()
	}
}

func (u *UUT) writer() StationUUT {
	if u.over {
		panic("wats: the report is finished or discarded already")
	}
	return u.station
}

func (u *UUT) plain(record *StepRecord) *Step {
	added := &Step{}
	added.StepOptions = StepOptions[*Step]{u.add(record), added}
	return added
}

func (u *UUT) add(record *StepRecord) step {
	u.writer()
	if last := len(u.steps) - 1; last >= 0 {
		u.bytes += u.steps[last].size()
	}
	if len(u.steps) >= batch || u.bytes >= batchBytes || u.extras.any() {
		u.flush()
	}
	u.steps = append(u.steps, record)
	u.lastStep = record
	return step{u, record}
}

func (u *UUT) flush() {
	u.lastStep = nil
	if len(u.steps) == 0 {
		return
	}
	writer := u.writer()
	writer.Add(u.steps)
	clear(u.steps)
	u.steps, u.bytes = u.steps[:0], 0
	rest := u.extras
	u.extras = extras{}
	if rest.chart != nil {
		writer.AddChart(*rest.chart)
	}
	if rest.attachment != nil {
		writer.AddAttachment(*rest.attachment)
	}
	for _, result := range rest.results {
		writer.AddResult(result)
	}
}

func (e extras) any() bool { return e.chart != nil || e.attachment != nil || len(e.results) > 0 }
