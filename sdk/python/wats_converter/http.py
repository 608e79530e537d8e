"""Requests to other systems of the factory. Only in a ``ScheduledConverter``, with the grant ``Grant.HTTP`` or ``Grant.http_to(host)``, and
only to hosts that the operator named::

    answer = http.get(f"https://mes.example/units?since={since}").success()
    for unit in answer.json():
        ...

Redirects are not followed. Headers that carry secrets need not be known to the plugin: the operator has the station add them.
"""

from __future__ import annotations

import json as _json
from typing import Any, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

from . import _host
from ._descriptor import Waiting
from ._error import Error
from ._values import real, whole_text

__all__ = ["HttpError", "Response", "get", "request"]

Headers = Union[Mapping[str, str], Sequence[Tuple[str, str]]]
"""A dictionary, or pairs where a name comes several times."""

_NOT_GIVEN: Any = object()


class HttpError(Exception):
    """Why there is no answer. Not caught, it becomes what it means: nobody there, or no answer in time, makes the station try again
    later; the others are errors."""

    kind: str
    """``denied``: the plugin may not go there, and what would have to be granted; ``invalid``: something is wrong with the request;
    ``unreachable``: nobody there; ``timed-out``: no answer in time; ``too-large``: the body is larger than the station takes."""
    reason: str
    """In words."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason

    @classmethod
    def timed_out(cls, seconds: float) -> HttpError:
        """No answer in so many seconds."""
        return cls("timed-out", f"no answer in {seconds:.1f} s")

    @classmethod
    def too_large(cls, allowed: int) -> HttpError:
        """The body is larger than so many bytes."""
        return cls("too-large", f"the answer is larger than {allowed} bytes (limits.http_response_bytes)")

    def meaning(self) -> Union[Waiting, Error]:
        """What it means for the run: ``Waiting`` or an ``Error``."""
        if self.kind in ("unreachable", "timed-out"):
            return Waiting(self.reason)
        if self.kind == "denied":
            return Error.misconfigured(self.reason)
        return Error.unsupported(self.reason) if self.kind == "too-large" else Error.internal(self.reason)


class Request(NamedTuple):
    """A request, checked."""

    method: str
    url: str
    headers: List[Tuple[str, str]]
    body: bytes
    timeout: Optional[float]


class Response:
    """What the other side answered, whatever its status."""

    url: str
    """Of the request."""
    status: int
    """200, 404, ..."""
    headers: List[Tuple[str, str]]
    """All headers, names in lower case."""
    body: bytes
    """The body."""

    def __init__(self, url: str, status: int, headers: Sequence[Tuple[str, str]] = (), body: bytes = b"") -> None:
        self.url = url
        self.status = status
        self.headers = list(headers)
        self.body = body

    def header(self, name: str) -> Optional[str]:
        """The first header of that name, without regard to case."""
        wanted = name.lower()
        return next((value for found, value in self.headers if found.lower() == wanted), None)

    def success(self) -> Response:
        """This, if the status is 200 to 299. Raises ``Waiting`` with 429, 500 and above, so that the station tries again; ``Error`` with every
        other."""
        if 200 <= self.status <= 299:
            return self
        beginning = self.body.decode("utf-8", "replace").strip()[:200]
        told = f"{self._place()} answered {self.status}: {beginning}"
        if self.status == 429 or self.status >= 500:
            raise Waiting(told)
        raise Error.misconfigured(told) if self.status in (401, 403) else Error.malformed(told)

    def text(self, encoding: str = "utf-8") -> str:
        """The body as text. Raises ``Error`` of kind ``MALFORMED`` when it is none."""
        try:
            return self.body.decode(encoding)
        except UnicodeDecodeError as error:
            name = encoding.upper()
            raise Error.malformed(f"{self._place()} answered what is no {name}, at byte {error.start}") from None

    def json(self) -> Any:
        """The body as JSON. Raises ``Error`` of kind ``MALFORMED`` when it is none."""
        try:
            return _json.loads(self.text())
        except _json.JSONDecodeError as error:
            raise Error.malformed(f"the answer of {self._place()}: {error}") from None

    def _place(self) -> str:
        # Without the query, which may hold secrets and would be seen in logs and on pages.
        return self.url.split("?")[0].split("#")[0]

    def __repr__(self) -> str:
        return f"Response({self.url!r}, {self.status}, {len(self.body)} bytes)"


def get(url: str, *, headers: Headers = (), timeout: Optional[float] = None) -> Response:
    """Sends a ``GET`` and waits for the answer. As ``request``."""
    return request("GET", url, headers=headers, timeout=timeout)


def request(
    method: str,
    url: str,
    *,
    headers: Headers = (),
    body: Union[bytes, str] = b"",
    json: Any = _NOT_GIVEN,
    timeout: Optional[float] = None,
) -> Response:
    """Sends a request and waits for the whole answer. Raises ``HttpError``; an answer of any status is none.

    :param method: ``GET``, ``HEAD``, ``POST``, ``PUT``, ``PATCH`` or ``DELETE``.
    :param url: absolute address.
    :param headers: a dictionary, or pairs where a name comes several times.
    :param body: a text is sent as UTF-8.
    :param json: a body of JSON, with its content type, instead of ``body``.
    :param timeout: seconds for the whole exchange. Default, and at most: what is left of the run's own time.
    """
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    checked = [(whole_text(name, "header"), whole_text(value, f"header {name}")) for name, value in pairs]
    if json is not _NOT_GIVEN:
        if body:
            raise TypeError("a request has `body` or `json`, not both")
        checked.append(("content-type", "application/json"))
        body = _json.dumps(json, ensure_ascii=False, allow_nan=False)
    if not isinstance(body, (str, bytes, bytearray, memoryview)):
        raise TypeError(f"body: expected bytes or a text, found {type(body).__name__}")
    content = whole_text(body, "body").encode("utf-8") if isinstance(body, str) else bytes(body)
    seconds = None if timeout is None else real(timeout, "timeout")
    return _host.scheduled().send(Request(whole_text(method, "method"), whole_text(url, "url"), checked, content, seconds))
