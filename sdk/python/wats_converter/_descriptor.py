"""What a plugin says about itself and about a file."""

from __future__ import annotations

import enum
from typing import Dict, List, Mapping, Optional, Sequence, Tuple, Union

from ._values import Record, U32, real, real_or_none, whole, whole_or_none, whole_text

_U64 = (0, 2**64 - 1)


class Grant(enum.Enum):
    """What an operator may grant to a plugin that asks for it."""

    LOOKUP = "lookup"
    """To ask for master data of the WATS server: ``wats_converter.lookup``."""
    OWN_ID = "own-id"
    """To keep report ids that the file carries: ``Header.id``."""
    STATE = "state"
    """To remember something from run to run: ``wats_converter.state``. Scheduled converters only."""
    HTTP = "http"
    """To send requests to hosts that the operator names: ``wats_converter.http``. Scheduled converters only."""

    @staticmethod
    def http_to(host: str) -> HttpTo:
        """To send requests to this host, ``mes.example`` or ``mes.example:8080``. Scheduled converters only."""
        return HttpTo(host)


class HttpTo(Record):
    """The grant to send requests to one host: ``Grant.http_to("mes.example")``."""

    value: str
    """``http:mes.example``."""

    def __init__(self, host: str) -> None:
        self.value = f"http:{whole_text(host, 'host')}"


class Descriptor(Record):
    """What a plugin is. Everything but name and version may be left out; the station applies the rules about name, size and
    beginning of a file by itself, before it asks the plugin anything. An empty list is no rule."""

    def __init__(
        self,
        name: str,
        version: str,
        *,
        summary: str = "",
        formats: Sequence[str] = (),
        patterns: Sequence[str] = (),
        min_size: Optional[int] = None,
        max_size: Optional[int] = None,
        magic: Sequence[Tuple[int, bytes]] = (),
        contains: Sequence[str] = (),
        grants: Sequence[Union[Grant, HttpTo]] = (),
        properties: Optional[Mapping[str, str]] = None,
    ) -> None:
        """
        :param name: lower-case words joined by ``-``, unique on a station.
        :param version: semantic version: ``1.4.0``.
        :param summary: one line for people.
        :param formats: names of the formats that it reads, for people: ``Keysight i3070 log``.
        :param patterns: glob patterns of the file name, without regard to case: ``*.csv``. One must match.
        :param min_size: smallest size in bytes.
        :param max_size: largest size in bytes.
        :param magic: pairs of an offset and the bytes there, within the first 4 KiB. One must match.
        :param contains: texts of which one must occur in the first 4 KiB, in UTF-8 or UTF-16; case matters.
        :param grants: what it wants to be granted; the operator decides.
        :param properties: more, for people: ``homepage``, ``license``, ``author``.
        """
        self.name = whole_text(name, "name")
        self.version = whole_text(version, "version")
        self.summary = whole_text(summary, "summary")
        self.formats = _texts(formats, "formats")
        self.patterns = _texts(patterns, "patterns")
        self.min_size = whole_or_none(min_size, "min_size", _U64)
        self.max_size = whole_or_none(max_size, "max_size", _U64)
        self.magic = [(whole(offset, "magic", U32), bytes(found)) for offset, found in magic]
        self.contains = _texts(contains, "contains")
        self.grants = [_grant(found) for found in grants]
        self.properties = _text_properties(properties)


