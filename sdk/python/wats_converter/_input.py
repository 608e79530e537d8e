"""The files to convert."""

from __future__ import annotations

import io
from typing import Iterator, List, Optional, Sequence

from ._error import Error
from ._host import FileHost, TextError
from ._values import quoted, whole_text

_PIECE = 256 * 1024
"""What is asked for at a time."""
_MOST_AT_ONCE = 16 * 1024 * 1024
"""The host gives at most this much at a time."""


_Bytes = bytes


class Line(str):
    """A line of text without its end, and its ``number``, from 1. It is a ``str``: ``line.split(";")``."""

    __slots__ = ("number",)

    number: int

    def __new__(cls, text: str, number: int) -> Line:
        line = super().__new__(cls, text)
        line.number = number
        return line


class File:
    """One file, open for reading and unchanging while the plugin runs.

    Reading cannot fail: when a disk errs, the station ends the call and tries the file again later.
    """

    __slots__ = ("_host",)

    def __init__(self, host: FileHost) -> None:
        self._host = host

    @property
    def name(self) -> str:
        """File name with extension, without folder: ``report.csv``.

        Asking for the name, the path or the time of change makes it a part of what the file is: a copy under another name is
        then another source. Ask only when you use it.
        """
        return self._host.name()

    @property
    def path(self) -> str:
        """Path relative to the inbox, with ``/`` between folders. Noted as for the name."""
        return self._host.path()

    @property
    def modified(self) -> str:
        """When the file was last changed, ISO 8601 with an offset. Noted as for the name."""
        return self._host.modified()

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self._host.size()

    def read(self, offset: int, length: int) -> _Bytes:
        """``length`` bytes from ``offset``: fewer only at the end of the file, none at or after it."""
        if offset < 0 or length < 0:
            raise ValueError(f"offset and length must not be negative, found {offset} and {length}")
        if offset >= 2**64:
            return b""
        found = self._host.read(offset, min(length, _MOST_AT_ONCE))
        if len(found) == length or not found:
            return found
        pieces = [found]
        count = len(found)
        while count < length:
            more = self._host.read(offset + count, min(length - count, _MOST_AT_ONCE))
            if not more:
                break
            pieces.append(more)
            count += len(more)
        return b"".join(pieces)

    def head(self, length: int) -> _Bytes:
        """The first ``length`` bytes, for a probe."""
        return self.read(0, length)

    def bytes(self) -> _Bytes:
        """The whole file. For files that fit several times into the plugin's memory (256 MiB by default); else use ``reader``."""
        return self.read(0, self.size)

    def text(self, encoding: Optional[str] = None) -> str:
        """The whole file as text, without byte order mark, up to 64 MiB (the host's limit ``text_bytes``). ``encoding`` is a WHATWG
        label such as ``windows-1252``; without one a byte order mark decides, else UTF-8. The host decodes.

        Raises ``Error``: ``MALFORMED`` with the offset of what is invalid; ``UNSUPPORTED`` when the file is too large;
        ``MISCONFIGURED`` when the label names no encoding.
        """
        label = None if encoding is None else whole_text(encoding, "encoding")
        name = quoted("UTF-8 or UTF-16 with a byte order mark" if label is None else label)
        try:
            return self._host.text(label)
        except TextError as error:
            if error.kind == "unknown-encoding":
                raise Error.misconfigured(f"{name} is no encoding that is known") from None
            if error.kind == "invalid-at":
                raise Error.malformed(f"not valid {name}").at_offset(error.value) from None
            raise Error.unsupported(
                f"found {self.size} bytes to decode at once, allowed are {error.value}; raise limits.text_bytes in the "
                "plugin's manifest"
            ) from None

    def lines(self, encoding: Optional[str] = None) -> Iterator[Line]:
        """The lines, each with its ``number``. They end at a line feed; a carriage return before it is taken off.

        Without an encoding they are UTF-8, read in pieces: memory is one piece and one line, and a byte order mark is passed
        over. With one the whole file is decoded by ``text``.

        Raises ``Error`` of kind ``MALFORMED`` with line and column, when the text is not UTF-8; the lines before come first.
        """
        pieces = self._pieces() if encoding is None else iter([self.text(encoding)])
        number = 0
        rest: List[str] = []
        for piece in pieces:
            first, *others = piece.split("\n")
            rest.append(first)
            if not others:
                continue
            for text in ["".join(rest), *others[:-1]]:
                number += 1
                yield Line(text[:-1] if text.endswith("\r") else text, number)
            rest = [others[-1]]
        last = "".join(rest)
        if last:
            yield Line(last[:-1] if last.endswith("\r") else last, number + 1)

    def _pieces(self) -> Iterator[str]:
        """UTF-8 in pieces that end between characters, without a byte order mark."""
        offset = lines = columns = 0
        rest = b""
        while True:
            found = self.read(offset, _PIECE)
            offset += len(found)
            piece = rest + found
            if found:
                # The last three bytes may begin a character that the next piece ends; a line feed is always a whole one.
                cut = max(piece.rfind(b"\n") + 1, len(piece) - 3)
                while cut < len(piece) and piece[cut] & 0xC0 == 0x80:
                    cut += 1
                piece, rest = piece[:cut], piece[cut:]
            try:
                text = piece.decode("utf-8")
            except UnicodeDecodeError as error:
                before = piece[: error.start].decode("utf-8")
                if lines == columns == 0 and before.startswith("\ufeff"):
                    before = before[1:]
                line, column = _after(lines, columns, before)
                if before:
                    yield before
                raise Error.malformed("not UTF-8").at_cell(line + 1, column + 1) from None
            if lines == columns == 0 and text.startswith("\ufeff"):
                text = text[1:]
            if text:
                yield text
            if not found:
                return
            lines, columns = _after(lines, columns, text)

    def reader(self) -> io.BufferedReader:
        """Buffered bytes from the start, read in pieces, as a file of Python's: for ``zipfile``, ``io.TextIOWrapper``, iterparse."""
        return io.BufferedReader(_Raw(self), _PIECE)

    def __repr__(self) -> str:
        # Not the name: asking for it is noted.
        return f"File(size={self.size})"


def _after(lines: int, columns: int, text: str) -> "tuple[int, int]":
    """How many lines, and columns in the last, there are after some more text."""
    more = text.count("\n")
    return (lines + more, len(text) - text.rfind("\n") - 1 if more else columns + len(text))


class Input:
    """What there is to convert."""

    __slots__ = ("main", "companions")

    main: File
    """The file that was dropped."""
    companions: List[File]
    """Files that belong to it, sorted by path; mostly none."""

    def __init__(self, main: File, companions: Sequence[File] = ()) -> None:
        self.main = main
        self.companions = list(companions)


class _Raw(io.RawIOBase):
    def __init__(self, file: File) -> None:
        super().__init__()
        self._file = file
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        found = self._file.read(self._at, len(view))
        view[: len(found)] = found
        self._at += len(found)
        return len(found)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._file.size}[whence]
        if base + offset < 0:
            raise ValueError("a seek to before the start of the file")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at
