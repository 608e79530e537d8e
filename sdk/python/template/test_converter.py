"""Quick tests in plain Python: ``python3 -m unittest``. The files in ``cases`` are for ``wats plugin test``."""

from __future__ import annotations

import json
import pathlib
import unittest

from converter import MyFormat
from wats_converter import NumericLimits, testing

CASES = pathlib.Path(__file__).parent / "cases"


class MyFormatTest(unittest.TestCase):
    def test_a_log_becomes_a_report(self) -> None:
        report = testing.case(MyFormat, CASES / "passed").report
        self.assertEqual(report.header.serial_number, "A-1001")
        self.assertEqual(report.header.part_number, "LAMP-7")
        self.assertEqual(report.header.start, "2026-05-04T08:15:30")
        vcc = report.step("Measurements/Vcc")
        self.assertEqual((vcc.value, vcc.unit, vcc.limits), (5.01, "V", NumericLimits.between(4.9, 5.1)))
        self.assertEqual(report.step("Measurements/Idle current").limits, NumericLimits.at_most(0.2))
        self.assertEqual(report.step("Measurements/Temperature").limits, NumericLimits.log())

    def test_settings_name_the_sequence_and_the_decimal_mark(self) -> None:
        report = testing.case(MyFormat, CASES / "decimal_comma").report
        self.assertEqual(report.step("Messwerte/Vcc").value, 5.01)

    def test_an_unreadable_number_is_an_error_with_its_place(self) -> None:
        folder = CASES / "broken_number"
        expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
        self.assertEqual(testing.case(MyFormat, folder).told, expected)

    def test_a_short_line_is_an_error_with_its_place(self) -> None:
        error = testing.convert(MyFormat, "My tester 2.0\nSerial: A-1\n\nVcc;5\n").error
        self.assertEqual(str(error), "line 4: found 2 fields, expected name;value;low;high;unit")

    def test_a_file_that_ends_in_its_head_is_truncated(self) -> None:
        self.assertEqual(testing.convert(MyFormat, "My tester 2.0\n").error.kind.value, "truncated")

    def test_only_my_tester_is_recognised(self) -> None:
        self.assertEqual(testing.probe(MyFormat, "My tester 2.0\n").confidence, 1.0)
        self.assertEqual(testing.probe(MyFormat, "Your tester\n").confidence, 0.0)


if __name__ == "__main__":
    unittest.main()
