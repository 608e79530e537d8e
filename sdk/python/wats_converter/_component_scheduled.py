"""What scheduled converters have beside ``_component``: requests, what is remembered, and the exports of their world.

Only imported in a component that is built for that world.
"""

from __future__ import annotations

from typing import Any, List, Optional, Type

from componentize_py_types import Err
from wit_world.imports import http as h
from wit_world.imports import state as m
from wit_world.imports import types as t

from . import _component, _scheduled, state
from ._error import Error
from .http import HttpError, Request, Response


class _Station(_component.Station):
    def send(self, request: Request) -> Response:
        headers = [h.Header(name, value) for name, value in request.headers]
        properties = [] if request.timeout is None else [t.Property("timeout", t.Value_Number(request.timeout))]
        try:
            found = h.send(h.Request(request.method, request.url, headers, request.body, properties))
        except Err as error:
            raise _http_error(error.value) from None
        pairs = [(header.name, header.value) for header in found.headers]
        return Response(request.url, found.status, pairs, bytes(found.body))

    def state_keys(self) -> List[str]:
        try:
            return list(m.keys())
        except Err as error:
            raise _state_error(error.value) from None

    def state_get(self, key: str) -> Optional[bytes]:
        try:
            found = m.get(key)
        except Err as error:
            raise _state_error(error.value) from None
        return None if found is None else bytes(found)

    def state_set(self, key: str, value: Optional[bytes]) -> None:
        try:
            if value is None:
                m.delete(key)
            else:
                m.set(key, value)
        except Err as error:
            raise _state_error(error.value) from None


def _http_error(error: Any) -> HttpError:
    if isinstance(error, h.HttpError_TimedOut):
        return HttpError.timed_out(error.value)
    if isinstance(error, h.HttpError_TooLarge):
        return HttpError.too_large(error.value)
    kinds = {h.HttpError_Denied: "denied", h.HttpError_Invalid: "invalid"}
    return HttpError(kinds.get(type(error), "unreachable"), error.value)


def _state_error(error: Any) -> Error:
    return state.denied() if error == m.StateError.DENIED else state.invalid_key()


def exported(converter: Type[Any]) -> Type[_component.Exported]:
    """The exports of this scheduled converter."""

    class WitWorld(_component.Exported):
        def run(self, info: Any) -> Any:
            _component.begin(_Station())
            by_hand = any(found.key == "by-hand" and found.value.value is True for found in info.properties)
            run = _scheduled.Run(info.due, info.previous, by_hand)
            return _component.ended(lambda: _scheduled.run(converter, run))

    return WitWorld
