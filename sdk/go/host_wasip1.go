package wats

import (
	"wats.dev/converter/internal/bindings/imports/wats_converter_lookup"
	wire "wats.dev/converter/internal/bindings/imports/wats_converter_report"
	"wats.dev/converter/internal/bindings/imports/wats_converter_source"
	host "wats.dev/converter/internal/bindings/imports/wats_converter_station"
	"wats.dev/converter/internal/bindings/imports/wats_converter_types"
	"wats.dev/converter/internal/wit/runtime"
	wit "wats.dev/converter/internal/wit/types"
)

// The station, through the imports of the contract. After each call that gives memory it is unpinned: the value holds it then, and
// the bindings would keep all of it until the end of the conversion.
type hostStation struct{}

var theHost hostStation

func (hostStation) SettingsJSON() string {
	defer runtime.Unpin()
	return host.SettingsJson()
}

func (hostStation) Log(level Level, message string) { host.Log(uint8(level), valid(message)) }

func (hostStation) Progress(fraction float64) { host.Progress(fraction) }

func (hostStation) Process(name string) (Process, Answer) {
	defer runtime.Unpin()
	switch answer := wats_converter_lookup.ProcessByName(valid(name)); answer.Tag() {
	case wats_converter_lookup.ProcessAnswer_Found:
		found := answer.Found()
		return Process{found.Code, found.Name, ownProperties(found.Properties)}, Answer{Found: true}
	case wats_converter_lookup.ProcessAnswer_Unavailable:
		return Process{}, Answer{Unavailable: answer.Unavailable()}
	case wats_converter_lookup.ProcessAnswer_Denied:
		return Process{}, Answer{Denied: true}
	default:
		return Process{}, Answer{}
	}
}

func (hostStation) Product(partNumber string) (Product, Answer) {
	defer runtime.Unpin()
	switch answer := wats_converter_lookup.ProductByPartNumber(valid(partNumber)); answer.Tag() {
	case wats_converter_lookup.ProductAnswer_Found:
		found := answer.Found()
		return Product{found.PartNumber, found.Name, found.Revisions, ownProperties(found.Properties)}, Answer{Found: true}
	case wats_converter_lookup.ProductAnswer_Unavailable:
		return Product{}, Answer{Unavailable: answer.Unavailable()}
	case wats_converter_lookup.ProductAnswer_Denied:
		return Product{}, Answer{Denied: true}
	default:
		return Product{}, Answer{}
	}
}

func (hostStation) OpenUUT(header Header) StationUUT {
	uut := &hostUUT{wire.MakeUut(wireHeader(header))}
	// As for files: see keep.
	openUUTs = append(openUUTs, uut)
	return uut
}

func (hostStation) EmitJSON(document, key string) (string, []Violation) {
	defer runtime.Unpin()
	return verdictOf(wire.EmitJson(valid(document), unlessEmpty(key)))
}

type hostFile struct {
	file *wats_converter_source.File
}

func (f hostFile) Name() string {
	defer runtime.Unpin()
	return f.file.Name()
}

func (f hostFile) Path() string {
	defer runtime.Unpin()
	return f.file.Path()
}

func (f hostFile) Modified() string {
	defer runtime.Unpin()
	return f.file.Modified()
}

func (f hostFile) Size() uint64 { return f.file.Size() }

func (f hostFile) Read(offset uint64, length uint32) []byte {
	defer runtime.Unpin()
	return f.file.Read(offset, length)
}

func (f hostFile) Text(encoding string) (string, *TextError) {
	defer runtime.Unpin()
	result := f.file.Text(unlessEmpty(encoding))
	if result.IsOk() {
		return result.Ok(), nil
	}
	switch failed := result.Err(); failed.Tag() {
	case wats_converter_source.TextError_InvalidAt:
		return "", &TextError{TextInvalid, failed.InvalidAt()}
	case wats_converter_source.TextError_TooLarge:
		return "", &TextError{TextTooLarge, failed.TooLarge()}
	default:
		return "", &TextError{Kind: TextUnknownEncoding}
	}
}

