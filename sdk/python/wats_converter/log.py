"""Log lines, which the operator sees with the plugin's name and the file's.

A bounded number of bytes per file is kept (64 KiB by default), the rest counted. ``print`` in a component is a line at level
info.
"""

from __future__ import annotations

from . import _host
from ._values import whole_text


def trace(message: object) -> None:
    """The finest detail, for the author."""
    _host.current().log("trace", whole_text(str(message), "message"))


def debug(message: object) -> None:
    """Detail, for the author."""
    _host.current().log("debug", whole_text(str(message), "message"))


def info(message: object) -> None:
    """What happened, for whoever looks."""
    _host.current().log("info", whole_text(str(message), "message"))


def warn(message: object) -> None:
    """Something odd that did not stop the conversion."""
    _host.current().log("warn", whole_text(str(message), "message"))


def error(message: object) -> None:
    """Something a person must act on."""
    _host.current().log("error", whole_text(str(message), "message"))
