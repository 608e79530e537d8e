"""Quick tests in plain Python: ``python3 -m unittest``. The runs in ``cases`` are for ``wats plugin test``, too."""

from __future__ import annotations

import json
import pathlib
import unittest

from converter import MySource
from wats_converter import NumericLimits, Outcome, testing
from wats_converter.http import HttpError

CASES = pathlib.Path(__file__).parent / "cases"
FIRST = "https://mes.example/results?since="


class MySourceTest(unittest.TestCase):
    def test_results_become_reports_and_the_last_is_remembered(self) -> None:
        ran = testing.run_case(MySource, CASES / "first")
        self.assertEqual([report.header.serial_number for report in ran.reports], ["A-1001", "A-1002"])
        self.assertEqual([report.header.key for report in ran.reports], ["41", "42"])
        self.assertEqual(ran.reports[0].step("Vcc").limits, NumericLimits.between(4.9, 5.1))
        self.assertEqual(ran.reports[0].step("Temperature").limits, NumericLimits.log())
        self.assertEqual(ran.state, {"since": "42"})

    def test_it_asks_for_what_comes_after_the_last(self) -> None:
        ran = testing.run_case(MySource, CASES / "goes_on")
        self.assertEqual([request.url for request in ran.requests], ["https://line2.example:8443/api?since=42"])
        self.assertEqual(ran.state, {"since": "43"})

    def test_nothing_new_is_skipped(self) -> None:
        self.assertEqual(testing.run_case(MySource, CASES / "nothing_new").outcome, Outcome.skipped("nothing new"))

    def test_what_is_no_number_is_an_error_and_nothing_is_remembered(self) -> None:
        ran = testing.run_case(MySource, CASES / "broken_number")
        self.assertEqual(ran.told, json.loads((CASES / "broken_number/expected.json").read_text(encoding="utf-8")))
        self.assertEqual((ran.reports, ran.state), ([], {}))

    def test_a_result_without_start_is_an_error_with_its_place(self) -> None:
        error = testing.run(MySource, {FIRST: '[{"id": 1, "serial": "A-1"}]'}).error
        self.assertEqual(str(error), "[0]: found no start")

    def test_nobody_there_and_a_busy_server_are_waited_for(self) -> None:
        for answer in [HttpError("unreachable", "no such name"), testing.Answered(503, "at lunch")]:
            ran = testing.run(MySource, {FIRST: answer}, state={"since": ""})
            self.assertEqual(ran.outcome.kind, "waiting")


if __name__ == "__main__":
    unittest.main()
