"""Writing reports."""

from __future__ import annotations

import datetime
import inspect
import math
import unittest
import unittest.mock
from typing import Any, Callable

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
    StepGroup,
    SubUnit,
    TextLimits,
    Uut,
    Violation,
    log,
    lookup,
    progress,
    testing,
)
from wats_converter.lookup import Process, Product
from wats_converter.testing._record import Recorder

from .support import convert, report


class HeaderTest(unittest.TestCase):
    def test_blank_texts_are_left_out(self) -> None:
        header = report(lambda uut: None, part_number=" ", operator="", comment=" x ", program=Sequence("Main", path="")).header
        self.assertEqual((header.part_number, header.operator, header.comment), (None, None, " x "))
        self.assertEqual((header.program.path, header.program.version), ("", ""))

    def test_times_become_texts(self) -> None:
        def start(time: Any) -> Any:
            return report(lambda uut: None, start=time).header.start

        def zone(**offset: float) -> datetime.timezone:
            return datetime.timezone(datetime.timedelta(**offset))

        day = datetime.datetime(2026, 5, 4, 8, 15, 30)
        self.assertEqual(start(day), "2026-05-04T08:15:30")
        self.assertEqual(start(day.replace(microsecond=250_000)), "2026-05-04T08:15:30.25")
        self.assertEqual(start(day.replace(tzinfo=datetime.timezone.utc)), "2026-05-04T08:15:30Z")
        self.assertEqual(start(day.replace(tzinfo=zone(hours=-9, minutes=-30))), "2026-05-04T08:15:30-09:30")
        self.assertEqual(start("2026-05-04T08:15:30"), "2026-05-04T08:15:30")
        with self.assertRaises(ValueError):
            start(day.replace(tzinfo=zone(seconds=30)))
        for wrong, found in [(12345, "int"), (day.date(), "date")]:
            with self.assertRaisesRegex(TypeError, f"^start: expected a datetime or a text, found {found}$"):
                start(wrong)

    def test_wrong_types_and_ranges_raise_where_the_report_begins(self) -> None:
        for wrong, kind in [
            ({"part_number": 7}, TypeError),
            ({"process_code": "10"}, TypeError),
            ({"process_code": True}, TypeError),
            ({"process_code": -1}, ValueError),
            ({"error_code": 2**31}, ValueError),
            ({"duration": "5"}, TypeError),
            ({"properties": {"colour": object()}}, TypeError),
        ]:
            with self.assertRaises(kind, msg=str(wrong)):
                report(lambda uut: None, **wrong)

    def test_the_head_can_be_replaced(self) -> None:
        found = report(lambda uut: uut.set_header(Header("A-2", program="Final")))
        self.assertEqual((found.header.serial_number, found.root.name), ("A-2", "Final"))

    def test_half_a_surrogate_pair_is_replaced(self) -> None:
        self.assertEqual(report(lambda uut: None, comment="a\ud800b\U0001f527").header.comment, "a\ufffdb\U0001f527")


