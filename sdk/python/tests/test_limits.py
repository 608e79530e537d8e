"""Limits and statuses."""

from __future__ import annotations

import unittest

from wats_converter import Error, NumericLimits, Status, TextLimits


class LimitsTest(unittest.TestCase):
    def test_limits_have_the_names_of_wats(self) -> None:
        self.assertEqual(NumericLimits.between(1, 2), NumericLimits.named("GELE", 1.0, 2.0))
        self.assertEqual(NumericLimits.at_least(1), NumericLimits.named(" ge ", 1.0))
        self.assertEqual(NumericLimits.at_most(2), NumericLimits.named("LE", None, 2.0))
        self.assertEqual(NumericLimits.above(1), NumericLimits.named("GT", 1.0))
        self.assertEqual(NumericLimits.below(2), NumericLimits.named("LT", None, 2.0))
        self.assertEqual(NumericLimits.equal_to(2), NumericLimits.named("EQ", 2.0))
        self.assertEqual(NumericLimits.not_equal_to(2), NumericLimits.named("NE", 2.0))
        self.assertEqual(NumericLimits.log(), NumericLimits.named("log"))

    def test_inclusive_takes_the_limits_that_there_are(self) -> None:
        self.assertEqual(NumericLimits.inclusive(1, 2), NumericLimits.between(1, 2))
        self.assertEqual(NumericLimits.inclusive(0, None), NumericLimits.at_least(0))
        self.assertEqual(NumericLimits.inclusive(None, 0), NumericLimits.at_most(0))
        self.assertEqual(NumericLimits.inclusive(None, None), NumericLimits.log())

    def test_a_comparison_without_its_limit_is_malformed(self) -> None:
        for operator, low, message in [
            ("lt", None, "LT without a limit"),
            ("gele", 1.0, "GELE needs a low and a high limit"),
            ("between", 1.0, '"BETWEEN" is no comparison of numbers'),
        ]:
            with self.assertRaisesRegex(Error, message):
                NumericLimits.named(operator, low)

    def test_a_text_is_no_limit(self) -> None:
        with self.assertRaisesRegex(TypeError, "low limit: expected a number, found str"):
            NumericLimits.between("1", 2)  # type: ignore[arg-type]

    def test_texts_are_compared_with_or_without_case(self) -> None:
        self.assertEqual(TextLimits.equal_to("x"), TextLimits.named("CASESENSIT", "x"))
        self.assertEqual(TextLimits.equal_to_in_any_case("x"), TextLimits.named("IgnoreCase", "x"))
        self.assertEqual(TextLimits.not_equal_to("x"), TextLimits.named("NE", "x"))
        with self.assertRaisesRegex(Error, '"like" is no comparison of texts'):
            TextLimits.named("like", "x")

    def test_statuses_are_read_as_testers_spell_them(self) -> None:
        for text, status in [("Pass", "passed"), (" NG ", "failed"), ("ABORTED", "terminated"), ("e", "error")]:
            self.assertIs(Status.parse(text), Status(status))
        with self.assertRaisesRegex(Error, '"maybe" is not a status'):
            Status.parse("maybe")
