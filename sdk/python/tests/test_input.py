"""Reading files."""

from __future__ import annotations

import csv
import io
import unittest
import zipfile
from typing import Any, Callable, List, Tuple

from wats_converter import Error, Input, _input
from wats_converter._values import quoted
from wats_converter.testing._file import _CODECS

from .support import convert


def ask(question: Callable[[Input], Any], content: Any, **given: Any) -> Any:
    """The answer of a file, or the error."""
    answers: List[Any] = []
    converted = convert(lambda input, reports: answers.append(question(input)), content, **given)
    return converted.outcome if isinstance(converted.outcome, Error) else answers[0]


def lines(content: Any, encoding: Any = None) -> Any:
    """Number and text of each line, or the error."""
    return ask(lambda input: [(line.number, str(line)) for line in input.main.lines(encoding)], content)


class LinesTest(unittest.TestCase):
    def setUp(self) -> None:
        self._piece = _input._PIECE
        self.addCleanup(setattr, _input, "_PIECE", self._piece)

    def in_pieces(self, check: Callable[[], None]) -> None:
        """Checks with pieces of every small size, so that they end anywhere."""
        for _input._PIECE in (1, 2, 3, 4, 5, 7, 16, self._piece):
            with self.subTest(piece=_input._PIECE):
                check()

    def test_lines_end_at_line_feeds_alone(self) -> None:
        content = "\ufeffa;b\r\n\r\nc\u2028d\x0ce\rf\n\u00e5\u20ac\U0001f527;\nlast"
        expected = [(1, "a;b"), (2, ""), (3, "c\u2028d\x0ce\rf"), (4, "\u00e5\u20ac\U0001f527;"), (5, "last")]
        self.in_pieces(lambda: self.assertEqual(lines(content), expected))

    def test_a_file_without_anything_has_no_lines(self) -> None:
        for content in ("", "\ufeff"):
            self.in_pieces(lambda: self.assertEqual(lines(content), []))
        self.in_pieces(lambda: self.assertEqual(lines("\n"), [(1, "")]))

    def test_what_is_not_utf8_is_an_error_with_line_and_column(self) -> None:
        def check() -> None:
            self.assertEqual(str(lines("a\n\u00e5\u00e5".encode() + b"\xffb\n")), "line 2, column 3: not UTF-8")
            self.assertEqual(str(lines(b"\xef\xbb\xbfa\xff")), "line 1, column 2: not UTF-8")
            self.assertEqual(str(lines(b"abc\n\xe2\x82")), "line 2, column 1: not UTF-8")

        self.in_pieces(check)

    def test_the_lines_before_what_is_not_utf8_come_first(self) -> None:
        def check() -> None:
            found: List[Any] = []

            def read(input: Input) -> None:
                for line in input.main.lines():
                    found.append((line.number, str(line)))

            told = ask(read, "\ufeffa\r\n\u00e5\nb".encode() + b"\xe5c\nd\n")
            self.assertEqual((found, str(told)), ([(1, "a"), (2, "\u00e5")], "line 3, column 2: not UTF-8"))

        self.in_pieces(check)
        head = ask(lambda input: next(input.main.lines()), "ACME\nGr\u00f6\u00dfe\n".encode("cp1252"))
        self.assertEqual(head, "ACME")

    def test_another_encoding_is_decoded_by_the_station(self) -> None:
        self.assertEqual(lines("\u00e5\r\nb".encode("cp1252"), "windows-1252"), [(1, "\u00e5"), (2, "b")])

    def test_a_line_is_a_text(self) -> None:
        found = ask(lambda input: [line.split(";") for line in input.main.lines()], "a;b\nc")
        self.assertEqual(found, [["a", "b"], ["c"]])

    def test_a_large_file_is_read_in_pieces(self) -> None:
        content = "".join(f"line {index}\n" for index in range(100_000))
        self.assertEqual(lines(content)[-1], (100_000, "line 99999"))


