"""The station inside a component: the generated bindings behind ``_host``, and the exports of the world ``converter``. What scheduled
converters have beside that is in ``_component_scheduled``.

Only imported in a component. The bindings are made by componentize-py while it builds, and need the Python that it brings.
"""

from __future__ import annotations

import gc
import sys
from typing import Any, Callable, Dict, List, Optional, Tuple, Type

from componentize_py_types import Err
from wit_world.imports import conversion as c
from wit_world.imports import lookup as l
from wit_world.imports import report as r
from wit_world.imports import source as s
from wit_world.imports import station
from wit_world.imports import types as t

from . import _host, _plugin, _sandbox
from ._descriptor import Descriptor, Detection, Outcome, Waiting
from ._error import Error, ErrorKind, Place
from ._input import File, Input
from ._limits import NumericLimits, Status, StepGroup, TextLimits
from ._parts import Asset, Attachment, Chart, ChartScale, SubUnit
from ._step import NumericMeasurement, PassFailMeasurement, Step, TextMeasurement
from ._wire import WireHeader, WireSequence
from .lookup import Answer, Process, Product

try:
    from wit_world.imports import schedule as _  # noqa: F401

    _WORLD = "scheduled-converter"
except ImportError:
    _WORLD = "converter"

# By the values of this package's enums; None stays none.
_STATUS: Dict[Any, Any] = {None: None, **{status: t.Status[status.name] for status in Status}}
_GROUP = {group: r.StepGroup[group.name] for group in StepGroup}
_SCALE = {scale: r.ChartScale[scale.name] for scale in ChartScale}
_KIND = {kind: c.ErrorKind[kind.name] for kind in ErrorKind}
_LEVEL = {level.name.lower(): level for level in station.Level}
_ONE_LIMIT = {name: getattr(r, f"NumericLimits_{name.title()}") for name in ("eq", "eqt", "ne", "lt", "le", "gt", "ge")}
_TWO_LIMITS = {
    name: getattr(r, f"NumericLimits_{name.title()}")
    for name in ("gtlt", "gtle", "gelt", "gele", "ltgt", "ltge", "legt", "lege")
}
_TEXT_LIMITS = {
    "eq": r.TextLimits_Eq,
    "ne": r.TextLimits_Ne,
    "case-sensitive": r.TextLimits_CaseSensitive,
    "ignore-case": r.TextLimits_IgnoreCase,
}
_LOG = r.NumericLimits_Log()
_TEXT_LOG = r.TextLimits_Log()


_sandbox.install()


def _value(value: Any) -> Any:
    if isinstance(value, bool):
        return t.Value_Flag(value)
    if isinstance(value, str):
        return t.Value_Text(value)
    if isinstance(value, tuple):
        return t.Value_Json(value[0])
    return t.Value_Number(value)


def _properties(pairs: Any) -> List[Any]:
    return [t.Property(key, _value(value)) for key, value in pairs]


def _numeric_limits(limits: NumericLimits) -> Any:
    one = _ONE_LIMIT.get(limits.comparison)
    if one is not None:
        return one(limits.value)
    two = _TWO_LIMITS.get(limits.comparison)
    if two is not None:
        low, high = limits.value  # type: ignore[misc]
        return two(r.Bounds(low, high))
    return _LOG


def _text_limits(limits: TextLimits) -> Any:
    kind = _TEXT_LIMITS.get(limits.comparison)
    return _TEXT_LOG if kind is None else kind(limits.value)


def _numeric(m: NumericMeasurement) -> Any:
    return r.NumericMeasurement(m.name, m.value, m.unit, _numeric_limits(m.limits), _STATUS[m.status])


def _pass_fail(m: PassFailMeasurement) -> Any:
    return r.PassFailMeasurement(m.name, _STATUS[m.status])


def _text(m: TextMeasurement) -> Any:
    return r.TextMeasurement(m.name, m.value, _text_limits(m.limits), _STATUS[m.status])