type hostUUT struct {
	uut *wire.Uut
}

var openUUTs []*hostUUT

func (u *hostUUT) over() {
	for i, open := range openUUTs {
		if open == u {
			last := len(openUUTs) - 1
			openUUTs[i], openUUTs[last] = openUUTs[last], nil
			openUUTs = openUUTs[:last]
			return
		}
	}
}

func (u *hostUUT) SetHeader(header Header) { u.uut.SetHeader(wireHeader(header)) }

func (u *hostUUT) OpenSequence(sequence Sequence) { u.uut.OpenSequence(wireSequence(sequence)) }

func (u *hostUUT) CloseSequence(status Status, duration *float64) {
	u.uut.CloseSequence(wireStatus(status), unlessNil(duration))
}

func (u *hostUUT) Add(steps []*StepRecord) {
	wires := make([]wire.Step, len(steps))
	for i, step := range steps {
		wires[i] = wireStep(step)
	}
	u.uut.Add(wires)
}

func (u *hostUUT) AddChart(chart Chart) { u.uut.AddChart(wireChart(chart)) }

func (u *hostUUT) AddAttachment(attachment Attachment) {
	u.uut.AddAttachment(wireAttachment(attachment))
}

func (u *hostUUT) AddResult(json string) { u.uut.AddResult(valid(json)) }

func (u *hostUUT) Attach(attachment Attachment) { u.uut.Attach(wireAttachment(attachment)) }

func (u *hostUUT) AttachFile(file StationFile, contentType string) {
	if file, ok := file.(hostFile); ok {
		u.uut.AttachFile(file.file, valid(contentType))
	}
}

func (u *hostUUT) AddMiscInfo(description, text string) {
	u.uut.AddMiscInfos([]wire.MiscInfo{{Description: valid(description), Text: valid(text)}})
}

func (u *hostUUT) AddSubUnit(unit SubUnit) {
	u.uut.AddSubUnits([]wire.SubUnit{{
		SerialNumber: valid(unit.SerialNumber), PartNumber: valid(unit.PartNumber),
		Revision: unlessEmpty(unit.Revision), PartType: unlessEmpty(unit.PartType),
	}})
}

func (u *hostUUT) AddAsset(asset Asset) {
	u.uut.AddAssets([]wire.Asset{{
		SerialNumber: valid(asset.SerialNumber), UsageCount: asset.UsageCount, Properties: wireProperties(asset.properties()),
	}})
}

func (u *hostUUT) AddData(json string) { u.uut.AddData(valid(json)) }

func (u *hostUUT) Finish(status Status) (string, []Violation) {
	defer runtime.Unpin()
	defer u.over()
	return verdictOf(wire.UutFinish(u.uut, wireStatus(status)))
}

func (u *hostUUT) Discard() {
	defer u.over()
	wire.UutDiscard(u.uut)
}

func verdictOf(result wit.Result[string, []wats_converter_types.Violation]) (string, []Violation) {
	if result.IsOk() {
		return result.Ok(), nil
	}
	violations := []Violation{}
	for _, violation := range result.Err() {
		violations = append(violations, Violation{violation.Path, violation.Rule, violation.Message})
	}
	return "", violations
}

func ownProperties(wires []wats_converter_types.Property) []Property {
	var properties []Property
	for _, property := range wires {
		var value Value
		switch property.Value.Tag() {
		case wats_converter_types.Value_Text:
			value = Text(property.Value.Text())
		case wats_converter_types.Value_Number:
			value = Num(property.Value.Number())
		case wats_converter_types.Value_Flag:
			value = Flag(property.Value.Flag())
		case wats_converter_types.Value_Json:
			value = JSON(property.Value.Json())
		}
		properties = append(properties, Property{property.Key, value})
	}
	return properties
}

func wireProperties(properties []Property) []wats_converter_types.Property {
	var wires []wats_converter_types.Property
	for _, property := range properties {
		wires = append(wires, wireProperty(property))
	}
	return wires
}