class TextTest(unittest.TestCase):
    def check(self, content: bytes, encoding: Any, expected: str) -> None:
        self.assertEqual(str(ask(lambda input: input.main.text(encoding), content)), expected)

    def test_a_mark_or_a_label_tells_the_encoding(self) -> None:
        self.check("\u00e5".encode("utf-8-sig"), None, "\u00e5")
        self.check(b"\xff\xfe\xe5\x00", None, "\u00e5")
        self.check("\u00e5".encode("utf-16-be"), "utf-16be", "\u00e5")
        self.check(b"\xe5\x80\x81", "latin1", "\u00e5\u20ac\x81")
        self.check("\u65e5".encode("cp932"), "Shift_JIS", "\u65e5")

    def test_labels_are_those_of_the_station(self) -> None:
        labels = {
            "windows-874": (b"\xa1\x81", "\u0e01\x81"),
            "iso88591": (b"\xe5\x80", "\u00e5\u20ac"),
            "\tUNICODE ": (b"\xff\xfe\xe5\x00", "\u00e5"),
            "ucs-2": (b"\xe5\x00", "\u00e5"),
            "x-sjis": ("\u65e5".encode("cp932"), "\u65e5"),
            "x-mac-roman": (b"\x8c", "\u00e5"),
            "866": (b"\x80", "\u0410"),
            "x-user-defined": (b"a\xff", "a\uf7ff"),
            "hz-gb-2312": (b"", ""),
        }
        for label, (content, expected) in labels.items():
            with self.subTest(label):
                self.check(content, label, expected)
        for label in ("cp850", "cp437", "latin-1", "utf-8-sig", "utf_8", "mac_roman", "utf-32", "\u00a0utf-8", "rot13", ""):
            with self.subTest(label):
                self.check(b"", label, f"{quoted(label)} is no encoding that is known")

    def test_every_label_has_a_codec(self) -> None:
        self.assertEqual(len(_CODECS), 228)
        for label in _CODECS:
            self.check(b"", label, "")

    def test_errors_tell_what_and_where(self) -> None:
        self.check(b"\xef\xbb\xbfab\xff", None, 'byte 5: not valid "UTF-8 or UTF-16 with a byte order mark"')
        self.check(b"a\xd2", "windows-1253", 'byte 1: not valid "windows-1253"')
        self.check(b"a\x81", "sjis", 'byte 1: not valid "sjis"')
        self.check(b"a", "iso-2022-kr", 'byte 0: not valid "iso-2022-kr"')
        self.check(b"", "klingon", '"klingon" is no encoding that is known')


class BytesTest(unittest.TestCase):
    def test_reads_end_with_the_file(self) -> None:
        def read(input: Input) -> Tuple[bytes, ...]:
            main = input.main
            return (main.head(2), main.read(3, 10), main.read(9, 1), main.read(2**70, 1), main.bytes())

        self.assertEqual(ask(read, b"abcde"), (b"ab", b"de", b"", b"", b"abcde"))
        with self.assertRaises(ValueError):
            ask(lambda input: input.main.read(-1, 2), b"abc")

    def test_more_than_the_station_gives_at_once_is_put_together(self) -> None:
        content = bytes(range(256)) * (17 * 4096)
        self.assertEqual(ask(lambda input: input.main.bytes(), content), content)

    def test_a_reader_is_a_file_of_python(self) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("a.csv", "x;y\n1;2\n")

        def unpack(input: Input) -> Any:
            with zipfile.ZipFile(input.main.reader()) as archive, archive.open("a.csv") as member:
                return list(csv.reader(io.TextIOWrapper(member, "utf-8"), delimiter=";"))

        self.assertEqual(ask(unpack, packed.getvalue()), [["x", "y"], ["1", "2"]])

    def test_only_what_is_asked_for_is_noted(self) -> None:
        converted = convert(lambda input, reports: input.main.size and repr(input.main) and None, "x", name="line-3/a.csv")
        self.assertEqual(converted.asked, [])
        self.assertEqual(ask(lambda input: (input.main.name, input.main.path), "x", name="line-3/a.csv"), ("a.csv", "line-3/a.csv"))
        self.assertEqual(convert(lambda input, reports: input.main.name and None, "x").asked, ["name"])

    def test_companions_come_sorted(self) -> None:
        found = ask(lambda input: [file.text() for file in input.companions], "", companions={"b": "2", "a": "1"})
        self.assertEqual(found, ["1", "2"])
