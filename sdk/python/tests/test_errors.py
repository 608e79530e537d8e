"""Errors and their places."""

from __future__ import annotations

import datetime
import unittest

from wats_converter import Error, ErrorKind, Outcome, Place, Waiting, at

from .support import convert


class ErrorTest(unittest.TestCase):
    def test_an_error_tells_file_place_and_message(self) -> None:
        error = Error.malformed("odd").in_file("b.csv")
        self.assertEqual(str(error.at_line(3)), "b.csv, line 3: odd")
        self.assertEqual(str(error.at_cell(3, 4)), "b.csv, line 3, column 4: odd")
        self.assertEqual(str(error.at_offset(512)), "b.csv, byte 512: odd")
        self.assertEqual(str(error.at_path("/a/b[3]")), "b.csv, /a/b[3]: odd")
        self.assertEqual(str(Error.truncated("no end")), "no end")

    def test_each_kind_has_its_maker(self) -> None:
        for kind in ("malformed", "truncated", "unsupported", "misconfigured", "internal"):
            self.assertIs(getattr(Error, kind)("x").kind, ErrorKind(kind))

    def test_a_place_that_cannot_be_is_refused(self) -> None:
        for wrong in (lambda: Place.line(-1), lambda: Place.cell(1, 2**32), lambda: Place.offset(2**64)):
            with self.assertRaises(ValueError):
                wrong()

    def test_a_block_gives_its_place_to_errors_without_one(self) -> None:
        with self.assertRaises(Error) as caught, at(Place.line(9)):
            raise Error.unsupported("x")
        self.assertEqual(caught.exception.place, Place.line(9))
        with self.assertRaises(Error) as caught, at(Place.line(9)):
            raise Error.unsupported("x").at_line(2)
        self.assertEqual(caught.exception.place, Place.line(2))

    def test_a_block_makes_malformed_of_a_value_error(self) -> None:
        with self.assertRaises(Error) as caught, at(Place.cell(9, 1)):
            datetime.datetime.strptime("x", "%d.%m.%Y")
        self.assertIs(caught.exception.kind, ErrorKind.MALFORMED)
        self.assertIn("does not match format", caught.exception.message)
        with self.assertRaises(KeyError), at(Place.line(1)):
            raise KeyError("x")
        with self.assertRaises(Error), at(Place.line(1), KeyError):
            raise KeyError("x")

    def test_a_raised_waiting_is_an_outcome(self) -> None:
        def work(input: object, reports: object) -> Outcome:
            raise Waiting("the picture is missing", retry_after=2.5, missing=["a.png"])

        told = {"reason": "the picture is missing", "retry-after": 2.5, "missing": ["a.png"]}
        self.assertEqual(convert(work).told, {"waiting": told})
        self.assertEqual(convert(lambda input, reports: Outcome.waiting("later")).told["waiting"]["reason"], "later")
        self.assertEqual(convert(lambda input, reports: Outcome.skipped("not mine")).told, {"skipped": "not mine"})
