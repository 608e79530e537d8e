"""What goes along with a report: charts, attachments, sub units, assets."""

from __future__ import annotations

import enum
from typing import Iterable, List, NamedTuple, Optional

from ._values import Record, Time, U32, real, text_or_none, time_or_none, whole, whole_text


class ChartScale(enum.Enum):
    """Which axes of a chart are logarithmic."""

    LINEAR = "linear"
    LOG_X = "log-x"
    LOG_Y = "log-y"
    LOG_XY = "log-xy"


class ChartSeries(NamedTuple):
    """One line of a chart. ``x`` has as many values as ``y``, or none: then 0, 1, 2, ..."""

    name: str
    x: List[float]
    y: List[float]


class Chart(Record):
    """A chart: ``Chart("Ripple", x_label="Time", x_unit="s").series("CH1", [0.1, 0.2])``."""

    def __init__(
        self,
        label: str,
        *,
        x_label: str = "",
        x_unit: str = "",
        y_label: str = "",
        y_unit: str = "",
        scale: ChartScale = ChartScale.LINEAR,
    ) -> None:
        """
        :param label: up to 100 characters, as the labels of the axes.
        :param x_unit: up to 50, may be empty, as ``y_unit``.
        :param scale: which axes are logarithmic.
        """
        self.label = whole_text(label, "label")
        self.x_label = whole_text(x_label, "x_label")
        self.x_unit = whole_text(x_unit, "x_unit")
        self.y_label = whole_text(y_label, "y_label")
        self.y_unit = whole_text(y_unit, "y_unit")
        self.scale = ChartScale(scale)
        self.all_series: List[ChartSeries] = []

    def series(self, name: str, y: Iterable[float], *, x: Iterable[float] = ()) -> Chart:
        """Adds a line: values at 0, 1, 2, ..., or points when ``x`` is given (as many as ``y``). ``name``: 1 to 100."""
        xs = [real(value, "x") for value in x]
        self.all_series.append(ChartSeries(whole_text(name, "name"), xs, [real(value, "y") for value in y]))
        return self


class Attachment(Record):
    """Bytes that go along with a report or step. By default at most 100 KiB on a step, 10 MiB on a report."""

    def __init__(self, name: str, content_type: str, content: bytes) -> None:
        """
        :param name: file name, 1 to 256.
        :param content_type: media type, 1 to 100: ``image/png``.
        :param content: the bytes as they are.
        """
        if not isinstance(content, (bytes, bytearray, memoryview)):
            raise TypeError(f"content: expected bytes, found {type(content).__name__}")
        self.name = whole_text(name, "name")
        self.content_type = whole_text(content_type, "content_type")
        self.content = bytes(content)


class SubUnit(Record):
    """A part that is built into the unit."""

    def __init__(
        self, part_number: str, serial_number: str, *, revision: Optional[str] = None, part_type: Optional[str] = None
    ) -> None:
        """
        :param part_number: as in the header, as the serial number.
        :param revision: up to 100.
        :param part_type: 1 to 50: ``PCB``.
        """
        self.part_number = whole_text(part_number, "part_number")
        self.serial_number = whole_text(serial_number, "serial_number")
        self.revision = text_or_none(revision, "revision")
        self.part_type = text_or_none(part_type, "part_type")


class Asset(Record):
    """Equipment that the test used."""

    def __init__(
        self,
        serial_number: str,
        usage_count: int,
        *,
        asset_type: Optional[str] = None,
        part_number: Optional[str] = None,
        calibrated: Optional[Time] = None,
        calibration_due: Optional[Time] = None,
    ) -> None:
        """
        :param serial_number: 1 to 100, characters as in the header.
        :param usage_count: how often this test used it.
        :param asset_type: kind of equipment.
        :param part_number: its part number.
        :param calibrated: when it was calibrated.
        :param calibration_due: when it must be calibrated again.
        """
        self.serial_number = whole_text(serial_number, "serial_number")
        self.usage_count = whole(usage_count, "usage_count", U32)
        given = {
            "type": text_or_none(asset_type, "asset_type"),
            "part-number": text_or_none(part_number, "part_number"),
            "calibration-date": time_or_none(calibrated, "calibrated"),
            "calibration-due": time_or_none(calibration_due, "calibration_due"),
        }
        self.properties = {key: text for key, text in given.items() if text is not None}
