package main

import (
	"slices"
	"strconv"
	"strings"

	wats "wats.dev/converter"
)

// One conversion.
type run struct {
	in       *wats.Input
	settings *Settings
	reports  *wats.Reports
	// Those that are left.
	rows []row
	// The head of the open report, and its writer once the head is over.
	header *wats.Header
	uut    *wats.UUT
	// What rows say of the step or sequence that comes next.
	next next
}

type next struct {
	start, errorCode, errorMessage, note string
	duration                             *float64
	group                                wats.Group
	properties                           []wats.Property
}

func (r *run) all() error {
	// What was not finished is no report.
	defer func() {
		if r.uut != nil {
			r.uut.Discard()
		}
	}()
	for len(r.rows) > 0 {
		if err := r.row(r.take()); err != nil {
			return err
		}
	}
	if r.header != nil {
		return wats.Truncated("no end")
	}
	return nil
}

func (r *run) take() *row {
	first := &r.rows[0]
	r.rows = r.rows[1:]
	return first
}

// The next row, if it has that word.
func (r *run) follows(word string) *row {
	if len(r.rows) > 0 && r.rows[0].word == word {
		return r.take()
	}
	return nil
}

func (r *run) row(row *row) error {
	switch row.word {
	case "unit":
		return r.begin(row)
	case "head", "program":
		return r.head(row)
	case "end":
		status, err := row.status(0)
		if err != nil {
			return err
		}
		uut, err := r.writer(row)
		if err != nil {
			return err
		}
		r.header, r.uut = nil, nil
		_, err = uut.FinishWith(status)
		return err
	case "discard":
		uut, err := r.writer(row)
		if err != nil {
			return err
		}
		r.header, r.uut = nil, nil
		uut.Discard()
		return nil
	case "emit":
		_, err := r.reports.EmitJSON(row.text(1), row.text(0))
		return err
	case "at", "took", "failing", "note", "in", "with":
		return r.collect(row)
	case "log":
		if _, err := row.required(0); err != nil {
			return err
		}
		level, err := row.wordOf(0, []string{"trace", "debug", "info", "warn", "error"})
		if err != nil {
			return err
		}
		wats.Log(wats.Level(level), row.text(1))
		return nil
	case "progress":
		fraction, err := row.number(0)
		if err == nil && fraction != nil {
			wats.Progress(*fraction)
		}
		return err
	case "needs":
		// For probe alone.
		return nil
	case "skip":
		return wats.Skipped(row.text(0))
	case "wait":
		return wait(row)
	case "fail", "fail-at":
		return fail(row)
	case "panic":
		panic(row.text(0))
	case "m":
		return row.wrong("m outside of multi")
	case "series":
		return row.wrong("series outside of chart")
	case "plot", "attach-step", "result":
		return row.wrong("no step")
	}
	return r.report(row)
}

func wait(row *row) error {
	waiting := wats.Waiting{Reason: row.text(2)}
	seconds, err := row.number(0)
	if err != nil {
		return err
	}
	if seconds != nil {
		waiting.RetryAfter = *seconds
	}
	if missing := row.text(1); missing != "" {
		waiting.Missing = []string{missing}
	}
	return waiting
}

func fail(row *row) error {
	if row.word == "fail-at" {
		return wats.Malformed(row.text(1)).AtPath(row.text(0))
	}
	if _, err := row.required(0); err != nil {
		return err
	}
	kind, err := row.wordOf(0, []string{"malformed", "truncated", "unsupported", "misconfigured", "internal"})
	if err != nil {
		return err
	}
	makes := [...]func(string) *wats.Error{wats.Malformed, wats.Truncated, wats.Unsupported, wats.Misconfigured, wats.Internal}
	failure := makes[kind](row.text(2))
	column, err := whole[int](row, 1)
	if err != nil {
		return err
	}
	if column != nil {
		return failure.AtCell(row.line, *column)
	}
	return failure.AtLine(row.line)
}

