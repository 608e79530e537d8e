"""A file in memory."""

from __future__ import annotations

import codecs
from typing import Optional, Set

from .._host import TextError

_MOST_AT_ONCE = 16 * 1024 * 1024
_MOST_TEXT = 64 * 1024 * 1024

# All labels of the WHATWG, by Python's codec, which decodes as the station does but for some rare characters; the last two have none.
_LABELS_OF = {
    "utf-8": "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8",
    "utf-16-be": "unicodefffe utf-16be",
    "utf-16-le": "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le",
    "big5hkscs": "big5 big5-hkscs cn-big5 csbig5 x-x-big5",
    "cp866": "866 cp866 csibm866 ibm866",
    "cp874": "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874",
    "cp932": "csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis",
    "cp949": (
        "cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 "
        "windows-949"
    ),
    "cp1250": "cp1250 windows-1250 x-cp1250",
    "cp1251": "cp1251 windows-1251 x-cp1251",
    "cp1252": (
        "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 "
        "iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252"
    ),
    "cp1253": "cp1253 windows-1253 x-cp1253",
    "cp1254": (
        "cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 latin5 "
        "windows-1254 x-cp1254"
    ),
    "cp1255": "cp1255 windows-1255 x-cp1255",
    "cp1256": "cp1256 windows-1256 x-cp1256",
    "cp1257": "cp1257 windows-1257 x-cp1257",
    "cp1258": "cp1258 windows-1258 x-cp1258",
    "euc-jp": "cseucpkdfmtjapanese euc-jp x-euc-jp",
    "gb18030": "chinese csgb2312 csiso58gb231280 gb18030 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk",
    "iso2022-jp": "csiso2022jp iso-2022-jp",
    "iso8859-2": "csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2",
    "iso8859-3": "csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3",
    "iso8859-4": "csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4",
    "iso8859-5": "csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988",
    "iso8859-6": (
        "arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e "
        "iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987"
    ),
    "iso8859-7": (
        "csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597 iso_8859-7 "
        "iso_8859-7:1987 sun_eu_greek"
    ),
    "iso8859-8": (
        "csiso88598e csiso88598i csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-8859-8-i iso-ir-138 "
        "iso8859-8 iso88598 iso_8859-8 iso_8859-8:1988 logical visual"
    ),
    "iso8859-10": "csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6",
    "iso8859-13": "iso-8859-13 iso8859-13 iso885913",
    "iso8859-14": "iso-8859-14 iso8859-14 iso885914",
    "iso8859-15": "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9",
    "iso8859-16": "iso-8859-16",
    "koi8-r": "cskoi8r koi koi8 koi8-r koi8_r",
    "koi8-u": "koi8-ru koi8-u",
    "mac-cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "mac-roman": "csmacintosh mac macintosh x-mac-roman",
    "replacement": "csiso2022kr hz-gb-2312 iso-2022-cn iso-2022-cn-ext iso-2022-kr replacement",
    "x-user-defined": "x-user-defined",
}
_CODECS = {label: codec for codec, labels in _LABELS_OF.items() for label in labels.split()}
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def _as_control(error: UnicodeError) -> "tuple[str, int]":
    """Bytes from 0x80 to 0x9f that a code page of Windows leaves open are control characters to the WHATWG."""
    assert isinstance(error, UnicodeDecodeError)
    byte = error.object[error.start]
    if byte > 0x9F:
        raise error
    return (chr(byte), error.start + 1)


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
            label = encoding.strip("\t\n\f\r ")
            found = _CODECS.get(label.lower()) if label.isascii() else None
            if found is None:
                raise TextError("unknown-encoding")
            codec = found
        if len(self._content) > _MOST_TEXT:
            raise TextError("too-large", _MOST_TEXT)
        skip = len(marked[0]) if marked and marked[1] == codec else 0
        body = self._content[skip:]
        if codec == "x-user-defined":
            return "".join(chr(byte if byte < 0x80 else 0xF700 + byte) for byte in body)
        if codec == "replacement":
            # What must not be decoded: all of it is invalid.
            if body:
                raise TextError("invalid-at", 0)
            return ""
        errors = "wats_converter.control" if codec == "cp874" or codec.startswith("cp125") else "strict"
        try:
            return body.decode(codec, errors)
        except UnicodeDecodeError as error:
            raise TextError("invalid-at", skip + error.start) from None
