"""Converter for my format: a head of ``Key: value`` lines, then ``name;value;low;high;unit`` for each measurement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Optional

from wats_converter import (
    Converter,
    Descriptor,
    Detection,
    Error,
    Header,
    Input,
    Line,
    NumericLimits,
    Outcome,
    Place,
    Reports,
    number,
    setting,
)


@dataclass
class Settings:
    """What an operator can set."""

    decimal_mark: str = setting(".", "Decimal mark of the numbers.", min_length=1, max_length=1)
    sequence: str = setting("Measurements", "Name of the sequence that the measurements go into.")


class MyFormat(Converter[Settings]):
    """The converter."""

    descriptor = Descriptor(
        "my-format",
        "0.1.0",
        summary="Logs of my tester",
        formats=["My tester's log"],
        patterns=["*.log"],
        contains=["Serial:"],
    )

    def probe(self, input: Input, settings: Settings) -> Detection:
        if input.main.head(1024).startswith(b"My tester"):
            return Detection.certain()
        return Detection.no('does not begin with "My tester"')

    def convert(self, input: Input, settings: Settings, reports: Reports) -> Outcome:
        lines = input.main.lines()
        head: Dict[str, str] = {}
        # The head ends at an empty line.
        for line in lines:
            if not line.strip():
                break
            key, found, value = line.partition(": ")
            if found:
                head[key] = value
        if "Serial" not in head:
            raise Error.truncated('no line "Serial: ..." before the first empty line')

        header = Header(head["Serial"], part_number=head.get("Part"), start=head.get("Start"))
        # The report is finished at the end of this block.
        with reports.uut(header) as uut, uut.sequence(settings.sequence):
            for line in lines:
                if not line.strip():
                    continue
                fields = line.split(";")
                if len(fields) != 5:
                    found_fields = f"found {len(fields)} fields, expected name;value;low;high;unit"
                    raise Error.malformed(found_fields).at_line(line.number)
                name, value, low, high, unit = fields
                # An unreadable number is an error with its place, never a zero.
                uut.numeric(
                    name,
                    number(value, settings.decimal_mark, at=Place.cell(line.number, 2)),
                    unit=unit,
                    limits=NumericLimits.inclusive(limit(low, settings, line, 3), limit(high, settings, line, 4)),
                )
        return Outcome.converted()


def limit(text: str, settings: Settings, line: Line, column: int) -> Optional[float]:
    """A limit; an empty field is none."""
    if not text.strip():
        return None
    return number(text, settings.decimal_mark, at=Place.cell(line.number, column))
