package wats_test

import (
	"strconv"
	"strings"
	"testing"

	wats "wats.dev/converter"
	"wats.dev/converter/watstest"
)

// What a converter that only writes one report wrote.
func writing(t *testing.T, header wats.Header, write func(uut *wats.UUT)) *watstest.Report {
	t.Helper()
	return convertWith(t, watstest.File("a.log", "content"), func(_ *wats.Input, _ *wats.NoSettings, reports *wats.Reports) error {
		uut := reports.UUT(header)
		write(uut)
		_, err := uut.Finish()
		return err
	}).Report()
}

func TestStepsOfAllKinds(t *testing.T) {
	report := writing(t, wats.Header{SerialNumber: "A"}, func(uut *wats.UUT) {
		uut.Open("Supply")
		uut.Numeric("Vcc", 5.01).Unit("V").Between(4.9, 5.1).Duration(0.2)
		uut.Numeric("Icc", 0).NoValue().AtMost(3)
		rails := uut.MultiNumeric("Rails")
		rails.Measure("3V3", 3.31).Unit("V").AtLeast(3.2)
		rails.Measure("1V8", 1.8).MeasuredStatus(wats.StatusFailed)
		uut.Close()
		uut.PassFail("LED", true)
		uut.MultiPassFail("LEDs").Measure("red", true).MeasureStatus("green", wats.StatusSkipped)
		uut.Text("Firmware", "1.4.0").EqualTo("1.4.0")
		uut.MultiText("Ids").Measure("mac", "ab").NotEqualTo("cd")
		uut.Action("Reset").Status(wats.StatusError).ErrorCode("7").ErrorMessage("timeout").ReportText(" ")
		uut.Chart("Sweep", wats.Chart{Label: "f", Series: []wats.Series{{Name: "s", Y: []float64{1, 2}}}})
		uut.MessagePopup("Light?", "yes", new(int32(2)))
		uut.CallExecutable("flash.exe", -1).Group(wats.GroupCleanup)
		uut.Generic("NI_Flow_If", "If")
	})
	wanted := `Main
  Supply
    Vcc 5.01 V GELE 4.9 5.1
    Icc LE 3
    Rails 3V3 3.31 V GE 3.2 1V8 1.8 LOG
  LED passed
  LEDs red passed green skipped
  Firmware "1.4.0"
  Ids mac "ab"
  Reset (error)
  Sweep
  Light?
  flash.exe
  If
`
	if found := report.String(); found != wanted {
		t.Errorf("found:\n%swanted is:\n%s", found, wanted)
	}
	if vcc := report.Step("Supply/Vcc"); *vcc.Duration != 0.2 {
		t.Error(vcc)
	}
	if reset := report.Step("Reset"); reset.ErrorCode != "7" || reset.ErrorMessage != "timeout" || reset.ReportText != "" {
		t.Errorf("%+v", reset)
	}
	if popup := report.Step("Light?"); popup.Response != "yes" || *popup.Button != 2 {
		t.Errorf("%+v", popup)
	}
	if exe := report.Step("flash.exe"); exe.ExitCode != -1 || exe.Group != wats.GroupCleanup {
		t.Errorf("%+v", exe)
	}
	if flow := report.Step("If"); flow.Type != "NI_Flow_If" {
		t.Errorf("%+v", flow)
	}
}

func TestManyStepsComeInTheirOrder(t *testing.T) {
	report := writing(t, wats.Header{SerialNumber: "A"}, func(uut *wats.UUT) {
		for i := range 1000 {
			step := uut.Numeric("n"+strconv.Itoa(i), float64(i))
			if i%100 == 0 {
				step.Attach(wats.Attachment{Name: strconv.Itoa(i)}).Chart(wats.Chart{Label: "c"}).Result("{}")
			}
		}
	})
	if len(report.Program.Items) != 1000 {
		t.Fatal(len(report.Program.Items))
	}
	for i, item := range report.Program.Items {
		with := item.Step.Attachment != nil && item.Step.Attachment.Name == strconv.Itoa(i) && item.Step.Beside != nil &&
			len(item.Step.Results) == 1
		if item.Step.Name != "n"+strconv.Itoa(i) || with != (i%100 == 0) {
			t.Errorf("%d: %+v", i, item.Step)
		}
	}
}