func wireProperty(property Property) wats_converter_types.Property {
	value := wats_converter_types.MakeValueText(valid(property.Value.Text))
	switch property.Value.Kind {
	case ValueNumber:
		value = wats_converter_types.MakeValueNumber(property.Value.Number)
	case ValueFlag:
		value = wats_converter_types.MakeValueFlag(property.Value.Flag)
	case ValueJSON:
		value = wats_converter_types.MakeValueJson(valid(property.Value.Text))
	}
	return wats_converter_types.Property{Key: valid(property.Key), Value: value}
}

func wireHeader(h Header) wire.UutHeader {
	return wire.UutHeader{
		SerialNumber:      valid(h.SerialNumber),
		PartNumber:        unlessEmpty(h.PartNumber),
		Revision:          unlessEmpty(h.Revision),
		ProcessCode:       unlessZeroCode(h.ProcessCode),
		Start:             unlessEmpty(h.Start),
		Duration:          unlessNil(h.Duration),
		Operator:          unlessEmpty(h.Operator),
		MachineName:       unlessEmpty(h.MachineName),
		Location:          unlessEmpty(h.Location),
		Purpose:           unlessEmpty(h.Purpose),
		BatchSerialNumber: unlessEmpty(h.BatchSerialNumber),
		Fixture:           unlessEmpty(h.Fixture),
		SocketIndex:       unlessNil(h.SocketIndex),
		Comment:           unlessEmpty(h.Comment),
		ErrorCode:         unlessNil(h.ErrorCode),
		ErrorMessage:      unlessEmpty(h.ErrorMessage),
		Key:               unlessEmpty(h.Key),
		Id:                unlessEmpty(h.ID),
		Program:           wireSequence(h.Program),
		Properties:        wireProperties(h.Properties),
	}
}

func wireSequence(s Sequence) wire.Sequence {
	return wire.Sequence{
		Name: valid(s.Name), Path: valid(s.Path), Version: valid(s.Version), Group: uint8(s.Group), Start: unlessEmpty(s.Start),
		ErrorCode: unlessEmpty(s.ErrorCode), ErrorMessage: unlessEmpty(s.ErrorMessage), ReportText: unlessEmpty(s.ReportText),
		Properties: wireProperties(s.Properties),
	}
}

func wireStep(s *StepRecord) wire.Step {
	return wire.Step{
		Name: valid(s.Name), Body: wireBody(s), Status: wireStatus(s.Status), Group: uint8(s.Group), Start: unlessEmpty(s.Start),
		Duration: unlessNil(s.Duration), ErrorCode: unlessEmpty(s.ErrorCode), ErrorMessage: unlessEmpty(s.ErrorMessage),
		ReportText: unlessEmpty(s.ReportText), Properties: wireProperties(s.Properties),
	}
}

func wireBody(s *StepRecord) wire.StepBody {
	switch s.Kind {
	case StepNumeric:
		return wire.MakeStepBodyNumeric(wireNumber(s.Numbers[0]))
	case StepMultiNumeric:
		return wire.MakeStepBodyMultiNumeric(each(s.Numbers, wireNumber))
	case StepPassFail:
		return wire.MakeStepBodyPassFail(wirePassFail(s.PassFails[0]))
	case StepMultiPassFail:
		return wire.MakeStepBodyMultiPassFail(each(s.PassFails, wirePassFail))
	case StepText:
		return wire.MakeStepBodyText(wireText(s.Texts[0]))
	case StepMultiText:
		return wire.MakeStepBodyMultiText(each(s.Texts, wireText))
	case StepChart:
		return wire.MakeStepBodyChart(wireChart(*s.Chart))
	case StepMessagePopup:
		return wire.MakeStepBodyMessagePopup(wire.MessagePopup{Response: unlessEmpty(s.Response), Button: unlessNil(s.Button)})
	case StepCallExecutable:
		return wire.MakeStepBodyCallExecutable(s.ExitCode)
	case StepGeneric:
		return wire.MakeStepBodyGeneric(valid(s.Type))
	default:
		return wire.MakeStepBodyAction()
	}
}