class Detection(Record):
    """Whether a plugin can read a file: ``Detection.certain()``, ``Detection.likely(0.6)``, ``Detection.no("no head")``."""

    confidence: float
    """0 (cannot) to 1 (certain)."""
    detail: str
    """What was recognised, or why not."""

    def __init__(
        self,
        confidence: float,
        detail: str = "",
        *,
        missing: Sequence[str] = (),
        serial_number: Optional[str] = None,
        part_number: Optional[str] = None,
    ) -> None:
        """
        :param confidence: 0 (cannot) to 1 (certain).
        :param detail: what was recognised, or why not, for people.
        :param missing: names of files that have to come first.
        :param serial_number: the serial number, when it was seen in passing.
        :param part_number: the part number, when it was seen in passing.
        """
        sure = real(confidence, "confidence")
        self.confidence = min(max(sure, 0.0), 1.0) if sure == sure else 0.0
        self.detail = whole_text(detail, "detail")
        self.missing = _texts(missing, "missing")
        seen = {"serial-number": serial_number, "part-number": part_number}
        self.properties = _text_properties({key: text for key, text in seen.items() if text})

    @classmethod
    def no(cls, why: str) -> Detection:
        """It cannot, and why."""
        return cls(0.0, why)

    @classmethod
    def certain(
        cls, detail: str = "", *, serial_number: Optional[str] = None, part_number: Optional[str] = None
    ) -> Detection:
        """It certainly can."""
        return cls(1.0, detail, serial_number=serial_number, part_number=part_number)

    @classmethod
    def likely(
        cls,
        confidence: float,
        detail: str = "",
        *,
        missing: Sequence[str] = (),
        serial_number: Optional[str] = None,
        part_number: Optional[str] = None,
    ) -> Detection:
        """It can with this confidence, 0 to 1. Of several plugins the most confident gets the file."""
        return cls(confidence, detail, missing=missing, serial_number=serial_number, part_number=part_number)


class Waiting(Exception):
    """Why a file has to wait, and for what. Return it as an outcome, or raise it from anywhere in ``convert``: it is no failure.
    The file is tried again later."""

    reason: str
    retry_after: Optional[float]
    missing: List[str]

    def __init__(self, reason: str, *, retry_after: Optional[float] = None, missing: Sequence[str] = ()) -> None:
        """
        :param reason: why, for people.
        :param retry_after: seconds until it is worth asking again. Default: the station's.
        :param missing: names of files that are missed.
        """
        super().__init__(reason)
        self.reason = whole_text(reason, "reason")
        self.retry_after = real_or_none(retry_after, "retry_after")
        self.missing = _texts(missing, "missing")


class Outcome(Record):
    """How a conversion ended: ``Outcome.converted()``, ``Outcome.skipped("why")``, ``Outcome.waiting("for what")``."""

    kind: str
    """``converted``, ``skipped`` or ``waiting``."""
    detail: object

    def __init__(self, kind: str, detail: object = None) -> None:
        types: Dict[str, type] = {"converted": type(None), "skipped": str, "waiting": Waiting}
        allowed = "Outcome.converted(), Outcome.skipped(why) and Outcome.waiting(reason)"
        if whole_text(kind, "outcome") not in types:
            raise ValueError(f"outcome: found {kind!r}, allowed are {allowed}")
        if not isinstance(detail, types[kind]):
            raise TypeError(f"outcome: found {kind} with {type(detail).__name__}, allowed are {allowed}")
        self.kind = kind
        self.detail = whole_text(detail, "why") if isinstance(detail, str) else detail

    @classmethod
    def converted(cls) -> Outcome:
        """With all reports that were finished or emitted, possibly none."""
        return cls("converted")

    @classmethod
    def skipped(cls, why: str) -> Outcome:
        """Not this plugin's after all, and why: the next plugin is asked."""
        return cls("skipped", whole_text(why, "why"))

    @classmethod
    def waiting(cls, reason: str, *, retry_after: Optional[float] = None, missing: Sequence[str] = ()) -> Outcome:
        """Not yet: ask again later. As ``raise Waiting(...)``."""
        return cls("waiting", Waiting(reason, retry_after=retry_after, missing=missing))


def _grant(grant: object) -> Union[Grant, HttpTo]:
    if isinstance(grant, (Grant, HttpTo)):
        return grant
    allowed = ", ".join(str(known) for known in Grant)
    found = repr(grant) if isinstance(grant, str) else type(grant).__name__
    raise TypeError(f"grants: found {found}, allowed are {allowed} and Grant.http_to(host)")


def _texts(texts: Sequence[str], what: str) -> List[str]:
    if isinstance(texts, str):
        raise TypeError(f"{what}: expected a list of texts, found one text")
    return [whole_text(text, what) for text in texts]


def _text_properties(texts: Optional[Mapping[str, str]]) -> Dict[str, str]:
    return {whole_text(key, "property"): whole_text(text, key) for key, text in (texts or {}).items()}
