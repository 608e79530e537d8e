"""The converter that every SDK has: see ``README.md`` in the folder above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List

import rows
import run
from wats_converter import (
    Converter,
    Descriptor,
    Detection,
    Error,
    ErrorKind,
    Grant,
    Input,
    Outcome,
    Reports,
    setting,
)


@dataclass
class Settings:
    """What an operator can set."""

    decimal_mark: str = setting(".", "Decimal mark of all numbers in the rows.", min_length=1, max_length=1)
    program: str = setting("Main", "Name of the test program where the file gives none.")
    scale: float = setting(1.0, "Every measured value is multiplied by it.")
    strict: bool = setting(True, "Whether an unknown row is an error.")
    ignore: List[str] = setting([], "Words of rows that are left out.")


class Conformance(Converter[Settings]):
    """The converter."""

    descriptor = Descriptor(
        "conformance",
        "1.0.0",
        summary="The dialect that every SDK reads",
        formats=["conformance rows"],
        patterns=["*.rows"],
        contains=["#rows;1"],
        grants=[Grant.LOOKUP, Grant.OWN_ID],
        properties={"license": "MIT OR Apache-2.0"},
    )

    def probe(self, input: Input, settings: Settings) -> Detection:
        head = input.main.head(64)
        if head.startswith(b"\xef\xbb\xbf"):
            head = head[3:]
        if not head.startswith(b"#rows;1"):
            if head.startswith(b"#rows;"):
                return Detection.likely(0.1, "another version")
            return Detection.no('does not begin with "#rows;1"')
        lines = head.split(b"\n")
        # The second line counts only where it is ended within the head.
        second = lines[1].decode("utf-8", "replace").rstrip("\r") if len(lines) > 2 else ""
        if second.startswith("needs;"):
            return Detection.likely(1.0, missing=[second[len("needs;") :]])
        return Detection.certain()

    def convert(self, input: Input, settings: Settings, reports: Reports) -> Outcome:
        try:
            text = input.main.text()
        except Error as error:
            if error.kind is ErrorKind.MALFORMED:
                raise Error.malformed("not UTF-8").at(error.place) from None
            raise
        first = text.split("\n", 1)[0]
        if (first[:-1] if first.endswith("\r") else first) != "#rows;1":
            raise Error.unsupported('expected "#rows;1"').at_line(1)
        found = rows.read(text, settings.decimal_mark, settings.ignore, settings.strict)
        return run.Run(input, reports, found, settings.program, settings.scale).all()
