// The converter that every SDK has: see README.md in the folder above.
package main

import (
	"bytes"
	"errors"
	"strings"

	wats "wats.dev/converter"
)

// Settings is what an operator can set.
type Settings struct {
	DecimalMark string   `json:"decimal_mark" default:"." minLength:"1" maxLength:"1" doc:"Decimal mark of all numbers in the rows."`
	Program     string   `json:"program" default:"Main" doc:"Name of the test program where the file gives none."`
	Scale       float64  `json:"scale" default:"1" doc:"Every measured value is multiplied by it."`
	Strict      bool     `json:"strict" default:"true" doc:"Whether an unknown row is an error."`
	Ignore      []string `json:"ignore" default:"[]" doc:"Words of rows that are left out."`
}

var converter = wats.Converter[Settings]{
	Descriptor: wats.Descriptor{
		Name:     "conformance",
		Version:  "1.0.0",
		Summary:  "The dialect that every SDK reads",
		Formats:  []string{"conformance rows"},
		Patterns: []string{"*.rows"},
		Contains: []string{"#rows;1"},
		Grants:   []wats.Grant{wats.GrantLookup, wats.GrantOwnID},
		License:  "MIT OR Apache-2.0",
	},
	Probe:   probe,
	Convert: convert,
}

func main() { wats.Export(converter) }

func probe(in *wats.Input, _ *Settings) wats.Detection {
	head := bytes.TrimPrefix(in.Main.Head(64), []byte("\uFEFF"))
	if !bytes.HasPrefix(head, []byte("#rows;1")) {
		if bytes.HasPrefix(head, []byte("#rows;")) {
			found := wats.Likely(0.1)
			found.Detail = "another version"
			return found
		}
		return wats.No(`does not begin with "#rows;1"`)
	}
	found := wats.Certain()
	if lines := strings.Split(string(head), "\n"); len(lines) > 2 {
		if name, needs := strings.CutPrefix(strings.TrimSuffix(lines[1], "\r"), "needs;"); needs {
			found.Missing = []string{name}
		}
	}
	return found
}

func convert(in *wats.Input, settings *Settings, reports *wats.Reports) error {
	text, err := in.Main.Text("")
	if err != nil {
		var wrong *wats.Error
		if errors.As(err, &wrong) && wrong.Place.HasOffset {
			return wats.Malformed("not UTF-8").At(wrong.Place)
		}
		return err
	}
	first := ""
	for line := range wats.LinesOf(text) {
		first = line.Text
		break
	}
	if first != "#rows;1" {
		return wats.Unsupported(`expected "#rows;1"`).AtLine(1)
	}
	rows, err := readRows(text, settings)
	if err != nil {
		return err
	}
	run := run{in: in, settings: settings, reports: reports, rows: rows}
	return run.all()
}
