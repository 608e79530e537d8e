"""Rows and their fields."""

from __future__ import annotations

from typing import Dict, List, Mapping, Optional, Sequence, Tuple, TypeVar

from wats_converter import Error, Place, Status, Value, integer, log, number

T = TypeVar("T")

# Each row: how many fields it has at most, and whether the last of them takes everything that is left.
_ROWS: Dict[str, Tuple[int, bool]] = {
    word: (most, False)
    for most, words in {
        0: "discard",
        1: "end open at took in attach-source process product progress ask companion",
        2: "retitle close multi pf pfs texts action exec generic failing with read",
        3: "program popup series",
        4: "unit sub asset",
        5: "text",
        6: "plot",
        7: "num m chart",
    }.items()
    for word in words.split()
}
_ROWS.update(
    (word, (most, True))
    for most, words in {
        1: "result note data needs skip panic",
        2: "head emit misc log fail-at",
        3: "attach-step attach wait fail",
    }.items()
    for word in words.split()
)

STATUSES = {status.value: status for status in Status}
S32 = (-(2**31), 2**31 - 1)
U32 = (0, 2**32 - 1)
U64 = (0, 2**64 - 1)


class Row:
    """One row of the file."""

    def __init__(self, line: int, word: str, fields: List[str], decimal_mark: str) -> None:
        self.line = line
        self.word = word
        self._fields = fields
        self._decimal_mark = decimal_mark

    def text(self, index: int) -> str:
        """A field, from 0; empty when it is not there."""
        return self._fields[index] if index < len(self._fields) else ""

    def required(self, index: int) -> str:
        """A field that must not be empty."""
        text = self.text(index)
        if not text:
            raise self.malformed(index, "empty")
        return text

    def number(self, index: int) -> Optional[float]:
        """A number, None where the field is empty."""
        text = self.text(index)
        return self.decimal(index, text) if text else None

    def decimal(self, index: int, text: str) -> float:
        """A piece of a field as a number."""
        try:
            return number(text, self._decimal_mark)
        except Error:
            raise self.malformed(index, f'"{text}" is not a number') from None

    def whole(self, index: int, bounds: Tuple[int, int]) -> Optional[int]:
        """A whole number, None where the field is empty."""
        text = self.text(index)
        if not text:
            return None
        try:
            return integer(text, *bounds)
        except Error:
            raise self.malformed(index, f'"{text}" is not a whole number') from None

    def required_whole(self, index: int, bounds: Tuple[int, int]) -> int:
        """A whole number that must be there."""
        self.required(index)
        return self.whole(index, bounds) or 0

    def word_of(self, index: int, words: Mapping[str, T]) -> Optional[T]:
        """One of a list of words, None where the field is empty."""
        text = self.text(index)
        return self.one_of(index, text, words) if text else None

    def one_of(self, index: int, text: str, words: Mapping[str, T]) -> T:
        """A piece of a field as one of a list of words."""
        if text not in words:
            raise self.malformed(index, f'"{text}" is not one of {", ".join(words)}')
        return words[text]

    def status(self, index: int) -> Optional[Status]:
        """A status, None where the field is empty."""
        return self.word_of(index, STATUSES)

    def value(self, index: int) -> Value:
        """A number where the text reads as one, else the text."""
        try:
            return self.decimal(index, self.text(index))
        except Error:
            return self.text(index)

    def pairs(self) -> List[Tuple[str, str]]:
        """``A=x,B=y`` of the second field."""
        pairs = []
        for pair in self.required(1).split(","):
            name, found, value = pair.partition("=")
            if not found:
                raise self.malformed(1, f'"{pair}" is not NAME=VALUE')
            pairs.append((name, value))
        return pairs

    def numbers(self, index: int) -> List[float]:
        """Numbers separated by one space."""
        text = self.text(index)
        return [self.decimal(index, piece) for piece in text.split(" ")] if text else []

    def wrong(self, message: str) -> Error:
        """An error at this line."""
        return Error.malformed(message).at_line(self.line)

    def malformed(self, index: int, message: str) -> Error:
        """An error at a field."""
        return Error.malformed(message).at(Place.cell(self.line, index + 2))


def read(text: str, decimal_mark: str, ignore: Sequence[str], strict: bool) -> List[Row]:
    """All rows that matter. Unknown ones are found here, before anything is done."""
    rows = []
    for number_of_line, line in enumerate(text.split("\n"), 1):
        line = line[:-1] if line.endswith("\r") else line
        if not line or line.startswith("#"):
            continue
        word, semicolon, rest = line.partition(";")
        if word in ignore:
            continue
        if word not in _ROWS:
            message = f'unknown row "{word}"'
            if strict:
                raise Error.unsupported(message).at_line(number_of_line)
            log.warn(f"line {number_of_line}: {message}")
            continue
        most, takes_rest = _ROWS[word]
        fields = rest.split(";", most - 1 if takes_rest else -1) if semicolon else []
        if len(fields) > most:
            raise Error.malformed(f"{word} has at most {most} fields, found {len(fields)}").at_line(number_of_line)
        rows.append(Row(number_of_line, word, fields, decimal_mark))
    return rows
