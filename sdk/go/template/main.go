// Converter for my format: a head of "Key: value" lines, then "name;value;low;high;unit" for each measurement.
package main

import (
	"bytes"
	"strconv"
	"strings"

	wats "wats.dev/converter"
)

// Settings is what an operator can set.
type Settings struct {
	DecimalMark string `json:"decimal_mark" default:"." minLength:"1" maxLength:"1" doc:"Decimal mark of the numbers."`
	Sequence    string `json:"sequence" default:"Measurements" doc:"Name of the sequence that the measurements go into."`
}

var converter = wats.Converter[Settings]{
	Descriptor: wats.Descriptor{
		Name:     "my-format",
		Version:  "0.1.0",
		Summary:  "Logs of my tester",
		Formats:  []string{"My tester's log"},
		Patterns: []string{"*.log"},
		Contains: []string{"Serial:"},
	},
	Probe:   probe,
	Convert: convert,
}

func main() { wats.Export(converter) }

func probe(in *wats.Input, _ *Settings) wats.Detection {
	if bytes.HasPrefix(in.Main.Head(1024), []byte("My tester")) {
		return wats.Certain()
	}
	return wats.No(`does not begin with "My tester"`)
}

func convert(in *wats.Input, settings *Settings, reports *wats.Reports) error {
	lines := in.Main.Lines()
	var header wats.Header
	// The head ends at an empty line.
	for line, err := range lines {
		if err != nil {
			return err
		}
		if strings.TrimSpace(line.Text) == "" {
			break
		}
		switch key, value, _ := strings.Cut(line.Text, ": "); key {
		case "Serial":
			header.SerialNumber = value
		case "Part":
			header.PartNumber = value
		case "Start":
			header.Start = value
		}
	}
	if header.SerialNumber == "" {
		return wats.Truncated(`no line "Serial: ..." before the first empty line`)
	}

	uut := reports.UUT(header)
	uut.Open(settings.Sequence)
	// A second loop goes on where the first one stopped.
	for line, err := range lines {
		if err != nil {
			return err
		}
		if strings.TrimSpace(line.Text) == "" {
			continue
		}
		if err := measurement(uut, line, settings); err != nil {
			return err
		}
	}
	uut.Close()
	_, err := uut.Finish()
	return err
}

func measurement(uut *wats.UUT, line wats.Line, settings *Settings) error {
	fields := strings.Split(line.Text, ";")
	if len(fields) != 5 {
		found := "found " + strconv.Itoa(len(fields)) + " fields, expected name;value;low;high;unit"
		return wats.Malformed(found).AtLine(line.Number)
	}
	mark := []rune(settings.DecimalMark)[0]
	value, err := wats.NumberWith(fields[1], mark)
	if err != nil {
		// An unreadable number is an error with its place, never a zero.
		return wats.AtCell(err, line.Number, 2)
	}
	low, err := limit(fields[2], mark)
	if err != nil {
		return wats.AtCell(err, line.Number, 3)
	}
	high, err := limit(fields[3], mark)
	if err != nil {
		return wats.AtCell(err, line.Number, 4)
	}
	uut.Numeric(fields[0], value).Unit(fields[4]).Limits(wats.Inclusive(low, high))
	return nil
}

// An empty limit is none.
func limit(text string, mark rune) (*float64, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	number, err := wats.NumberWith(text, mark)
	return &number, err
}
