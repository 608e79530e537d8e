"""Steps, with what they measured.

A step is in the report when the method of ``Uut`` returns. What that method gives is the step itself: more can be said about it
until the next one is added, and tests read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, TypedDict, Union

from ._limits import NumericLimits, Status, StepGroup, TextLimits
from ._parts import Attachment, Chart
from ._values import (
    S32,
    U32,
    Record,
    Time,
    Value,
    code_or_none,
    json_text,
    properties,
    real_or_none,
    text_or_none,
    time_or_none,
    whole,
    whole_or_none,
    whole_text,
)

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._uut import Uut


class StepOptions(TypedDict, total=False):
    """What every kind of step may be given by keyword. All of it may be left out."""

    status: Optional[Status]
    """How the step ended. Default: judged from its measurements; done when there is none."""
    group: StepGroup
    """Part of the enclosing sequence that it belongs to. Default: main."""
    start: Optional[Time]
    """When it began: a ``datetime`` or ISO 8601 text."""
    duration: Optional[float]
    """Seconds that it took, 0 or more."""
    error_code: Union[None, int, str]
    """A number or a word."""
    error_message: Optional[str]
    """What went wrong."""
    report_text: Optional[str]
    """Free text, lines allowed."""
    loop_index: int
    """One iteration of a loop, from 0."""
    loop_summary: Tuple[int, int, int]
    """The summary of a loop, which comes before its iterations: how many there were, passed and failed."""
    caused_failure: bool
    """It is the step that made the unit fail."""
    chart: Optional[Chart]
    """A chart beside the measurement."""
    attachment: Optional[Attachment]
    """Bytes that belong to the step."""
    results: Sequence[Union[str, Mapping[str, Any]]]
    """Nested results: WSJF ``additionalResults`` entries, as dictionaries or JSON texts."""
    properties: Mapping[str, Value]
    """What is rare, by its key in the contract: ``ts-guid``, ``value-format``, ..."""


class NumericMeasurement(Record):
    """One number."""

    __slots__ = ("name", "value", "unit", "limits", "status")

    def __init__(
        self,
        name: str,
        value: Optional[float],
        unit: Optional[str] = None,
        limits: Optional[NumericLimits] = None,
        status: Optional[Status] = None,
    ) -> None:
        self.name = whole_text(name, "name")
        self.value = real_or_none(value, "value")
        self.unit = text_or_none(unit, "unit") or ""
        self.limits = _NO_LIMITS if limits is None else _of(limits, NumericLimits, "limits")
        self.status = None if status is None else _of(status, Status, "status")


class PassFailMeasurement(Record):
    """One yes or no."""

    __slots__ = ("name", "status")

    def __init__(self, name: str, status: Union[bool, Status]) -> None:
        self.name = whole_text(name, "name")
        self.status = Status.of(status) if isinstance(status, bool) else _of(status, Status, "status")


class TextMeasurement(Record):
    """One text."""

    __slots__ = ("name", "value", "limits", "status")

    def __init__(
        self, name: str, value: Optional[str], limits: Optional[TextLimits] = None, status: Optional[Status] = None
    ) -> None:
        self.name = whole_text(name, "name")
        self.value = None if value is None else whole_text(value, "value")
        self.limits = _NO_TEXT_LIMITS if limits is None else _of(limits, TextLimits, "limits")
        self.status = None if status is None else _of(status, Status, "status")


_NO_LIMITS = NumericLimits.log()
_NO_TEXT_LIMITS = TextLimits.log()


def _of(value: Any, kind: type, what: str) -> Any:
    if isinstance(value, kind):
        return value
    raise TypeError(f"{what}: expected {kind.__name__}, found {type(value).__name__}")


class Step(Record):
    """A step. Its attributes are for reading; ``set`` changes it."""

    __slots__ = (
        "name",
        "kind",
        "body",
        "status",
        "group",
        "start",
        "duration",
        "error_code",
        "error_message",
        "report_text",
        "properties",
        "chart",
        "attachment",
        "results",
        "_uut",
    )

    kind: str
    """The case of the contract: ``action``, ``numeric``, ``multi-numeric``, ``pass-fail``, ``multi-pass-fail``, ``text``,
    ``multi-text``, ``chart``, ``message-popup``, ``call-executable``, ``generic``."""
    body: Any
    """What it measured: the measurement or measurements, the chart, the popup's ``(response, button)``, the exit code, the
    step type."""

    def __init__(self, uut: Uut, name: str, kind: str, body: Any) -> None:
        self._uut = uut
        self.name = whole_text(name, "name")
        self.kind = kind
        self.body = body
        self.status: Optional[Status] = None
        self.group = StepGroup.MAIN
        self.start: Optional[str] = None
        self.duration: Optional[float] = None
        self.error_code: Optional[str] = None
        self.error_message: Optional[str] = None
        self.report_text: Optional[str] = None
        self.properties: List[Tuple[str, Value]] = []
        self.chart: Optional[Chart] = None
        self.attachment: Optional[Attachment] = None
        self.results: List[str] = []

    def set(self, **options: Unpack[StepOptions]) -> Step:
        """Says more about the step, until the next one is added. Options as in ``StepOptions``; properties and results are
        added to those that there are."""
        self._change()
        self._set(options)
        return self

    def _set(self, options: Mapping[str, Any], others: Sequence[str] = ()) -> None:
        """Sets options. ``others`` are the named arguments of the method that was called, for its message."""
        for name, value in options.items():
            setter = _SETTERS.get(name)
            if setter is None:
                raise TypeError(f"a step has no option {name!r}; it has {', '.join([*others, *_SETTERS])}")
            setter(self, value)

    def _change(self) -> None:
        if self._uut._last is not self:
            raise RuntimeError(f"step {self.name!r} is written already: say all about it before the next is added")

    @property
    def has_extras(self) -> bool:
        """Whether a chart, an attachment or results go along."""
        return self.chart is not None or self.attachment is not None or bool(self.results)


_HEAVY = 256 * 1024
"""A step from which on nothing more waits for company: 64 that are just lighter stay well below what the host takes in one call
(32 MiB, its limit ``hostcall_bytes``)."""
_EACH = 100
"""About how many bytes each of a list is on its way to the host, beside its texts."""


def is_heavy(step: Step) -> bool:
    """Whether a step is so large that it goes to the host at once."""
    weight = len(step.report_text or "") + len(step.error_message or "")
    for key, value in step.properties:
        if not isinstance(value, (bool, float)):
            weight += len(key) + len(value if isinstance(value, str) else value[0])
    body = step.body
    if step.kind == "text":
        weight += _weight(body)
    elif step.kind.startswith("multi-"):
        weight += sum(map(_weight, body))
    elif step.kind == "chart":
        weight += sum(_EACH + 8 * (len(series.x) + len(series.y)) for series in body.all_series)
    return weight >= _HEAVY


def _weight(measurement: Union[NumericMeasurement, PassFailMeasurement, TextMeasurement]) -> int:
    weight = _EACH + len(measurement.name)
    if isinstance(measurement, TextMeasurement):
        weight += len(measurement.value or "")
    return weight


def _loop_summary(step: Step, summary: Tuple[int, int, int]) -> None:
    if not isinstance(summary, (tuple, list)) or len(summary) != 3:
        raise TypeError(f"loop_summary: expected how many there were, passed and failed, found {summary!r}")
    count, passed, failed = (whole(number, "loop_summary", U32) for number in summary)
    numbers = {"loop-count": count, "loop-ending-index": count, "loop-passed": passed, "loop-failed": failed}
    step.properties += properties(numbers, "loop_summary")


def _loop_index(step: Step, index: int) -> None:
    step.properties += properties({"loop-index": whole(index, "loop_index", U32)}, "loop_index")


def _caused_failure(step: Step, caused: bool) -> None:
    if caused:
        step.properties.append(("caused-uut-failure", True))


def _put(name: str, check: Callable[[Any, str], Any]) -> Callable[[Step, Any], None]:
    return lambda step, value: setattr(step, name, check(value, name))


def _optional(kind: type) -> Callable[[Any, str], Any]:
    return lambda value, what: None if value is None else _of(value, kind, what)


_SETTERS: Dict[str, Callable[[Step, Any], None]] = {
    "status": _put("status", _optional(Status)),
    "group": _put("group", lambda value, what: _of(value, StepGroup, what)),
    "start": _put("start", time_or_none),
    "duration": _put("duration", real_or_none),
    "error_code": _put("error_code", code_or_none),
    "error_message": _put("error_message", text_or_none),
    "report_text": _put("report_text", text_or_none),
    "loop_index": _loop_index,
    "loop_summary": _loop_summary,
    "caused_failure": _caused_failure,
    "chart": _put("chart", _optional(Chart)),
    "attachment": _put("attachment", _optional(Attachment)),
    "results": lambda step, results: step.results.extend(json_text(entry, "results") for entry in results),
    "properties": lambda step, given: step.properties.extend(properties(given, "properties")),
}


class NumericStep(Step):
    """A step with one number."""

    __slots__ = ()
    body: NumericMeasurement

    @property
    def value(self) -> Optional[float]:
        """The number."""
        return self.body.value

    @property
    def unit(self) -> str:
        """Its unit; empty for none."""
        return self.body.unit

    @property
    def limits(self) -> NumericLimits:
        """What it is compared with."""
        limits: NumericLimits = self.body.limits
        return limits


class TextStep(Step):
    """A step with one text."""

    __slots__ = ()
    body: TextMeasurement

    @property
    def value(self) -> Optional[str]:
        """The text."""
        return self.body.value

    @property
    def limits(self) -> TextLimits:
        """What it is compared with."""
        limits: TextLimits = self.body.limits
        return limits


class MultiNumericStep(Step):
    """A step with several named numbers."""

    __slots__ = ()
    body: List[NumericMeasurement]

    def measure(
        self,
        name: str,
        value: Optional[float] = None,
        *,
        unit: Optional[str] = None,
        limits: Optional[NumericLimits] = None,
        status: Optional[Status] = None,
    ) -> MultiNumericStep:
        """Adds a number with a name that is unique in the step: ``step.measure("3V3", 3.31, unit="V")``."""
        self._change()
        self.body.append(NumericMeasurement(name, value, unit, limits, status))
        return self


class MultiPassFailStep(Step):
    """A step with several named yeses or noes."""

    __slots__ = ()
    body: List[PassFailMeasurement]

    def measure(self, name: str, passed: Union[bool, Status]) -> MultiPassFailStep:
        """Adds a yes or no with a name that is unique in the step."""
        self._change()
        self.body.append(PassFailMeasurement(name, passed))
        return self


class MultiTextStep(Step):
    """A step with several named texts."""

    __slots__ = ()
    body: List[TextMeasurement]

    def measure(
        self,
        name: str,
        value: Optional[str] = None,
        *,
        limits: Optional[TextLimits] = None,
        status: Optional[Status] = None,
    ) -> MultiTextStep:
        """Adds a text with a name that is unique in the step."""
        self._change()
        self.body.append(TextMeasurement(name, value, limits, status))
        return self


def popup(response: Optional[str], button: Optional[int]) -> Tuple[Optional[str], Optional[int]]:
    """The body of a message popup."""
    text = None if response is None else whole_text(response, "response")
    return (text, whole_or_none(button, "button", S32))


def exit_code(code: int) -> int:
    """The body of a call of an executable. Windows gives codes above 2^31 as negative ones, and so does WATS."""
    return whole(code, "exit_code", S32)