func TestWhatGoesAlongWithAReport(t *testing.T) {
	report := convertWith(t, watstest.File("a.log", "content"), func(in *wats.Input, _ *wats.NoSettings, reports *wats.Reports) error {
		uut := reports.UUT(wats.Header{SerialNumber: "A", PartNumber: " ", Duration: new(12.5), Program: wats.Sequence{Version: "1"}})
		uut.Attach(wats.Attachment{Name: "b.txt", ContentType: "text/plain", Content: []byte("b")})
		uut.AttachFile(in.Main, "text/csv")
		uut.MiscInfo("Lot", "7")
		uut.SubUnit(wats.SubUnit{SerialNumber: "S", PartNumber: "P", Revision: " "})
		uut.Asset(wats.Asset{SerialNumber: "DMM", UsageCount: 3})
		uut.Data("{}")
		uut.OpenSequence(wats.Sequence{Name: "S", Status: wats.StatusDone, Duration: new(1.0)})
		uut.Close()
		uut.Open("T")
		if uut.Depth() != 1 {
			t.Error(uut.Depth())
		}
		uut.CloseWith(wats.StatusFailed, new(2.0))
		uut.SetHeader(wats.Header{SerialNumber: "B"})
		_, err := uut.FinishWith(wats.StatusTerminated)
		return err
	}).Report()
	if report.Header.SerialNumber != "B" || report.Status != wats.StatusTerminated || report.Program.Name != "Main" {
		t.Errorf("%+v", report.Header)
	}
	if len(report.Attachments) != 2 || string(report.Attachments[1].Content) != "content" || report.Attachments[1].Name != "a.log" {
		t.Errorf("%+v", report.Attachments)
	}
	if report.MiscInfos[0] != (watstest.MiscInfo{Description: "Lot", Text: "7"}) || report.SubUnits[0].Revision != "" ||
		report.Assets[0].UsageCount != 3 || report.Data[0] != "{}" || report.Unbalanced {
		t.Errorf("%+v", report)
	}
	first, second := report.Program.Items[0].Sequence, report.Program.Items[1].Sequence
	if first.Status != wats.StatusDone || *first.Duration != 1 || second.Status != wats.StatusFailed || *second.Duration != 2 {
		t.Error(first, second)
	}
}

func TestAForgottenFinishIsAnError(t *testing.T) {
	result := convertWith(t, watstest.File("a", ""), func(_ *wats.Input, _ *wats.NoSettings, reports *wats.Reports) error {
		reports.UUT(wats.Header{SerialNumber: "A"})
		reports.UUT(wats.Header{SerialNumber: "B"}).Discard()
		return nil
	})
	if result.Error().Message != "1 reports were neither finished nor discarded" {
		t.Error(result.Err)
	}
}

func TestAStepThatIsNotTheLastCannotBeSetUp(t *testing.T) {
	result := convertWith(t, watstest.File("a", ""), func(_ *wats.Input, _ *wats.NoSettings, reports *wats.Reports) error {
		uut := reports.UUT(wats.Header{SerialNumber: "A"})
		defer uut.Discard()
		first := uut.Numeric("first", 1)
		uut.Numeric("second", 2)
		first.Unit("V")
		return nil
	})
	err := result.Error()
	if err.Kind != wats.KindInternal || !strings.Contains(err.Message, `step "first" is not the last one any more`) ||
		!strings.Contains(err.Message, "(writing_test.go line ") {
		t.Error(err)
	}
}

func TestDocumentsAreEmitted(t *testing.T) {
	result := convertWith(t, watstest.File("a", ""), func(_ *wats.Input, _ *wats.NoSettings, reports *wats.Reports) error {
		if _, err := reports.Emit(wats.Object{"type": "T", "sn": "A"}, "k"); err != nil {
			return err
		}
		_, err := reports.EmitJSON("{}", " ")
		return err
	})
	if len(result.Documents) != 2 || result.Documents[0] != (watstest.Document{Text: `{"sn":"A","type":"T"}`, Key: "k"}) ||
		result.Documents[1].Key != "" {
		t.Error(result.Documents, result.Err)
	}
}

// What was handed over at a time, in points of charts and bytes of texts.
type weighing struct {
	wats.StationUUT
	weights []int
}

func (w *weighing) Add(steps []*wats.StepRecord) {
	weight := 0
	for _, step := range steps {
		weight += len(step.ReportText)
		if step.Chart != nil {
			weight += 8 * len(step.Chart.Series[0].Y)
		}
		for _, number := range step.Numbers {
			weight += len(number.Name)
		}
	}
	w.weights = append(w.weights, weight)
	w.StationUUT.Add(steps)
}

type weighingStation struct {
	wats.Station
	uut *weighing
}

func (s weighingStation) OpenUUT(header wats.Header) wats.StationUUT {
	s.uut.StationUUT = s.Station.OpenUUT(header)
	return s.uut
}

// Runs the converter on a station that weighs.
type weighed struct {
	wats.Converter[wats.NoSettings]
	uut *weighing
}

func (w weighed) ConvertOn(station wats.Station, main wats.StationFile, companions []wats.StationFile) error {
	return w.Converter.ConvertOn(weighingStation{station, w.uut}, main, companions)
}

