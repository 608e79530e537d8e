"""One conversion in a test."""

from __future__ import annotations

import json
import os
import pathlib
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Type, Union

from .. import _host, _plugin
from .._descriptor import Detection, Grant, Outcome, Waiting
from .._error import Error, Violation
from .._input import File, Input
from .._plugin import Converter
from .._wire import WireHeader
from ..lookup import Answer, Process, Product
from ._file import MemoryFile
from ._record import RecordedDocument, RecordedReport, Recorder

MODIFIED = "2026-01-01T12:00:00Z"
"""When files were changed, unless the test says: the same on every machine."""

MISSING = "found none; each report of a scheduled converter states it, so that what is known already is recognised"
Content = Union[str, bytes, "os.PathLike[str]"]
"""What a file holds: a text (as UTF-8), bytes, or the path of a file on disk."""


class LogLine(NamedTuple):
    """A line of the log."""

    level: str
    """``trace``, ``debug``, ``info``, ``warn`` or ``error``."""
    message: str


class Converted:
    """What came out of a conversion."""

    def __init__(self, outcome: Union[Outcome, Error], station: Station, files: Sequence[MemoryFile]) -> None:
        done = isinstance(outcome, Outcome) and outcome.kind == "converted"
        self.outcome = outcome
        """How it ended: an ``Outcome``, or the ``Error``."""
        self.reports: List[RecordedReport] = station.reports if done else []
        """The finished reports, in their order; none unless the outcome is converted."""
        self.documents: List[RecordedDocument] = station.documents if done else []
        """The reports that were handed over by ``emit_json``, in their order."""
        self.log: List[LogLine] = station.lines
        """What was logged."""
        self.progress = station.fraction
        """The last progress."""
        self.asked = sorted(set().union(*(file.asked for file in files)))
        """What of ``name``, ``path`` and ``modified`` the converter asked for: that is then part of what the source is."""

    @property
    def report(self) -> RecordedReport:
        """The one report. Raises ``AssertionError`` when the conversion failed, or there is not exactly one."""
        if isinstance(self.outcome, Error):
            raise AssertionError(f"the conversion failed: {self.outcome}")
        if len(self.reports) != 1:
            raise AssertionError(f"{len(self.reports)} reports, {self.outcome!r}")
        return self.reports[0]

    @property
    def error(self) -> Error:
        """Why it failed. Raises ``AssertionError`` when it did not."""
        if not isinstance(self.outcome, Error):
            raise AssertionError(f"the conversion did not fail: {self.outcome!r}, {len(self.reports)} reports")
        return self.outcome

    @property
    def told(self) -> Optional[Dict[str, Any]]:
        """What ``expected.json`` of a case says where there are no reports: ``{"error": ...}``, ``{"skipped": ...}`` or
        ``{"waiting": ...}``; None when the file was converted."""
        if isinstance(self.outcome, Error):
            told = {"kind": self.outcome.kind.value, "message": self.outcome.message}
            if self.outcome.place:
                told["place"] = str(self.outcome.place)
            return {"error": told}
        detail = self.outcome.detail
        if isinstance(detail, Waiting):
            waiting = {"reason": detail.reason, "retry-after": detail.retry_after, "missing": detail.missing}
            return {"waiting": waiting}
        return {"skipped": detail} if self.outcome.kind == "skipped" else None


def convert(
    converter: Type[Converter[Any]],
    content: Content,
    *,
    name: str = "",
    modified: str = MODIFIED,
    companions: Optional[Mapping[str, Content]] = None,
    settings: Optional[Mapping[str, Any]] = None,
    grants: Optional[Sequence[Grant]] = None,
    processes: Sequence[Process] = (),
    products: Sequence[Product] = (),
    offline: bool = False,
    violations: Sequence[Violation] = (),
) -> Converted:
    """Converts a file.

    :param content: what it holds: a text (as UTF-8), bytes, or the path of a file on disk.
    :param name: its name, or path in the inbox with ``/``. Default: the name of the file on disk, else ``input``.
    :param modified: when it was changed, ISO 8601 with an offset.
    :param companions: files that belong to it, by name.
    :param settings: what the operator set, as in the plugin's manifest.
    :param grants: what is granted. Default: all that the descriptor asks for.
    :param processes: test operations that ``lookup`` knows.
    :param products: products that ``lookup`` knows.
    :param offline: every ``lookup`` is unavailable.
    :param violations: what ``finish`` and ``emit_json`` find wrong with each report.
    """
    files = _files(content, name, modified, companions)
    granted = converter.descriptor.grants if grants is None else list(grants)
    station = Station(settings, Grant.LOOKUP in granted, processes, products, offline, violations)
    before = _host.use(station)
    try:
        outcome: Union[Outcome, Error] = _plugin.convert(converter, _input(files))
    except Error as error:
        outcome = error
    finally:
        _host.use(before)
    if isinstance(outcome, Outcome) and outcome.kind == "converted" and station.unfinished:
        outcome = Error.internal(f"{station.unfinished} reports were neither finished nor discarded")
    return Converted(outcome, station, files)


def probe(
    converter: Type[Converter[Any]],
    content: Content,
    *,
    name: str = "",
    modified: str = MODIFIED,
    companions: Optional[Mapping[str, Content]] = None,
    settings: Optional[Mapping[str, Any]] = None,
) -> Detection:
    """Asks whether the converter can read the file, without the descriptor's rules. As ``convert``."""
    files = _files(content, name, modified, companions)
    before = _host.use(Station(settings, False, (), (), False, ()))
    try:
        return _plugin.probe(converter, _input(files))
    finally:
        _host.use(before)


