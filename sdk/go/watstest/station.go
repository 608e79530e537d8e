package watstest

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	wats "wats.dev/converter"
)

// The other side of the converter.
type station struct {
	settings      string
	lookupGranted bool
	offline       bool
	processes     []wats.Process
	products      []wats.Product
	log           []LogLine
	progress      float64
	writers       []*writer
	// Of those that were finished and documents that were emitted, in this order.
	reports   []*Report
	documents []Document
	// Of reports that were refused.
	violations []wats.Violation
	// Of a scheduled converter: a report without them is refused.
	statesKeyAndStart bool
}

func (s *station) SettingsJSON() string { return s.settings }

func (s *station) Log(level wats.Level, message string) {
	s.log = append(s.log, LogLine{level, message})
}

func (s *station) Progress(fraction float64) { s.progress = fraction }

func (s *station) Process(name string) (wats.Process, wats.Answer) {
	if answer := s.answer(); answer != (wats.Answer{}) {
		return wats.Process{}, answer
	}
	for _, process := range s.processes {
		if strings.EqualFold(process.Name, name) {
			return process, wats.Answer{Found: true}
		}
	}
	return wats.Process{}, wats.Answer{}
}

func (s *station) Product(partNumber string) (wats.Product, wats.Answer) {
	if answer := s.answer(); answer != (wats.Answer{}) {
		return wats.Product{}, answer
	}
	for _, product := range s.products {
		if product.PartNumber == partNumber {
			return product, wats.Answer{Found: true}
		}
	}
	return wats.Product{}, wats.Answer{}
}

func (s *station) answer() wats.Answer {
	switch {
	case !s.lookupGranted:
		return wats.Answer{Denied: true}
	case s.offline:
		return wats.Answer{Unavailable: "offline"}
	}
	return wats.Answer{}
}

func (s *station) OpenUUT(header wats.Header) wats.StationUUT {
	writer := &writer{station: s, report: &Report{Header: header}}
	writer.sequences = []*Sequence{{Sequence: header.Program}}
	writer.report.Program = writer.sequences[0]
	s.writers = append(s.writers, writer)
	return writer
}

func (s *station) EmitJSON(document, key string) (string, []wats.Violation) {
	var violations []wats.Violation
	var read any
	if err := json.Unmarshal([]byte(document), &read); err != nil {
		violations = []wats.Violation{unreadable(placeIn(document, err), err)}
	} else {
		object, _ := read.(map[string]any)
		start, _ := object["start"].(string)
		violations = s.missing(key, start)
	}
	if s.refuses(violations) {
		return "", violations
	}
	s.documents = append(s.documents, Document{Text: document, Key: key})
	return s.id(), nil
}

func (s *station) refuses(violations []wats.Violation) bool {
	s.violations = append(s.violations, violations...)
	return len(violations) > 0
}

func unreadable(path string, err error) wats.Violation {
	return wats.Violation{Path: path, Rule: "unreadable", Message: err.Error()}
}

// Where a text stops being JSON; at its end where that is not known.
func placeIn(text string, err error) string {
	var wrong *json.SyntaxError
	if errors.As(err, &wrong) && 0 < wrong.Offset && wrong.Offset <= int64(len(text)) {
		text = text[:wrong.Offset-1]
	}
	line := text[strings.LastIndexByte(text, '\n')+1:]
	return "line " + number(1+strings.Count(text, "\n")) + ", column " + number(1+utf8.RuneCountInString(line))
}

func (s *station) missing(key, start string) (violations []wats.Violation) {
	if !s.statesKeyAndStart {
		return nil
	}
	const message = "found none; each report of a scheduled converter states it, so that what is known already is recognised"
	if key == "" {
		violations = append(violations, wats.Violation{Path: "header/key", Rule: "missing-key", Message: message})
	}
	if start == "" {
		violations = append(violations, wats.Violation{Path: "header/start", Rule: "missing-start", Message: message})
	}
	return violations
}

func (s *station) id() string { return "report-" + number(len(s.reports)+len(s.documents)) }

func (s *station) open() (count int) {
	for _, writer := range s.writers {
		if !writer.over {
			count++
		}
	}
	return count
}

