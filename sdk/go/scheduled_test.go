package wats_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	wats "wats.dev/converter"
	"wats.dev/converter/watstest"
)

const unitsURL = "https://mes.example/units"

var allGrants = []wats.Grant{wats.GrantHTTP, wats.GrantState}

func scheduledWith(grants []wats.Grant, work func(run wats.Run, reports *wats.Reports) error) wats.ScheduledConverter[wats.NoSettings] {
	return wats.ScheduledConverter[wats.NoSettings]{
		Descriptor: wats.Descriptor{Name: "worker", Version: "1.0.0", Grants: grants},
		Run:        func(run wats.Run, _ *wats.NoSettings, reports *wats.Reports) error { return work(run, reports) },
	}
}

func get(wats.Run, *wats.Reports) error {
	_, err := wats.HTTPGet(unitsURL)
	return err
}

func TestARunIsToldWhenItIsDue(t *testing.T) {
	var told wats.Run
	converter := scheduledWith(nil, func(run wats.Run, _ *wats.Reports) error { told = run; return nil })
	watstest.Scheduled().Due("2026-05-04T08:20:00+02:00").Previous("2026-05-04T08:10:00+02:00").ByHand().Do(t, converter)
	if wanted := (wats.Run{Due: "2026-05-04T08:20:00+02:00", Previous: "2026-05-04T08:10:00+02:00", ByHand: true}); told != wanted {
		t.Error(told)
	}
	watstest.Scheduled().Do(t, converter)
	if told != (wats.Run{Due: "2026-01-01T12:00:00Z"}) {
		t.Error(told)
	}
}

func TestAReportOfARunWithoutKeyOrStartIsRefused(t *testing.T) {
	write := func(header wats.Header) func(wats.Run, *wats.Reports) error {
		return func(_ wats.Run, reports *wats.Reports) error {
			_, err := reports.UUT(header).Finish()
			return err
		}
	}
	err := watstest.Scheduled().Do(t, scheduledWith(nil, write(wats.Header{SerialNumber: "A-1"}))).Error()
	if len(err.Violations) != 2 || err.Violations[0].Rule != "missing-key" || err.Violations[1].Rule != "missing-start" {
		t.Error(err)
	}
	whole := wats.Header{SerialNumber: "A-1", Key: "1", Start: "2026-05-04T08:15:30Z"}
	watstest.Scheduled().Do(t, scheduledWith(nil, write(whole))).Report()
}

func TestRequestsAreAnsweredAndNoted(t *testing.T) {
	var told []string
	ran := watstest.Scheduled().
		AnswerTo("GET", unitsURL, 203, "hi", wats.HTTPHeader{Name: "Content-Type", Value: "text/plain"}).
		AnswerTo("POST", unitsURL, 200, `{"n": 1, "more": {}, "list": [{"s": "x"}]}`).
		Do(t, scheduledWith(allGrants, func(wats.Run, *wats.Reports) error {
			answer, err := wats.HTTPGet(unitsURL)
			if err != nil {
				return err
			}
			text, err := answer.Text()
			told = append(told, fmt.Sprint(answer.Status, " ", answer.Header("CONTENT-TYPE"), " ", text, " ", err))
			headers := []wats.HTTPHeader{{Name: "X-A", Value: "b"}}
			posted, err := wats.HTTPRequest{Method: "POST", URL: unitsURL, Headers: headers, Body: []byte("1"), Timeout: 3}.Send()
			if err != nil {
				return err
			}
			var into struct {
				N       int    `json:"n"`
				Absent  string `json:"absent" default:"none"`
				Pointer *int   `json:"pointer"`
				List    []struct {
					S string `json:"s"`
				} `json:"list"`
			}
			if err := posted.JSON(&into); err != nil {
				return err
			}
			told = append(told, fmt.Sprint(into.N, into.Absent, into.Pointer == nil, into.List[0].S))
			return posted.Success()
		}))
	if ran.Err != nil || strings.Join(told, "|") != "203 text/plain hi <nil>|1nonetruex" {
		t.Error(ran.Err, told)
	}
	if sent := ran.Requests[1]; sent.Method != "POST" || string(sent.Body) != "1" || sent.Timeout != 3 || len(sent.Headers) != 1 {
		t.Error(sent)
	}
}

func TestAnHTTPErrorIsWhatItMeans(t *testing.T) {
	for kind, wanted := range map[wats.HTTPErrorKind]string{
		wats.HTTPUnreachable: "waiting: x", wats.HTTPTimedOut: "waiting: x", wats.HTTPDenied: "misconfigured", wats.HTTPInvalid: "internal",
		wats.HTTPTooLarge: "unsupported",
	} {
		ran := watstest.Scheduled().Fails(unitsURL, kind, "x").Do(t, scheduledWith(allGrants, get))
		found := ran.Err.Error()
		var failed *wats.Error
		if errors.As(ran.Err, &failed) {
			found = failed.Kind.String()
		}
		if found != wanted {
			t.Errorf("%d: found %s, wanted is %s", kind, found, wanted)
		}
	}
	nobody := watstest.Scheduled().Do(t, scheduledWith(allGrants, func(run wats.Run, reports *wats.Reports) error {
		return fmt.Errorf("units: %w", get(run, reports))
	}))
	if wanted := (wats.Waiting{Reason: "units: the test has no answer for GET " + unitsURL}); nobody.Err.Error() != wanted.Error() {
		t.Error(nobody.Err)
	}
}

