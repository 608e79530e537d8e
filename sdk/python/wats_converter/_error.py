"""Why a file could not be converted, and where in it."""

from __future__ import annotations

import contextlib
import enum
from typing import Iterator, List, NamedTuple, Optional, Tuple, Type, Union

from ._values import Record, U32, whole, whole_text


class ErrorKind(enum.Enum):
    """Of what kind an error is."""

    MALFORMED = "malformed"
    """The file breaks the rules of its format."""
    TRUNCATED = "truncated"
    """Right so far, and ends too soon."""
    UNSUPPORTED = "unsupported"
    """A kind or version of the format that the plugin cannot read."""
    REJECTED = "rejected"
    """The station found that a report breaks its rules. ``finish`` and ``emit_json`` raise it."""
    MISCONFIGURED = "misconfigured"
    """A setting is missing or wrong."""
    INTERNAL = "internal"
    """A fault of the plugin. An exception that is not an ``Error`` becomes one of this kind."""


class Place(Record):
    """Where in a file: ``Place.line(7)``, ``Place.cell(7, 3)``, ``Place.offset(512)``, ``Place.path("/a/b[3]")``."""

    __slots__ = ("kind", "value")

    kind: str
    """``whole``, ``line``, ``cell``, ``offset`` or ``path``."""
    value: Union[None, int, Tuple[int, int], str]

    def __init__(self, kind: str = "whole", value: Union[None, int, Tuple[int, int], str] = None) -> None:
        self.kind = kind
        self.value = value

    @classmethod
    def line(cls, line: int) -> Place:
        """In a line, from 1."""
        return cls("line", whole(line, "line", U32))

    @classmethod
    def cell(cls, line: int, column: int) -> Place:
        """In a line and column, both from 1; columns in characters, or in fields where the format has fields."""
        return cls("cell", (whole(line, "line", U32), whole(column, "column", U32)))

    @classmethod
    def offset(cls, offset: int) -> Place:
        """At a byte, from 0."""
        return cls("offset", whole(offset, "offset", (0, 2**64 - 1)))

    @classmethod
    def path(cls, path: str) -> Place:
        """At a path in the format's own terms: ``/TestResults/Step[3]/@value``, ``Sheet1!B7``."""
        return cls("path", whole_text(path, "path"))

    def __bool__(self) -> bool:
        """Whether it is a place at all."""
        return self.kind != "whole"

    def __str__(self) -> str:
        """In words; empty when it is nowhere in particular."""
        if self.kind == "cell" and isinstance(self.value, tuple):
            return "line {}, column {}".format(*self.value)
        words = {"whole": "", "line": f"line {self.value}", "offset": f"byte {self.value}"}
        return words.get(self.kind, str(self.value))


class Violation(NamedTuple):
    """One thing that is wrong with a report, in the terms of the report."""

    path: str
    """Where: ``header/serial number``, ``steps/Main/Vcc/high limit``."""
    rule: str
    """Stable name of the rule: ``limits-crossed``."""
    message: str
    """What was found and what would be right."""


class Error(Exception):
    """Why a file could not be converted, and where in it. Raise it in ``convert``::

        raise Error.malformed("expected name;value").at_line(line.number)

    The message says what was found and what was expected, without the place.
    """

    kind: ErrorKind
    """Of what kind it is."""
    message: str
    """What was found and what was expected, without the place."""
    place: Place
    """Where it was found."""
    file: Optional[str]
    """Name of the file, when there are several."""
    violations: List[Violation]
    """What the station found wrong with the report, when the kind is ``REJECTED``."""

    def __init__(self, kind: ErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = whole_text(message, "message")
        self.place = Place()
        self.file = None
        self.violations = []

    @classmethod
    def malformed(cls, message: str) -> Error:
        """The file breaks the rules of its format."""
        return cls(ErrorKind.MALFORMED, message)

    @classmethod
    def truncated(cls, message: str) -> Error:
        """Right so far, and ends too soon."""
        return cls(ErrorKind.TRUNCATED, message)

    @classmethod
    def unsupported(cls, message: str) -> Error:
        """A kind or version of the format that the plugin cannot read."""
        return cls(ErrorKind.UNSUPPORTED, message)

    @classmethod
    def misconfigured(cls, message: str) -> Error:
        """A setting is missing or wrong."""
        return cls(ErrorKind.MISCONFIGURED, message)

    @classmethod
    def internal(cls, message: str) -> Error:
        """A fault of the plugin."""
        return cls(ErrorKind.INTERNAL, message)

    @classmethod
    def _rejected(cls, violations: List[Violation]) -> Error:
        shown = 5
        message = "the report breaks a rule: "
        if len(violations) != 1:
            message = f"the report breaks {len(violations)} rules: "
        message += "; ".join(f"{violation.path}: {violation.message}" for violation in violations[:shown])
        if len(violations) > shown:
            message += "; ..."
        error = cls(ErrorKind.REJECTED, message)
        error.violations = violations
        return error

    def at_line(self, line: int) -> Error:
        """The same error, in a line, from 1."""
        return self.at(Place.line(line))

    def at_cell(self, line: int, column: int) -> Error:
        """The same error, in a line and column, both from 1."""
        return self.at(Place.cell(line, column))

    def at_offset(self, offset: int) -> Error:
        """The same error, at a byte, from 0."""
        return self.at(Place.offset(offset))

    def at_path(self, path: str) -> Error:
        """The same error, at a path in the format's own terms: ``/TestResults/Step[3]/@value``, ``Sheet1!B7``."""
        return self.at(Place.path(path))

    def at(self, place: Place) -> Error:
        """The same error, at a place."""
        self.place = place
        return self

    def in_file(self, name: str) -> Error:
        """The same error, in the file of that name, when there are several."""
        self.file = whole_text(name, "file name")
        return self

    def __str__(self) -> str:
        file = f"{self.file}, " if self.file else ""
        place = f"{self.place}: " if self.place else ""
        return f"{file}{place}{self.message}"


@contextlib.contextmanager
def at(place: Place, *kinds: Type[Exception]) -> Iterator[None]:
    """Gives a place to what goes wrong inside::

        with at(Place.cell(line.number, 3)):
            when = datetime.strptime(fields[2], "%d.%m.%Y")
        with at(Place(), ElementTree.ParseError):
            root = ElementTree.fromstring(input.main.text())

    An ``Error`` without a place gets it. A ``ValueError``, which is what most of Python's own readers raise, becomes an error of
    kind ``MALFORMED`` with its text; so does an exception of the further kinds.
    """
    wanted: Tuple[Type[Exception], ...] = (ValueError, *kinds)
    try:
        yield
    except Error as error:
        if not error.place:
            error.at(place)
        raise
    except wanted as error:
        raise Error.malformed(str(error)).at(place) from error
