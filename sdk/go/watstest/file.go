package watstest

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	wats "wats.dev/converter"
)

// The station gives no more at a time, and decodes no more at once.
const (
	mostAtOnce = 16 << 20
	mostText   = 64 << 20
)

// A file in memory.
type memoryFile struct {
	name, path, modified string
	content              []byte
	// Whether the name, the path or the time was asked for.
	asked bool
}

func (f *memoryFile) Name() string {
	f.asked = true
	return f.name
}

func (f *memoryFile) Path() string {
	f.asked = true
	return f.path
}

func (f *memoryFile) Modified() string {
	f.asked = true
	return f.modified
}

func (f *memoryFile) Size() uint64 { return uint64(len(f.content)) }

func (f *memoryFile) Read(offset uint64, length uint32) []byte {
	if length > mostAtOnce {
		panic(strconv.Itoa(int(length)) + " bytes at once: the station ends the call above 16 MiB")
	}
	if offset >= uint64(len(f.content)) {
		return nil
	}
	return bytes.Clone(f.content[offset:min(offset+uint64(length), uint64(len(f.content)))])
}

// Text knows all labels of the station, and decodes UTF-8, UTF-16 and Windows-1252. A test with another encoding stops with a word: what
// the converter does with it shows in the sandbox only.
func (f *memoryFile) Text(label string) (string, *wats.TextError) {
	var encoding string
	switch {
	case label != "":
		found, known, decoded := encodingOf(label)
		if !known {
			return "", &wats.TextError{Kind: wats.TextUnknownEncoding}
		}
		if !decoded {
			panic("the test kit does not decode " + label + ", which the station does: test this one by a case, with `wats plugin test`")
		}
		encoding = found
	case bytes.HasPrefix(f.content, []byte{0xff, 0xfe}):
		encoding = "utf-16le"
	case bytes.HasPrefix(f.content, []byte{0xfe, 0xff}):
		encoding = "utf-16be"
	default:
		encoding = "utf-8"
	}
	if len(f.content) > mostText {
		return "", &wats.TextError{Kind: wats.TextTooLarge, Number: mostText}
	}
	switch encoding {
	case "utf-16le":
		return fromUTF16(f.content, 1, 0)
	case "utf-16be":
		return fromUTF16(f.content, 0, 1)
	case "windows-1252":
		return fromWindows1252(f.content), nil
	}
	return fromUTF8(f.content)
}

func fromUTF8(content []byte) (string, *wats.TextError) {
	for at := 0; at < len(content); {
		r, size := utf8.DecodeRune(content[at:])
		if r == utf8.RuneError && size == 1 {
			return "", &wats.TextError{Kind: wats.TextInvalid, Number: uint64(at)}
		}
		at += size
	}
	return string(bytes.TrimPrefix(content, []byte("\uFEFF"))), nil
}

func fromUTF16(content []byte, high, low int) (string, *wats.TextError) {
	var units []uint16
	for at := 0; at+1 < len(content); at += 2 {
		units = append(units, uint16(content[at+high])<<8|uint16(content[at+low]))
	}
	for i := 0; i < len(units); i++ {
		if utf16.IsSurrogate(rune(units[i])) {
			if i+1 == len(units) || utf16.DecodeRune(rune(units[i]), rune(units[i+1])) == utf8.RuneError {
				return "", &wats.TextError{Kind: wats.TextInvalid, Number: uint64(2 * i)}
			}
			i++
		}
	}
	if len(content)%2 != 0 {
		return "", &wats.TextError{Kind: wats.TextInvalid, Number: uint64(len(content) - 1)}
	}
	return strings.TrimPrefix(string(utf16.Decode(units)), "\uFEFF"), nil
}

// What Windows-1252 has where Latin 1 has control characters; where it has nothing itself, those.
var upper = [32]rune{
	'€', 0x81, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0x8d, 'Ž', 0x8f,
	0x90, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0x9d, 'ž', 'Ÿ',
}

func fromWindows1252(content []byte) string {
	var text strings.Builder
	for _, b := range content {
		if 0x80 <= b && b < 0xa0 {
			text.WriteRune(upper[b-0x80])
		} else {
			text.WriteRune(rune(b))
		}
	}
	return text.String()
}

func number(n int) string { return strconv.Itoa(n) }
