"""Statuses, and what measurements are compared with."""

from __future__ import annotations

import enum
from typing import Optional, Tuple, Union

from ._error import Error
from ._values import Record, quoted, real, whole_text


class Status(enum.Enum):
    """How a step, measurement or report ended."""

    PASSED = "passed"
    FAILED = "failed"
    DONE = "done"
    """Ran, nothing was judged. Counts as passed."""
    SKIPPED = "skipped"
    """Did not run. Steps and measurements only, never a report."""
    ERROR = "error"
    """Could not be judged because something broke. Counts as failed."""
    TERMINATED = "terminated"
    """Stopped by an operator or a rule. Counts as failed."""

    @classmethod
    def parse(cls, text: str) -> Status:
        """From the spellings that testers use, in any case: ``P``, ``Pass``, ``OK``, ``NG``, ``Aborted``, ...

        Raises ``Error`` of kind ``MALFORMED`` for any other.
        """
        status = _SPELLINGS.get(text.strip().lower())
        if status is None:
            raise Error.malformed(f"{quoted(text)} is not a status")
        return status

    @classmethod
    def of(cls, passed: bool) -> Status:
        """Passed or failed."""
        return cls.PASSED if passed else cls.FAILED


_SPELLINGS = {
    spelling: status
    for status, spellings in {
        Status.PASSED: "p pass passed ok success successful",
        Status.FAILED: "f fail failed failure ng",
        Status.DONE: "d done complete completed",
        Status.SKIPPED: "s skip skipped",
        Status.ERROR: "e err error",
        Status.TERMINATED: "t term terminated abort aborted",
    }.items()
    for spelling in spellings.split()
}


class StepGroup(enum.Enum):
    """Part of a sequence that a step belongs to."""

    MAIN = "main"
    SETUP = "setup"
    CLEANUP = "cleanup"


_NONE = ("log",)
_ONE = ("eq", "eqt", "ne", "lt", "le", "gt", "ge")
_TWO = ("gtlt", "gtle", "gelt", "gele", "ltgt", "ltge", "legt", "lege")


class NumericLimits(Record):
    """What a number is compared with. Made by the functions of this class, so that no limit can be in the wrong place."""

    __slots__ = ("comparison", "value")

    comparison: str
    """The name of WATS in lower case: ``gele``, ``lt``, ``log``."""
    value: Union[None, float, Tuple[float, float]]
    """None for ``log``, a pair (low, high) for comparisons with two limits, else the limit."""

    def __init__(self, comparison: str, value: Union[None, float, Tuple[float, float]]) -> None:
        self.comparison = comparison
        self.value = value

    @classmethod
    def log(cls) -> NumericLimits:
        """Only logged: no limits, always passes."""
        return _LOG

    @classmethod
    def between(cls, low: float, high: float) -> NumericLimits:
        """``low <= value <= high``. Low must not be above high."""
        return cls("gele", (real(low, "low limit"), real(high, "high limit")))

    @classmethod
    def at_least(cls, low: float) -> NumericLimits:
        """``value >= low``"""
        return cls("ge", real(low, "low limit"))

    @classmethod
    def at_most(cls, high: float) -> NumericLimits:
        """``value <= high``"""
        return cls("le", real(high, "high limit"))

    @classmethod
    def above(cls, low: float) -> NumericLimits:
        """``value > low``"""
        return cls("gt", real(low, "low limit"))

    @classmethod
    def below(cls, high: float) -> NumericLimits:
        """``value < high``"""
        return cls("lt", real(high, "high limit"))

    @classmethod
    def equal_to(cls, expected: float) -> NumericLimits:
        """``value = expected``"""
        return cls("eq", real(expected, "limit"))

    @classmethod
    def not_equal_to(cls, unwanted: float) -> NumericLimits:
        """Any other value."""
        return cls("ne", real(unwanted, "limit"))

    @classmethod
    def inclusive(cls, low: Optional[float], high: Optional[float]) -> NumericLimits:
        """By the limits that there are: within both, at least the low one, at most the high one, or only logged."""
        if low is not None:
            return cls.between(low, high) if high is not None else cls.at_least(low)
        return cls.at_most(high) if high is not None else _LOG

    @classmethod
    def named(cls, operator: str, low: Optional[float] = None, high: Optional[float] = None) -> NumericLimits:
        """By the operator's WATS name in any case (``GELE``, ``LT``, ``EQT``, ``LOG``) and the limits that a file gives. A comparison
        with one limit takes the low one, or the high one when there is no low one.

        ``EQT`` (equal within a tolerance that the report does not carry) needs a status with the measurement.

        Raises ``Error`` of kind ``MALFORMED`` when there is no such operator or a limit is missing.
        """
        comparison = operator.strip().lower()
        shown = operator.strip().upper()
        if comparison in _NONE:
            return _LOG
        if comparison in _ONE:
            one = low if low is not None else high
            if one is None:
                raise Error.malformed(f"{shown} without a limit")
            return cls(comparison, real(one, "limit"))
        if comparison in _TWO:
            if low is None or high is None:
                raise Error.malformed(f"{shown} needs a low and a high limit")
            return cls(comparison, (real(low, "low limit"), real(high, "high limit")))
        raise Error.malformed(f"{quoted(shown)} is no comparison of numbers")


_LOG = NumericLimits("log", None)


class TextLimits(Record):
    """What a text is compared with."""

    __slots__ = ("comparison", "value")

    comparison: str
    """``log``, ``eq``, ``ne``, ``case-sensitive`` or ``ignore-case``."""
    value: Optional[str]
    """The text to compare with; None for ``log``."""

    def __init__(self, comparison: str, value: Optional[str]) -> None:
        self.comparison = comparison
        self.value = value

    @classmethod
    def log(cls) -> TextLimits:
        """Only logged: no limits, always passes."""
        return _TEXT_LOG

    @classmethod
    def equal_to(cls, expected: str) -> TextLimits:
        """The same text, case matters."""
        return cls("case-sensitive", whole_text(expected, "limit"))

    @classmethod
    def equal_to_in_any_case(cls, expected: str) -> TextLimits:
        """The same text, case does not matter."""
        return cls("ignore-case", whole_text(expected, "limit"))

    @classmethod
    def not_equal_to(cls, unwanted: str) -> TextLimits:
        """Another text."""
        return cls("ne", whole_text(unwanted, "limit"))

    @classmethod
    def named(cls, operator: str, limit: str = "") -> TextLimits:
        """By the operator's WATS name in any case: ``EQ``, ``NE``, ``CASESENSIT``, ``IGNORECASE``, ``LOG``.

        Raises ``Error`` of kind ``MALFORMED`` when there is no such operator.
        """
        shown = operator.strip().upper()
        if shown == "LOG":
            return _TEXT_LOG
        names = {"EQ": "eq", "NE": "ne", "CASESENSIT": "case-sensitive", "IGNORECASE": "ignore-case"}
        if shown not in names:
            raise Error.malformed(f"{quoted(operator)} is no comparison of texts")
        return cls(names[shown], whole_text(limit, "limit"))


_TEXT_LOG = TextLimits("log", None)
