"""Numbers as files spell them. Nothing is guessed: what is no number is an error that shows the text."""

from __future__ import annotations

import re
from typing import Optional

from ._error import Error, Place
from ._values import quoted

# What `float` takes besides, `1_000` and digits of other scripts, is no number in a file.
_NUMBER = re.compile(r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf|infinity|nan)", re.IGNORECASE)
_INTEGER = re.compile(r"[+-]?[0-9]+")


def number(text: str, decimal_mark: str = ".", *, at: Optional[Place] = None) -> float:
    """The number that a text spells: ``5``, ``-1.25e-3``, ``NaN``, ``inf``. White space around it does not matter.

    With another decimal mark than ``.`` a point is refused: it could group thousands.

    Raises ``Error`` of kind ``MALFORMED`` with the text, at the place.
    """
    digits = text.strip()
    if decimal_mark != ".":
        if "." in digits:
            raise _error(f"{quoted(text)} is not a number with the decimal mark '{decimal_mark}'", at)
        digits = digits.replace(decimal_mark, ".")
    if not _NUMBER.fullmatch(digits):
        raise _error(f"{quoted(text)} is not a number", at)
    return float(digits)


def integer(
    text: str, minimum: Optional[int] = None, maximum: Optional[int] = None, *, at: Optional[Place] = None
) -> int:
    """The whole number that a text spells, within the bounds. White space around it does not matter.

    Raises ``Error`` of kind ``MALFORMED`` with the text, at the place.
    """
    digits = text.strip()
    # Python refuses texts of thousands of digits with an error of its own.
    if _INTEGER.fullmatch(digits) and len(digits) <= 1000:
        value = int(digits)
        if (minimum is None or value >= minimum) and (maximum is None or value <= maximum):
            return value
    raise _error(f"{quoted(text)} is not a whole number in its range", at)


def _error(message: str, place: Optional[Place]) -> Error:
    error = Error.malformed(message)
    return error.at(place) if place else error
