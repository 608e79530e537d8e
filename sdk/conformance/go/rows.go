package main

import (
	"slices"
	"strconv"
	"strings"

	wats "wats.dev/converter"
)

// How many fields a row has at most, and whether the last of them takes everything that is left.
type shape struct {
	most int
	rest bool
}

var shapes = map[string]shape{
	"unit": {4, false}, "head": {2, true}, "program": {3, false}, "retitle": {2, false}, "end": {1, false}, "discard": {0, false},
	"emit": {2, true}, "open": {1, false}, "close": {2, false}, "num": {7, false}, "multi": {2, false}, "m": {7, false},
	"pf": {2, false}, "pfs": {2, false}, "text": {5, false}, "texts": {2, false}, "action": {2, false}, "popup": {3, false},
	"exec": {2, false}, "generic": {2, false}, "chart": {7, false}, "plot": {6, false}, "series": {3, false},
	"attach-step": {3, true}, "result": {1, true}, "at": {1, false}, "took": {1, false}, "failing": {2, false}, "note": {1, true},
	"in": {1, false}, "with": {2, false}, "attach": {3, true}, "attach-source": {1, false}, "misc": {2, true}, "sub": {4, false},
	"asset": {4, false}, "data": {1, true}, "process": {1, false}, "product": {1, false}, "log": {2, true}, "progress": {1, false},
	"ask": {1, false}, "read": {2, false}, "companion": {1, false}, "needs": {1, true},
	// These end the conversion.
	"skip": {1, true}, "wait": {3, true}, "fail": {3, true}, "fail-at": {2, true}, "panic": {1, true},
}

// One row of the file.
type row struct {
	line   int
	word   string
	fields []string
	mark   rune
}

// All rows that matter. Unknown ones are found here, before anything is done.
func readRows(text string, settings *Settings) ([]row, error) {
	mark := []rune(settings.DecimalMark)[0]
	var rows []row
	for line := range wats.LinesOf(text) {
		if line.Text == "" || line.Text[0] == '#' {
			continue
		}
		word, rest, more := strings.Cut(line.Text, ";")
		if slices.Contains(settings.Ignore, word) {
			continue
		}
		shape, known := shapes[word]
		if !known {
			message := `unknown row "` + word + `"`
			if settings.Strict {
				return nil, wats.Unsupported(message).AtLine(line.Number)
			}
			wats.LogWarn("line " + strconv.Itoa(line.Number) + ": " + message)
			continue
		}
		var fields []string
		switch {
		case !more:
		case shape.rest:
			fields = strings.SplitN(rest, ";", shape.most)
		default:
			fields = strings.Split(rest, ";")
		}
		if len(fields) > shape.most {
			found := word + " has at most " + strconv.Itoa(shape.most) + " fields, found " + strconv.Itoa(len(fields))
			return nil, wats.Malformed(found).AtLine(line.Number)
		}
		rows = append(rows, row{line.Number, word, fields, mark})
	}
	return rows, nil
}

// A field, from 0; empty when it is not there.
func (r *row) text(index int) string {
	if index < len(r.fields) {
		return r.fields[index]
	}
	return ""
}

// A field that must not be empty.
func (r *row) required(index int) (string, error) {
	if text := r.text(index); text != "" {
		return text, nil
	}
	return "", r.malformed(index, "empty")
}

// A number, nil where the field is empty.
func (r *row) number(index int) (*float64, error) {
	text := r.text(index)
	if text == "" {
		return nil, nil
	}
	number, err := r.decimal(index, text)
	if err != nil {
		return nil, err
	}
	return &number, nil
}

// A piece of a field as a number.
func (r *row) decimal(index int, text string) (float64, error) {
	number, err := wats.NumberWith(text, r.mark)
	if err != nil {
		return 0, r.malformed(index, `"`+text+`" is not a number`)
	}
	return number, nil
}

// A whole number, nil where the field is empty.
func whole[T int | int32 | int64 | uint32](r *row, index int) (*T, error) {
	text := r.text(index)
	if text == "" {
		return nil, nil
	}
	number, err := wats.Integer[T](text)
	if err != nil {
		return nil, r.malformed(index, `"`+text+`" is not a whole number`)
	}
	return &number, nil
}

// A whole number in a field that must not be empty.
func requiredWhole[T int | int32 | int64 | uint32](r *row, index int) (number T, err error) {
	if _, err := r.required(index); err != nil {
		return 0, err
	}
	found, err := whole[T](r, index)
	if err != nil {
		return 0, err
	}
	return *found, nil
}

// The number of one of the words that a field can be, from 0; -1 where it is empty.
func (r *row) wordOf(index int, words []string) (int, error) {
	if r.text(index) == "" {
		return -1, nil
	}
	return r.oneOf(index, r.text(index), words)
}

// A piece of a field as one of the words.
func (r *row) oneOf(index int, text string, words []string) (int, error) {
	if found := slices.Index(words, text); found >= 0 {
		return found, nil
	}
	return 0, r.malformed(index, `"`+text+`" is not one of `+strings.Join(words, ", "))
}

var statuses = []string{"passed", "failed", "done", "skipped", "error", "terminated"}

// A status, StatusJudged where the field is empty.
func (r *row) status(index int) (wats.Status, error) {
	found, err := r.wordOf(index, statuses)
	if found < 0 {
		return wats.StatusJudged, err
	}
	return wats.StatusPassed + wats.Status(found), err
}

// "A=x,B=y" of the second field.
func (r *row) pairs() (pairs [][2]string, err error) {
	text, err := r.required(1)
	if err != nil {
		return nil, err
	}
	for pair := range strings.SplitSeq(text, ",") {
		name, value, found := strings.Cut(pair, "=")
		if !found {
			return nil, r.malformed(1, `"`+pair+`" is not NAME=VALUE`)
		}
		pairs = append(pairs, [2]string{name, value})
	}
	return pairs, nil
}

// The property of the first two fields: a number where the value reads as one.
func (r *row) property() (wats.Property, error) {
	key, err := r.required(0)
	if number, wrong := r.decimal(1, r.text(1)); wrong == nil {
		return wats.Property{Key: key, Value: wats.Num(number)}, err
	}
	return wats.Property{Key: key, Value: wats.Text(r.text(1))}, err
}

// An error at this line.
func (r *row) wrong(message string) error { return wats.Malformed(message).AtLine(r.line) }

// An error at a field.
func (r *row) malformed(index int, message string) error {
	return wats.Malformed(message).AtCell(r.line, index+2)
}
