package wats

import (
	"bytes"
	"io"
	"iter"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The host gives at most this much at a time.
const mostAtOnce = 16 << 20

// What is asked for at a time: a call to the host costs about as much as copying 10 KiB.
const piece = 256 << 10

// Input is what there is to convert.
type Input struct {
	// Main is the file that was dropped.
	Main *File
	// Companions are files that belong to it, sorted by path; mostly none.
	Companions []*File
}

func newInput(main StationFile, companions []StationFile) *Input {
	in := &Input{Main: &File{main}}
	for _, companion := range companions {
		in.Companions = append(in.Companions, &File{companion})
	}
	return in
}

// File is open for reading, and unchanging while the converter runs. Reading cannot fail: when a disk errs, the station ends the call
// and tries the file again later.
type File struct {
	station StationFile
}

// Name gives the file name with extension, without folder: "report.csv".
//
// Asking for the name, the path or the time of change makes it a part of what the file is: a copy under another name is then another
// source. Ask only when you use it.
func (f *File) Name() string { return f.station.Name() }

// Path gives the path relative to the inbox, with "/" between folders. Noted as for Name.
func (f *File) Path() string { return f.station.Path() }

// Modified gives when the file was last changed, ISO 8601 with an offset. Noted as for Name.
func (f *File) Modified() string { return f.station.Modified() }

// Size gives the length in bytes.
func (f *File) Size() int64 { return int64(f.station.Size()) }

// Read gives length bytes from offset: fewer only at the end of the file, none at or after it.
func (f *File) Read(offset int64, length int) []byte {
	if offset < 0 || length <= 0 {
		return nil
	}
	content := f.station.Read(uint64(offset), uint32(min(length, mostAtOnce)))
	for len(content) < length {
		more := f.station.Read(uint64(offset)+uint64(len(content)), uint32(min(length-len(content), mostAtOnce)))
		if len(more) == 0 {
			break
		}
		content = append(content, more...)
	}
	return content
}

// Head gives the first length bytes, for a probe.
func (f *File) Head(length int) []byte { return f.Read(0, length) }

// Bytes gives the whole file. For files that fit several times into the plugin's memory (256 MiB by default); else use Reader.
func (f *File) Bytes() []byte { return f.Read(0, int(f.Size())) }

// Text gives the whole file as text, without byte order mark, up to 64 MiB (the station's limit `text_bytes`). encoding is a WHATWG
// label such as "windows-1252"; with "" a byte order mark decides, else UTF-8. The station decodes: no tables in the plugin.
//
// Malformed with the offset of what is invalid; unsupported when the file is too large; misconfigured when the label names no
// encoding.
func (f *File) Text(encoding string) (string, error) {
	text, failed := f.station.Text(encoding)
	if failed == nil {
		return text, nil
	}
	name := encoding
	if name == "" {
		name = "UTF-8 or UTF-16 with a byte order mark"
	}
	switch failed.Kind {
	case TextUnknownEncoding:
		return "", Misconfigured(quote(name) + " is no encoding that is known")
	case TextInvalid:
		return "", Malformed("not valid " + name).AtOffset(int64(failed.Number))
	default:
		return "", Unsupported("found " + strconv.FormatInt(f.Size(), 10) + " bytes to decode at once, allowed are " +
			strconv.FormatUint(failed.Number, 10) + "; raise limits.text_bytes in the plugin's manifest")
	}
}

// Line is a line of text without its end, and its number.
type Line struct {
	// Number from 1.
	Number int
	// Text without the line feed and a carriage return before it.
	Text string
}

// Lines gives the lines of UTF-8, read in pieces: memory is one piece and one line. A byte order mark is passed over. A line that is not
// UTF-8 comes with an error, malformed with line and column.
//
// A second loop over the same Lines goes on where the first one stopped:
//
//	lines := in.Main.Lines()
//	for line, err := range lines { // the head, up to an empty line
//		if err != nil {
//			return err
//		}
//		if line.Text == "" {
//			break
//		}
//	}
//	for line, err := range lines { // the rest
//	}
func (f *File) Lines() iter.Seq2[Line, error] {
	reader := f.Reader()
	number := 0
	return func(yield func(Line, error) bool) {
		for {
			text, more := reader.line()
			if !more {
				return
			}
			number++
			line, err := checkedLine(number, text)
			if !yield(line, err) {
				return
			}
		}
	}
}

func checkedLine(number int, content []byte) (Line, error) {
	text := string(content)
	text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
	if number == 1 {
		text = strings.TrimPrefix(text, "\uFEFF")
	}
	line := Line{number, text}
	if utf8.ValidString(text) {
		return line, nil
	}
	column := 1
	for rest := text; rest != ""; column++ {
		r, size := utf8.DecodeRuneInString(rest)
		if r == utf8.RuneError && size == 1 {
			break
		}
		rest = rest[size:]
	}
	return line, Malformed("not UTF-8").AtCell(number, column)
}

// LinesOf gives the lines of a text, for files that [File.Text] decoded. A second loop goes on, as with [File.Lines].
func LinesOf(text string) iter.Seq[Line] {
	number := 0
	return func(yield func(Line) bool) {
		for text != "" {
			line, rest, _ := strings.Cut(text, "\n")
			text = rest
			number++
			if !yield(Line{number, strings.TrimSuffix(line, "\r")}) {
				return
			}
		}
	}
}

// Reader gives the bytes from the start, read in pieces.
func (f *File) Reader() *Reader { return &Reader{file: f} }

// Reader reads a [File] in pieces. It is an io.Reader, io.ByteReader, io.Seeker and, for archive/zip, io.ReaderAt. Reading fails only at
// the end, with io.EOF.
type Reader struct {
	file  *File
	piece []byte
	// Where in the file the piece begins, and what of it is used up.
	start int64
	used  int
}

// Position gives the offset in the file of the next byte.
func (r *Reader) Position() int64 { return r.start + int64(r.used) }

// What is left of the piece; of the next one, when that is nothing. Nothing at the end.
func (r *Reader) rest() []byte {
	if r.used >= len(r.piece) {
		r.start = r.Position()
		r.used = 0
		r.piece = r.file.Read(r.start, piece)
	}
	return r.piece[r.used:]
}

// Read fills buffer with what is at hand.
func (r *Reader) Read(buffer []byte) (int, error) {
	if len(buffer) == 0 {
		return 0, nil
	}
	rest := r.rest()
	if len(rest) == 0 {
		return 0, io.EOF
	}
	count := copy(buffer, rest)
	r.used += count
	return count, nil
}

// ReadByte gives the next byte.
func (r *Reader) ReadByte() (byte, error) {
	rest := r.rest()
	if len(rest) == 0 {
		return 0, io.EOF
	}
	r.used++
	return rest[0], nil
}

// ReadAt fills buffer with what is at the offset, as io.ReaderAt says. The position stays.
func (r *Reader) ReadAt(buffer []byte, offset int64) (int, error) {
	if offset < 0 {
		return 0, Internal("a read before the start of the file")
	}
	count := copy(buffer, r.file.Read(offset, len(buffer)))
	if count < len(buffer) {
		return count, io.EOF
	}
	return count, nil
}

// Seek sets the position, as io.Seeker says. A position before the start of the file is an error.
func (r *Reader) Seek(offset int64, whence int) (int64, error) {
	target := offset
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		target += r.Position()
	case io.SeekEnd:
		target += r.file.Size()
	default:
		return 0, Internal("a seek from nowhere: allowed are io.SeekStart, io.SeekCurrent and io.SeekEnd")
	}
	if target < 0 {
		return 0, Internal("a seek to before the start of the file")
	}
	if within := target - r.start; within >= 0 && within <= int64(len(r.piece)) {
		r.used = int(within)
	} else {
		r.piece, r.start, r.used = nil, target, 0
	}
	return target, nil
}

// The bytes up to and with the next line feed, good until the next call.
func (r *Reader) line() ([]byte, bool) {
	var line []byte
	for {
		rest := r.rest()
		if len(rest) == 0 {
			return line, len(line) > 0
		}
		if end := bytes.IndexByte(rest, '\n'); end >= 0 {
			r.used += end + 1
			if line == nil {
				return rest[:end+1], true
			}
			return append(line, rest[:end+1]...), true
		}
		r.used += len(rest)
		line = append(line, rest...)
	}
}