class StepsTest(unittest.TestCase):
    def test_steps_of_all_kinds_keep_what_they_measured(self) -> None:
        chart = Chart("Ripple", x_label="f", x_unit="Hz", scale=ChartScale.LOG_X).series("A", [1, 2], x=[10, 100])

        def work(uut: Uut) -> None:
            uut.numeric("Vcc", 5, unit="V", limits=NumericLimits.between(4.9, 5.1))
            uut.numeric("None")
            uut.multi_numeric("Rails", status=Status.FAILED).measure("3V3", 3.31, unit="V").measure("5V", None)
            uut.pass_fail("LED", False)
            uut.multi_pass_fail("Keys").measure("F1", True).measure("F2", Status.SKIPPED)
            uut.text("Firmware", "1.4", limits=TextLimits.equal_to("1.4"), measured_status=Status.PASSED)
            uut.multi_text("Ids").measure("MAC", "00:11")
            uut.action("Flash")
            uut.chart("Curve", chart)
            uut.message_popup("Look", "yes", 1)
            uut.call_executable("flash.exe", -3)
            uut.generic("NI_Flow_If", "Flow")

        found = report(work)
        kinds = "numeric numeric multi-numeric pass-fail multi-pass-fail text multi-text action chart message-popup"
        self.assertEqual([step.kind for step in found.steps], [*kinds.split(), "call-executable", "generic"])
        vcc = found.step("Vcc")
        self.assertEqual((vcc.value, vcc.unit, vcc.limits), (5.0, "V", NumericLimits.between(4.9, 5.1)))
        self.assertIsInstance(vcc.value, float)
        self.assertIsNone(found.step("None").value)
        rails = found.step("Rails")
        self.assertEqual([(m.name, m.value, m.unit) for m in rails.body], [("3V3", 3.31, "V"), ("5V", None, "")])
        self.assertIs(rails.status, Status.FAILED)
        self.assertIs(found.step("LED").body.status, Status.FAILED)
        self.assertEqual([m.status for m in found.step("Keys").body], [Status.PASSED, Status.SKIPPED])
        self.assertEqual(found.step("Firmware").value, "1.4")
        self.assertEqual(found.step("Curve").body, chart)
        self.assertEqual(found.step("Look").body, ("yes", 1))
        self.assertEqual(found.step("flash.exe").body, -3)
        self.assertEqual(found.step("Flow").body, "NI_Flow_If")

    def test_options_are_the_same_for_all_kinds(self) -> None:
        picture = Attachment("a.png", "image/png", b"\x89")
        found = report(
            lambda uut: uut.action(
                "Turn",
                status=Status.ERROR,
                group=StepGroup.CLEANUP,
                start=datetime.datetime(2026, 5, 4),
                duration=2,
                error_code=7,
                error_message="hot",
                report_text=" ",
                loop_index=2,
                loop_summary=(3, 2, 1),
                caused_failure=True,
                attachment=picture,
                results=[{"name": "Raw"}, '{"name":"x"}'],
                properties={"ts-guid": "g", "list": [1]},
            )
        ).steps[0]
        self.assertEqual((found.status, found.group, found.start), (Status.ERROR, StepGroup.CLEANUP, "2026-05-04T00:00:00"))
        self.assertEqual((found.duration, found.error_code, found.report_text), (2.0, "7", None))
        self.assertEqual(found.attachment, picture)
        self.assertEqual(found.results, ['{"name":"Raw"}', '{"name":"x"}'])
        keys = "loop-index loop-count loop-ending-index loop-passed loop-failed caused-uut-failure ts-guid list"
        self.assertEqual([key for key, _ in found.properties], keys.split())
        self.assertEqual(dict(found.properties)["list"], ("[1]",))

    def test_a_mistake_raises_at_once(self) -> None:
        def unknown(uut: Uut) -> None:
            uut.action("x", colour="red")  # type: ignore[call-arg]

        for work, kind, message in [
            (unknown, TypeError, "a step has no option 'colour'"),
            (lambda uut: uut.numeric("x", "5"), TypeError, "read it with number"),
            (lambda uut: uut.numeric("x", True), TypeError, "found bool"),
            (lambda uut: uut.numeric("x", 10**400), OverflowError, ""),
            (lambda uut: uut.numeric(5, 5), TypeError, "name: expected a text"),
            (lambda uut: uut.numeric("x", 5, limits=(1, 2)), TypeError, "limits: expected NumericLimits"),
            (lambda uut: uut.action("x", status="passed"), TypeError, "status: expected Status"),
            (lambda uut: uut.call_executable("x", 3221225477), ValueError, "exit_code: found 3221225477"),
            (lambda uut: uut.action("x", loop_index="3"), TypeError, "^loop_index: expected a whole number, found str"),
            (lambda uut: uut.action("x", loop_index=True), TypeError, "^loop_index: expected a whole number, found bool"),
            (lambda uut: uut.action("x", loop_index=1.5), TypeError, "^loop_index: expected a whole number, found float"),
            (lambda uut: uut.action("x", loop_index=-1), ValueError, "^loop_index: found -1, allowed are 0 to 4294967295"),
            (lambda uut: uut.action("x", loop_index=2**32), ValueError, "^loop_index: found 4294967296"),
            (lambda uut: uut.action("x", loop_summary=(3, "2", 1)), TypeError, "^loop_summary: expected a whole number"),
            (lambda uut: uut.action("x", loop_summary=(3, 2, -1)), ValueError, "^loop_summary: found -1"),
            (lambda uut: uut.action("x", loop_summary=3), TypeError, "^loop_summary: expected how many there were"),
            (lambda uut: uut.action("x", loop_summary=(3, 2)), TypeError, "^loop_summary: expected how many there were"),
            (lambda uut: uut.attach(Attachment("x", "y", "text")), TypeError, "expected bytes"),
            (lambda uut: uut.data({"x": math.nan}), ValueError, "entry"),
        ]:
            with self.assertRaisesRegex(kind, message):
                report(work)

    def test_an_unknown_option_is_told_with_all_arguments_of_the_method(self) -> None:
        given = {"name": "x", "passed": True, "body": Chart("c"), "code": 0, "step_type": "NI_Flow_If"}
        tried = 0
        for method, function in inspect.getmembers(Uut, inspect.isfunction):
            parameters = inspect.signature(function).parameters
            if method.startswith("_") or "options" not in parameters:
                continue
            tried += 1
            own = [name for name in parameters if name not in ("self", "name", "options")]
            arguments = {name: given[name] for name in parameters if name in given}
            told = ", ".join([*own, "status", "group", "start", "duration"])
            with self.subTest(method), self.assertRaisesRegex(TypeError, f"^a step has no option 'units'; it has {told}, "):
                report(lambda uut: getattr(uut, method)(**arguments, units="V"))
        self.assertEqual(tried, 11)
        with self.assertRaisesRegex(TypeError, "^a step has no option 'units'; it has status, "):
            report(lambda uut: uut.action("x").set(units="V"))  # type: ignore[call-arg]

    def test_a_step_can_be_added_to_until_the_next(self) -> None:
        def work(uut: Uut) -> None:
            first = uut.action("first")
            first.set(report_text="more", properties={"a": 1}).set(properties={"b": 2})
            uut.action("second")
            with self.assertRaisesRegex(RuntimeError, "step 'first' is written already"):
                first.set(report_text="too late")
            rails = uut.multi_numeric("Rails")
            uut.open("Inner")
            with self.assertRaises(RuntimeError):
                rails.measure("late", 1)
            uut.close()

        first = report(work).step("first")
        self.assertEqual((first.report_text, [key for key, _ in first.properties]), ("more", ["a", "b"]))

    def test_steps_go_to_the_station_64_at_a_time(self) -> None:
        sizes = []
        original = Recorder.add

        def add(recorder: Recorder, steps: Any) -> None:
            sizes.append(len(steps))
            original(recorder, steps)

        def work(uut: Uut) -> None:
            for index in range(150):
                uut.numeric(f"step {index}", index, chart=Chart("x") if index == 70 else None)

        self.addCleanup(setattr, Recorder, "add", original)
        setattr(Recorder, "add", add)
        self.assertEqual([step.name for step in report(work).steps], [f"step {index}" for index in range(150)])
        self.assertEqual(sizes, [64, 7, 64, 15])


