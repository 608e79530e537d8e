package wats_test

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	wats "wats.dev/converter"
	"wats.dev/converter/watstest"
)

// Calls back with the file.
func reading[Content string | []byte](t *testing.T, content Content, read func(file *wats.File)) {
	t.Helper()
	result := convertWith(t, watstest.File("line-3/a.log", content), func(in *wats.Input, _ *wats.NoSettings, _ *wats.Reports) error {
		read(in.Main)
		return nil
	})
	if result.Err != nil {
		t.Error(result.Err)
	}
}

func TestLinesComeWithoutTheirEnds(t *testing.T) {
	reading(t, "\uFEFFa\r\n\nb\nlast", func(file *wats.File) {
		var found []string
		for line, err := range file.Lines() {
			if err != nil || line.Number != len(found)+1 {
				t.Error(line, err)
			}
			found = append(found, line.Text)
		}
		if text := strings.Join(found, "|"); text != "a||b|last" {
			t.Error(text)
		}
	})
}

func TestASecondLoopGoesOn(t *testing.T) {
	reading(t, "a\n\nb\nc", func(file *wats.File) {
		lines := file.Lines()
		for line := range lines {
			if line.Text == "" {
				break
			}
		}
		var rest []string
		for line := range lines {
			rest = append(rest, line.Text)
		}
		if strings.Join(rest, "|") != "b|c" {
			t.Error(rest)
		}
	})
	lines := wats.LinesOf("a\r\nb\n")
	for line := range lines {
		if line != (wats.Line{Number: 1, Text: "a"}) {
			t.Error(line)
		}
		break
	}
	for line := range lines {
		if line != (wats.Line{Number: 2, Text: "b"}) {
			t.Error(line)
		}
	}
}

func TestLinesLongerThanAPieceAreWhole(t *testing.T) {
	long := strings.Repeat("x", 700_000)
	reading(t, long+"\n"+long+"\nshort", func(file *wats.File) {
		var lengths []int
		for line, err := range file.Lines() {
			if err != nil {
				t.Error(err)
			}
			lengths = append(lengths, len(line.Text))
		}
		if len(lengths) != 3 || lengths[0] != 700_000 || lengths[1] != 700_000 || lengths[2] != 5 {
			t.Error(lengths)
		}
	})
}

func TestALineThatIsNotUTF8IsAnErrorAtItsColumn(t *testing.T) {
	reading(t, "fine\n\u00fc\u00fc\xff\nfine\n", func(file *wats.File) {
		for line, err := range file.Lines() {
			if (err != nil) != (line.Number == 2) {
				t.Error(line, err)
			}
			if err != nil && err.Error() != "line 2, column 3: not UTF-8" {
				t.Error(err)
			}
		}
	})
}

func TestAReaderReadsAndSeeks(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789"), 60_000)
	reading(t, content, func(file *wats.File) {
		reader := file.Reader()
		if all, err := io.ReadAll(reader); err != nil || !bytes.Equal(all, content) {
			t.Error(len(all), err)
		}
		if at, err := reader.Seek(-3, io.SeekEnd); err != nil || at != 599_997 || reader.Position() != at {
			t.Error(at, err)
		}
		if b, err := reader.ReadByte(); err != nil || b != '7' {
			t.Error(b, err)
		}
		if at, err := reader.Seek(12, io.SeekStart); err != nil || at != 12 {
			t.Error(at, err)
		}
		four := make([]byte, 4)
		if _, err := io.ReadFull(reader, four); err != nil || string(four) != "2345" {
			t.Error(string(four), err)
		}
		if _, err := reader.Seek(-100, io.SeekCurrent); err == nil {
			t.Error("before the start")
		}
		if _, err := reader.Seek(10, io.SeekEnd); err != nil {
			t.Error(err)
		}
		if _, err := reader.ReadByte(); err != io.EOF {
			t.Error(err)
		}
	})
}

