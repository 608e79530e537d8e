package wats_test

import (
	"strings"
	"testing"

	wats "wats.dev/converter"
	"wats.dev/converter/watstest"
)

// What a conversion by this function comes to.
func kit(t *testing.T, convert func(in *wats.Input, reports *wats.Reports) error) *watstest.Result {
	t.Helper()
	return convertWith(t, watstest.File("a.log", "content"), func(in *wats.Input, _ *wats.NoSettings, reports *wats.Reports) error {
		return convert(in, reports)
	})
}

func TestEachOfSeveralReportsCanBeAskedForItsSteps(t *testing.T) {
	result := kit(t, func(_ *wats.Input, reports *wats.Reports) error {
		for i := range 2 {
			uut := reports.UUT(wats.Header{SerialNumber: "A"})
			uut.Numeric("Vcc", float64(i))
			if _, err := uut.Finish(); err != nil {
				return err
			}
		}
		return nil
	})
	if found := result.Reports[1].Step("Vcc").Number(); found != 1 {
		t.Error(found)
	}
}

func TestAStepIsFoundByNamesWithSlashesAndInSequencesOfOneName(t *testing.T) {
	report := writing(t, wats.Header{SerialNumber: "A"}, func(uut *wats.UUT) {
		uut.Open("Loop 1/2")
		uut.Numeric("R12/R13", 1)
		uut.Close()
		uut.Open("Loop 1/2")
		uut.Numeric("R14", 2)
		uut.Close()
	})
	if report.Step("Loop 1/2/R12/R13").Number() != 1 || report.Step("Loop 1/2/R14").Number() != 2 {
		t.Error(report)
	}
}

func TestWhatFinishRefusesInTheStationItRefusesHere(t *testing.T) {
	for wanted, write := range map[string]func(uut *wats.UUT){
		`steps/Main/S: found 1 sequences still open at the end, the innermost is "S", allowed is one close for each open`: func(uut *wats.UUT) { uut.Open("S") },
		"steps/Main: found a sequence closed while none was open but the program, allowed is one close for each open":     func(uut *wats.UUT) { uut.Close() },
		"steps/Main/data: invalid character 'x'":   func(uut *wats.UUT) { uut.Data("{x") },
		"steps/Main/result: invalid character 'y'": func(uut *wats.UUT) { uut.Action("a").Result("{y") },
	} {
		for _, told := range []bool{true, false} {
			result := kit(t, func(_ *wats.Input, reports *wats.Reports) error {
				uut := reports.UUT(wats.Header{SerialNumber: "A"})
				write(uut)
				if _, err := uut.Finish(); told {
					return err
				}
				// Forgotten.
				return nil
			})
			err := result.Error()
			if err.Kind != wats.KindRejected || len(err.Violations) != 1 || len(result.Reports) != 0 ||
				!strings.HasPrefix(err.Violations[0].Path+": "+err.Violations[0].Message, wanted) {
				t.Errorf("%v: found %v, wanted is %s", told, err.Violations, wanted)
			}
		}
	}
}

func TestADocumentThatIsNoJSONIsRefused(t *testing.T) {
	for document, wanted := range map[string]string{"{\n \"ü\": x": "line 2, column 7", "": "line 1, column 1", `{"a":`: "line 1, column "} {
		err := kit(t, func(_ *wats.Input, reports *wats.Reports) error {
			_, err := reports.EmitJSON(document, "")
			return err
		}).Error()
		if err.Kind != wats.KindRejected || !strings.HasPrefix(err.Violations[0].Path, wanted) {
			t.Errorf("%q: %v", document, err)
		}
	}
}

func TestADocumentOfARunWithoutKeyOrStartIsRefused(t *testing.T) {
	for document, wanted := range map[string]int{`{}`: 1, `{"start": "2026-05-04T08:15:30Z"}`: 0} {
		ran := watstest.Scheduled().Do(t, scheduledWith(nil, func(_ wats.Run, reports *wats.Reports) error {
			_, err := reports.EmitJSON(document, "k")
			return err
		}))
		found := 0
		if ran.Err != nil {
			found = len(ran.Error().Violations)
		}
		if found != wanted {
			t.Error(document, ran.Err)
		}
	}
}

func TestAFileThatIsAttachedGivesItsName(t *testing.T) {
	result := kit(t, func(in *wats.Input, reports *wats.Reports) error {
		uut := reports.UUT(wats.Header{SerialNumber: "A"})
		uut.AttachFile(in.Main, "text/plain")
		_, err := uut.Finish()
		return err
	})
	if !result.DependsOnNameOrTime {
		t.Error("the name is a part of the report")
	}
}

