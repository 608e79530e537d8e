package wats_test

import (
	"math"
	"testing"

	wats "wats.dev/converter"
)

func TestANumberIsReadStrictly(t *testing.T) {
	for text, wanted := range map[string]float64{
		"5": 5, " -1.25e-3\t": -0.00125, "+5": 5, ".5": 0.5, "5.": 5, "1e3": 1000, "Inf": math.Inf(1), "-inf": math.Inf(-1),
		"1e999": math.Inf(1),
	} {
		if found, err := wats.Number(text); err != nil || found != wanted {
			t.Errorf("%q: %v %v", text, found, err)
		}
	}
	for _, text := range []string{"NaN", "-nan", "+NAN"} {
		if found, err := wats.Number(text); err != nil || !math.IsNaN(found) {
			t.Error(text, found, err)
		}
	}
	for _, text := range []string{"", " ", "O.12", "0x1F", "1_000", "5,01", "1 2", "0x1p-2", "five", "--nan", "-", "-nano"} {
		if found, err := wats.Number(text); err == nil {
			t.Errorf("%q: %v", text, found)
		}
	}
	if _, err := wats.Number("O.12\t\"\x01"); err.Error() != `"O.12\t\"\u{1}" is not a number` {
		t.Error(err)
	}
}

func TestAnotherDecimalMarkRefusesAPoint(t *testing.T) {
	if found, err := wats.NumberWith("5,01", ','); err != nil || found != 5.01 {
		t.Error(found, err)
	}
	if _, err := wats.NumberWith("1.000,5", ','); err == nil || err.Error() != `"1.000,5" is not a number with the decimal mark ','` {
		t.Error(err)
	}
	if _, err := wats.NumberWith("1,0,5", ','); err == nil {
		t.Error("two marks")
	}
}

func TestAWholeNumberMustFitItsType(t *testing.T) {
	if found, err := wats.Integer[uint32]("4294967295"); err != nil || found != math.MaxUint32 {
		t.Error(found, err)
	}
	if found, err := wats.Integer[int32](" -2147483648 "); err != nil || found != math.MinInt32 {
		t.Error(found, err)
	}
	if found, err := wats.Integer[uint64]("18446744073709551615"); err != nil || found != math.MaxUint64 {
		t.Error(found, err)
	}
	if found, err := wats.Integer[uint32]("4294967296"); err == nil {
		t.Error(found)
	}
	if found, err := wats.Integer[uint64]("-1"); err == nil {
		t.Error(found)
	}
	if found, err := wats.Integer[int64]("18446744073709551615"); err == nil {
		t.Error(found)
	}
	for _, text := range []string{"", "1.5", "0x1F", "1_000", "one"} {
		if found, err := wats.Integer[int](text); err == nil {
			t.Errorf("%q: %v", text, found)
		}
	}
}

func TestLimitsByName(t *testing.T) {
	low, high := 1.0, 2.0
	for _, check := range []struct {
		name      string
		low, high *float64
		wanted    wats.NumericLimits
	}{
		{"gele", &low, &high, wats.NumericLimits{Comparison: wats.GELE, Low: 1, High: 2}},
		{" LT ", nil, &high, wats.NumericLimits{Comparison: wats.LT, Low: 2}},
		{"GE", &low, &high, wats.NumericLimits{Comparison: wats.GE, Low: 1}},
		{"log", &low, nil, wats.NumericLimits{}},
	} {
		if found, err := wats.Limits(check.name, check.low, check.high); err != nil || found != check.wanted {
			t.Error(check.name, found, err)
		}
	}
	for _, name := range []string{"GELE", "LE", "between", ""} {
		if found, err := wats.Limits(name, nil, nil); err == nil {
			t.Error(name, found)
		}
	}
	if found := wats.Inclusive(nil, &high); found != (wats.NumericLimits{Comparison: wats.LE, Low: 2}) {
		t.Error(found)
	}
	if found, err := wats.LimitsOfText("casesensit", "a"); err != nil || found != (wats.TextLimits{Comparison: wats.TextCaseSensitive, Limit: "a"}) {
		t.Error(found, err)
	}
	if _, err := wats.LimitsOfText("like", "a"); err == nil {
		t.Error("like")
	}
}

func TestStatusesAreReadAsTestersSpellThem(t *testing.T) {
	for text, wanted := range map[string]wats.Status{
		"P": wats.StatusPassed, " ok ": wats.StatusPassed, "NG": wats.StatusFailed, "Aborted": wats.StatusTerminated,
		"skip": wats.StatusSkipped, "Err": wats.StatusError, "DONE": wats.StatusDone,
	} {
		if found, err := wats.ParseStatus(text); err != nil || found != wanted {
			t.Error(text, found, err)
		}
	}
	if _, err := wats.ParseStatus("maybe"); err == nil || err.Error() != `"maybe" is not a status` {
		t.Error(err)
	}
}

func TestATimeIsOfTheCalendar(t *testing.T) {
	for wanted, time := range map[string]wats.Timestamp{
		"2026-05-04T08:15:30":           {Year: 2026, Month: 5, Day: 4, Hour: 8, Minute: 15, Second: 30},
		"2024-02-29T00:00:00Z":          {Year: 2024, Month: 2, Day: 29, OffsetMinutes: new(0)},
		"2026-05-04T08:15:30.25+02:00":  {Year: 2026, Month: 5, Day: 4, Hour: 8, Minute: 15, Second: 30, Nanosecond: 250_000_000, OffsetMinutes: new(120)},
		"0001-01-01T23:59:59-03:30":     {Year: 1, Month: 1, Day: 1, Hour: 23, Minute: 59, Second: 59, OffsetMinutes: new(-210)},
		"2026-12-31T00:00:00.000000001": {Year: 2026, Month: 12, Day: 31, Nanosecond: 1},
		"2000-02-29T00:00:00.1":         {Year: 2000, Month: 2, Day: 29, Nanosecond: 100_000_000},
	} {
		if found, err := time.ISO(); err != nil || found != wanted {
			t.Errorf("found %s %v, wanted is %s", found, err, wanted)
		}
	}
	for _, time := range []wats.Timestamp{
		{}, {Year: 2026, Month: 2, Day: 29}, {Year: 1900, Month: 2, Day: 29}, {Year: 2026, Month: 13, Day: 1},
		{Year: 2026, Month: 1, Day: 1, Hour: 24}, {Year: 2026, Month: 1, Day: 1, Second: 60},
		{Year: 2026, Month: 1, Day: 1, Nanosecond: 1_000_000_000}, {Year: 2026, Month: 1, Day: 1, OffsetMinutes: new(1081)},
		{Year: 2026, Month: 1, Day: -1}, {Year: 2026, Month: 1, Day: 1, Minute: -1},
	} {
		if found, err := time.ISO(); err == nil {
			t.Error(found)
		}
	}
}