class SequencesTest(unittest.TestCase):
    def test_sequences_nest(self) -> None:
        def work(uut: Uut) -> None:
            with uut.sequence("Supply") as supply:
                uut.open(Sequence("Rails", status=Status.DONE, duration=1))
                uut.numeric("3V3", 3.3)
                self.assertEqual(uut.depth, 2)
                uut.close(duration=2)
                supply.status = Status.ERROR
            uut.action("last")

        found = report(work)
        self.assertEqual([path for path, _ in found.root.walk()], ["Supply/Rails/3V3", "last"])
        rails = found.sequence("Supply/Rails")
        self.assertEqual((rails.status, rails.duration), (Status.DONE, 2.0))
        self.assertIs(found.sequence("Supply").status, Status.ERROR)

    def test_unbalanced_sequences_are_told_at_the_end(self) -> None:
        def work(close: bool) -> Callable[[Input, Reports], None]:
            def unbalanced(input: Input, reports: Reports) -> None:
                with reports.uut(Header("A-1")) as uut:
                    uut.close() if close else uut.open("Inner")

            return unbalanced

        for close, path in [(True, "steps/Main"), (False, "steps/Main/Inner")]:
            error = convert(work(close)).error
            self.assertIs(error.kind, ErrorKind.REJECTED)
            self.assertEqual([(found.path, found.rule) for found in error.violations], [(path, "unbalanced-sequence")])


