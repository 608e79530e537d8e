package main

import (
	"testing"

	wats "wats.dev/converter"
	"wats.dev/converter/watstest"
)

func TestAFileBecomesAReport(t *testing.T) {
	result := watstest.Path(t, "cases/passed/input.log").Convert(t, converter)
	report := result.Report()
	if header := report.Header; header.SerialNumber != "A-1001" || header.PartNumber != "LAMP-7" {
		t.Errorf("header: %+v", header)
	}
	for name, limits := range map[string]string{"Vcc": "GELE 4.9 5.1", "Idle current": "LE 0.2", "Temperature": "LOG"} {
		if found := report.Step("Measurements/" + name).Limits(); found != limits {
			t.Errorf("%s: found %s, wanted is %s", name, found, limits)
		}
	}
	if vcc := report.Step("Measurements/Vcc"); vcc.Number() != 5.01 || vcc.Unit() != "V" {
		t.Error(vcc)
	}
}

func TestTheDecimalMarkIsASetting(t *testing.T) {
	run := watstest.Path(t, "cases/decimal_comma/input.log").Setting("decimal_mark", ",").Setting("sequence", "Messwerte")
	if vcc := run.Convert(t, converter).Report().Step("Messwerte/Vcc"); vcc.Number() != 5.01 {
		t.Error(vcc)
	}
}

func TestABrokenNumberIsAnErrorWithItsPlace(t *testing.T) {
	err := watstest.Path(t, "cases/broken_number/input.log").Convert(t, converter).Error()
	if err.Kind != wats.KindMalformed || err.Error() != `line 5, column 2: "O.12" is not a number` {
		t.Error(err)
	}
}

func TestOtherFilesAreNotRecognised(t *testing.T) {
	if found := watstest.File("a.log", "Serial: 1\n").Probe(t, converter); found.Confidence != 0 {
		t.Error(found)
	}
}
