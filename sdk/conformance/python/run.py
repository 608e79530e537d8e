"""What the rows make."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional

from rows import S32, STATUSES, U32, U64, Row
from wats_converter import (
    Asset,
    Attachment,
    Chart,
    ChartScale,
    Error,
    ErrorKind,
    Header,
    Input,
    NumericLimits,
    Outcome,
    Reports,
    Sequence,
    Status,
    Step,
    StepGroup,
    StepOptions,
    SubUnit,
    TextLimits,
    Uut,
    log,
    lookup,
    progress,
)

GROUPS = {group.value: group for group in StepGroup}
SCALES = {scale.value: scale for scale in ChartScale}
KINDS = {kind.value: kind for kind in ErrorKind if kind is not ErrorKind.REJECTED}
LEVELS: Dict[str, Callable[[object], None]] = {
    "trace": log.trace,
    "debug": log.debug,
    "info": log.info,
    "warn": log.warn,
    "error": log.error,
}
ONE_BOUND = ["eq", "eqt", "ne", "lt", "le", "gt", "ge"]
TWO_BOUNDS = ["gtlt", "gtle", "gelt", "gele", "ltgt", "ltge", "legt", "lege"]
COMPARISONS = {name: name for name in ["log", *ONE_BOUND, *TWO_BOUNDS]}
TEXT_COMPARISONS = {"log": "LOG", "eq": "EQ", "ne": "NE", "case": "CASESENSIT", "nocase": "IGNORECASE"}

TEXTS_OF_THE_HEAD = {
    "operator": "operator",
    "machine": "machine_name",
    "location": "location",
    "purpose": "purpose",
    "batch": "batch_serial_number",
    "fixture": "fixture",
    "comment": "comment",
    "error-message": "error_message",
    "key": "key",
    "id": "id",
}
NUMBERS_OF_THE_HEAD = {
    "process": ("process_code", U32),
    "socket": ("socket_index", S32),
    "error-code": ("error_code", S32),
}


class Run:
    """One conversion."""

    def __init__(self, input: Input, reports: Reports, rows: List[Row], program: str, scale: float) -> None:
        self._input = input
        self._reports = reports
        self._rows = rows
        self._program = program
        self._scale = scale
        self._at = 0
        self._header: Optional[Header] = None
        self._uut: Optional[Uut] = None
        # What rows say of the step or sequence that comes next.
        self._next: StepOptions = {}

    def all(self) -> Outcome:
        """Goes through all rows."""
        try:
            while self._at < len(self._rows):
                outcome = self._one(self._take())
                if outcome is not None:
                    return outcome
            if self._header is not None:
                raise Error.truncated("no end")
            return Outcome.converted()
        finally:
            # What was not finished is no report.
            if self._uut is not None:
                self._uut.discard()

    def _take(self) -> Row:
        row = self._rows[self._at]
        self._at += 1
        return row

    def _next_is(self, *words: str) -> bool:
        return self._at < len(self._rows) and self._rows[self._at].word in words

    def _one(self, row: Row) -> Optional[Outcome]:
        word = row.word
        if word == "unit":
            self._begin(row)
        elif word in ("head", "program"):
            self._head(row)
        elif word == "end":
            status = row.status(0)
            uut = self._writer(row)
            self._header = self._uut = None
            uut.finish(status)
        elif word == "discard":
            self._writer(row).discard()
            self._header = self._uut = None
        elif word == "emit":
            self._reports.emit_json(row.text(1), row.text(0))
        elif word in ("at", "took", "failing", "note", "in", "with"):
            self._collect(row)
        elif word == "log":
            row.required(0)
            row.one_of(0, row.text(0), LEVELS)(row.text(1))
        elif word == "progress":
            progress(row.number(0) or 0.0)
        elif word == "needs":
            pass  # For `probe` alone.
        elif word == "skip":
            return Outcome.skipped(row.text(0))
        elif word == "wait":
            missing = [row.text(1)] if row.text(1) else []
            return Outcome.waiting(row.text(2), retry_after=row.number(0), missing=missing)
        elif word == "fail":
            row.required(0)
            error = Error(row.one_of(0, row.text(0), KINDS), row.text(2))
            column = row.whole(1, U32)
            raise error.at_line(row.line) if column is None else error.at_cell(row.line, column)
        elif word == "fail-at":
            raise Error.malformed(row.text(1)).at_path(row.text(0))
        elif word == "panic":
            raise RuntimeError(row.text(0))
        elif word == "m":
            raise row.wrong("m outside of multi")
        elif word == "series":
            raise row.wrong("series outside of chart")
        elif word in ("plot", "attach-step", "result"):
            raise row.wrong("no step")
        else:
            self._report(row, self._writer(row))
        return None

    def _begin(self, row: Row) -> None:
        if self._header is not None:
            raise row.wrong("unit before end")
        self._header = Header(
            row.required(0),
            part_number=row.text(1),
            revision=row.text(2),
            start=row.text(3),
            program=self._program,
        )

    def _head(self, row: Row) -> None:
        header = self._header
        if header is None:
            raise row.wrong("no unit")
        if self._uut is not None:
            raise row.wrong("the head is closed")
        name = row.required(0)
        if row.word == "program":
            header.program = Sequence(name, version=row.text(1), path=row.text(2))
        elif name in TEXTS_OF_THE_HEAD:
            setattr(header, TEXTS_OF_THE_HEAD[name], row.text(1))
        elif name in NUMBERS_OF_THE_HEAD:
            field, bounds = NUMBERS_OF_THE_HEAD[name]
            setattr(header, field, row.whole(1, bounds))
        elif name == "duration":
            header.duration = row.number(1)
        else:
            header.properties[name] = row.value(1)

    def _writer(self, row: Row) -> Uut:
        """The writer of the open report, opened now if this is its first row."""
        if self._header is None:
            raise row.wrong("no unit")
        if self._uut is None:
            self._uut = self._reports.uut(self._header)
        return self._uut

    def _collect(self, row: Row) -> None:
        self._writer(row)
        if row.word == "at":
            self._next["start"] = row.text(0)
        elif row.word == "took":
            self._next["duration"] = row.number(0)
        elif row.word == "failing":
            self._next["error_code"] = row.text(0)
            self._next["error_message"] = row.text(1)
        elif row.word == "note":
            self._next["report_text"] = row.text(0)
        elif row.word == "in":
            self._next["group"] = row.word_of(0, GROUPS) or StepGroup.MAIN
        else:
            self._next["properties"] = {**self._next.get("properties", {}), row.required(0): row.value(1)}

    def _report(self, row: Row, uut: Uut) -> None:
        """Rows of an open report that are no steps."""
        if row.word == "retitle" and self._header is not None:
            self._header.start = row.text(0)
            self._header.duration = row.number(1)
            uut.set_header(self._header)
        elif row.word == "open":
            told: Dict[str, Any] = {key: value for key, value in self._next.items() if key != "duration"}
            self._next = {}
            uut.open(Sequence(row.required(0), **told))
        elif row.word == "close":
            uut.close(row.status(0), row.number(1))
        elif row.word == "attach":
            uut.attach(Attachment(row.required(0), row.required(1), row.text(2).encode("utf-8")))
        elif row.word == "attach-source":
            uut.attach_file(self._input.main, row.required(0))
        elif row.word == "misc":
            uut.misc_info(row.required(0), row.text(1))
        elif row.word == "sub":
            uut.sub_unit(SubUnit(row.required(1), row.required(0), revision=row.text(2), part_type=row.text(3)))
        elif row.word == "asset":
            serial, count = row.required(0), row.required_whole(1, U32)
            uut.asset(Asset(serial, count, asset_type=row.text(2), calibration_due=row.text(3)))
        elif row.word == "data":
            uut.data(row.text(0))
        else:
            self._follow(self._step(row, uut))

    def _step(self, row: Row, uut: Uut) -> Step:
        options, self._next = self._next, {}
        name = row.required(0)
        if row.word == "num":
            measured = self._measured(row)
            options["status"] = measured["status"]
            measured["measured_status"] = measured.pop("status")
            return uut.numeric(name, **measured, **options)
        if row.word == "multi":
            options["status"] = row.status(1)
            numbers = uut.multi_numeric(name, **options)
            while self._next_is("m"):
                one = self._take()
                numbers.measure(one.required(0), **self._measured(one))
            return numbers
        if row.word == "pf":
            row.required(1)
            return uut.pass_fail(name, row.one_of(1, row.text(1), STATUSES), **options)
        if row.word == "pfs":
            flags = uut.multi_pass_fail(name, **options)
            for key, status in row.pairs():
                flags.measure(key, row.one_of(1, status, STATUSES))
            return flags
        if row.word == "text":
            limits = TextLimits.named(row.word_of(2, TEXT_COMPARISONS) or "LOG", row.text(3))
            status_of_both = row.status(4)
            options["status"] = status_of_both
            return uut.text(name, row.text(1) or None, limits=limits, measured_status=status_of_both, **options)
        if row.word == "texts":
            texts = uut.multi_text(name, **options)
            for key, text in row.pairs():
                texts.measure(key, text)
            return texts
        if row.word == "action":
            options["status"] = row.status(1)
            return uut.action(name, **options)
        if row.word == "popup":
            return uut.message_popup(name, row.text(1) or None, row.whole(2, S32), **options)
        if row.word == "exec":
            return uut.call_executable(name, row.required_whole(1, S32), **options)
        if row.word == "generic":
            return uut.generic(row.required(1), name, **options)
        if row.word == "chart":
            return uut.chart(name, self._chart(row, 1), **options)
        shown = f"{name} {row.text(1)}" if row.word == "read" else name
        options["report_text"] = self._answer(row, name)
        return uut.action(f"{row.word} {shown}", **options)

    def _follow(self, step: Step) -> None:
        """Charts, attachments and results that belong to the step."""
        while self._next_is("plot", "attach-step", "result"):
            row = self._take()
            if row.word == "plot":
                step.set(chart=self._chart(row, 0))
            elif row.word == "attach-step":
                content = row.text(2).encode("utf-8")
                step.set(attachment=Attachment(row.required(0), row.required(1), content))
            else:
                step.set(results=[row.text(0)])

    def _chart(self, row: Row, first: int) -> Chart:
        """A chart whose label is the field ``first``, with the series that follow."""
        chart = Chart(
            row.text(first),
            x_label=row.text(first + 1),
            x_unit=row.text(first + 2),
            y_label=row.text(first + 3),
            y_unit=row.text(first + 4),
            scale=row.word_of(first + 5, SCALES) or ChartScale.LINEAR,
        )
        while self._next_is("series"):
            series = self._take()
            chart.series(series.required(0), series.numbers(2), x=series.numbers(1))
        return chart

    def _measured(self, row: Row) -> Dict[str, Any]:
        """Value, unit, limits and status of a row ``num`` or ``m``."""
        value = row.number(1)
        comparison = row.word_of(3, COMPARISONS)
        low, high = row.number(4), row.number(5)
        if comparison is None:
            limits = NumericLimits.inclusive(low, high)
        else:
            if low is None and comparison != "log":
                raise row.malformed(4, "empty")
            if high is None and comparison in TWO_BOUNDS:
                raise row.malformed(5, "empty")
            limits = NumericLimits.named(comparison, low, high)
        status: Optional[Status] = row.status(6)
        scaled = None if value is None else value * self._scale
        return {"value": scaled, "unit": row.text(2), "limits": limits, "status": status}

    def _answer(self, row: Row, name: str) -> str:
        """What the station, the file and its companions answer."""
        main, companions = self._input.main, self._input.companions
        if row.word == "process":
            process = lookup.process(name)
            return f"found {process.found.code} {process.found.name}" if process.found else process.kind
        if row.word == "product":
            product = lookup.product(name)
            if product.found is None:
                return product.kind
            return f"found {product.found.part_number} {product.found.name} {','.join(product.found.revisions)}"
        if row.word == "ask":
            asked: Dict[str, Callable[[], str]] = {
                "name": lambda: main.name,
                "path": lambda: main.path,
                "modified": lambda: main.modified,
                "size": lambda: str(main.size),
                "companions": lambda: " ".join(file.path for file in companions),
            }
            return row.one_of(0, name, asked)()
        if row.word == "read":
            found = main.read(row.required_whole(0, U64), row.required_whole(1, U32))
            return f"{len(found)} bytes, sum {sum(found)}"
        index = row.required_whole(0, U64)
        if index >= len(companions):
            raise row.malformed(0, "no such companion")
        return companions[index].text()