func (r *run) begin(row *row) error {
	if r.header != nil {
		return row.wrong("unit before end")
	}
	serial, err := row.required(0)
	if err != nil {
		return err
	}
	r.header = &wats.Header{
		SerialNumber: serial,
		PartNumber:   row.text(1),
		Revision:     row.text(2),
		Start:        row.text(3),
		Program:      wats.Sequence{Name: r.settings.Program},
	}
	return nil
}

func (r *run) head(row *row) error {
	switch {
	case r.header == nil:
		return row.wrong("no unit")
	case r.uut != nil:
		return row.wrong("the head is closed")
	}
	name, err := row.required(0)
	if err != nil {
		return err
	}
	if row.word == "program" {
		r.header.Program = wats.Sequence{Name: name, Version: row.text(1), Path: row.text(2)}
		return nil
	}
	texts := map[string]*string{
		"operator": &r.header.Operator, "machine": &r.header.MachineName, "location": &r.header.Location,
		"purpose": &r.header.Purpose, "batch": &r.header.BatchSerialNumber, "fixture": &r.header.Fixture,
		"comment": &r.header.Comment, "error-message": &r.header.ErrorMessage, "key": &r.header.Key, "id": &r.header.ID,
	}
	if text, known := texts[name]; known {
		*text = row.text(1)
		return nil
	}
	switch name {
	case "process":
		var code *uint32
		if code, err = whole[uint32](row, 1); code != nil {
			r.header.ProcessCode = *code
		}
	case "duration":
		r.header.Duration, err = row.number(1)
	case "socket":
		r.header.SocketIndex, err = whole[int32](row, 1)
	case "error-code":
		r.header.ErrorCode, err = whole[int32](row, 1)
	default:
		var property wats.Property
		property, err = row.property()
		r.header.Properties = append(r.header.Properties, property)
	}
	return err
}

// The writer of the open report, opened now if this is its first row.
func (r *run) writer(row *row) (*wats.UUT, error) {
	if r.header == nil {
		return nil, row.wrong("no unit")
	}
	if r.uut == nil {
		r.uut = r.reports.UUT(*r.header)
	}
	return r.uut, nil
}

func (r *run) collect(row *row) (err error) {
	if _, err := r.writer(row); err != nil {
		return err
	}
	switch row.word {
	case "at":
		r.next.start = row.text(0)
	case "took":
		r.next.duration, err = row.number(0)
	case "failing":
		r.next.errorCode, r.next.errorMessage = row.text(0), row.text(1)
	case "note":
		r.next.note = row.text(0)
	case "in":
		var group int
		group, err = row.wordOf(0, []string{"main", "setup", "cleanup"})
		r.next.group = wats.Group(max(group, 0))
	case "with":
		var property wats.Property
		property, err = row.property()
		r.next.properties = append(r.next.properties, property)
	}
	return err
}

// Rows of an open report.
func (r *run) report(row *row) error {
	uut, err := r.writer(row)
	if err != nil {
		return err
	}
	switch row.word {
	case "retitle":
		r.header.Start = row.text(0)
		if r.header.Duration, err = row.number(1); err != nil {
			return err
		}
		uut.SetHeader(*r.header)
	case "open":
		name, err := row.required(0)
		if err != nil {
			return err
		}
		uut.OpenSequence(wats.Sequence{
			Name: name, Start: r.next.start, ErrorCode: r.next.errorCode, ErrorMessage: r.next.errorMessage,
			ReportText: r.next.note, Group: r.next.group, Properties: r.next.properties,
		})
		r.next = next{}
	case "close":
		status, err := row.status(0)
		if err != nil {
			return err
		}
		duration, err := row.number(1)
		if err != nil {
			return err
		}
		uut.CloseWith(status, duration)
	case "attach":
		attachment, err := attachment(row)
		if err != nil {
			return err
		}
		uut.Attach(attachment)
	case "attach-source":
		contentType, err := row.required(0)
		if err != nil {
			return err
		}
		uut.AttachFile(r.in.Main, contentType)
	case "misc":
		description, err := row.required(0)
		if err != nil {
			return err
		}
		uut.MiscInfo(description, row.text(1))
	case "sub":
		part, err := row.required(1)
		if err != nil {
			return err
		}
		serial, err := row.required(0)
		if err != nil {
			return err
		}
		uut.SubUnit(wats.SubUnit{SerialNumber: serial, PartNumber: part, Revision: row.text(2), PartType: row.text(3)})
	case "asset":
		serial, err := row.required(0)
		if err != nil {
			return err
		}
		count, err := requiredWhole[uint32](row, 1)
		if err != nil {
			return err
		}
		uut.Asset(wats.Asset{SerialNumber: serial, UsageCount: count, Type: row.text(2), CalibrationDue: row.text(3)})
	case "data":
		uut.Data(row.text(0))
	default:
		return r.step(row)
	}
	return nil
}

