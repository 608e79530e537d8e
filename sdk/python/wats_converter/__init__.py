"""Write converter plugins for the WATS station service in Python.

A converter turns a result file of test equipment into WATS reports. It is one class::

    from wats_converter import Converter, Descriptor, Detection, Error, Header, Input, NoSettings, NumericLimits, Outcome, Place
    from wats_converter import Reports, number


    class OneLine(Converter[NoSettings]):
        descriptor = Descriptor("one-line", "0.1.0", summary="SERIAL;VOLTS in one line", patterns=["*.one"])

        def probe(self, input: Input, settings: NoSettings) -> Detection:
            return Detection.likely(0.6) if b";" in input.main.head(64) else Detection.no("no semicolon")

        def convert(self, input: Input, settings: NoSettings, reports: Reports) -> Outcome:
            serial, semicolon, volts = input.main.text().strip().partition(";")
            if not semicolon:
                raise Error.malformed("no semicolon").at_line(1)
            with reports.uut(Header(serial)) as uut:
                value = number(volts, at=Place.cell(1, 2))
                uut.numeric("Supply", value, unit="V", limits=NumericLimits.between(4.9, 5.1))
            return Outcome.converted()

Compiled by componentize-py this is a component that the station loads. Anywhere else it is a class that ``unittest`` runs in
the test kit, ``wats_converter.testing``.

A ``ScheduledConverter`` is run at times instead, and asks other systems of the factory for results.

A converter has no clock, no random numbers, no network, no files but its input, and no memory of the file before. Modules
must be imported at the top of a file: what is imported while a file is converted does not exist. An exception reaches the
operator with its text, file and line.
"""

from . import http, log, lookup, state
from ._descriptor import Descriptor, Detection, Grant, Outcome, Waiting
from ._error import Error, ErrorKind, Place, Violation, at
from ._header import Header, Sequence
from ._input import File, Input, Line
from ._limits import NumericLimits, Status, StepGroup, TextLimits
from ._numbers import integer, number
from ._parts import Asset, Attachment, Chart, ChartScale, ChartSeries, SubUnit
from ._plugin import Converter
from ._reports import Reports, progress
from ._scheduled import Run, ScheduledConverter
from ._settings import NoSettings, setting
from ._step import (
    MultiNumericStep,
    MultiPassFailStep,
    MultiTextStep,
    NumericMeasurement,
    NumericStep,
    PassFailMeasurement,
    Step,
    StepOptions,
    TextMeasurement,
    TextStep,
)
from ._uut import Uut
from ._values import Time, Value

__version__ = "0.1.0"

__all__ = [
    "Asset",
    "Attachment",
    "Chart",
    "ChartScale",
    "ChartSeries",
    "Converter",
    "Descriptor",
    "Detection",
    "Error",
    "ErrorKind",
    "File",
    "Grant",
    "Header",
    "Input",
    "Line",
    "MultiNumericStep",
    "MultiPassFailStep",
    "MultiTextStep",
    "NoSettings",
    "NumericLimits",
    "NumericMeasurement",
    "NumericStep",
    "Outcome",
    "PassFailMeasurement",
    "Place",
    "Reports",
    "Run",
    "ScheduledConverter",
    "Sequence",
    "Status",
    "Step",
    "StepGroup",
    "StepOptions",
    "SubUnit",
    "TextLimits",
    "TextMeasurement",
    "TextStep",
    "Time",
    "Uut",
    "Value",
    "Violation",
    "Waiting",
    "at",
    "http",
    "integer",
    "log",
    "lookup",
    "number",
    "progress",
    "setting",
    "state",
]
