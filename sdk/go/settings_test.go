package wats_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	wats "wats.dev/converter"
	"wats.dev/converter/watstest"
)

type limits struct {
	Low  float64 `json:"low" default:"1"`
	High float64 `json:"high" default:"2"`
}

type settings struct {
	Mark     string            `json:"mark" default:"." enum:".|," doc:"Decimal mark."`
	Length   int               `json:"length" default:"5" minimum:"1" maximum:"100"`
	Small    uint8             `json:"small" default:"7"`
	Factor   float64           `json:"factor" default:"1.5"`
	Strict   bool              `json:"strict" default:"true"`
	Columns  []string          `json:"columns" default:"[\"a\", \"b\"]" minItems:"1"`
	Names    map[string]int    `json:"names" default:"{\"x\": 1}"`
	Process  *uint32           `json:"process"`
	Limits   limits            `json:"limits"`
	Plain    string            `default:""`
	Left     func()            `json:"-"`
	Words    map[string]string `json:"words" default:"{}"`
	internal int
}

func convertWith[S any](t *testing.T, run *watstest.Run, convert func(*wats.Input, *S, *wats.Reports) error) *watstest.Result {
	t.Helper()
	return run.Convert(t, wats.Converter[S]{Convert: convert})
}

func TestSettingsLeftOutHaveTheirDefaults(t *testing.T) {
	var found settings
	result := convertWith(t, watstest.File("a", ""), func(_ *wats.Input, s *settings, _ *wats.Reports) error {
		found = *s
		return nil
	})
	wanted := settings{
		Mark: ".", Length: 5, Small: 7, Factor: 1.5, Strict: true, Columns: []string{"a", "b"}, Names: map[string]int{"x": 1},
		Limits: limits{1, 2}, Words: map[string]string{},
	}
	if result.Err != nil || !reflect.DeepEqual(found, wanted) {
		t.Errorf("%v: %+v", result.Err, found)
	}
}

func TestSettingsAreRead(t *testing.T) {
	run := watstest.File("a", "").
		Setting("mark", ",").Setting("small", 255).Setting("process", 10).Setting("strict", false).
		Setting("columns", []string{"ü\n\"\\"}).Setting("limits", wats.Object{"high": 3}).Setting("names", wats.Object{"y": -2})
	result := convertWith(t, run, func(_ *wats.Input, s *settings, _ *wats.Reports) error {
		if s.Mark != "," || s.Small != 255 || *s.Process != 10 || s.Strict || s.Columns[0] != "ü\n\"\\" ||
			s.Limits != (limits{1, 3}) || s.Names["y"] != -2 || len(s.Names) != 1 {
			t.Errorf("%+v", s)
		}
		return nil
	})
	if result.Err != nil {
		t.Error(result.Err)
	}
}

func TestSettingsThatDoNotFitAreMisconfigured(t *testing.T) {
	for name, run := range map[string]*watstest.Run{
		"mark must be a text":                         watstest.File("a", "").Setting("mark", 1),
		"small must be a whole number in its range":   watstest.File("a", "").Setting("small", 256),
		"length must be a whole number in its range":  watstest.File("a", "").Setting("length", 1.5),
		"columns[1] must be a text":                   watstest.File("a", "").Setting("columns", []any{"a", nil}),
		"limits.low must be a number":                 watstest.File("a", "").Setting("limits", wats.Object{"low": "1"}),
		"limits.middle is no setting":                 watstest.File("a", "").Setting("limits", wats.Object{"middle": 1}),
		"colour is no setting":                        watstest.File("a", "").Setting("colour", "red"),
		"names.y must be a whole number in its range": watstest.File("a", "").Setting("names", wats.Object{"y": true}),
	} {
		err := convertWith(t, run, func(*wats.Input, *settings, *wats.Reports) error { return nil }).Error()
		if err.Kind != wats.KindMisconfigured || err.Message != "settings: "+name {
			t.Errorf("found %q, wanted is %q", err.Message, name)
		}
	}
}

func TestASettingWithoutDefaultMustBeGiven(t *testing.T) {
	type needy struct {
		Server string `json:"server"`
	}
	err := convertWith(t, watstest.File("a", ""), func(*wats.Input, *needy, *wats.Reports) error { return nil }).Error()
	if err.Message != "settings: server is missing" {
		t.Error(err)
	}
	schema, _ := wats.Converter[needy]{}.Schema()
	if !strings.Contains(schema, `"required":["server"]`) {
		t.Error(schema)
	}
}

func TestTheSchemaTellsDefaultsAndBounds(t *testing.T) {
	text, err := wats.Converter[settings]{}.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Schema     string `json:"$schema"`
		Properties map[string]map[string]any
		Additional bool `json:"additionalProperties"`
	}
	if err := json.Unmarshal([]byte(text), &schema); err != nil {
		t.Fatal(err, text)
	}
	for name, wanted := range map[string]map[string]any{
		"mark":   {"type": "string", "default": ".", "enum": []any{".", ","}, "description": "Decimal mark."},
		"length": {"type": "integer", "default": 5.0, "minimum": 1.0, "maximum": 100.0},
		"small":  {"type": "integer", "default": 7.0, "minimum": 0.0, "maximum": 255.0},
		"columns": {"type": "array", "default": []any{"a", "b"}, "minItems": 1.0,
			"items": map[string]any{"type": "string"}},
		"process": {"type": []any{"integer", "null"}, "minimum": 0.0, "maximum": 4294967295.0, "default": nil},
	} {
		if !reflect.DeepEqual(schema.Properties[name], wanted) {
			t.Errorf("%s: found %v, wanted is %v", name, schema.Properties[name], wanted)
		}
	}
	if schema.Schema != "https://json-schema.org/draft/2020-12/schema" || schema.Additional || len(schema.Properties) != 11 {
		t.Error(text)
	}
}

