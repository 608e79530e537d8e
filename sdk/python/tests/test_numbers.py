"""Numbers are read strictly."""

from __future__ import annotations

import math
import unittest

from wats_converter import Error, ErrorKind, Place, integer, number


class NumberTest(unittest.TestCase):
    def test_what_files_spell_is_read(self) -> None:
        for text, expected in [
            ("5", 5.0), (" -1.25e-3 ", -0.00125), ("+5", 5.0), (".5", 0.5), ("5.", 5.0), ("1E3", 1000.0),
            ("Inf", math.inf), ("-infinity", -math.inf), ("1e999", math.inf), ("5e-324", 5e-324),
        ]:
            self.assertEqual(number(text), expected, text)
        self.assertTrue(math.isnan(number("NaN")))
        self.assertEqual(math.copysign(1, number("-0")), -1.0)

    def test_what_is_no_number_is_an_error_with_its_text_and_place(self) -> None:
        for text in ["", " ", "5,01", "0x1F", "1_000", "1 000", "5V", "--5", "e5", ".", "\u0665", "1e", "nano", "5\n6"]:
            with self.assertRaises(Error, msg=text) as caught:
                number(text, at=Place.cell(7, 3))
            self.assertIs(caught.exception.kind, ErrorKind.MALFORMED)
            self.assertEqual(caught.exception.place, Place.cell(7, 3))
        with self.assertRaises(Error) as caught:
            number("5\tO", at=Place.cell(7, 3))
        self.assertEqual(str(caught.exception), 'line 7, column 3: "5\\tO" is not a number')

    def test_another_decimal_mark_refuses_the_point(self) -> None:
        self.assertEqual(number("-5,01", ","), -5.01)
        with self.assertRaisesRegex(Error, "\"1.000,5\" is not a number with the decimal mark ','"):
            number("1.000,5", ",")

    def test_whole_numbers_stay_in_their_range(self) -> None:
        self.assertEqual(integer(" +42 "), 42)
        self.assertEqual(integer("255", 0, 255), 255)
        for text, low, high in [("256", 0, 255), ("-1", 0, None), ("1.5", None, None), ("", None, None), ("9" * 5000, 0, 9)]:
            with self.assertRaises(Error):
                integer(text, low, high)