def _chart(chart: Chart) -> Any:
    return r.Chart(
        label=chart.label,
        x_label=chart.x_label,
        y_label=chart.y_label,
        x_unit=chart.x_unit,
        y_unit=chart.y_unit,
        scale=_SCALE[chart.scale],
        series=[r.ChartSeries(name, x, y) for name, x, y in chart.all_series],
    )


_BODY = {
    "action": lambda body: r.StepBody_Action(),
    "numeric": lambda body: r.StepBody_Numeric(_numeric(body)),
    "multi-numeric": lambda body: r.StepBody_MultiNumeric([_numeric(m) for m in body]),
    "pass-fail": lambda body: r.StepBody_PassFail(_pass_fail(body)),
    "multi-pass-fail": lambda body: r.StepBody_MultiPassFail([_pass_fail(m) for m in body]),
    "text": lambda body: r.StepBody_Text(_text(body)),
    "multi-text": lambda body: r.StepBody_MultiText([_text(m) for m in body]),
    "chart": lambda body: r.StepBody_Chart(_chart(body)),
    "message-popup": lambda body: r.StepBody_MessagePopup(r.MessagePopup(*body)),
    "call-executable": lambda body: r.StepBody_CallExecutable(body),
    "generic": lambda body: r.StepBody_Generic(body),
}


def _step(step: Step) -> Any:
    return r.Step(
        step.name,
        _BODY[step.kind](step.body),
        _STATUS[step.status],
        _GROUP[step.group],
        step.start,
        step.duration,
        step.error_code,
        step.error_message,
        step.report_text,
        _properties(step.properties) if step.properties else [],
    )


def _sequence(given: WireSequence) -> Any:
    fields = given._asdict()
    fields.update(group=_GROUP[given.group], properties=_properties(given.properties))
    return r.Sequence(**fields)


def _header(given: WireHeader) -> Any:
    fields = given._asdict()
    fields.update(program=_sequence(given.program), properties=_properties(given.properties))
    return r.UutHeader(**fields)


def _attachment(given: Attachment) -> Any:
    return r.Attachment(given.name, given.content_type, given.content)


def _violations(error: Any) -> _host.Rejected:
    return _host.Rejected([(found.path, found.rule, found.message) for found in error.value])


class _File:
    def __init__(self, file: Any) -> None:
        self.resource = file
        self.name = file.name
        self.path = file.path
        self.size = file.size
        self.modified = file.modified
        self.read = file.read

    def text(self, encoding: Optional[str]) -> str:
        try:
            found: str = self.resource.text(encoding)
            return found
        except Err as error:
            if isinstance(error.value, s.TextError_InvalidAt):
                raise _host.TextError("invalid-at", error.value.value) from None
            if isinstance(error.value, s.TextError_TooLarge):
                raise _host.TextError("too-large", error.value.value) from None
            raise _host.TextError("unknown-encoding") from None


class _Uut:
    def __init__(self, header: WireHeader) -> None:
        self._uut: Any = r.Uut(_header(header))

    def set_header(self, header: WireHeader) -> None:
        self._uut.set_header(_header(header))

    def open_sequence(self, sequence: WireSequence) -> None:
        self._uut.open_sequence(_sequence(sequence))

    def close_sequence(self, status: Optional[Status], duration: Optional[float]) -> None:
        self._uut.close_sequence(_STATUS[status], duration)

    def add(self, steps: Any) -> None:
        self._uut.add([_step(step) for step in steps])

    def add_chart(self, chart: Chart) -> None:
        self._uut.add_chart(_chart(chart))

    def add_attachment(self, attachment: Attachment) -> None:
        self._uut.add_attachment(_attachment(attachment))

    def add_result(self, json: str) -> None:
        self._uut.add_result(json)

    def attach(self, attachment: Attachment) -> None:
        self._uut.attach(_attachment(attachment))

    def attach_file(self, file: Any, content_type: str) -> None:
        self._uut.attach_file(file.resource, content_type)

    def add_misc_info(self, description: str, text: str) -> None:
        self._uut.add_misc_infos([r.MiscInfo(description, text)])

    def add_sub_unit(self, unit: SubUnit) -> None:
        self._uut.add_sub_units([r.SubUnit(unit.serial_number, unit.part_number, unit.revision, unit.part_type)])

    def add_asset(self, asset: Asset) -> None:
        found = r.Asset(asset.serial_number, asset.usage_count, _properties(asset.properties.items()))
        self._uut.add_assets([found])

    def add_data(self, json: str) -> None:
        self._uut.add_data(json)

    def finish(self, status: Optional[Status]) -> str:
        try:
            report_id: str = r.Uut.finish(self._uut, _STATUS[status])
            return report_id
        except Err as error:
            raise _violations(error) from None

    def discard(self) -> None:
        r.Uut.discard(self._uut)