func TestNoSettingsHaveNoSchema(t *testing.T) {
	if schema, err := (wats.Converter[wats.NoSettings]{}).Schema(); schema != "" || err != nil {
		t.Error(schema, err)
	}
}

func TestADefaultThatDoesNotFitIsToldByTheSchema(t *testing.T) {
	type wrong struct {
		Count uint8 `json:"count" default:"256"`
	}
	if _, err := (wats.Converter[wrong]{}).Schema(); err == nil || !strings.Contains(err.Error(), "the default of count") {
		t.Error(err)
	}
	type channel struct {
		C chan int `json:"c"`
	}
	if _, err := (wats.Converter[channel]{}).Schema(); err == nil {
		t.Error("a channel is no setting")
	}
}

func TestAnObjectIsWrittenInOrder(t *testing.T) {
	text, err := wats.Object{"b": []any{1, 2.5, nil, true}, "a": "ü\"\x01", "c": wats.Object{}}.JSON()
	if wanted := `{"a":"ü\"\u0001","b":[1,2.5,null,true],"c":{}}`; err != nil || text != wanted {
		t.Error(text, err)
	}
	if _, err := (wats.Object{"a": make(chan int)}).JSON(); err == nil {
		t.Error("a channel is no JSON")
	}
}

func TestSettingsOutOfTheirBoundsAreMisconfigured(t *testing.T) {
	type bounded struct {
		Mark   string   `json:"mark" default:"." enum:".|,"`
		Name   string   `json:"name" default:"ü" minLength:"1" maxLength:"2"`
		Factor *float64 `json:"factor" minimum:"0.5" maximum:"2"`
		Sides  uint8    `json:"sides" default:"2" enum:"1|2"`
		Inner  struct {
			List []int `json:"list" default:"[1]" minItems:"1"`
		} `json:"inner"`
	}
	for wanted, run := range map[string]*watstest.Run{
		`mark: found ";", allowed are ".", ","`:                       watstest.File("a", "").Setting("mark", ";"),
		"name: found 3 characters, allowed are at most 2 characters":  watstest.File("a", "").Setting("name", "üüü"),
		"name: found 0 characters, allowed are at least 1 characters": watstest.File("a", "").Setting("name", ""),
		"factor: found 2.5, allowed are at most 2":                    watstest.File("a", "").Setting("factor", 2.5),
		"factor: found 0, allowed are at least 0.5":                   watstest.File("a", "").Setting("factor", 0),
		"sides: found another value, allowed are 1, 2":                watstest.File("a", "").Setting("sides", 3),
		"inner.list: found 0 items, allowed are at least 1 items":     watstest.File("a", "").Setting("inner", wats.Object{"list": []any{}}),
	} {
		err := convertWith(t, run, func(*wats.Input, *bounded, *wats.Reports) error { return nil }).Error()
		if err.Kind != wats.KindMisconfigured || err.Message != "settings: "+wanted {
			t.Errorf("found %q, wanted is %q", err.Message, wanted)
		}
	}
	right := watstest.File("a", "").Setting("mark", ",").Setting("name", "üü").Setting("factor", 2).Setting("sides", 1)
	if err := convertWith(t, right, func(*wats.Input, *bounded, *wats.Reports) error { return nil }).Err; err != nil {
		t.Error(err)
	}
}

func TestAConverterWithoutSettingsIsGivenNone(t *testing.T) {
	run := watstest.File("a", "").Setting("colour", "red")
	err := convertWith(t, run, func(*wats.Input, *wats.NoSettings, *wats.Reports) error { return nil }).Error()
	if err.Kind != wats.KindMisconfigured || err.Message != "settings: colour is no setting" {
		t.Error(err)
	}
}

type chain struct {
	Next []chain `json:"next" default:"[]"`
}

func TestWrongDefinitionsOfSettingsAreToldByTheSchema(t *testing.T) {
	schema := func(text string, err error) string {
		if err == nil {
			return text
		}
		return err.Error()
	}
	for wanted, found := range map[string]string{
		"the default of a: found 200, allowed are at most 100": schema(wats.Converter[struct {
			A int `json:"a" default:"200" maximum:"100"`
		}]{}.Schema()),
		`the default of a: found ";", allowed are ".", ","`: schema(wats.Converter[struct {
			A string `json:"a" default:";" enum:".|,"`
		}]{}.Schema()),
		"a has a minLength, which is for a text, and is int": schema(wats.Converter[struct {
			A int `json:"a" default:"2" minLength:"1"`
		}]{}.Schema()),
		"the minItems of a is no whole number from 0": schema(wats.Converter[struct {
			A []int `json:"a" default:"[]" minItems:"-1"`
		}]{}.Schema()),
		"the minimum of a is no number": schema(wats.Converter[struct {
			A int `json:"a" default:"2" minimum:"NaN"`
		}]{}.Schema()),
		"the enum of a: a must be a whole number in its range": schema(wats.Converter[struct {
			A uint8 `json:"a" default:"2" enum:"2|256"`
		}]{}.Schema()),
		"are called B": schema(wats.Converter[struct {
			A int `json:"B" default:"1"`
			B int `default:"2"`
		}]{}.Schema()),
		"holds itself": schema(wats.Converter[chain]{}.Schema()),
	} {
		if !strings.Contains(found, wanted) {
			t.Errorf("found %q, wanted is %q", found, wanted)
		}
	}
}
