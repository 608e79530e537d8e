package main

import (
	"errors"
	"testing"

	wats "wats.dev/converter"
	"wats.dev/converter/watstest"
)

const (
	address = "https://mes.example/results?since="
	result  = `{"id": 41, "serial": "A-1001", "start": "2026-05-04T08:15:30+02:00",
		"measurements": [{"name": "Vcc", "value": 5.01, "low": 4.9, "high": 5.1, "unit": "V"}]}`
)

func TestResultsBecomeReportsAndTheLastIsRemembered(t *testing.T) {
	ran := watstest.Scheduled().Answer(address, "["+result+"]").Do(t, converter)
	report := ran.Report()
	if header := report.Header; header.SerialNumber != "A-1001" || header.Key != "41" {
		t.Errorf("header: %+v", header)
	}
	if limits := report.Step("Vcc").Limits(); limits != "GELE 4.9 5.1" {
		t.Error(limits)
	}
	if ran.State["since"] != "41" {
		t.Error(ran.State)
	}
}

func TestItAsksForWhatComesAfterTheLast(t *testing.T) {
	run := watstest.Scheduled().State("since", "42").Setting("address", "https://line2.example/api")
	ran := run.Answer("https://line2.example/api?since=42", "[]").Do(t, converter)
	var skipped *wats.SkippedError
	if !errors.As(ran.Err, &skipped) || skipped.Why != "nothing new" {
		t.Error(ran.Err)
	}
}

func TestWhatIsNoNumberIsAnErrorAndNothingIsRemembered(t *testing.T) {
	ran := watstest.Scheduled().Answer(address, `[{"id": 1, "serial": "A", "start": "2026-05-04T08:15:30Z",
		"measurements": [{"name": "Vcc", "value": "5,01"}]}]`).Do(t, converter)
	if err := ran.Error(); err.Kind != wats.KindMalformed || len(ran.State) != 0 {
		t.Error(err, ran.State)
	}
}

func TestNobodyThereAndABusyServerAreWaitedFor(t *testing.T) {
	for _, run := range []*watstest.ScheduledRun{
		watstest.Scheduled().Fails(address, wats.HTTPUnreachable, "no such name"),
		watstest.Scheduled().AnswerTo("GET", address, 503, "at lunch"),
	} {
		var waiting wats.Waiting
		if err := run.Do(t, converter).Err; !errors.As(err, &waiting) {
			t.Error(err)
		}
	}
}
