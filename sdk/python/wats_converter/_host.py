"""The station, as the rest of this package sees it: the same in a component (``_component``) and in a test (``testing``).

What goes through here has been checked: texts are texts without half surrogates, numbers are in their range.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Optional, Protocol, Sequence, Tuple, cast

if TYPE_CHECKING:
    from ._limits import Status
    from ._parts import Asset, Attachment, Chart, SubUnit
    from ._step import Step
    from ._wire import WireHeader, WireSequence
    from .http import Request, Response
    from .lookup import ProcessAnswer, ProductAnswer


class TextError(Exception):
    """Why a file could not be decoded: ``unknown-encoding``, ``invalid-at`` an offset, ``too-large`` with what is allowed."""

    def __init__(self, kind: str, value: int = 0) -> None:
        super().__init__(kind, value)
        self.kind = kind
        self.value = value


class Rejected(Exception):
    """The station found violations: path, rule, message of each."""

    def __init__(self, violations: List[Tuple[str, str, str]]) -> None:
        super().__init__(violations)
        self.violations = violations


class FileHost(Protocol):
    """A file of the station's."""

    def name(self) -> str: ...
    def path(self) -> str: ...
    def size(self) -> int: ...
    def modified(self) -> str: ...
    def read(self, offset: int, length: int) -> bytes: ...
    def text(self, encoding: Optional[str]) -> str: ...


class UutHost(Protocol):
    """A report being written."""

    def set_header(self, header: WireHeader) -> None: ...
    def open_sequence(self, sequence: WireSequence) -> None: ...
    def close_sequence(self, status: Optional[Status], duration: Optional[float]) -> None: ...
    def add(self, steps: Sequence[Step]) -> None: ...
    def add_chart(self, chart: Chart) -> None: ...
    def add_attachment(self, attachment: Attachment) -> None: ...
    def add_result(self, json: str) -> None: ...
    def attach(self, attachment: Attachment) -> None: ...
    def attach_file(self, file: FileHost, content_type: str) -> None: ...
    def add_misc_info(self, description: str, text: str) -> None: ...
    def add_sub_unit(self, unit: SubUnit) -> None: ...
    def add_asset(self, asset: Asset) -> None: ...
    def add_data(self, json: str) -> None: ...
    def finish(self, status: Optional[Status]) -> str: ...
    def discard(self) -> None: ...


class Host(Protocol):
    """The station."""

    def settings_json(self) -> str: ...
    def log(self, level: str, message: str) -> None: ...
    def progress(self, fraction: float) -> None: ...
    def process_by_name(self, name: str) -> ProcessAnswer: ...
    def product_by_part_number(self, part_number: str) -> ProductAnswer: ...
    def uut(self, header: WireHeader) -> UutHost: ...
    def emit_json(self, wsjf: str, key: Optional[str]) -> str: ...


class ScheduledHost(Host, Protocol):
    """What scheduled converters have beside that."""

    def send(self, request: Request) -> Response: ...
    def state_keys(self) -> List[str]: ...
    def state_get(self, key: str) -> Optional[bytes]: ...
    def state_set(self, key: str, value: Optional[bytes]) -> None: ...


_current: Optional[Host] = None


def current() -> Host:
    """The station that the converter runs on."""
    if _current is None:
        raise RuntimeError("no station: a converter runs in a component, or in a test by wats_converter.testing")
    return _current


def scheduled() -> ScheduledHost:
    """The station that the scheduled converter runs on."""
    host = current()
    if not hasattr(host, "send"):
        raise RuntimeError("only a ScheduledConverter sends requests and remembers something from run to run")
    return cast(ScheduledHost, host)


def use(host: Optional[Host]) -> Optional[Host]:
    """Makes this the station, and gives the one before."""
    global _current
    before, _current = _current, host
    return before
