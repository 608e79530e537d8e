"""A converter whose work a test writes down."""

from __future__ import annotations

from typing import Any, Callable, Optional, Type

from wats_converter import Converter, Descriptor, Detection, Grant, Header, Input, NoSettings, Outcome, Reports, Uut, testing


def converter(work: Callable[[Input, Reports], Optional[Outcome]]) -> Type[Converter[Any]]:
    """A converter that does this; converted, unless it says otherwise."""

    class Worker(Converter[NoSettings]):
        descriptor = Descriptor("worker", "1.0.0", grants=[Grant.LOOKUP, Grant.OWN_ID])

        def probe(self, input: Input, settings: NoSettings) -> Detection:
            return Detection.certain()

        def convert(self, input: Input, settings: NoSettings, reports: Reports) -> Outcome:
            return work(input, reports) or Outcome.converted()

    return Worker


def convert(work: Callable[[Input, Reports], Optional[Outcome]], content: Any = "", **given: Any) -> testing.Converted:
    """Does this to a file."""
    return testing.convert(converter(work), content, **given)


def report(work: Callable[[Uut], Any], **header: Any) -> testing.RecordedReport:
    """The report that this writes."""

    def write(input: Input, reports: Reports) -> None:
        with reports.uut(Header("A-1", **header)) as uut:
            work(uut)

    return convert(write).report