func TestSuccessWaitsForABusyServerAndRefusesTheRest(t *testing.T) {
	success := scheduledWith(allGrants, func(wats.Run, *wats.Reports) error {
		answer, err := wats.HTTPGet(unitsURL)
		if err != nil {
			return err
		}
		return answer.Success()
	})
	for status, wanted := range map[int]string{
		200: "", 299: "", 429: "waiting: ", 500: "waiting: ", 503: "waiting: ", 401: "misconfigured ", 403: "misconfigured ", 404: "malformed ",
		302: "malformed ",
	} {
		found := ""
		switch err := watstest.Scheduled().AnswerTo("GET", unitsURL, status, " no\n").Do(t, success).Err.(type) {
		case nil:
		case *wats.Error:
			found = err.Kind.String() + " " + err.Message
		default:
			found = err.Error()
		}
		if wanted != "" {
			wanted += fmt.Sprintf("%s answered %d: no", unitsURL, status)
		}
		if found != wanted {
			t.Errorf("%d: found %q, wanted is %q", status, found, wanted)
		}
	}
}

func TestABodyThatIsNoTextOrJSONIsMalformed(t *testing.T) {
	read := scheduledWith(allGrants, func(wats.Run, *wats.Reports) error {
		answer, err := wats.HTTPGet(unitsURL)
		if err != nil {
			return err
		}
		var into []struct {
			N int `json:"n"`
		}
		return answer.JSON(&into)
	})
	for body, wanted := range map[string]string{
		"a\xff":          unitsURL + " answered what is no UTF-8",
		"{":              "the answer of " + unitsURL + ": no JSON: expected",
		`[{"n": "one"}]`: "the answer of " + unitsURL + ": [0].n must be a whole number in its range",
		`[{}]`:           "the answer of " + unitsURL + ": [0].n is missing",
	} {
		err := watstest.Scheduled().Answer(unitsURL, body).Do(t, read).Error()
		if err.Kind != wats.KindMalformed || !strings.HasPrefix(err.Message, wanted) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestRequestsGoOnlyWhereItAskedToGo(t *testing.T) {
	one := scheduledWith([]wats.Grant{wats.GrantHTTPTo("mes.example:8080")}, func(run wats.Run, reports *wats.Reports) error {
		if _, err := wats.HTTPGet("http://MES.example:8080/x"); err != nil {
			return err
		}
		return get(run, reports)
	})
	err := watstest.Scheduled().Answer("http://MES.example:8080/x", "").Do(t, one).Error()
	if err.Kind != wats.KindMisconfigured || err.Message != "`http:mes.example` would have to be asked for and granted" {
		t.Error(err)
	}
	nowhere := scheduledWith(allGrants, func(wats.Run, *wats.Reports) error {
		_, err := wats.HTTPGet("/units")
		return err
	})
	if err := watstest.Scheduled().Do(t, nowhere).Error(); err.Kind != wats.KindInternal {
		t.Error(err)
	}
}

func TestWhatIsRememberedIsKeptOfAConvertedRunOnly(t *testing.T) {
	for _, end := range []error{nil, wats.Malformed("odd"), wats.Skipped("nothing")} {
		var told string
		ran := watstest.Scheduled().State("since", "7").State("old", "x").Do(t, scheduledWith(allGrants, func(wats.Run, *wats.Reports) error {
			since, _ := wats.StateText("since")
			none, found, _ := wats.StateBytes("none")
			told = fmt.Sprint(since, none, found)
			for _, err := range []error{
				wats.SetStateText("since", "8"), wats.SetStateBytes("raw", []byte{0xff}), wats.DeleteState("old"), wats.DeleteState("none"),
			} {
				if err != nil {
					return err
				}
			}
			keys, _ := wats.StateKeys()
			_, err := wats.StateText("raw")
			told += fmt.Sprint(keys, err)
			return end
		}))
		if told != `7[] false[raw since] the state "raw" is no text` {
			t.Error(told)
		}
		wanted := "map[old:x since:7]"
		if end == nil {
			wanted = "map[raw:\xff since:8]"
		}
		if fmt.Sprint(ran.State) != wanted {
			t.Errorf("%v: %v", end, ran.State)
		}
	}
}

func TestTheStateNeedsTheGrantAndAKeyThatIsOne(t *testing.T) {
	set := func(wats.Run, *wats.Reports) error { return wats.SetStateText("", "a") }
	if err := watstest.Scheduled().Do(t, scheduledWith(allGrants, set)).Error(); err.Message != "keys of the state have 1 to 200 characters" {
		t.Error(err)
	}
	err := watstest.Scheduled().Do(t, scheduledWith([]wats.Grant{wats.GrantHTTP}, set)).Error()
	if err.Kind != wats.KindMisconfigured || err.Message != "the station has not granted `state` to this plugin" {
		t.Error(err)
	}
}

func TestAConverterOfFilesIsToldThatItHasNoneOfIt(t *testing.T) {
	files := wats.Converter[wats.NoSettings]{
		Descriptor: wats.Descriptor{Name: "a", Version: "1.0.0"},
		Convert:    func(*wats.Input, *wats.NoSettings, *wats.Reports) error { return wats.SetStateText("a", "b") },
	}
	if err := watstest.File("a", "").Convert(t, files).Error(); !strings.Contains(err.Message, "only a ScheduledConverter") {
		t.Error(err)
	}
}

func TestARequestWithoutAMethodIsAGet(t *testing.T) {
	ran := watstest.Scheduled().Answer(unitsURL, "").Do(t, scheduledWith(allGrants, func(wats.Run, *wats.Reports) error {
		_, err := wats.HTTPRequest{URL: unitsURL}.Send()
		return err
	}))
	if ran.Err != nil || ran.Requests[0].Method != "GET" {
		t.Error(ran.Err, ran.Requests)
	}
}