func (s *station) finished() ([]*Report, []Document) { return s.reports, s.documents }

type writer struct {
	station *station
	report  *Report
	// Those that are open, the program first.
	sequences []*Sequence
	last      *Step
	over      bool
	// Told by Finish, as the station does.
	violations []wats.Violation
}

// The innermost sequence that is open.
func (w *writer) path() string {
	path := "steps"
	for _, sequence := range w.sequences {
		path += "/" + sequence.Name
	}
	return path
}

func (w *writer) unbalanced(found string) {
	w.report.Unbalanced = true
	message := found + ", allowed is one close for each open"
	w.violations = append(w.violations, wats.Violation{Path: w.path(), Rule: "unbalanced-sequence", Message: message})
}

func (w *writer) isJSON(text, what string) bool {
	var read any
	err := json.Unmarshal([]byte(text), &read)
	if err != nil {
		w.violations = append(w.violations, unreadable(w.path()+"/"+what, err))
	}
	return err == nil
}

func (w *writer) SetHeader(header wats.Header) {
	w.report.Header = header
	w.report.Program.Sequence = header.Program
}

func (w *writer) OpenSequence(sequence wats.Sequence) {
	added := &Sequence{Sequence: sequence}
	innermost := w.sequences[len(w.sequences)-1]
	innermost.Items = append(innermost.Items, Item{Sequence: added})
	w.sequences = append(w.sequences, added)
}

func (w *writer) CloseSequence(status wats.Status, duration *float64) {
	if len(w.sequences) == 1 {
		w.unbalanced("found a sequence closed while none was open but the program")
		return
	}
	innermost := w.sequences[len(w.sequences)-1]
	innermost.Status, innermost.Duration = status, duration
	w.sequences = w.sequences[:len(w.sequences)-1]
}

func (w *writer) Add(steps []*wats.StepRecord) {
	innermost := w.sequences[len(w.sequences)-1]
	for _, record := range steps {
		w.last = &Step{StepRecord: *record}
		innermost.Items = append(innermost.Items, Item{Step: w.last})
	}
}

func (w *writer) AddChart(chart wats.Chart) { w.last.Beside = &chart }

func (w *writer) AddAttachment(attachment wats.Attachment) { w.last.Attachment = &attachment }

func (w *writer) AddResult(text string) {
	if w.isJSON(text, "result") {
		w.last.Results = append(w.last.Results, text)
	}
}

func (w *writer) Attach(attachment wats.Attachment) {
	attachment.Content = slices.Clone(attachment.Content)
	w.report.Attachments = append(w.report.Attachments, attachment)
}

func (w *writer) AttachFile(file wats.StationFile, contentType string) {
	if file, ok := file.(*memoryFile); ok {
		// The name becomes a part of the report.
		file.asked = true
		w.Attach(wats.Attachment{Name: file.name, ContentType: contentType, Content: file.content})
	}
}

func (w *writer) AddMiscInfo(description, text string) {
	w.report.MiscInfos = append(w.report.MiscInfos, MiscInfo{description, text})
}

func (w *writer) AddSubUnit(unit wats.SubUnit) { w.report.SubUnits = append(w.report.SubUnits, unit) }

func (w *writer) AddAsset(asset wats.Asset) { w.report.Assets = append(w.report.Assets, asset) }

func (w *writer) AddData(text string) {
	if w.isJSON(text, "data") {
		w.report.Data = append(w.report.Data, text)
	}
}

func (w *writer) Finish(status wats.Status) (string, []wats.Violation) {
	w.over = true
	if open := len(w.sequences) - 1; open > 0 {
		w.unbalanced("found " + number(open) + " sequences still open at the end, the innermost is " + strconv.Quote(w.sequences[open].Name))
	}
	violations := append(w.violations, w.station.missing(w.report.Header.Key, w.report.Header.Start)...)
	if w.station.refuses(violations) {
		return "", violations
	}
	w.report.Status = status
	w.station.reports = append(w.station.reports, w.report)
	return w.station.id(), nil
}

func (w *writer) Discard() { w.over = true }