class Station:
    def settings_json(self) -> str:
        found: str = station.settings_json()
        return found

    def log(self, level: str, message: str) -> None:
        station.log(_LEVEL[level], message)

    def progress(self, fraction: float) -> None:
        station.progress(fraction)

    def process_by_name(self, name: str) -> Answer[Process]:
        answer = l.process_by_name(name)
        if isinstance(answer, l.ProcessAnswer_Found):
            found = answer.value
            return Answer("found", Process(found.code, found.name, _read(found.properties)))
        absent: Answer[Process] = _not_found(answer, l.ProcessAnswer_Unavailable, l.ProcessAnswer_Absent)
        return absent

    def product_by_part_number(self, part_number: str) -> Answer[Product]:
        answer = l.product_by_part_number(part_number)
        if isinstance(answer, l.ProductAnswer_Found):
            found = answer.value
            product = Product(found.part_number, found.name, list(found.revisions), _read(found.properties))
            return Answer("found", product)
        absent: Answer[Product] = _not_found(answer, l.ProductAnswer_Unavailable, l.ProductAnswer_Absent)
        return absent

    def uut(self, header: WireHeader) -> _Uut:
        return _Uut(header)

    def emit_json(self, wsjf: str, key: Optional[str]) -> str:
        try:
            report_id: str = r.emit_json(wsjf, key)
            return report_id
        except Err as error:
            raise _violations(error) from None


def _read(properties: Any) -> Any:
    return {found.key: found.value.value for found in properties}


def _not_found(answer: Any, unavailable: type, absent: type) -> Any:
    if isinstance(answer, unavailable):
        return Answer("unavailable", reason=answer.value)  # type: ignore[attr-defined]
    return Answer("absent" if isinstance(answer, absent) else "denied")


def _input(given: Any) -> Input:
    return Input(File(_File(given.main)), [File(_File(file)) for file in given.companions])


def _descriptor(found: Descriptor, schema: str) -> Any:
    recognition = c.Recognition(
        patterns=found.patterns,
        min_size=found.min_size,
        max_size=found.max_size,
        magic=[c.Magic(offset, magic) for offset, magic in found.magic],
        contains=found.contains,
    )
    return c.Descriptor(
        name=found.name,
        version=found.version,
        summary=found.summary,
        formats=found.formats,
        recognition=recognition,
        settings_schema=schema,
        grants=[grant.value for grant in found.grants],
        properties=_properties(found.properties.items()),
    )


def _detection(found: Detection) -> Any:
    return c.Detection(found.confidence, found.detail, found.missing, _properties(found.properties.items()))


def _outcome(found: Outcome) -> Any:
    if found.kind == "skipped":
        return c.Outcome_Skipped(found.detail)
    if isinstance(found.detail, Waiting):
        waiting = found.detail
        return c.Outcome_Waiting(c.Waiting(waiting.reason, waiting.retry_after, waiting.missing))
    return c.Outcome_Converted()