func attachment(row *row) (wats.Attachment, error) {
	name, err := row.required(0)
	if err != nil {
		return wats.Attachment{}, err
	}
	contentType, err := row.required(1)
	return wats.Attachment{Name: name, ContentType: contentType, Content: []byte(row.text(2))}, err
}

// The lookups and questions: the name of the action, and its report text.
func (r *run) answer(row *row) (name, text string, err error) {
	asked, err := row.required(0)
	if err != nil {
		return "", "", err
	}
	name = row.word + " " + asked
	switch row.word {
	case "process":
		process, found, err := wats.LookupProcess(asked)
		return name, said(found, err, strconv.Itoa(int(process.Code))+" "+process.Name), nil
	case "product":
		product, found, err := wats.LookupProduct(asked)
		text := product.PartNumber + " " + product.Name + " " + strings.Join(product.Revisions, ",")
		return name, said(found, err, text), nil
	case "ask":
		words := []string{"name", "path", "modified", "size", "companions"}
		if _, err := row.wordOf(0, words); err != nil {
			return "", "", err
		}
		switch asked {
		case "name":
			text = r.in.Main.Name()
		case "path":
			text = r.in.Main.Path()
		case "modified":
			text = r.in.Main.Modified()
		case "size":
			text = strconv.FormatInt(r.in.Main.Size(), 10)
		case "companions":
			var paths []string
			for _, companion := range r.in.Companions {
				paths = append(paths, companion.Path())
			}
			text = strings.Join(paths, " ")
		}
		return name, text, nil
	case "read":
		if _, err := row.required(1); err != nil {
			return "", "", err
		}
		offset, err := requiredWhole[int64](row, 0)
		if err != nil {
			return "", "", err
		}
		length, err := requiredWhole[uint32](row, 1)
		if err != nil {
			return "", "", err
		}
		content, sum := r.in.Main.Read(offset, int(length)), 0
		for _, b := range content {
			sum += int(b)
		}
		return name + " " + row.text(1), strconv.Itoa(len(content)) + " bytes, sum " + strconv.Itoa(sum), nil
	default:
		index, err := requiredWhole[uint32](row, 0)
		if err != nil {
			return "", "", err
		}
		if int(index) >= len(r.in.Companions) {
			return "", "", row.malformed(0, "no such companion")
		}
		text, err = r.in.Companions[index].Text("")
		return name, text, err
	}
}

func said(found bool, err error, text string) string {
	switch err.(type) {
	case nil:
		if found {
			return "found " + text
		}
		return "absent"
	case wats.Waiting:
		return "unavailable"
	default:
		return "denied"
	}
}

// What every kind of step has, whatever its own type.
type settable[S any] interface {
	Status(wats.Status) S
	Start(string) S
	Duration(float64) S
	ErrorCode(string) S
	ErrorMessage(string) S
	ReportText(string) S
	Group(wats.Group) S
	Property(string, wats.Value) S
	Chart(wats.Chart) S
	Attach(wats.Attachment) S
	Result(string) S
}

