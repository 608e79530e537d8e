package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	wats "wats.dev/converter"
	"wats.dev/converter/watstest"
)

// The outcomes of the cases, natively. What the station judges, reports and violations, `wats plugin test` compares.
func TestOutcomesOfTheCases(t *testing.T) {
	folders, err := filepath.Glob("../cases/*")
	if err != nil || len(folders) == 0 {
		t.Fatal("no cases", err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) { check(t, folder) })
	}
}

func check(t *testing.T, folder string) {
	read := func(name string, into any) {
		content, err := os.ReadFile(filepath.Join(folder, name))
		if err == nil {
			err = json.Unmarshal(content, into)
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	var document json.RawMessage
	read("expected.json", &document)
	var wanted struct {
		Error   *struct{ Kind, Message, Place string }
		Skipped *string
		Waiting *struct{ Reason string }
	}
	var reports []json.RawMessage
	if json.Unmarshal(document, &reports) != nil {
		if err := json.Unmarshal(document, &wanted); err != nil {
			t.Fatal(err)
		}
	}

	run := watstest.Path(t, filepath.Join(folder, "input.rows"))
	var settings map[string]any
	read("settings.json", &settings)
	for key, value := range settings {
		run.Setting(key, value)
	}
	others, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range others {
		switch name := other.Name(); name {
		case "input.rows", "expected.json", "settings.json", "case.json":
		default:
			content, err := os.ReadFile(filepath.Join(folder, name))
			if err != nil {
				t.Fatal(err)
			}
			run.Companion(name, string(content))
		}
	}

	result := run.Convert(t, converter)
	var skipped *wats.SkippedError
	var waiting wats.Waiting
	switch {
	case wanted.Error != nil && wanted.Error.Kind == "rejected":
		// The kit does not judge.
	case wanted.Error != nil:
		if err := result.Error(); err.Kind.String() != wanted.Error.Kind || err.Message != wanted.Error.Message || err.Place.String() != wanted.Error.Place {
			t.Errorf("found %v: %v, wanted is %+v", err.Kind, err, *wanted.Error)
		}
	case wanted.Skipped != nil:
		if !errors.As(result.Err, &skipped) || skipped.Why != *wanted.Skipped {
			t.Error(result.Err)
		}
	case wanted.Waiting != nil:
		if !errors.As(result.Err, &waiting) || waiting.Reason != wanted.Waiting.Reason {
			t.Error(result.Err)
		}
	case result.Err != nil:
		t.Error(result.Err)
	case len(result.Reports)+len(result.Documents) != len(reports):
		t.Errorf("%d reports and %d documents, wanted are %d", len(result.Reports), len(result.Documents), len(reports))
	}
}

func TestProbing(t *testing.T) {
	for content, wanted := range map[string]wats.Detection{
		"#rows;1\n":                     {Confidence: 1},
		"\uFEFF#rows;1\r\n":             {Confidence: 1},
		"#rows;2\n":                     {Confidence: 0.1, Detail: "another version"},
		"rows\n":                        {Detail: `does not begin with "#rows;1"`},
		"#rows;1\nneeds;a.png\nunit;A":  {Confidence: 1, Missing: []string{"a.png"}},
		"#rows;1\r\nneeds;a.png\r\nend": {Confidence: 1, Missing: []string{"a.png"}},
		"#rows;1\nneeds;a.png":          {Confidence: 1},
	} {
		found := watstest.File("a.rows", content).Probe(t, converter)
		missing := len(found.Missing) == len(wanted.Missing) && (len(found.Missing) == 0 || found.Missing[0] == wanted.Missing[0])
		if found.Confidence != wanted.Confidence || found.Detail != wanted.Detail || !missing {
			t.Errorf("%q: found %+v, wanted is %+v", content, found, wanted)
		}
	}
}

func TestAPanicTellsItsRow(t *testing.T) {
	err := watstest.File("a.rows", "#rows;1\npanic;odd; thing\n").Convert(t, converter).Error()
	if err.Kind != wats.KindInternal || len(err.Message) < 30 || err.Message[:33] != "panic: odd; thing (unit.go line 1" {
		t.Error(err)
	}
}
