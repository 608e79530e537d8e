"""The test kit: a converter as plain Python inside ``unittest``, against a station in memory.

No component and no sandbox, so it is quick and a debugger works; but the same reading and writing code as in the component::

    from wats_converter import NumericLimits, testing

    converted = testing.convert(MyFormat, "SN1;5.2", name="a.one", settings={"decimal_mark": ","})
    report = converted.report
    self.assertEqual(report.header.serial_number, "SN1")
    self.assertEqual(report.step("Supply/Vcc").limits, NumericLimits.between(4.9, 5.1))
    self.assertEqual(str(testing.convert(MyFormat, "SN1").error), "line 1: no semicolon")

A scheduled converter, with what it is answered and what it remembers::

    ran = testing.run(MySource, {"https://mes.example/units": "A-1;5.0"}, state={"since": "7"})
    self.assertEqual(ran.report.header.key, "A-1")
    self.assertEqual(ran.state, {"since": "8"})

It records what the converter writes, and does not judge it: statuses, defaults and violations are the station's. ``wats plugin
test`` runs the files in ``cases`` in the real sandbox, by the station's rules. An exception that is no ``Error`` goes through
to the test; in a component it becomes an error of kind ``INTERNAL`` with its text, file and line.
"""

from ._kit import MODIFIED, Content, Converted, LogLine, case, convert, probe
from ._record import RecordedDocument, RecordedReport, RecordedSequence
from ._scheduled import Answered, Ran, run, run_case

__all__ = [
    "MODIFIED",
    "Answered",
    "Content",
    "Converted",
    "LogLine",
    "Ran",
    "RecordedDocument",
    "RecordedReport",
    "RecordedSequence",
    "case",
    "convert",
    "probe",
    "run",
    "run_case",
]