class ReportTest(unittest.TestCase):
    def test_what_goes_along_is_kept(self) -> None:
        def work(input: Input, reports: Reports) -> None:
            uut = reports.uut(Header("A-1"))
            uut.misc_info("Oven", "3")
            uut.sub_unit(SubUnit("PSU", "S-1", revision="A", part_type=""))
            uut.asset(Asset("DMM", 2**32 - 1, asset_type="Meter", calibration_due=datetime.datetime(2027, 1, 1)))
            uut.data({"name": "Environment"})
            uut.attach(Attachment("a.txt", "text/plain", b"x"))
            uut.attach_file(input.main, "text/csv")
            self.assertEqual(uut.finish(Status.FAILED), "00000000-0000-4000-8000-000000000001")

        converted = convert(work, "", name="a.csv")
        self.assertEqual(converted.asked, ["name"])
        found = converted.report
        self.assertIs(found.status, Status.FAILED)
        self.assertEqual(found.misc_infos, [("Oven", "3")])
        self.assertIsNone(found.sub_units[0].part_type)
        self.assertEqual(found.assets[0].properties, {"type": "Meter", "calibration-due": "2027-01-01T00:00:00"})
        self.assertEqual((found.data, found.attached_files), ([{"name": "Environment"}], [("a.csv", "text/csv")]))

    def test_a_forgotten_finish_is_an_error(self) -> None:
        error = convert(lambda input, reports: reports.uut(Header("A-1")) and None).error
        self.assertEqual(error.message, "1 reports were neither finished nor discarded")

    def test_a_block_discards_after_an_exception(self) -> None:
        def work(input: Input, reports: Reports) -> Outcome:
            try:
                with reports.uut(Header("A-1")) as uut, uut.sequence("x"):
                    raise Error.malformed("bad")
            except Error:
                pass
            with reports.uut(Header("A-2")) as uut:
                uut.discard()
            return Outcome.converted()

        self.assertEqual(convert(work).reports, [])

    def test_a_finished_report_takes_nothing_more(self) -> None:
        def work(input: Input, reports: Reports) -> None:
            with reports.uut(Header("A-1")) as uut:
                uut.finish()
                with self.assertRaisesRegex(RuntimeError, "finished or discarded already"):
                    uut.action("late")

        self.assertEqual(len(convert(work).reports), 1)

    def test_several_reports_are_written_at_a_time(self) -> None:
        def work(input: Input, reports: Reports) -> None:
            first, second = reports.uut(Header("A-1")), reports.uut(Header("A-2"))
            first.action("a")
            second.action("b")
            second.finish()
            first.finish()

        found = convert(work).reports
        self.assertEqual([(one.header.serial_number, one.steps[0].name) for one in found], [("A-2", "b"), ("A-1", "a")])

    def test_violations_become_an_error_of_kind_rejected(self) -> None:
        wrong = [Violation(f"steps/{index}", "too-long", "found much") for index in range(6)]

        def work(input: Input, reports: Reports) -> None:
            with reports.uut(Header("A-1")):
                pass

        error = convert(work, violations=wrong).error
        self.assertIs(error.kind, ErrorKind.REJECTED)
        self.assertTrue(error.message.startswith("the report breaks 6 rules: steps/0: found much; steps/1"), error.message)
        self.assertTrue(error.message.endswith("; ..."), error.message)
        self.assertEqual(error.violations, wrong)
        with self.assertRaises(AssertionError):
            self.assertEqual(convert(work, violations=wrong[:1]).report, None)

    def test_large_steps_go_to_the_station_at_once_and_others_64_at_a_time(self) -> None:
        added = []
        text = "x" * 300_000

        def work(uut: Uut) -> None:
            host = uut._host
            add = host.add

            def weighed(steps: Any) -> None:
                added.append(" ".join(step.name for step in steps))
                add(steps)

            with unittest.mock.patch.object(host, "add", weighed):
                uut.action("small")
                uut.chart("chart", Chart("c").series("s", [0.0] * 40_000))
                uut.action("note", report_text=text)
                uut.text("text", text)
                many = uut.multi_numeric("many")
                for number in range(3_000):
                    many.measure(f"m{number}", 1)
                uut.multi_text("texts").measure("t", text)
                uut.numeric("odd", 1, properties={"flag": True, "number": 1, "text": text, "list": [1]})
                uut.numeric("a", 1)
                uut.pass_fail("b", True)
                with uut.sequence("s"):
                    pass

        report(work)
        self.assertEqual(added, ["small chart", "note", "text", "many", "texts", "odd", "a b"])

    def test_documents_are_handed_over(self) -> None:
        def work(input: Input, reports: Reports) -> None:
            reports.emit_json({"type": "T", "sn": "A"}, key="1")
            reports.emit_json('{"type":"R"}')

        found = convert(work).documents
        self.assertEqual([(one.wsjf["type"], one.key) for one in found], [("T", "1"), ("R", None)])
        error = convert(lambda input, reports: reports.emit_json("{") and None).error
        self.assertIs(error.kind, ErrorKind.REJECTED)


class StationTest(unittest.TestCase):
    def test_log_and_progress_reach_the_station(self) -> None:
        def work(input: Input, reports: Reports) -> None:
            log.warn("column 7 is empty")
            log.info(5)
            progress(0.5)

        found = convert(work)
        self.assertEqual(found.log, [testing.LogLine("warn", "column 7 is empty"), testing.LogLine("info", "5")])
        self.assertEqual(found.progress, 0.5)

    def test_lookups_are_found_absent_unavailable_or_denied(self) -> None:
        known = {"processes": [Process(20, "Final", {})], "products": [Product("PCB-7", "Lamp", ["A"], {})]}

        def ask(**given: Any) -> Any:
            answers = []

            def work(input: Input, reports: Reports) -> None:
                answers.append((lookup.process("FINAL").known(), lookup.product("PCB-8").known()))

            converted = convert(work, **known, **given)
            return answers[0] if answers else converted.told

        self.assertEqual(ask(), (Process(20, "Final", {}), None))
        self.assertEqual(ask(offline=True)["waiting"]["reason"], "the test is offline")
        self.assertEqual(ask(grants=[])["error"]["kind"], "misconfigured")
