"""One run of a scheduled converter in a test."""

from __future__ import annotations

import json
import os
import pathlib
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Type, Union
from urllib.parse import urlsplit

from .. import _host, _scheduled, state as _state
from .._descriptor import Grant, HttpTo, Outcome
from .._error import Error, Violation
from .._scheduled import Run, ScheduledConverter
from ..http import HttpError, Request, Response
from ..lookup import Process, Product
from ._kit import MODIFIED, Converted, Station, lookups_of


class Answered(NamedTuple):
    """What a request is answered."""

    status: int = 200
    body: Union[str, bytes] = b""
    headers: Mapping[str, str] = {}


AnswerTo = Union[str, bytes, Answered, HttpError]
"""A body with status 200, a whole answer, or why there is none."""


class Ran(Converted):
    """What came of a run: as of a conversion, with what was asked and what is remembered."""

    def __init__(self, outcome: Union[Outcome, Error], station: _RunStation) -> None:
        super().__init__(outcome, station, [])
        done = isinstance(outcome, Outcome) and outcome.kind == "converted"
        self.requests: List[Request] = station.requests
        """Requests that were sent, in order."""
        kept = station.remembered if done else station.before
        self.state: Dict[str, Union[str, bytes]] = {key: _shown(kept[key]) for key in sorted(kept)}
        """What is remembered afterwards: what was before, unless the outcome is converted. Texts, or bytes that are none."""


def run(
    converter: Type[ScheduledConverter[Any]],
    answers: Optional[Mapping[str, AnswerTo]] = None,
    *,
    due: str = MODIFIED,
    previous: Optional[str] = None,
    by_hand: bool = False,
    state: Optional[Mapping[str, Union[str, bytes]]] = None,
    settings: Optional[Mapping[str, Any]] = None,
    grants: Optional[Sequence[Union[Grant, HttpTo]]] = None,
    processes: Sequence[Process] = (),
    products: Sequence[Product] = (),
    offline: bool = False,
    violations: Sequence[Violation] = (),
) -> Ran:
    """Has a scheduled converter run.

    :param answers: what other systems answer, by address: ``{"https://mes.example/units": "A-1"}`` to a ``GET``, with the method before it to
        another (``"POST https://mes.example/seen"``). To every other request nobody answers.
    :param due: when it is due, ISO 8601 with an offset.
    :param previous: when the last run was due that went well.
    :param by_hand: whether an operator asked for it.
    :param state: what it remembers.

    The others are as for ``convert``. A report without a key or a start is refused.
    """
    granted = converter.descriptor.grants if grants is None else list(grants)
    station = _RunStation(settings, Grant.LOOKUP in granted, processes, products, offline, violations)
    station.may([grant.value for grant in granted], answers or {}, state or {})
    before = _host.use(station)
    try:
        outcome: Union[Outcome, Error] = _scheduled.run(converter, Run(due, previous, by_hand))
    except Error as error:
        outcome = error
    finally:
        _host.use(before)
    if isinstance(outcome, Outcome) and outcome.kind == "converted" and station.unfinished:
        outcome = Error.internal(f"{station.unfinished} reports were neither finished nor discarded")
    return Ran(outcome, station)


def run_case(converter: Type[ScheduledConverter[Any]], folder: Union[str, "os.PathLike[str]"]) -> Ran:
    """Has it run as a case says: a folder with ``run.json`` (``due``, ``previous``, ``by_hand``, ``state``, ``answers``), and where they matter
    ``settings.json``, ``case.json`` (``grants``, ``lookups``) and files with answers."""
    place = pathlib.Path(folder)
    about = _json(place / "run.json", {"due", "previous", "by_hand", "state", "answers"})
    case = _json(place / "case.json", {"grants", "lookups"}) if (place / "case.json").exists() else {}
    settings = place / "settings.json"
    grants = [_grant(word) for word in case["grants"]] if "grants" in case else None
    return run(
        converter,
        dict(_answer(given, place) for given in about.get("answers", [])),
        due=about.get("due", MODIFIED),
        previous=about.get("previous"),
        by_hand=about.get("by_hand", False),
        state=about.get("state"),
        settings=json.loads(settings.read_text(encoding="utf-8")) if settings.exists() else None,
        grants=grants,
        **lookups_of(case),
    )


def _json(path: pathlib.Path, known: "set[str]") -> Dict[str, Any]:
    found: Dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    unknown = sorted(set(found) - known)
    if unknown:
        raise AssertionError(f"{path}: unknown keys {', '.join(unknown)}")
    return found


def _grant(word: str) -> Union[Grant, HttpTo]:
    return HttpTo(word[len("http:") :]) if word.startswith("http:") else Grant(word)


def _answer(given: Mapping[str, Any], folder: pathlib.Path) -> Tuple[str, AnswerTo]:
    request = f"{given.get('method') or 'GET'} {given['url']}"
    if given.get("unreachable") is not None:
        return request, HttpError("unreachable", given["unreachable"])
    body = (folder / given["file"]).read_bytes() if given.get("file") else given.get("body", "")
    return request, Answered(given.get("status") or 200, body, given.get("headers", {}))


def _shown(value: bytes) -> Union[str, bytes]:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value


def _bytes(value: Union[str, bytes]) -> bytes:
    return value.encode("utf-8") if isinstance(value, str) else bytes(value)


class _RunStation(Station):
    states_key_and_start = True

    def may(self, grants: Sequence[str], answers: Mapping[str, AnswerTo], state: Mapping[str, Union[str, bytes]]) -> None:
        self._grants = grants
        self._answers = {(key if " " in key else f"GET {key}"): answer for key, answer in answers.items()}
        self.before = {key: _bytes(value) for key, value in state.items()}
        self.remembered = dict(self.before)
        self.requests: List[Request] = []

    def send(self, request: Request) -> Response:
        self.requests.append(request)
        place = urlsplit(request.url)
        host = place.netloc.lower()
        if place.scheme not in ("http", "https") or not host:
            raise HttpError("invalid", f"{request.url} is no address of http or https")
        if "http" not in self._grants and f"http:{host}" not in self._grants:
            raise HttpError("denied", f"`http:{host}` would have to be asked for and granted")
        asked = f"{request.method.upper()} {request.url}"
        answer = self._answers.get(asked)
        if answer is None:
            raise HttpError("unreachable", f"the test has no answer for {asked}")
        if isinstance(answer, HttpError):
            raise answer
        found = answer if isinstance(answer, Answered) else Answered(body=answer)
        headers = [(name.lower(), value) for name, value in found.headers.items()]
        return Response(request.url, found.status, headers, _bytes(found.body))

    def state_keys(self) -> List[str]:
        self._may_remember("keys")
        return sorted(self.remembered)

    def state_get(self, key: str) -> Optional[bytes]:
        self._may_remember(key)
        return self.remembered.get(key)

    def state_set(self, key: str, value: Optional[bytes]) -> None:
        self._may_remember(key)
        if value is None:
            self.remembered.pop(key, None)
        else:
            self.remembered[key] = value

    def _may_remember(self, key: str) -> None:
        if Grant.STATE.value not in self._grants:
            raise _state.denied()
        if not 1 <= len(key) <= 200:
            raise _state.invalid_key()