func TestTheKitKnowsTheLabelsOfEncodings(t *testing.T) {
	decoded := func(label string) string {
		result := kit(t, func(in *wats.Input, _ *wats.Reports) error {
			_, err := in.Main.Text(label)
			return err
		})
		if result.Err == nil {
			return ""
		}
		return result.Err.Error()
	}
	for _, label := range []string{"UTF-8", " latin1\n", "cp819", "x-cp1252", "ISO-8859-1"} {
		if found := decoded(label); found != "" {
			t.Errorf("%q: %s", label, found)
		}
	}
	for _, label := range []string{"shift_jis", "windows-1250", "GBK"} {
		if found := decoded(label); !strings.HasPrefix(found, "panic: the test kit does not decode "+label) || !strings.Contains(found, "kit_test.go") {
			t.Errorf("%q: %s", label, found)
		}
	}
	for _, label := range []string{"cp850", "klingon", "utf-8 utf8", " ", "\u212aoi8-r"} {
		if found := decoded(label); !strings.HasSuffix(found, "is no encoding that is known") {
			t.Errorf("%q: %s", label, found)
		}
	}
}

func TestASettingIsAnyValueOfJSON(t *testing.T) {
	type lists struct {
		Numbers []int          `json:"numbers"`
		Names   map[string]int `json:"names"`
	}
	run := watstest.File("a", "").Setting("numbers", []int{1, 2}).Setting("names", map[string]int{"a": 1})
	result := convertWith(t, run, func(_ *wats.Input, s *lists, _ *wats.Reports) error {
		if len(s.Numbers) != 2 || s.Names["a"] != 1 {
			t.Error(s)
		}
		return nil
	})
	if result.Err != nil {
		t.Error(result.Err)
	}
}

func TestAScheduledConverterLooksUp(t *testing.T) {
	lookup := scheduledWith([]wats.Grant{wats.GrantLookup}, func(wats.Run, *wats.Reports) error {
		process, _, err := wats.LookupProcess("final test")
		if err == nil && process.Code != 10 {
			t.Error(process)
		}
		return err
	})
	if err := watstest.Scheduled().Process(10, "Final test").Product(wats.Product{}).Do(t, lookup).Err; err != nil {
		t.Error(err)
	}
	if _, waits := watstest.Scheduled().Offline().Do(t, lookup).Err.(wats.Waiting); !waits {
		t.Error("offline")
	}
}

func TestRequestsThatTheStationDoesNotSendAreInvalid(t *testing.T) {
	header := func(name, value string) wats.HTTPRequest {
		return wats.HTTPRequest{URL: unitsURL, Headers: []wats.HTTPHeader{{Name: name, Value: value}}}
	}
	for wanted, request := range map[string]wats.HTTPRequest{
		"the address has a user or a password in it; give a header": {URL: "https://user:word@mes.example/units"},
		`method "FETCH"; GET, HEAD, POST, PUT, PATCH, DELETE`:       {Method: "FETCH", URL: unitsURL},
		"the header host is the host's own":                         header("Host", "a"),
		`"a b" is no name of a header`:                              header("a b", "a"),
		"the value of the header x-a has control characters":        header("X-A", "a\r\nb"),
		"https:///units is no address of http or https":             {URL: "https:///units"},
	} {
		err := watstest.Scheduled().Answer(unitsURL, "").Do(t, scheduledWith(allGrants, func(wats.Run, *wats.Reports) error {
			_, err := request.Send()
			return err
		})).Error()
		if err.Kind != wats.KindInternal || err.Message != wanted {
			t.Errorf("found %v: %v, wanted is %s", err.Kind, err, wanted)
		}
	}
	usual := scheduledWith([]wats.Grant{wats.GrantHTTPTo("mes.example")}, func(wats.Run, *wats.Reports) error {
		_, err := wats.HTTPRequest{Method: "post", URL: "HTTPS://mes.example:443/units"}.Send()
		return err
	})
	if err := watstest.Scheduled().AnswerTo("post", unitsURL, 200, "").Do(t, usual).Err; err != nil {
		t.Error(err)
	}
	root := scheduledWith(allGrants, func(wats.Run, *wats.Reports) error {
		_, err := wats.HTTPGet("https://mes.example/?q=1#there")
		return err
	})
	if err := watstest.Scheduled().Answer("https://mes.example?q=1", "").Do(t, root).Err; err != nil {
		t.Error(err)
	}
}
