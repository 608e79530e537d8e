"""Small checks of what authors hand over.

A wrong type must raise at the author's line: at the border to the station it would end the call without a word.
"""

from __future__ import annotations

import datetime
import json
from typing import Any, List, Mapping, Optional, Sequence as Many, Tuple, Union

Time = Union[str, datetime.datetime]
"""ISO 8601 text (``2026-05-04T08:15:30``, with optional fraction and offset) or a ``datetime``. Without an offset it is
the local time of the station, whose zone the host knows and the converter does not."""

Value = Union[str, int, float, bool, Many[Any], Mapping[str, Any]]
"""A small value: text, number, flag, or (as JSON) a list or dictionary. Whole numbers are exact up to 2^53."""

S32 = (-(2**31), 2**31 - 1)
U32 = (0, 2**32 - 1)


def quoted(text: str) -> str:
    """The text in double quotes, with what cannot be seen escaped: for messages."""
    escapes = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}
    shown = "".join(
        escapes.get(char) or (char if char.isprintable() or char == " " else "\\u{%x}" % ord(char)) for char in text
    )
    return f'"{shown}"'


def whole_text(value: object, what: str) -> str:
    """A text that may be empty. Half of a surrogate pair cannot be written and becomes U+FFFD."""
    if not isinstance(value, str):
        raise TypeError(f"{what}: expected a text, found {type(value).__name__}")
    if type(value) is not str:
        value = str.__str__(value)  # a subclass such as Line: only its text
    if value.isascii():
        return value
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return value


def text_or_none(value: object, what: str) -> Optional[str]:
    """An optional text. Blank counts as left out, so that an empty field of a file needs no ``if``."""
    if value is None:
        return None
    text = whole_text(value, what)
    return text if text.strip() else None


def code_or_none(value: object, what: str) -> Optional[str]:
    """A number or a word, as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text_or_none(value, what)


def real_or_none(value: object, what: str) -> Optional[float]:
    """An optional number. NaN and the infinities are numbers. A text is none: read it with ``number``."""
    if type(value) is float:
        return value
    if value is None:
        return None
    return real(value, what)


def real(value: object, what: str) -> float:
    """A number."""
    if isinstance(value, bool) or not hasattr(type(value), "__float__"):
        hint = "; read it with number()" if isinstance(value, str) else ""
        raise TypeError(f"{what}: expected a number, found {type(value).__name__}{hint}")
    return float(value)  # type: ignore[arg-type]


def whole(value: object, what: str, bounds: Tuple[int, int]) -> int:
    """A whole number within bounds."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{what}: expected a whole number, found {type(value).__name__}")
    if not bounds[0] <= value <= bounds[1]:
        raise ValueError(f"{what}: found {value}, allowed are {bounds[0]} to {bounds[1]}")
    return int(value)


def whole_or_none(value: object, what: str, bounds: Tuple[int, int]) -> Optional[int]:
    """An optional whole number within bounds."""
    return None if value is None else whole(value, what, bounds)


def time_or_none(value: Optional[Time], what: str) -> Optional[str]:
    """An optional point in time as ISO 8601 text."""
    if isinstance(value, datetime.datetime):
        offset = value.utcoffset()
        text = value.replace(tzinfo=None).isoformat()
        if "." in text:
            text = text.rstrip("0")
        if offset is None:
            return text
        minutes, rest = divmod(round(offset.total_seconds()), 60)
        if rest:
            raise ValueError(f"{what}: an offset from UTC of whole minutes is expected, found {offset}")
        if minutes == 0:
            return text + "Z"
        return f"{text}{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{what}: expected a datetime or a text, found {type(value).__name__}")
    return text_or_none(value, what)


def properties(value: Optional[Mapping[str, Value]], what: str) -> List[Tuple[str, Value]]:
    """Properties in the order in which they were given, each value a text, float, bool or (for JSON) a tuple of one text."""
    return [(whole_text(key, what), small(item, f"{what}[{key!r}]")) for key, item in (value or {}).items()]


def small(value: object, what: str) -> Value:
    """One small value: text, float, bool, or ``(json,)``."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return whole_text(value, what)
    if isinstance(value, (list, tuple, dict)):
        return (json_text(value, what),)
    return real(value, what)


def json_text(value: object, what: str) -> str:
    """A JSON document: a text as it is, anything else written as JSON, keys in the order in which they were put in."""
    if isinstance(value, str):
        return whole_text(value, what)
    try:
        return whole_text(json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")), what)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{what}: {error}") from None


class Record:
    """Equality and a readable form for classes with plain attributes."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def _fields(self) -> List[Tuple[str, Any]]:
        names = [name for kind in type(self).__mro__ for name in getattr(kind, "__slots__", ())]
        names += list(getattr(self, "__dict__", ()))
        return [(name, getattr(self, name)) for name in names if not name.startswith("_")]

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._fields() == other._fields()

    def __repr__(self) -> str:
        shown = (f"{name}={value!r}" for name, value in self._fields() if value not in (None, "", [], {}))
        return f"{type(self).__name__}({', '.join(shown)})"
