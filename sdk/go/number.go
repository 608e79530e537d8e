package wats

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Number reads a number with a decimal point: "5", "-1.25e-3", "NaN", "-nan", "inf". White space around it does not matter. What is no number
// is malformed, and the message shows the text: never 0.
func Number(text string) (float64, error) { return NumberWith(text, '.') }

// NumberWith reads a number with another decimal mark: NumberWith("5,01", ','). A point is refused then: it could group thousands.
func NumberWith(text string, decimalMark rune) (float64, error) {
	pointed := strings.TrimSpace(text)
	if decimalMark != '.' {
		if strings.Contains(text, ".") {
			return 0, Malformed(quote(text) + " is not a number with the decimal mark '" + string(decimalMark) + "'")
		}
		pointed = strings.ReplaceAll(pointed, string(decimalMark), ".")
	}
	// Go reads its own notations too: 0x1p-2, 1_000.
	if strings.ContainsAny(pointed, "xX_pP") {
		return 0, Malformed(quote(text) + " is not a number")
	}
	// What C prints of a NaN has a sign now and then.
	if unsigned := strings.TrimLeft(pointed, "+-"); len(pointed)-len(unsigned) == 1 && lower(unsigned) == "nan" {
		return math.NaN(), nil
	}
	number, err := strconv.ParseFloat(pointed, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, Malformed(quote(text) + " is not a number")
	}
	// Beyond the range of a double it is an infinity.
	return number, nil
}

// Integer reads a whole number: Integer[int32](text). What is none, or does not fit the type, is malformed.
func Integer[T ~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64](text string) (T, error) {
	trimmed := strings.TrimSpace(text)
	if number, err := strconv.ParseInt(trimmed, 10, 64); err == nil && int64(T(number)) == number && (number < 0) == (T(number) < 0) {
		return T(number), nil
	}
	if number, err := strconv.ParseUint(strings.TrimPrefix(trimmed, "+"), 10, 64); err == nil && T(number) >= 0 && uint64(T(number)) == number {
		return T(number), nil
	}
	return 0, Malformed(quote(text) + " is not a whole number in its range")
}

// Quoted text as all SDKs show it in messages.
func quote(text string) string {
	var quoted strings.Builder
	quoted.WriteByte('"')
	for i, r := range text {
		switch {
		case r == '"' || r == '\\':
			quoted.WriteByte('\\')
			quoted.WriteRune(r)
		case r == '\t':
			quoted.WriteString(`\t`)
		case r == '\r':
			quoted.WriteString(`\r`)
		case r == '\n':
			quoted.WriteString(`\n`)
		case r == 0:
			quoted.WriteString(`\0`)
		case r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0:
			quoted.WriteString(`\u{` + strconv.FormatInt(int64(r), 16) + `}`)
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD"):
			quoted.WriteString("\uFFFD")
		default:
			quoted.WriteRune(r)
		}
	}
	quoted.WriteByte('"')
	return quoted.String()
}
