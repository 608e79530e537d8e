"""What a converter wrote, for tests to read."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

from .._host import Rejected
from .._limits import Status
from .._parts import Asset, Attachment, Chart, SubUnit
from .._step import Step
from .._wire import WireHeader, WireSequence


class RecordedSequence:
    """A sequence with what is in it. ``sequence`` has what it was opened with: ``sequence.name``, ``sequence.path``, ..."""

    def __init__(self, sequence: WireSequence) -> None:
        self.sequence = sequence
        self.status: Optional[Status] = None
        self.duration: Optional[float] = None
        self.items: List[Union[Step, RecordedSequence]] = []
        """Steps and sequences in it, in their order."""

    @property
    def name(self) -> str:
        """Its name."""
        return self.sequence.name

    def walk(self) -> Iterator[Tuple[str, Step]]:
        """All steps in it, at any depth, with their paths: ``Supply/Vcc``."""
        for item in self.items:
            if isinstance(item, Step):
                yield item.name, item
            else:
                for path, step in item.walk():
                    yield f"{item.name}/{path}", step


class RecordedReport:
    """A report on a unit, as it was finished."""

    def __init__(self, header: WireHeader) -> None:
        self.header = header
        """The head as the station got it: blank texts are None, times are texts."""
        self.root = RecordedSequence(header.program)
        """The program."""
        self.status: Optional[Status] = None
        """The status that ``finish`` was given."""
        self.attachments: List[Attachment] = []
        self.attached_files: List[Tuple[str, str]] = []
        """Name and media type of attached source files."""
        self.misc_infos: List[Tuple[str, str]] = []
        self.sub_units: List[SubUnit] = []
        self.assets: List[Asset] = []
        self.data: List[Any] = []
        """``additionalData`` entries, read as JSON where they are."""

    @property
    def steps(self) -> List[Step]:
        """All steps, at any depth, in their order."""
        return [step for _, step in self.root.walk()]

    def step(self, path: str) -> Any:
        """The one step with that path: ``Supply/Vcc``, without the program. Raises ``AssertionError`` when there is not exactly
        one."""
        found = [step for at, step in self.root.walk() if at == path]
        if len(found) != 1:
            paths = ", ".join(at for at, _ in self.root.walk())
            raise AssertionError(f"{len(found)} steps {path!r}; there are: {paths}")
        return found[0]

    def sequence(self, path: str) -> RecordedSequence:
        """The first sequence with that path, without the program. Raises ``AssertionError`` when there is none."""
        at = self.root
        for name in path.split("/"):
            inner = [item for item in at.items if isinstance(item, RecordedSequence) and item.name == name]
            if not inner:
                raise AssertionError(f"no sequence {path!r}")
            at = inner[0]
        return at


class RecordedDocument(NamedTuple):
    """A report that was handed over by ``emit_json``."""

    wsjf: Dict[str, Any]
    key: Optional[str]


class Recorder:
    """Writer of one report."""

    def __init__(self, header: WireHeader, ended: Any) -> None:
        self._report = RecordedReport(header)
        self._open = [self._report.root]
        # Called with the report and whether it is finished; gives its id.
        self._ended = ended
        self._violations: List[Tuple[str, str, str]] = []

    def set_header(self, header: WireHeader) -> None:
        self._report.header = header
        self._report.root.sequence = header.program

    def open_sequence(self, sequence: WireSequence) -> None:
        recorded = RecordedSequence(sequence)
        self._open[-1].items.append(recorded)
        self._open.append(recorded)

    def close_sequence(self, status: Optional[Status], duration: Optional[float]) -> None:
        if len(self._open) == 1:
            self._unbalanced("found a sequence closed while none was open but the program")
            return
        closed = self._open.pop()
        closed.status = status
        closed.duration = duration

    def add(self, steps: Sequence[Step]) -> None:
        self._open[-1].items += steps

    def add_chart(self, chart: Chart) -> None:
        assert self._last().chart == chart

    def add_attachment(self, attachment: Attachment) -> None:
        assert self._last().attachment == attachment

    def add_result(self, json: str) -> None:
        assert json in self._last().results

    def _last(self) -> Step:
        last = self._open[-1].items[-1]
        assert isinstance(last, Step)
        return last

    def attach(self, attachment: Attachment) -> None:
        self._report.attachments.append(attachment)

    def attach_file(self, file: Any, content_type: str) -> None:
        file.asked.add("name")
        self._report.attached_files.append((file.file_name, content_type))

    def add_misc_info(self, description: str, text: str) -> None:
        self._report.misc_infos.append((description, text))

    def add_sub_unit(self, unit: SubUnit) -> None:
        self._report.sub_units.append(unit)

    def add_asset(self, asset: Asset) -> None:
        self._report.assets.append(asset)

    def add_data(self, text: str) -> None:
        try:
            self._report.data.append(json.loads(text))
        except ValueError:
            self._report.data.append(text)

    def finish(self, status: Optional[Status]) -> str:
        if len(self._open) != 1:
            self._unbalanced(f"found {len(self._open) - 1} sequences still open at the end")
        if self._violations:
            self._ended(self._report, False)
            raise Rejected(self._violations)
        self._report.status = status
        found: str = self._ended(self._report, True)
        return found

    def _unbalanced(self, found: str) -> None:
        path = "/".join(["steps", *(sequence.name for sequence in self._open)])
        message = f"{found}, allowed is one close for each open"
        self._violations.append((path, "unbalanced-sequence", message))

    def discard(self) -> None:
        self._ended(self._report, False)