// Puts what was collected on a step, and what follows it.
func complete[S any](r *run, step settable[S], next next, status wats.Status) error {
	step.Status(status)
	step.Start(next.start)
	if next.duration != nil {
		step.Duration(*next.duration)
	}
	step.ErrorCode(next.errorCode)
	step.ErrorMessage(next.errorMessage)
	step.ReportText(next.note)
	step.Group(next.group)
	for _, property := range next.properties {
		step.Property(property.Key, property.Value)
	}
	for {
		if row := r.follows("plot"); row != nil {
			chart, err := r.chart(row, 0)
			if err != nil {
				return err
			}
			step.Chart(chart)
		} else if row := r.follows("attach-step"); row != nil {
			attachment, err := attachment(row)
			if err != nil {
				return err
			}
			step.Attach(attachment)
		} else if row := r.follows("result"); row != nil {
			step.Result(row.text(0))
		} else {
			return nil
		}
	}
}

func (r *run) step(row *row) error {
	collected := r.next
	r.next = next{}
	switch row.word {
	case "process", "product", "ask", "read", "companion":
		name, text, err := r.answer(row)
		if err != nil {
			return err
		}
		collected.note = text
		return complete(r, r.uut.Action(name), collected, wats.StatusJudged)
	}
	name, err := row.required(0)
	if err != nil {
		return err
	}
	switch row.word {
	case "num":
		measured, err := r.measured(row)
		if err != nil {
			return err
		}
		step := r.uut.Numeric(name, 0)
		measure(step, measured)
		return complete(r, step, collected, measured.status)
	case "multi":
		status, err := row.status(1)
		if err != nil {
			return err
		}
		step := r.uut.MultiNumeric(name)
		for row := r.follows("m"); row != nil; row = r.follows("m") {
			name, err := row.required(0)
			if err != nil {
				return err
			}
			measured, err := r.measured(row)
			if err != nil {
				return err
			}
			measure(step.Measure(name, 0), measured)
		}
		return complete(r, step, collected, status)
	case "pf":
		if _, err := row.required(1); err != nil {
			return err
		}
		status, err := row.status(1)
		if err != nil {
			return err
		}
		return complete(r, r.uut.PassFailStatus(name, status), collected, wats.StatusJudged)
	case "pfs":
		pairs, err := row.pairs()
		if err != nil {
			return err
		}
		step := r.uut.MultiPassFail(name)
		for _, pair := range pairs {
			status, err := row.oneOf(1, pair[1], statuses)
			if err != nil {
				return err
			}
			step.MeasureStatus(pair[0], wats.StatusPassed+wats.Status(status))
		}
		return complete(r, step, collected, wats.StatusJudged)
	case "text":
		return r.text(row, name, collected)
	case "texts":
		pairs, err := row.pairs()
		if err != nil {
			return err
		}
		step := r.uut.MultiText(name)
		for _, pair := range pairs {
			step.Measure(pair[0], pair[1])
		}
		return complete(r, step, collected, wats.StatusJudged)
	case "chart":
		chart, err := r.chart(row, 1)
		if err != nil {
			return err
		}
		return complete(r, r.uut.Chart(name, chart), collected, wats.StatusJudged)
	case "action":
		status, err := row.status(1)
		if err != nil {
			return err
		}
		return complete(r, r.uut.Action(name), collected, status)
	case "popup":
		button, err := whole[int32](row, 2)
		if err != nil {
			return err
		}
		return complete(r, r.uut.MessagePopup(name, row.text(1), button), collected, wats.StatusJudged)
	case "exec":
		code, err := requiredWhole[int32](row, 1)
		if err != nil {
			return err
		}
		return complete(r, r.uut.CallExecutable(name, code), collected, wats.StatusJudged)
	default:
		kind, err := row.required(1)
		if err != nil {
			return err
		}
		return complete(r, r.uut.Generic(kind, name), collected, wats.StatusJudged)
	}
}

