"""What a scheduled converter remembers from run to run: a cursor, the numbers that it has seen. With ``Grant.STATE``::

    since = state.text("since") or ""
    ...
    state.set_text("since", number)

What a run sets is kept when it returns ``Outcome.converted()``, together with its reports, and forgotten otherwise. So a cursor never
runs ahead of what was reported, and never stays behind it. Everything here raises ``Error`` of kind ``MISCONFIGURED`` without the grant.
Keys have 1 to 200 characters; all keys and values together may have 1 MiB, unless the operator allows more.
"""

from __future__ import annotations

import builtins
from typing import List, Optional

from . import _host
from ._error import Error
from ._values import quoted, whole_text

__all__ = ["bytes", "delete", "keys", "set_bytes", "set_text", "text"]


def keys() -> List[str]:
    """Keys that have a value, in order."""
    return _host.scheduled().state_keys()


def text(key: str) -> Optional[str]:
    """The value of a key as text, or None. Raises ``Error`` of kind ``INTERNAL`` for a value that is none."""
    value = bytes(key)
    try:
        return None if value is None else value.decode("utf-8")
    except UnicodeDecodeError:
        raise Error.internal(f"the state {quoted(key)} is no text") from None


def bytes(key: str) -> Optional[builtins.bytes]:
    """The value of a key, or None."""
    return _host.scheduled().state_get(whole_text(key, "key"))


def set_text(key: str, value: str) -> None:
    """Remembers a text."""
    set_bytes(key, whole_text(value, "value").encode("utf-8"))


def set_bytes(key: str, value: builtins.bytes) -> None:
    """Remembers a value."""
    if not isinstance(value, (builtins.bytes, bytearray)):
        raise TypeError(f"value: expected bytes, found {type(value).__name__}")
    _host.scheduled().state_set(whole_text(key, "key"), builtins.bytes(value))


def delete(key: str) -> None:
    """Forgets a key, known or not."""
    _host.scheduled().state_set(whole_text(key, "key"), None)


def denied() -> Error:
    """Without the grant."""
    return Error.misconfigured("the station has not granted `state` to this plugin")


def invalid_key() -> Error:
    """For a key that is none."""
    return Error.internal("keys of the state have 1 to 200 characters")