func TestBytesAtPlaces(t *testing.T) {
	reading(t, "0123456789", func(file *wats.File) {
		for _, check := range []struct {
			offset int64
			length int
			wanted string
		}{{0, 3, "012"}, {8, 10, "89"}, {10, 1, ""}, {100, 1, ""}, {-1, 3, ""}, {0, -1, ""}} {
			if found := string(file.Read(check.offset, check.length)); found != check.wanted {
				t.Error(check, found)
			}
		}
		if string(file.Head(2)) != "01" || string(file.Bytes()) != "0123456789" || file.Size() != 10 {
			t.Error("head, bytes, size")
		}
	})
}

func TestTextIsDecoded(t *testing.T) {
	for _, check := range []struct{ content, encoding, wanted string }{
		{"\uFEFFgr\u00fcn", "", "grün"},
		{"gr\xfcn \x80", "windows-1252", "grün €"},
		{"\xff\xfeg\x00\xfc\x00", "", "gü"},
		{"g\x00\xfc\x00", "utf-16le", "gü"},
	} {
		reading(t, check.content, func(file *wats.File) {
			if found, err := file.Text(check.encoding); err != nil || found != check.wanted {
				t.Errorf("%q: %q %v", check.content, found, err)
			}
		})
	}
	reading(t, "ab\xff", func(file *wats.File) {
		if _, err := file.Text(""); err == nil || err.Error() != "byte 2: not valid UTF-8 or UTF-16 with a byte order mark" {
			t.Error(err)
		}
		if _, err := file.Text("klingon"); err == nil || err.Error() != `"klingon" is no encoding that is known` {
			t.Error(err)
		}
	})
}

func TestAskingForTheNameIsNoted(t *testing.T) {
	run := func(ask func(file *wats.File)) bool {
		return convertWith(t, watstest.File("line-3/a.log", ""), func(in *wats.Input, _ *wats.NoSettings, _ *wats.Reports) error {
			ask(in.Main)
			return nil
		}).DependsOnNameOrTime
	}
	if run(func(file *wats.File) { file.Size() }) {
		t.Error("size")
	}
	if !run(func(file *wats.File) {
		if file.Name() != "a.log" || file.Path() != "line-3/a.log" || file.Modified() != "2026-01-01T12:00:00Z" {
			t.Error(file.Name(), file.Path(), file.Modified())
		}
	}) {
		t.Error("name")
	}
}

func TestCompanionsAreSortedByPath(t *testing.T) {
	run := watstest.File("a.log", "").Companion("c.png", "C").Companion("b.png", "B")
	convertWith(t, run, func(in *wats.Input, _ *wats.NoSettings, _ *wats.Reports) error {
		if len(in.Companions) != 2 || in.Companions[0].Path() != "b.png" || string(in.Companions[1].Bytes()) != "C" {
			t.Error("companions")
		}
		return nil
	})
}

func TestAZipIsReadThroughTheReader(t *testing.T) {
	var content bytes.Buffer
	writer := zip.NewWriter(&content)
	for _, name := range []string{"a.txt", "b.txt"} {
		entry, err := writer.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := entry.Write([]byte("content of " + name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	reading(t, content.Bytes(), func(file *wats.File) {
		reader := file.Reader()
		archive, err := zip.NewReader(reader, file.Size())
		if err != nil {
			t.Error(err)
			return
		}
		entry, err := archive.Open("b.txt")
		if err != nil {
			t.Error(err)
			return
		}
		if text, err := io.ReadAll(entry); err != nil || string(text) != "content of b.txt" || reader.Position() != 0 {
			t.Error(string(text), err, reader.Position())
		}
	})
}

func TestAReadAtKeepsToItsContract(t *testing.T) {
	reading(t, "0123456789", func(file *wats.File) {
		if err := iotest.TestReader(file.Reader(), []byte("0123456789")); err != nil {
			t.Error(err)
		}
		if _, err := file.Reader().ReadAt(make([]byte, 1), -1); err == nil || err == io.EOF {
			t.Error(err)
		}
		if _, err := file.Reader().Seek(1, 7); err == nil {
			t.Error("a seek from nowhere")
		}
	})
}