func each[A, B any](list []A, of func(A) B) []B {
	result := make([]B, len(list))
	for i := range list {
		result[i] = of(list[i])
	}
	return result
}

func wireNumber(n *NumericRecord) wire.NumericMeasurement {
	return wire.NumericMeasurement{
		Name: valid(n.Name), Value: unlessNil(n.Value), Unit: valid(n.Unit), Limits: wireLimits(n.Limits), Status: wireStatus(n.Status),
	}
}

func wireLimits(l NumericLimits) wire.NumericLimits {
	bounds := wire.Bounds{Low: l.Low, High: l.High}
	switch l.Comparison {
	case EQ:
		return wire.MakeNumericLimitsEq(l.Low)
	case EQT:
		return wire.MakeNumericLimitsEqt(l.Low)
	case NE:
		return wire.MakeNumericLimitsNe(l.Low)
	case LT:
		return wire.MakeNumericLimitsLt(l.Low)
	case LE:
		return wire.MakeNumericLimitsLe(l.Low)
	case GT:
		return wire.MakeNumericLimitsGt(l.Low)
	case GE:
		return wire.MakeNumericLimitsGe(l.Low)
	case GTLT:
		return wire.MakeNumericLimitsGtlt(bounds)
	case GTLE:
		return wire.MakeNumericLimitsGtle(bounds)
	case GELT:
		return wire.MakeNumericLimitsGelt(bounds)
	case GELE:
		return wire.MakeNumericLimitsGele(bounds)
	case LTGT:
		return wire.MakeNumericLimitsLtgt(bounds)
	case LTGE:
		return wire.MakeNumericLimitsLtge(bounds)
	case LEGT:
		return wire.MakeNumericLimitsLegt(bounds)
	case LEGE:
		return wire.MakeNumericLimitsLege(bounds)
	default:
		return wire.MakeNumericLimitsLog()
	}
}

func wirePassFail(p PassFailRecord) wire.PassFailMeasurement {
	return wire.PassFailMeasurement{Name: valid(p.Name), Status: uint8(p.Status) - 1}
}

func wireText(t *TextRecord) wire.TextMeasurement {
	measurement := wire.TextMeasurement{Name: valid(t.Name), Limits: wire.MakeTextLimitsLog(), Status: wireStatus(t.Status)}
	if t.Value != nil {
		measurement.Value = wit.Some(valid(*t.Value))
	}
	limit := valid(t.Limits.Limit)
	switch t.Limits.Comparison {
	case TextEQ:
		measurement.Limits = wire.MakeTextLimitsEq(limit)
	case TextNE:
		measurement.Limits = wire.MakeTextLimitsNe(limit)
	case TextCaseSensitive:
		measurement.Limits = wire.MakeTextLimitsCaseSensitive(limit)
	case TextIgnoreCase:
		measurement.Limits = wire.MakeTextLimitsIgnoreCase(limit)
	}
	return measurement
}

func wireChart(c Chart) wire.Chart {
	return wire.Chart{
		Label: valid(c.Label), XLabel: valid(c.XLabel), YLabel: valid(c.YLabel), XUnit: valid(c.XUnit), YUnit: valid(c.YUnit),
		Scale: uint8(c.Scale),
		Series: each(c.Series, func(s Series) wire.ChartSeries {
			return wire.ChartSeries{Name: valid(s.Name), X: s.X, Y: s.Y}
		}),
	}
}

func wireAttachment(a Attachment) wire.Attachment {
	return wire.Attachment{Name: valid(a.Name), ContentType: valid(a.ContentType), Content: a.Content}
}

// The contract's statuses begin with passed.
func wireStatus(status Status) wit.Option[wats_converter_types.Status] {
	if status == StatusJudged {
		return wit.None[wats_converter_types.Status]()
	}
	return wit.Some(uint8(status) - 1)
}

func unlessNil[T any](value *T) wit.Option[T] {
	if value == nil {
		return wit.None[T]()
	}
	return wit.Some(*value)
}

func unlessZeroCode(code uint32) wit.Option[uint32] {
	if code == 0 {
		return wit.None[uint32]()
	}
	return wit.Some(code)
}
