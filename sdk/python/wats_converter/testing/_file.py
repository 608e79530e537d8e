"""A file in memory."""

from __future__ import annotations

import codecs
from typing import Optional, Set

from .._host import TextError

_MOST_AT_ONCE = 16 * 1024 * 1024
_MOST_TEXT = 64 * 1024 * 1024

# Labels of the WHATWG whose codec has another name in Python, or is another one.
_LABELS = {
    "unicode-1-1-utf-8": "utf-8",
    "utf8": "utf-8",
    "utf-16": "utf-16-le",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "latin1": "cp1252",
    "l1": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "iso-8859-9": "cp1254",
    "x-cp1252": "cp1252",
    "macintosh": "mac-roman",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "euc-kr": "cp949",
}
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def _as_control(error: UnicodeError) -> "tuple[str, int]":
    """Bytes that windows-1252 leaves open are control characters to the WHATWG."""
    assert isinstance(error, UnicodeDecodeError)
    return (error.object[error.start : error.end].decode("latin-1"), error.end)


codecs.register_error("wats_converter.control", _as_control)


class MemoryFile:
    """A file in memory, which notes what it was asked."""

    def __init__(self, path: str, content: bytes, modified: str) -> None:
        self.file_name = path.rsplit("/", 1)[-1]
        self.file_path = path
        self._content = content
        self._modified = modified
        self.asked: Set[str] = set()

    def name(self) -> str:
        self.asked.add("name")
        return self.file_name

    def path(self) -> str:
        self.asked.add("path")
        return self.file_path

    def size(self) -> int:
        return len(self._content)

    def modified(self) -> str:
        self.asked.add("modified")
        return self._modified

    def read(self, offset: int, length: int) -> bytes:
        assert length <= _MOST_AT_ONCE, f"{length} bytes at once: the host ends the call above 16 MiB"
        return self._content[offset : offset + length]

    def text(self, encoding: Optional[str]) -> str:
        marked = next(((mark, codec) for mark, codec in _MARKS if self._content.startswith(mark)), None)
        if encoding is None:
            codec = marked[1] if marked else "utf-8"
        else:
            label = encoding.strip().lower()
            try:
                codec = codecs.lookup(_LABELS.get(label, label)).name
            except LookupError:
                raise TextError("unknown-encoding") from None
        if len(self._content) > _MOST_TEXT:
            raise TextError("too-large", _MOST_TEXT)
        skip = len(marked[0]) if marked and codecs.lookup(marked[1]).name == codecs.lookup(codec).name else 0
        errors = "wats_converter.control" if codec == "cp1252" else "strict"
        try:
            return self._content[skip:].decode(codec, errors)
        except UnicodeDecodeError as error:
            raise TextError("invalid-at", skip + error.start) from None
