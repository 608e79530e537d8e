"""Scheduled converters in the test kit: what they are told, whom they reach, what they remember."""

from __future__ import annotations

import unittest
from typing import Any, Callable, Optional, Type

from wats_converter import Descriptor, Error, Grant, Header, NoSettings, Outcome, Reports, Run, ScheduledConverter, Waiting
from wats_converter import http, log, state, testing
from wats_converter.http import HttpError

from .support import convert

URL = "https://mes.example/units"
ALL = [Grant.HTTP, Grant.STATE]


def scheduled(
    work: Callable[[Run, Reports], Optional[Outcome]], grants: Any = ALL
) -> Type[ScheduledConverter[NoSettings]]:
    """A scheduled converter that does this; converted, unless it says otherwise."""

    class Worker(ScheduledConverter[NoSettings]):
        descriptor = Descriptor("worker", "1.0.0", grants=grants)

        def run(self, run: Run, settings: NoSettings, reports: Reports) -> Outcome:
            return work(run, reports) or Outcome.converted()

    return Worker


def ran(work: Callable[[Run, Reports], Optional[Outcome]], *answers: Any, grants: Any = ALL, **given: Any) -> testing.Ran:
    return testing.run(scheduled(work, grants), *answers, **given)


def get(run: Run, reports: Reports) -> None:
    answer = http.get(URL)
    log.info(f"{answer.status} {answer.header('Content-Type')} {answer.text()}")


class RunTest(unittest.TestCase):
    def test_it_is_told_when_it_is_due(self) -> None:
        def work(run: Run, reports: Reports) -> None:
            log.info(run)

        found = ran(work, due="2026-05-04T08:20:00+02:00", previous="2026-05-04T08:10:00+02:00", by_hand=True)
        shown = "Run(due='2026-05-04T08:20:00+02:00', previous='2026-05-04T08:10:00+02:00', by_hand=True)"
        self.assertEqual([line.message for line in found.log], [shown])
        self.assertEqual(ran(work).log[0].message, "Run(due='2026-01-01T12:00:00Z', by_hand=False)")

    def test_a_report_without_key_or_start_is_refused(self) -> None:
        def work(run: Run, reports: Reports) -> None:
            reports.uut(Header("A-1")).finish()

        found = [(violation.path, violation.rule) for violation in ran(work).error.violations]
        self.assertEqual(found, [("header/key", "missing-key"), ("header/start", "missing-start")])

        def whole(run: Run, reports: Reports) -> None:
            reports.uut(Header("A-1", key="1", start=run.due)).finish()

        self.assertEqual(ran(whole).report.header.start, "2026-01-01T12:00:00Z")

    def test_an_open_report_is_an_error_and_no_outcome_a_fault(self) -> None:
        def work(run: Run, reports: Reports) -> None:
            reports.uut(Header("A-1"))

        self.assertIn("neither finished nor discarded", ran(work).error.message)
        with self.assertRaisesRegex(TypeError, "Worker.run .*: expected an Outcome, found int"):
            ran(lambda run, reports: 5)  # type: ignore[arg-type, return-value]


