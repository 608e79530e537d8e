package wats_test

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	wats "wats.dev/converter"
	"wats.dev/converter/watstest"
)

func ending(t *testing.T, convert func() error) *watstest.Result {
	t.Helper()
	return convertWith(t, watstest.File("a", ""), func(*wats.Input, *wats.NoSettings, *wats.Reports) error { return convert() })
}

func TestErrorsKeepKindAndPlace(t *testing.T) {
	for wanted, err := range map[string]error{
		"malformed: line 5, column 2: odd":       wats.Malformed("odd").AtCell(5, 2),
		"truncated: line 5: short":               wats.Truncated("short").AtLine(5),
		"unsupported: byte 0: version 9":         wats.Unsupported("version 9").AtOffset(0),
		"misconfigured: b.csv, /a/b[3]: no key":  wats.Misconfigured("no key").AtPath("/a/b[3]").InFile("b.csv"),
		"internal: bug":                          wats.Internal("bug"),
		"malformed: other":                       errors.New("other"),
		"truncated: unexpected EOF":              io.ErrUnexpectedEOF,
		"truncated: header: EOF":                 fmt.Errorf("header: %w", io.EOF),
		"malformed: line 3, column 4: other":     wats.AtCell(errors.New("other"), 3, 4),
		"truncated: line 3: short":               wats.AtLine(wats.Truncated("short"), 3),
		"truncated: line 5: in block 7: short":   fmt.Errorf("in block 7: %w", wats.Truncated("short").AtLine(5)),
		"malformed: byte 9: in block 7: odd":     wats.AtOffset(fmt.Errorf("in block 7: %w", wats.Malformed("odd")), 9),
		"malformed: Sheet1!B7: unexpected thing": wats.AtPath(errors.New("unexpected thing"), "Sheet1!B7"),
	} {
		found := ending(t, func() error { return err }).Error()
		if text := found.Kind.String() + ": " + found.Error(); text != wanted {
			t.Errorf("found %q, wanted is %q", text, wanted)
		}
	}
	if wats.AtLine(nil, 3) != nil {
		t.Error("nil stays nil")
	}
}

func TestWrappedErrorsCanBeAskedFor(t *testing.T) {
	sentinel := errors.New("sentinel")
	err := wats.AtLine(fmt.Errorf("around: %w", sentinel), 1)
	var own *wats.Error
	if !errors.Is(err, sentinel) || !errors.As(err, &own) || own.Place.Line != 1 {
		t.Error(err)
	}
}

func TestOutcomesThatAreNoFailures(t *testing.T) {
	var skipped *wats.SkippedError
	err := ending(t, func() error { return fmt.Errorf("x: %w", wats.Skipped("not mine")) }).Err
	if !errors.As(err, &skipped) || skipped.Why != "not mine" {
		t.Error(err)
	}
	var waiting wats.Waiting
	err = ending(t, func() error { return wats.AtLine(wats.Waiting{Reason: "later", Missing: []string{"a.png"}}, 3) }).Err
	if !errors.As(err, &waiting) || waiting.Missing[0] != "a.png" {
		t.Error(err)
	}
}

func TestAPanicTellsMessageFileAndLine(t *testing.T) {
	var none *wats.Header
	for wanted, panics := range map[string]func() error{
		"panic: bad thing (ending_test.go line ":                                                    func() error { panic("bad thing") },
		"runtime error: index out of range [3] with length 0 (ending_test.go line ":                 func() error { return errors.New([]string{}[len("abc")]) },
		"runtime error: invalid memory address or nil pointer dereference (ending_test.go line ":    func() error { return errors.New(none.Comment) },
		"panic: odd (ending_test.go line ":                                                          func() error { panic(errors.New("odd")) },
		"panic: regexp: Compile(`(`): error parsing regexp: missing closing ): `(` (ending_test.go": func() error { regexp.MustCompile("("); return nil },
		"line 3: odd (ending_test.go line ":                                                         func() error { panic(wats.Malformed("odd").AtLine(3)) },
	} {
		err := ending(t, panics).Error()
		if err.Kind != wats.KindInternal || !strings.HasPrefix(err.Message, wanted) {
			t.Errorf("found %q, wanted is %q", err.Message, wanted)
		}
	}
}

