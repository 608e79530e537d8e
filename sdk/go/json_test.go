package wats

import "testing"

func TestNumbersOfJSONAreThoseOfItsGrammar(t *testing.T) {
	for text, wanted := range map[string]any{
		"0": 0.0, "-0.5e+2": -50.0, "[1, 2]": nil, "9007199254740991": 9007199254740991.0,
		"9007199254740993": int64(9007199254740993), "-9223372036854775808": int64(-9223372036854775808),
		"18446744073709551615": uint64(18446744073709551615), "18446744073709551616": 18446744073709551616.0,
	} {
		found, err := readJSON(text)
		if err != nil || wanted != nil && found != wanted {
			t.Errorf("%s: %v, %v", text, found, err)
		}
	}
	for _, text := range []string{"01", "+1", ".5", "1.", "1e", "-", "1e999", "0x1", "1_0", "NaN"} {
		if found, err := readJSON(text); err == nil {
			t.Errorf("%s is %v", text, found)
		}
	}
}

func TestLargeWholeNumbersStayAsTheyAre(t *testing.T) {
	type numbers struct {
		Signed   int64   `json:"signed"`
		Unsigned uint64  `json:"unsigned"`
		Float    float64 `json:"float"`
	}
	found, err := settingsFrom[numbers](`{"signed": -9007199254740993, "unsigned": 18446744073709551615, "float": 9007199254740993}`)
	if err != nil || *found != (numbers{-9007199254740993, 18446744073709551615, 9007199254740992}) {
		t.Errorf("%+v, %v", found, err)
	}
	for _, text := range []string{`{"signed": 9223372036854775808}`, `{"unsigned": -1}`, `{"unsigned": 18446744073709551616}`} {
		if found, err := settingsFrom[numbers](text); err == nil {
			t.Errorf("%s is %+v", text, found)
		}
	}
}

func TestHalfAPairOfSurrogatesIsNoCharacter(t *testing.T) {
	for text, wanted := range map[string]string{
		`"\ud83d\ude00"`: "😀", `"\ud800\u0041"`: "\ufffdA", `"\ud800"`: "\ufffd", `"\udc00\ud800"`: "\ufffd\ufffd",
		`"\ud800\ud83d\ude00"`: "\ufffd😀",
	} {
		if found, err := readJSON(text); found != wanted {
			t.Errorf("%s: %q, %v", text, found, err)
		}
	}
}
