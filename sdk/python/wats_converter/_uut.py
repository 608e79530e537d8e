"""The writer of one report."""

from __future__ import annotations

import contextlib
from types import TracebackType
from typing import TYPE_CHECKING, Any, Iterator, List, Mapping, Optional, Tuple, Type, Union

from . import _wire
from ._error import Error, Violation
from ._header import Header, Sequence
from ._host import Rejected, UutHost
from ._input import File
from ._limits import NumericLimits, Status, TextLimits
from ._parts import Asset, Attachment, Chart, SubUnit
from ._step import (
    MultiNumericStep,
    MultiPassFailStep,
    MultiTextStep,
    NumericMeasurement,
    NumericStep,
    PassFailMeasurement,
    Step,
    TextMeasurement,
    TextStep,
    _of,
    exit_code,
    is_heavy,
    popup,
)
from ._values import json_text, real_or_none, whole_text

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._step import StepOptions

_BATCH = 64
"""Steps that go to the station at a time."""


class Uut:
    """Writer of one report on a unit under test: its steps in the order of execution, and what goes along::

        with reports.uut(Header("L7-000042", part_number="LAMP-7")) as uut:
            with uut.sequence("Supply"):
                uut.numeric("Vcc", 5.01, unit="V", limits=NumericLimits.between(4.9, 5.1))
                uut.text("Firmware", "1.4.0", limits=TextLimits.equal_to("1.4.0"), duration=0.2)
            uut.pass_fail("LED", True)

    At the end of the ``with`` block the report is finished, unless it was finished or discarded before; after an exception it is
    discarded. Without ``with`` call ``finish``: a writer that is neither finished nor discarded makes the conversion fail, so
    that a forgotten ``finish`` does not lose a report.

    What is wrong with the report is gathered, and ``finish`` tells all of it. Only values of the wrong type raise at once.
    """

    def __init__(self, host: UutHost) -> None:
        # Only Reports makes one.
        self._host = host
        self._batch: List[Step] = []
        self._last: Optional[Step] = None
        self._open: List[Sequence] = []
        self._done = False

    def set_header(self, header: Header) -> None:
        """Replaces the header, for formats that tell the end only at the end."""
        self._writable()
        self._host.set_header(_wire.header(header))

    @contextlib.contextmanager
    def sequence(self, sequence: Union[str, Sequence]) -> Iterator[Sequence]:
        """A sequence with the steps that the ``with`` block adds. Status and duration may be set inside::

            with uut.sequence("Supply") as supply:
                ...
                supply.duration = 1.5
        """
        given = Sequence(sequence) if isinstance(sequence, str) else sequence
        self.open(given)
        try:
            yield given
        finally:
            if not self._done:
                self.close()

    def open(self, sequence: Union[str, Sequence]) -> None:
        """Opens a sequence inside the one that is open, for formats that tell begin and end. Any depth up to 256."""
        self._writable()
        checked = _wire.sequence(sequence)
        self._flush()
        self._open.append(Sequence(sequence) if isinstance(sequence, str) else sequence)
        self._host.open_sequence(checked)

    def close(self, status: Optional[Status] = None, duration: Optional[float] = None) -> None:
        """Closes the innermost open sequence. ``status`` and ``duration`` (seconds) stand above those that it was opened with."""
        self._writable()
        opened = self._open.pop() if self._open else Sequence("")
        status = _status(opened.status if status is None else status)
        seconds = real_or_none(opened.duration if duration is None else duration, "duration")
        self._flush()
        self._host.close_sequence(status, seconds)

    @property
    def depth(self) -> int:
        """How many sequences are open, the program not counted."""
        return len(self._open)

    def numeric(
        self,
        name: str,
        value: Optional[float] = None,
        *,
        unit: Optional[str] = None,
        limits: Optional[NumericLimits] = None,
        measured_status: Optional[Status] = None,
        **options: Unpack[StepOptions],
    ) -> NumericStep:
        """A step with one number, or with none when it was not measured. Only logged until it is given limits.

        :param unit: ``V``, ``Ohm``.
        :param measured_status: how the measurement ended, where that is not what the limits say. The step follows it.
        :param options: see ``StepOptions``.
        """
        measurement = NumericMeasurement("", value, unit, limits, measured_status)
        step = NumericStep(self, name, "numeric", measurement)
        self._push(step, options, "value", "unit", "limits", "measured_status")
        return step

    def multi_numeric(self, name: str, **options: Unpack[StepOptions]) -> MultiNumericStep:
        """A step with several named numbers: ``uut.multi_numeric("Rails").measure("3V3", 3.31, unit="V")``."""
        step = MultiNumericStep(self, name, "multi-numeric", [])
        self._push(step, options)
        return step

    def pass_fail(self, name: str, passed: Union[bool, Status], **options: Unpack[StepOptions]) -> Step:
        """A step that is a yes or no: a ``bool`` or a ``Status``."""
        step = Step(self, name, "pass-fail", PassFailMeasurement("", passed))
        self._push(step, options, "passed")
        return step

    def multi_pass_fail(self, name: str, **options: Unpack[StepOptions]) -> MultiPassFailStep:
        """A step with several named yeses or noes."""
        step = MultiPassFailStep(self, name, "multi-pass-fail", [])
        self._push(step, options)
        return step

    def text(
        self,
        name: str,
        value: Optional[str] = None,
        *,
        limits: Optional[TextLimits] = None,
        measured_status: Optional[Status] = None,
        **options: Unpack[StepOptions],
    ) -> TextStep:
        """A step with one text, or with none. Only logged until it is given something to equal."""
        step = TextStep(self, name, "text", TextMeasurement("", value, limits, measured_status))
        self._push(step, options, "value", "limits", "measured_status")
        return step

    def multi_text(self, name: str, **options: Unpack[StepOptions]) -> MultiTextStep:
        """A step with several named texts."""
        step = MultiTextStep(self, name, "multi-text", [])
        self._push(step, options)
        return step

    def action(self, name: str, **options: Unpack[StepOptions]) -> Step:
        """A step that did something and measured nothing."""
        step = Step(self, name, "action", None)
        self._push(step, options)
        return step

    def chart(self, name: str, body: Chart, **options: Unpack[StepOptions]) -> Step:
        """A step that is a chart. For a chart beside a measurement see the option ``chart``."""
        step = Step(self, name, "chart", _of(body, Chart, "chart"))
        self._push(step, options, "body")
        return step

    def message_popup(
        self,
        name: str,
        response: Optional[str] = None,
        button: Optional[int] = None,
        **options: Unpack[StepOptions],
    ) -> Step:
        """A question to the operator: the answer (up to 100) and the number of the button."""
        step = Step(self, name, "message-popup", popup(response, button))
        self._push(step, options, "response", "button")
        return step

    def call_executable(self, name: str, code: int, **options: Unpack[StepOptions]) -> Step:
        """A program that was run, with its exit code."""
        step = Step(self, name, "call-executable", exit_code(code))
        self._push(step, options, "code")
        return step

    def generic(self, step_type: str, name: str, **options: Unpack[StepOptions]) -> Step:
        """Any other step type of WATS by its name: ``NI_Flow_If``, ``GenericTest``."""
        step = Step(self, name, "generic", whole_text(step_type, "step_type"))
        self._push(step, options, "step_type")
        return step

    def attach(self, attachment: Attachment) -> None:
        """Attaches bytes to the report."""
        self._writable()
        self._host.attach(_of(attachment, Attachment, "attachment"))

    def attach_file(self, file: File, content_type: str) -> None:
        """Attaches a source file to the report; its bytes do not pass through the plugin."""
        self._writable()
        self._host.attach_file(_of(file, File, "file")._host, whole_text(content_type, "content_type"))

    def misc_info(self, description: str, text: str) -> None:
        """Something worth knowing: a description (1 to 100) and a text (up to 255; above 100 the host warns)."""
        self._writable()
        self._host.add_misc_info(whole_text(description, "description"), whole_text(text, "text"))

    def sub_unit(self, unit: SubUnit) -> None:
        """A part that is built into the unit."""
        self._writable()
        self._host.add_sub_unit(_of(unit, SubUnit, "unit"))

    def asset(self, asset: Asset) -> None:
        """Equipment that the test used."""
        self._writable()
        self._host.add_asset(_of(asset, Asset, "asset"))

    def data(self, entry: Union[str, Mapping[str, Any]]) -> None:
        """Nested data: a WSJF ``additionalData`` entry, as a dictionary or JSON text."""
        self._writable()
        self._host.add_data(json_text(entry, "entry"))

    def finish(self, status: Optional[Status] = None) -> str:
        """Ends the report, with the status that the file gives, if it gives one; else failed if a step failed, else passed.
        Gives the report's id.

        Raises ``Error`` of kind ``REJECTED``, with everything that is wrong with the report.
        """
        self._writable()
        status = _status(status)
        self._flush()
        self._done = True
        try:
            return self._host.finish(status)
        except Rejected as rejected:
            raise _rejected(rejected) from None

    def discard(self) -> None:
        """Throws the report away."""
        self._writable()
        self._batch.clear()
        self._last = None
        self._done = True
        self._host.discard()

    def __enter__(self) -> Uut:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        if self._done:
            return
        if kind is None:
            self.finish()
        else:
            self.discard()

    def _push(self, step: Step, options: Any, *others: str) -> None:
        """Adds the step. ``others`` are the named arguments of the method beside ``name`` and the options."""
        self._writable()
        if options:
            step._set(options, others)
        # Nobody changes the last one any more.
        if self._last is not None and (len(self._batch) >= _BATCH or self._last.has_extras or is_heavy(self._last)):
            self._flush()
        self._batch.append(step)
        self._last = step

    def _flush(self) -> None:
        last, self._last = self._last, None
        if last is None:
            return
        self._host.add(self._batch)
        self._batch = []
        if last.chart is not None:
            self._host.add_chart(last.chart)
        if last.attachment is not None:
            self._host.add_attachment(last.attachment)
        for result in last.results:
            self._host.add_result(result)

    def _writable(self) -> None:
        if self._done:
            raise RuntimeError("the report is finished or discarded already")


def _status(status: Optional[Status]) -> Optional[Status]:
    found: Optional[Status] = None if status is None else _of(status, Status, "status")
    return found


def _rejected(rejected: Rejected) -> Error:
    violations: List[Tuple[str, str, str]] = rejected.violations
    return Error._rejected([Violation(*violation) for violation in violations])