func TestLookups(t *testing.T) {
	lookup := func(run *watstest.Run) string {
		var text string
		converter := wats.Converter[wats.NoSettings]{
			Descriptor: wats.Descriptor{Grants: []wats.Grant{wats.GrantLookup}},
			Convert: func(*wats.Input, *wats.NoSettings, *wats.Reports) error {
				process, found, err := wats.LookupProcess("final TEST")
				if err != nil {
					return err
				}
				product, known, err := wats.LookupProduct("LAMP-7")
				text = fmt.Sprint(process.Code, found, product.Revisions, known)
				return err
			},
		}
		if err := run.Convert(t, converter).Err; err != nil {
			return err.Error()
		}
		return text
	}
	for wanted, run := range map[string]*watstest.Run{
		"10 true [A B] true": watstest.File("a", "").Process(10, "Final test").
			Product(wats.Product{PartNumber: "LAMP-7", Revisions: []string{"A", "B"}}),
		"0 false [] false": watstest.File("a", ""),
		"waiting: offline": watstest.File("a", "").Offline(),
		"the station has not granted `lookup` to this plugin": watstest.File("a", "").Grants(),
	} {
		if found := lookup(run); found != wanted {
			t.Errorf("found %q, wanted is %q", found, wanted)
		}
	}
}

func TestTheLogAndTheProgressAreKept(t *testing.T) {
	result := ending(t, func() error {
		wats.LogInfo("3 units")
		wats.Log(wats.LevelTrace, "x")
		wats.Progress(0.5)
		return nil
	})
	if len(result.Log) != 2 || result.Log[0] != (watstest.LogLine{Level: wats.LevelInfo, Message: "3 units"}) || result.Progress != 0.5 {
		t.Error(result.Log, result.Progress)
	}
}

func TestConfidenceIsBetween0And1(t *testing.T) {
	if wats.Likely(7).Confidence != 1 || wats.Likely(-1).Confidence != 0 || wats.Likely(0.6).Confidence != 0.6 {
		t.Error("likely")
	}
	if found := watstest.File("a", "").Probe(t, wats.Converter[wats.NoSettings]{}); found.Confidence != 0.5 {
		t.Error(found)
	}
}

func TestAPointerToAnOutcomeIsTheOutcome(t *testing.T) {
	var later error = &wats.Waiting{Reason: "later"}
	err := ending(t, func() error { return fmt.Errorf("x: %w", later) }).Err
	if waiting, ok := err.(wats.Waiting); !ok || waiting.Reason != "later" {
		t.Error(err)
	}
	for _, none := range []error{(*wats.Waiting)(nil), (*wats.SkippedError)(nil), (*wats.Error)(nil)} {
		if err := ending(t, func() error { return none }).Err; err != nil {
			t.Errorf("%T: %v", none, err)
		}
	}
}

type word string

type faulty struct{ text *string }

func (f faulty) Error() string { return *f.text }

func TestAPanicWithAnyValueTellsIt(t *testing.T) {
	for wanted, value := range map[string]any{
		"panic: boo (ending_test.go line ":                                              word("boo"),
		"panic: 3.5 (ending_test.go line ":                                              3.5,
		"panic: -7 (ending_test.go line ":                                               int64(-7),
		"panic: 7 (ending_test.go line ":                                                uint8(7),
		"panic: true (ending_test.go line ":                                             true,
		"panic with a struct {}, which is no text (ending_test.go line ":                struct{}{},
		"panic with a wats_test.faulty, whose text cannot be told (ending_test.go line": faulty{},
		"panic with a *wats.Error, whose text cannot be told (ending_test.go line ":     (*wats.Error)(nil),
	} {
		err := ending(t, func() error { panic(value) }).Error()
		if err.Kind != wats.KindInternal || !strings.HasPrefix(err.Message, wanted) {
			t.Errorf("found %q, wanted is %q", err.Message, wanted)
		}
	}
}