def _place(place: Place) -> Any:
    if place.kind == "cell":
        return c.Place_Cell(c.Cell(*place.value))  # type: ignore[misc]
    kinds = {"line": c.Place_Line, "offset": c.Place_Offset, "path": c.Place_Path}
    kind = kinds.get(place.kind)
    return c.Place_Whole() if kind is None else kind(place.value)


def _error(error: Error) -> Any:
    return Err(c.ConvertError(_KIND[error.kind], error.message, _place(error.place), error.file))


def _fault(error: BaseException) -> str:
    """Logs the way to an exception, and gives what the operator is told."""
    told, way = _plugin.describe_exception(error)
    if len(way) > 1:
        station.log(station.Level.DEBUG, f"{type(error).__name__} by way of {', '.join(way[-20:])}")
    return told


def export(plugin: Type[_plugin.Plugin[Any]]) -> None:
    """Puts the class that componentize-py looks for into the module of the plugin."""
    module = sys.modules[plugin.__module__]
    before: Any = getattr(module, "WitWorld", None)
    if hasattr(before, "plugin"):
        raise TypeError(
            f"{plugin.__module__} has two converters, {before.plugin.__name__} and {plugin.__name__}: "
            "a plugin is one; leave out the descriptor of a base for others"
        )
    if plugin._world != _WORLD:
        raise TypeError(
            f"{plugin.__name__} is made for the world `{plugin._world}`, and the component for `{_WORLD}`: "
            f'say world = "{plugin._world}" in wats-plugin.toml'
        )
    if issubclass(plugin, _plugin.Converter):
        exported = _exported(plugin)
    else:
        from ._component_scheduled import exported as exported_scheduled

        exported = exported_scheduled(plugin)
    exported.plugin = plugin
    module.WitWorld = exported  # type: ignore[attr-defined]


class Exported:
    """What both worlds export."""

    plugin: Type[_plugin.Plugin[Any]]

    def __init__(self) -> None:
        # This runs while the component is built. Random numbers would be others after each build.
        if "random" in sys.modules:
            sys.modules["random"].seed(0)
        # What is alive now stays, and the collector need never look at it again.
        gc.collect()
        gc.freeze()

    def describe(self) -> Any:
        begin(Station())
        return _descriptor(self.plugin.descriptor, self.plugin._schema)


def ended(call: Callable[[], Outcome]) -> Any:
    """The outcome of a call, or its error."""
    try:
        return _outcome(call())
    except Error as error:
        raised = _error(error)
    except BaseException as error:
        raised = _error(Error.internal(_fault(error)))
    finally:
        _sandbox.leave()
    # Outside of the handlers, so that the traceback and what it holds is gone.
    raise raised


def _exported(converter: Type[_plugin.Converter[Any]]) -> Type[Exported]:
    class WitWorld(Exported):
        def probe(self, input: Any) -> Any:
            begin(Station())
            try:
                return _detection(_plugin.probe(converter, _input(input)))
            except BaseException as error:
                # It must not look like "not my file", or a more general plugin would get it: a plugin that traps is held, and its
                # files wait. The station shows the last line at level error with the trap.
                station.log(station.Level.ERROR, str(error) if isinstance(error, Error) else _fault(error))
                raise
            finally:
                _sandbox.leave()

        def convert(self, input: Any) -> Any:
            begin(Station())
            return ended(lambda: _plugin.convert(converter, _input(input)))

    return WitWorld


def expect(base: type) -> None:
    """In a module with no other converter, says what a class lacks; else it is a base for others."""

    class WitWorld:
        def __init__(self) -> None:
            raise TypeError(f"{base.__name__} has no descriptor, and {base.__module__} no other converter")

    vars(sys.modules[base.__module__]).setdefault("WitWorld", WitWorld)


def begin(station: Any) -> None:
    """Begins a call, with this as the station."""
    _host.use(station)
    _sandbox.enter()
