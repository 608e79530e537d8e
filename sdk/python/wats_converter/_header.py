"""What is known about a unit and its test as a whole."""

from __future__ import annotations

from typing import Dict, Mapping, Optional, Union

from ._limits import Status, StepGroup
from ._values import Record, Time, Value


class Sequence(Record):
    """A sequence: a step that holds steps. Its attributes may be changed until it is opened, status and duration until it is
    closed."""

    def __init__(
        self,
        name: str,
        *,
        path: Optional[str] = None,
        version: Optional[str] = None,
        group: StepGroup = StepGroup.MAIN,
        status: Optional[Status] = None,
        start: Optional[Time] = None,
        duration: Optional[float] = None,
        error_code: Union[None, int, str] = None,
        error_message: Optional[str] = None,
        report_text: Optional[str] = None,
        properties: Optional[Mapping[str, Value]] = None,
    ) -> None:
        """
        :param name: 1 to 100 characters.
        :param path: file that holds the sequence, up to 500.
        :param version: version of that file, up to 30.
        :param group: part of the enclosing sequence that it belongs to.
        :param status: how it ended. Default: failed if a step in it failed, else passed. Not of the program: there
            ``Uut.finish`` takes it.
        :param start: when it began.
        :param duration: seconds that it took, 0 or more. Not of the program: there the header has it.
        :param error_code: a number or a word.
        :param error_message: what went wrong.
        :param report_text: free text, lines allowed.
        :param properties: what is rare, with the keys known for a step: ``loop-index``, ``caused-uut-failure``, ...
        """
        self.name = name
        self.path = path
        self.version = version
        self.group = group
        self.status = status
        self.start = start
        self.duration = duration
        self.error_code = error_code
        self.error_message = error_message
        self.report_text = report_text
        self.properties: Dict[str, Value] = dict(properties or {})


class Header(Record):
    """The head of a report on a unit under test.

    Whatever is left out gets the station's default or is left out of the report. Blank texts count as left out. White space
    around texts is trimmed. Attributes may be set after it was made, too.
    """

    def __init__(
        self,
        serial_number: str,
        *,
        part_number: Optional[str] = None,
        revision: Optional[str] = None,
        process_code: Optional[int] = None,
        start: Optional[Time] = None,
        duration: Optional[float] = None,
        operator: Optional[str] = None,
        machine_name: Optional[str] = None,
        location: Optional[str] = None,
        purpose: Optional[str] = None,
        batch_serial_number: Optional[str] = None,
        fixture: Optional[str] = None,
        socket_index: Optional[int] = None,
        comment: Optional[str] = None,
        error_code: Optional[int] = None,
        error_message: Optional[str] = None,
        key: Optional[str] = None,
        id: Optional[str] = None,
        program: Union[str, Sequence] = "Main",
        properties: Optional[Mapping[str, Value]] = None,
    ) -> None:
        """
        :param serial_number: of the unit, 1 to 100 characters without ``* % ? [ ] ^ ! / \\``.
        :param part_number: 1 to 100 characters as in the serial number. Default: the inbox's.
        :param revision: of the part, 1 to 100. Default: the inbox's.
        :param process_code: test operation, e.g. 100. Default: the inbox's.
        :param start: when the test began: a ``datetime`` or ISO 8601 text; without an offset the station's local time.
            Default: when the file was last changed.
        :param duration: seconds that the test took, 0 or more.
        :param operator: login name of the operator, up to 100.
        :param machine_name: name of the test station, up to 100. Default: this station's.
        :param location: where the test station is, up to 100. Default: this station's.
        :param purpose: what the test is for, up to 100. Default: this station's.
        :param batch_serial_number: lot, up to 100.
        :param fixture: up to 100.
        :param socket_index: place in a multi-site tester; -1 for none.
        :param comment: up to 5000; above 1000 the host warns.
        :param error_code: code of the whole test's error.
        :param error_message: words of the whole test's error.
        :param key: what stays the same about this report when the source is converted again: the index of the part, or serial
            number and start. 1 to 200, unique in the source. Default: the report's number in it.
        :param id: the report's identity, a GUID, where the file carries one. Kept only with ``Grant.OWN_ID``.
        :param program: the test program: the outermost sequence, with its file and version.
        :param properties: what is rare. Known in 0.1: ``batch-fail-count``, ``batch-loop-index`` (numbers).
        """
        self.serial_number = serial_number
        self.part_number = part_number
        self.revision = revision
        self.process_code = process_code
        self.start = start
        self.duration = duration
        self.operator = operator
        self.machine_name = machine_name
        self.location = location
        self.purpose = purpose
        self.batch_serial_number = batch_serial_number
        self.fixture = fixture
        self.socket_index = socket_index
        self.comment = comment
        self.error_code = error_code
        self.error_message = error_message
        self.key = key
        self.id = id
        self.program = program
        self.properties: Dict[str, Value] = dict(properties or {})