def case(converter: Type[Converter[Any]], folder: Union[str, "os.PathLike[str]"]) -> Converted:
    """Converts the file of a case: a folder with ``input.*``, and where they matter ``settings.json``, ``case.json`` (``name``,
    ``modified``, ``grants``, ``lookups``) and companions. ``expected.json`` is left to ``wats plugin test``; where it tells no reports,
    compare it with ``Converted.told``."""
    inputs: List[pathlib.Path] = []
    companions: Dict[str, Content] = {}
    told: Dict[str, Any] = {"settings.json": {}, "case.json": {}, "expected.json": {}}
    for path in sorted(pathlib.Path(folder).iterdir()):
        if path.name in told:
            told[path.name] = json.loads(path.read_text(encoding="utf-8"))
        elif path.name.startswith("input."):
            inputs.append(path)
        elif path.is_file() and path.name != "README.md":
            companions[path.name] = path
    if len(inputs) != 1:
        raise AssertionError(f"{folder}: one file must be named input.*, there are {len(inputs)}")
    about = told["case.json"]
    unknown = sorted(set(about) - {"name", "modified", "grants", "lookups"})
    if unknown:
        raise AssertionError(f"{folder}/case.json: unknown keys {', '.join(unknown)}")
    grants = [Grant(name) for name in about["grants"]] if "grants" in about else None
    return convert(
        converter,
        inputs[0],
        name=about.get("name", ""),
        modified=about.get("modified", MODIFIED),
        companions=companions,
        settings=told["settings.json"],
        grants=grants,
        **lookups_of(about),
    )


def lookups_of(case: Mapping[str, Any]) -> Dict[str, Any]:
    """What the server of a case knows."""
    lookups = case.get("lookups", {})
    return {
        "processes": [Process(found["code"], found["name"], {}) for found in lookups.get("processes", [])],
        "products": [
            Product(found["part_number"], found.get("name", ""), found.get("revisions", []), {})
            for found in lookups.get("products", [])
        ],
        "offline": lookups.get("offline", False),
    }


def _bytes(content: Content) -> bytes:
    if isinstance(content, str):
        return content.encode("utf-8")
    if isinstance(content, (bytes, bytearray)):
        return bytes(content)
    return pathlib.Path(content).read_bytes()


def _files(
    content: Content, name: str, modified: str, companions: Optional[Mapping[str, Content]]
) -> List[MemoryFile]:
    if not name:
        name = "input" if isinstance(content, (str, bytes, bytearray)) else pathlib.Path(content).name
    others = sorted((companions or {}).items())
    main = MemoryFile(name, _bytes(content), modified)
    return [main, *(MemoryFile(path, _bytes(found), MODIFIED) for path, found in others)]


def _input(files: Sequence[MemoryFile]) -> Input:
    main, *others = (File(file) for file in files)
    return Input(main, others)


class Station:
    """The station of a test."""

    states_key_and_start = False
    """Whether each report must."""

    def __init__(
        self,
        settings: Optional[Mapping[str, Any]],
        lookup_granted: bool,
        processes: Sequence[Process],
        products: Sequence[Product],
        offline: bool,
        violations: Sequence[Violation],
    ) -> None:
        self._settings = json.dumps(dict(settings or {}))
        self._granted = lookup_granted
        self._processes = processes
        self._products = products
        self._offline = offline
        self._violations = [(found.path, found.rule, found.message) for found in violations]
        self.lines: List[LogLine] = []
        self.fraction = 0.0
        self.reports: List[RecordedReport] = []
        self.documents: List[RecordedDocument] = []
        self.unfinished = 0
        self._count = 0

    def settings_json(self) -> str:
        return self._settings

    def log(self, level: str, message: str) -> None:
        self.lines.append(LogLine(level, message))

    def progress(self, fraction: float) -> None:
        self.fraction = fraction

    def process_by_name(self, name: str) -> Answer[Process]:
        return self._answer([found for found in self._processes if found.name.lower() == name.lower()])

    def product_by_part_number(self, part_number: str) -> Answer[Product]:
        return self._answer([found for found in self._products if found.part_number == part_number])

    def _answer(self, found: Sequence[Any]) -> Answer[Any]:
        if not self._granted:
            return Answer("denied")
        if self._offline:
            return Answer("unavailable", reason="the test is offline")
        return Answer("found", found[0]) if found else Answer("absent")

    def uut(self, header: WireHeader) -> Recorder:
        self.unfinished += 1
        return Recorder(header, self._ended)

    def _ended(self, report: RecordedReport, finished: bool) -> str:
        self.unfinished -= 1
        if not finished:
            return ""
        report_id = self._accept(report.header.key, report.header.start)
        self.reports.append(report)
        return report_id

    def emit_json(self, wsjf: str, key: Optional[str]) -> str:
        try:
            document = json.loads(wsjf)
        except json.JSONDecodeError as error:
            path = f"line {error.lineno}, column {error.colno}"
            raise _host.Rejected([(path, "unreadable", error.msg)]) from None
        start = document.get("start") if isinstance(document, dict) else None
        report_id = self._accept(key, start)
        self.documents.append(RecordedDocument(document, key))
        return report_id

    def _accept(self, key: Optional[str], start: Optional[str]) -> str:
        violations = list(self._violations)
        if self.states_key_and_start:
            given = {"key": key, "start": start}
            missing = [name for name, value in given.items() if value is None]
            violations += [(f"header/{name}", f"missing-{name}", MISSING) for name in missing]
        if violations:
            raise _host.Rejected(violations)
        self._count += 1
        return f"00000000-0000-4000-8000-{self._count:012}"