class HttpTest(unittest.TestCase):
    def test_requests_are_answered_and_noted(self) -> None:
        def work(run: Run, reports: Reports) -> None:
            get(run, reports)
            answer = http.request("POST", URL, json={"ä": 1}, headers={"X-A": "b"}, timeout=3)
            log.info(f"{answer.success().json()} {answer.header('x-none')}")

        found = ran(work, {URL: testing.Answered(203, "hi", {"Content-Type": "text/plain"}), f"POST {URL}": "[1]"})
        self.assertEqual([line.message for line in found.log], ["203 text/plain hi", "[1] None"])
        sent = found.requests[1]
        self.assertEqual((sent.method, sent.body.decode(), sent.timeout), ("POST", '{"ä": 1}', 3.0))
        self.assertEqual(sent.headers, [("X-A", "b"), ("content-type", "application/json")])

    def test_what_is_not_caught_becomes_what_it_means(self) -> None:
        for kind in ("unreachable", "timed-out"):
            detail: Any = ran(get, {URL: HttpError(kind, "no such name")}).outcome.detail
            self.assertEqual((type(detail), detail.reason), (Waiting, "no such name"))
        self.assertEqual(ran(get).told, {"waiting": {"reason": f"the test has no answer for GET {URL}", "retry-after": None, "missing": []}})
        for kind, means in (("denied", "misconfigured"), ("invalid", "internal"), ("too-large", "unsupported")):
            self.assertEqual(ran(get, {URL: HttpError(kind, "x")}).error.kind.value, means)
        self.assertEqual(str(HttpError.timed_out(2)), "no answer in 2.0 s")

        def catches(run: Run, reports: Reports) -> Outcome:
            try:
                http.get(URL)
            except HttpError as error:
                return Outcome.skipped(error.kind)
            return Outcome.converted()

        self.assertEqual(ran(catches).outcome, Outcome.skipped("unreachable"))

    def test_success_waits_for_a_busy_server_and_refuses_the_rest(self) -> None:
        def success(run: Run, reports: Reports) -> None:
            http.get(URL).success()

        for status in (200, 204, 299):
            self.assertEqual(ran(success, {URL: testing.Answered(status)}).outcome, Outcome.converted())
        for status in (429, 500, 503):
            self.assertEqual(ran(success, {URL: testing.Answered(status, " busy ")}).outcome.kind, "waiting")
        for status, kind in ((401, "misconfigured"), (403, "misconfigured"), (404, "malformed"), (302, "malformed")):
            error = ran(success, {URL: testing.Answered(status, "no\n")}).error
            self.assertEqual((error.kind.value, error.message), (kind, f"{URL} answered {status}: no"))

    def test_a_body_that_is_no_text_or_json_is_malformed(self) -> None:
        error = ran(get, {URL: b"ab\xff"}).error
        self.assertEqual(error.message, f"{URL} answered what is no UTF-8, at byte 2")

        def read(run: Run, reports: Reports) -> None:
            http.get(URL).json()

        self.assertTrue(ran(read, {URL: "{"}).error.message.startswith(f"the answer of {URL}: "))

    def test_requests_go_only_where_it_asked_to_go(self) -> None:
        one = [Grant.http_to("mes.example:8080")]

        def work(run: Run, reports: Reports) -> None:
            http.get("http://MES.example:8080/x")
            http.get(URL)

        found = ran(work, {"http://MES.example:8080/x": ""}, grants=one)
        self.assertEqual(found.error.message, "`http:mes.example` would have to be asked for and granted")
        self.assertEqual(found.error.kind.value, "misconfigured")
        self.assertEqual(ran(get, {URL: ""}, grants=[]).error.kind.value, "misconfigured")

        def nowhere(run: Run, reports: Reports) -> None:
            http.get("/units")

        self.assertEqual(ran(nowhere).error.kind.value, "internal")

    def test_values_of_a_wrong_type_raise_at_their_line(self) -> None:
        for call in (
            lambda: http.get(5),  # type: ignore[arg-type]
            lambda: http.get(URL, headers={"a": 1}),  # type: ignore[dict-item]
            lambda: http.request("POST", URL, body="a", json=1),
            lambda: http.request("POST", URL, body=5),  # type: ignore[arg-type]
            lambda: http.request("POST", URL, body=[5]),  # type: ignore[arg-type]
            lambda: http.get(URL, timeout="1"),  # type: ignore[arg-type]
            lambda: state.set_bytes("a", "b"),  # type: ignore[arg-type]
            lambda: state.set_text("a", b"b"),  # type: ignore[arg-type]
        ):
            with self.assertRaises(TypeError):
                ran(lambda run, reports: call())  # type: ignore[func-returns-value, misc, return-value]


class FilesTest(unittest.TestCase):
    def test_a_converter_of_files_is_told_that_it_has_none_of_it(self) -> None:
        for call in (lambda: http.get(URL), lambda: state.keys()):
            with self.assertRaisesRegex(RuntimeError, "only a ScheduledConverter"):
                convert(lambda input, reports: call())  # type: ignore[arg-type, return-value]


class StateTest(unittest.TestCase):
    def test_what_is_set_is_kept_of_a_converted_run_only(self) -> None:
        def work(run: Run, reports: Reports) -> None:
            log.info(f"{state.text('since')} {state.text('none')} {state.keys()}")
            state.set_text("since", "8")
            state.set_bytes("raw", b"\xff")
            state.delete("old")
            state.delete("none")
            log.info(f"{state.text('since')} {state.bytes('raw')!r} {state.keys()}")

        before = {"since": "7", "old": b"x"}
        found = ran(work, state=before)
        self.assertEqual([line.message for line in found.log], ["7 None ['old', 'since']", "8 b'\\xff' ['raw', 'since']"])
        self.assertEqual(found.state, {"raw": b"\xff", "since": "8"})

        def fails(run: Run, reports: Reports) -> None:
            work(run, reports)
            raise Error.malformed("odd")

        def skips(run: Run, reports: Reports) -> Outcome:
            work(run, reports)
            return Outcome.skipped("nothing")

        for kept in (ran(fails, state=before), ran(skips, state=before)):
            self.assertEqual(kept.state, {"old": "x", "since": "7"})

    def test_it_needs_the_grant_and_a_key_that_is_one(self) -> None:
        def work(run: Run, reports: Reports) -> None:
            state.set_text("", "a")

        self.assertEqual(ran(work).error.message, "keys of the state have 1 to 200 characters")
        error = ran(work, grants=[Grant.HTTP]).error
        self.assertEqual((error.kind.value, error.message), ("misconfigured", "the station has not granted `state` to this plugin"))

        def bytes_as_text(run: Run, reports: Reports) -> None:
            state.text("raw")

        self.assertEqual(ran(bytes_as_text, state={"raw": b"\xff"}).error.message, 'the state "raw" is no text')