func TestLargeStepsGoToTheStationFewAtATime(t *testing.T) {
	points, text := make([]float64, 100_000), strings.Repeat("x", 600_000)
	for name, write := range map[string]func(uut *wats.UUT){
		"charts": func(uut *wats.UUT) { uut.Chart("c", wats.Chart{Series: []wats.Series{{Name: "s", Y: points}}}) },
		"texts":  func(uut *wats.UUT) { uut.Action("a").ReportText(text) },
		"measurements": func(uut *wats.UUT) {
			step := uut.MultiNumeric("m")
			for range 10_000 {
				step.Measure("some name of a measurement", 1)
			}
		},
	} {
		uut := &weighing{}
		converter := wats.Converter[wats.NoSettings]{
			Convert: func(_ *wats.Input, _ *wats.NoSettings, reports *wats.Reports) error {
				uut := reports.UUT(wats.Header{SerialNumber: "A"})
				for range 200 {
					write(uut)
				}
				_, err := uut.Finish()
				return err
			},
		}
		report := watstest.File("a", "").Convert(t, weighed{converter, uut}).Report()
		if len(report.Program.Items) != 200 {
			t.Error(name, len(report.Program.Items))
		}
		for _, weight := range uut.weights {
			if weight > 4<<20 {
				t.Errorf("%s: %d bytes in one call", name, weight)
			}
		}
	}
}

func TestSlicesOfAnAuthorCanBeUsedAgain(t *testing.T) {
	report := writing(t, wats.Header{SerialNumber: "A"}, func(uut *wats.UUT) {
		points, content := []float64{0}, []byte{0}
		for i := range 3 {
			points[0], content[0] = float64(i), byte(i)
			chart := wats.Chart{Series: []wats.Series{{Name: "s", X: points, Y: points}}}
			uut.Chart("alone "+strconv.Itoa(i), chart)
			uut.Numeric("beside "+strconv.Itoa(i), 1).Chart(chart).Attach(wats.Attachment{Name: "a", Content: content})
		}
		points[0], content[0] = 9, 9
	})
	for i := range 3 {
		alone, beside := report.Step("alone "+strconv.Itoa(i)), report.Step("beside "+strconv.Itoa(i))
		if alone.Chart.Series[0].Y[0] != float64(i) || beside.Beside.Series[0].X[0] != float64(i) || beside.Attachment.Content[0] != byte(i) {
			t.Error(i, alone.Chart, beside.Beside, beside.Attachment)
		}
	}
}

func TestABlankNameOfTheProgramCountsAsLeftOut(t *testing.T) {
	report := writing(t, wats.Header{SerialNumber: "A", Program: wats.Sequence{Name: " "}}, func(*wats.UUT) {})
	if report.Program.Name != "Main" {
		t.Errorf("%q", report.Program.Name)
	}
}

func TestANumberThatIsNoConstantIsToldWithItsLine(t *testing.T) {
	for wanted, write := range map[string]func(uut *wats.UUT){
		"status 9": func(uut *wats.UUT) { uut.Action("a").Status(9) }, "status 7": func(uut *wats.UUT) { uut.PassFailStatus("a", 7) },
		"status 8": func(uut *wats.UUT) { uut.Numeric("a", 1).MeasuredStatus(8) }, "status 10": func(uut *wats.UUT) { uut.FinishWith(10) },
		"status 11":     func(uut *wats.UUT) { uut.OpenSequence(wats.Sequence{Status: 11}) },
		"status 12":     func(uut *wats.UUT) { uut.Open("S"); uut.CloseWith(12, nil) },
		"group 3":       func(uut *wats.UUT) { uut.Action("a").Group(3) },
		"group 4":       func(uut *wats.UUT) { uut.SetHeader(wats.Header{Program: wats.Sequence{Group: 4}}) },
		"scale 4":       func(uut *wats.UUT) { uut.Chart("c", wats.Chart{Scale: 4}) },
		"comparison 16": func(uut *wats.UUT) { uut.Numeric("a", 1).Limits(wats.NumericLimits{Comparison: 16}) },
		"comparison 5":  func(uut *wats.UUT) { uut.Text("a", "").Limits(wats.TextLimits{Comparison: 5}) },
	} {
		err := kit(t, func(_ *wats.Input, reports *wats.Reports) error {
			uut := reports.UUT(wats.Header{SerialNumber: "A"})
			defer uut.Discard()
			write(uut)
			return nil
		}).Error()
		if !strings.HasPrefix(err.Message, "panic: wats: found the "+wanted+", allowed are") || !strings.Contains(err.Message, "(writing_test.go line ") {
			t.Errorf("found %v, wanted is %s", err, wanted)
		}
	}
}
