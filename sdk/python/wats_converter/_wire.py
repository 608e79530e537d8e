"""Headers and sequences, checked and ready for the station."""

from __future__ import annotations

from typing import List, NamedTuple, Optional, Tuple, Union

from ._header import Header, Sequence
from ._limits import StepGroup
from ._values import (
    S32,
    U32,
    Value,
    code_or_none,
    properties,
    real_or_none,
    text_or_none,
    time_or_none,
    whole_or_none,
    whole_text,
)


class WireSequence(NamedTuple):
    """A sequence as the contract has it."""

    name: str
    path: str
    version: str
    group: StepGroup
    start: Optional[str]
    error_code: Optional[str]
    error_message: Optional[str]
    report_text: Optional[str]
    properties: List[Tuple[str, Value]]


class WireHeader(NamedTuple):
    """A header as the contract has it."""

    serial_number: str
    part_number: Optional[str]
    revision: Optional[str]
    process_code: Optional[int]
    start: Optional[str]
    duration: Optional[float]
    operator: Optional[str]
    machine_name: Optional[str]
    location: Optional[str]
    purpose: Optional[str]
    batch_serial_number: Optional[str]
    fixture: Optional[str]
    socket_index: Optional[int]
    comment: Optional[str]
    error_code: Optional[int]
    error_message: Optional[str]
    key: Optional[str]
    id: Optional[str]
    program: WireSequence
    properties: List[Tuple[str, Value]]


def sequence(given: Union[str, Sequence]) -> WireSequence:
    """Checks a sequence; a text is one with that name."""
    if isinstance(given, str):
        given = Sequence(given)
    if not isinstance(given, Sequence):
        raise TypeError(f"sequence: expected a text or a Sequence, found {type(given).__name__}")
    return WireSequence(
        name=whole_text(given.name, "name"),
        path=text_or_none(given.path, "path") or "",
        version=text_or_none(given.version, "version") or "",
        group=StepGroup(given.group),
        start=time_or_none(given.start, "start"),
        error_code=code_or_none(given.error_code, "error_code"),
        error_message=text_or_none(given.error_message, "error_message"),
        report_text=text_or_none(given.report_text, "report_text"),
        properties=properties(given.properties, "properties"),
    )


def header(given: Header) -> WireHeader:
    """Checks a header."""
    if not isinstance(given, Header):
        raise TypeError(f"header: expected a Header, found {type(given).__name__}")
    return WireHeader(
        serial_number=whole_text(given.serial_number, "serial_number"),
        part_number=text_or_none(given.part_number, "part_number"),
        revision=text_or_none(given.revision, "revision"),
        process_code=whole_or_none(given.process_code, "process_code", U32),
        start=time_or_none(given.start, "start"),
        duration=real_or_none(given.duration, "duration"),
        operator=text_or_none(given.operator, "operator"),
        machine_name=text_or_none(given.machine_name, "machine_name"),
        location=text_or_none(given.location, "location"),
        purpose=text_or_none(given.purpose, "purpose"),
        batch_serial_number=text_or_none(given.batch_serial_number, "batch_serial_number"),
        fixture=text_or_none(given.fixture, "fixture"),
        socket_index=whole_or_none(given.socket_index, "socket_index", S32),
        comment=text_or_none(given.comment, "comment"),
        error_code=whole_or_none(given.error_code, "error_code", S32),
        error_message=text_or_none(given.error_message, "error_message"),
        key=text_or_none(given.key, "key"),
        id=text_or_none(given.id, "id"),
        program=sequence(given.program),
        properties=properties(given.properties, "properties"),
    )
