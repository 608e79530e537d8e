package wats

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Object is a JSON object, to write one without encoding/json, which would more than double a plugin. Its values are nil, bools,
// strings, ints, int32s, uint32s, float64s, Objects, maps like it, and slices ([]any, []string, []float64, []Object) of them.
type Object map[string]any

// JSON gives the text, with the keys in order. Internal for a value that is none of JSON: an infinity, a NaN, another type.
func (o Object) JSON() (string, error) {
	text, err := appendJSON(nil, o)
	return string(text), err
}

func appendJSON(text []byte, value any) ([]byte, error) {
	switch value := value.(type) {
	case nil:
		return append(text, "null"...), nil
	case bool:
		return strconv.AppendBool(text, value), nil
	case string:
		return appendQuoted(text, value), nil
	case int:
		return strconv.AppendInt(text, int64(value), 10), nil
	case int32:
		return strconv.AppendInt(text, int64(value), 10), nil
	case int64:
		return strconv.AppendInt(text, value, 10), nil
	case uint32:
		return strconv.AppendInt(text, int64(value), 10), nil
	case uint64:
		return strconv.AppendUint(text, value, 10), nil
	case float64:
		if math.IsNaN(value) || math.IsInf(value, 0) {
			return text, Internal(strconv.FormatFloat(value, 'g', -1, 64) + " is no number of JSON")
		}
		return strconv.AppendFloat(text, value, 'g', -1, 64), nil
	case map[string]any:
		return appendJSON(text, Object(value))
	case Object:
		keys := make([]string, 0, len(value))
		for key := range value {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		text = append(text, '{')
		var err error
		for i, key := range keys {
			if i > 0 {
				text = append(text, ',')
			}
			text = append(appendQuoted(text, key), ':')
			if text, err = appendJSON(text, value[key]); err != nil {
				return text, err
			}
		}
		return append(text, '}'), nil
	case []any:
		return appendList(text, value)
	case []string:
		return appendList(text, value)
	case []float64:
		return appendList(text, value)
	case []Object:
		return appendList(text, value)
	case []map[string]any:
		return appendList(text, value)
	}
	return text, Internal("a value of a type that wats.Object does not write")
}

func appendList[T any](text []byte, values []T) ([]byte, error) {
	var err error
	text = append(text, '[')
	for i, value := range values {
		if i > 0 {
			text = append(text, ',')
		}
		if text, err = appendJSON(text, value); err != nil {
			return text, err
		}
	}
	return append(text, ']'), nil
}

func appendQuoted(text []byte, value string) []byte {
	const hex = "0123456789abcdef"
	text = append(text, '"')
	for _, r := range value {
		switch {
		case r == '"' || r == '\\':
			text = append(text, '\\', byte(r))
		case r == '\n':
			text = append(text, `\n`...)
		case r == '\r':
			text = append(text, `\r`...)
		case r == '\t':
			text = append(text, `\t`...)
		case r < ' ':
			text = append(text, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			// What is not UTF-8 becomes U+FFFD.
			text = utf8.AppendRune(text, r)
		}
	}
	return append(text, '"')
}

// A reader of JSON: into nil, bool, string, float64 (large whole numbers into int64 and uint64), []any and members.
type jsonReader struct {
	text string
	at   int
}

// An object with its keys in the order of the text.
type members []member

type member struct {
	key   string
	value any
}

func (m members) get(key string) (any, bool) {
	for _, member := range m {
		if member.key == key {
			return member.value, true
		}
	}
	return nil, false
}

func readJSON(text string) (any, error) {
	reader := jsonReader{text: text}
	value, err := reader.value(0)
	if err != nil {
		return nil, err
	}
	if reader.space(); reader.at < len(text) {
		return nil, reader.wrong("the end")
	}
	return value, nil
}

func (r *jsonReader) wrong(expected string) error {
	return Misconfigured("no JSON: expected " + expected + " at byte " + strconv.Itoa(r.at))
}

func (r *jsonReader) space() {
	for r.at < len(r.text) && strings.IndexByte(" \t\r\n", r.text[r.at]) >= 0 {
		r.at++
	}
}

func (r *jsonReader) take(token string) bool {
	r.space()
	if !strings.HasPrefix(r.text[r.at:], token) {
		return false
	}
	r.at += len(token)
	return true
}

func (r *jsonReader) value(depth int) (any, error) {
	if depth > 128 {
		return nil, r.wrong("less depth")
	}
	switch {
	case r.take("null"):
		return nil, nil
	case r.take("true"):
		return true, nil
	case r.take("false"):
		return false, nil
	case r.take(`"`):
		return r.string()
	case r.take("["):
		list := []any{}
		if r.take("]") {
			return list, nil
		}
		for {
			value, err := r.value(depth + 1)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
			if r.take("]") {
				return list, nil
			}
			if !r.take(",") {
				return nil, r.wrong(`"," or "]"`)
			}
		}
	case r.take("{"):
		object := members{}
		if r.take("}") {
			return object, nil
		}
		for {
			if !r.take(`"`) {
				return nil, r.wrong("a key")
			}
			key, err := r.string()
			if err != nil {
				return nil, err
			}
			if !r.take(":") {
				return nil, r.wrong(`":"`)
			}
			value, err := r.value(depth + 1)
			if err != nil {
				return nil, err
			}
			object = append(object, member{key, value})
			if r.take("}") {
				return object, nil
			}
			if !r.take(",") {
				return nil, r.wrong(`"," or "}"`)
			}
		}
	}
	return r.number()
}

// A float64; a whole number that a float64 would change is an int64 or uint64, if it is in their ranges.
func (r *jsonReader) number() (any, error) {
	text := r.text[r.at:numberEnd(r.text, r.at)]
	number, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, r.wrong("a value")
	}
	r.at += len(text)
	if !strings.ContainsAny(text, ".eE") && math.Abs(number) >= 1<<53 {
		if signed, err := strconv.ParseInt(text, 10, 64); err == nil {
			return signed, nil
		}
		if unsigned, err := strconv.ParseUint(text, 10, 64); err == nil {
			return unsigned, nil
		}
	}
	return number, nil
}

// Where the number ends that begins at a place; there, when none does.
func numberEnd(text string, start int) int {
	at := start
	digits := func() bool {
		from := at
		for at < len(text) && '0' <= text[at] && text[at] <= '9' {
			at++
		}
		return at > from
	}
	one := func(of string) bool {
		found := at < len(text) && strings.IndexByte(of, text[at]) >= 0
		if found {
			at++
		}
		return found
	}
	one("-")
	if !one("0") && !digits() {
		return start
	}
	if one(".") && !digits() {
		return start
	}
	if one("eE") {
		one("+-")
		if !digits() {
			return start
		}
	}
	return at
}

// After the opening quote.
func (r *jsonReader) string() (string, error) {
	var text []byte
	for r.at < len(r.text) {
		b := r.text[r.at]
		r.at++
		switch {
		case b == '"':
			return string(text), nil
		case b < ' ':
			r.at--
			return "", r.wrong("no control character")
		case b != '\\':
			text = append(text, b)
			continue
		}
		if r.at >= len(r.text) {
			break
		}
		b = r.text[r.at]
		r.at++
		if plain := strings.IndexByte(`"\/bfnrt`, b); plain >= 0 {
			text = append(text, "\"\\/\b\f\n\r\t"[plain])
			continue
		}
		if b != 'u' {
			return "", r.wrong("an escape")
		}
		unit, err := r.hex()
		if err != nil {
			return "", err
		}
		if 0xd800 <= unit && unit < 0xdc00 && strings.HasPrefix(r.text[r.at:], `\u`) {
			after := r.at
			r.at += 2
			low, err := r.hex()
			if err != nil {
				return "", err
			}
			if 0xdc00 <= low && low < 0xe000 {
				unit = 0x10000 + (unit-0xd800)<<10 + (low - 0xdc00)
			} else {
				// It is a character of its own, and the first half is none.
				r.at = after
			}
		}
		text = utf8.AppendRune(text, unit)
	}
	return "", r.wrong(`a closing "`)
}

func (r *jsonReader) hex() (rune, error) {
	if r.at+4 <= len(r.text) {
		if unit, err := strconv.ParseUint(r.text[r.at:r.at+4], 16, 16); err == nil {
			r.at += 4
			return rune(unit), nil
		}
	}
	return 0, r.wrong("four hexadecimal digits")
}