func (r *run) text(row *row, name string, collected next) error {
	comparison, err := row.wordOf(2, []string{"log", "eq", "ne", "case", "nocase"})
	if err != nil {
		return err
	}
	status, err := row.status(4)
	if err != nil {
		return err
	}
	step := r.uut.Text(name, row.text(1)).MeasuredStatus(status)
	if row.text(1) == "" {
		step.NoValue()
	}
	if comparison > 0 {
		step.Limits(wats.TextLimits{Comparison: wats.TextComparison(comparison), Limit: row.text(3)})
	}
	return complete(r, step, collected, status)
}

// A chart whose label is the field first, and the series that follow.
func (r *run) chart(row *row, first int) (wats.Chart, error) {
	scale, err := row.wordOf(first+5, []string{"linear", "log-x", "log-y", "log-xy"})
	if err != nil {
		return wats.Chart{}, err
	}
	chart := wats.Chart{
		Label: row.text(first), XLabel: row.text(first + 1), XUnit: row.text(first + 2),
		YLabel: row.text(first + 3), YUnit: row.text(first + 4), Scale: wats.Scale(max(scale, 0)),
	}
	for row := r.follows("series"); row != nil; row = r.follows("series") {
		name, err := row.required(0)
		if err != nil {
			return chart, err
		}
		x, err := row.list(1)
		if err != nil {
			return chart, err
		}
		y, err := row.list(2)
		if err != nil {
			return chart, err
		}
		chart.Series = append(chart.Series, wats.Series{Name: name, X: x, Y: y})
	}
	return chart, nil
}

// Numbers separated by one space.
func (r *row) list(index int) (numbers []float64, err error) {
	if r.text(index) == "" {
		return nil, nil
	}
	for piece := range strings.SplitSeq(r.text(index), " ") {
		number, err := r.decimal(index, piece)
		if err != nil {
			return nil, err
		}
		numbers = append(numbers, number)
	}
	return numbers, nil
}

// Value, unit, limits and status of a row num or m.
type measured struct {
	value  *float64
	unit   string
	limits wats.NumericLimits
	status wats.Status
}

var comparisons = []string{
	"log", "eq", "eqt", "ne", "lt", "le", "gt", "ge", "gtlt", "gtle", "gelt", "gele", "ltgt", "ltge", "legt", "lege",
}

func (r *run) measured(row *row) (measured, error) {
	m := measured{unit: row.text(2)}
	var err error
	if m.value, err = row.number(1); err != nil {
		return m, err
	}
	if m.value != nil {
		*m.value *= r.settings.Scale
	}
	if _, err := row.wordOf(3, comparisons); err != nil {
		return m, err
	}
	low, err := row.number(4)
	if err != nil {
		return m, err
	}
	high, err := row.number(5)
	if err != nil {
		return m, err
	}
	switch place := slices.Index(comparisons, row.text(3)); {
	case row.text(3) == "":
		m.limits = wats.Inclusive(low, high)
	case place > 0 && low == nil:
		return m, row.malformed(4, "empty")
	case place >= slices.Index(comparisons, "gtlt") && high == nil:
		return m, row.malformed(5, "empty")
	default:
		if m.limits, err = wats.Limits(row.text(3), low, high); err != nil {
			return m, err
		}
	}
	m.status, err = row.status(6)
	return m, err
}

// A number, alone in its step or one of several.
type number[S any] interface {
	NoValue() S
	Value(float64) S
	Unit(string) S
	Limits(wats.NumericLimits) S
	MeasuredStatus(wats.Status) S
}

func measure[S any](it number[S], measured measured) {
	if measured.value == nil {
		it.NoValue()
	} else {
		it.Value(*measured.value)
	}
	it.Unit(measured.unit)
	it.Limits(measured.limits)
	it.MeasuredStatus(measured.status)
}
