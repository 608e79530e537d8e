"""Turns what would end a call without a word into Python's own exceptions.

In a component the system calls of the interpreter are stand-ins that stop it: nothing can catch that, and nobody is told why.
Looking for a module, opening a file or reading the clock would do it. So these raise here instead, before they get that far.
What is written in C and calls the system by itself, such as ``datetime.now``, cannot be reached.
"""

from __future__ import annotations

import builtins
import importlib.machinery
import io
import os
import sys
import time
from typing import Any, Callable, Optional, Sequence, Tuple

# What Python imports by itself only when it is first needed; then it would be too late.
import _strptime  # type: ignore[import-not-found]  # noqa: F401
import calendar  # noqa: F401
import encodings.ascii  # noqa: F401
import encodings.cp437  # noqa: F401
import encodings.cp850  # noqa: F401
import encodings.cp1250  # noqa: F401
import encodings.cp1251  # noqa: F401
import encodings.cp1252  # noqa: F401
import encodings.idna  # noqa: F401
import encodings.iso8859_1  # noqa: F401
import encodings.iso8859_15  # noqa: F401
import encodings.latin_1  # noqa: F401
import encodings.utf_8_sig  # noqa: F401
import encodings.utf_16  # noqa: F401
import encodings.utf_16_be  # noqa: F401
import encodings.utf_16_le  # noqa: F401
import encodings.utf_32  # noqa: F401
import linecache  # noqa: F401
import traceback  # noqa: F401

from . import _host
from ._values import whole_text

_FILES = "a converter has no files but its input"
_entered = False


class _Absent:
    """Finds no module, and says why."""

    @staticmethod
    def find_spec(name: str, path: Optional[Sequence[str]] = None, target: Any = None) -> None:
        raise ModuleNotFoundError(
            f"module {name!r} was not imported when the plugin was built: import it at the top of the file", name=name
        )


class _Lines(io.TextIOBase):
    """What is printed becomes lines of the log."""

    def __init__(self, level: str) -> None:
        self._level = level
        self._rest = ""

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            _host.current().log(self._level, whole_text(line, "line"))
        return len(text)


def _refuse(kind: Callable[[str], BaseException], why: str) -> Callable[..., Any]:
    def refused(*_: Any, **__: Any) -> Any:
        raise kind(why)

    return refused


def _replacements() -> Sequence[Tuple[Any, str, Any]]:
    files = _refuse(FileNotFoundError, _FILES)
    clock = _refuse(RuntimeError, "a converter has no clock: the same file must give the same reports")
    # Missing in the library's own way, which falls back to something else: `linecache` asks for a file's state.
    in_os = ["open", "stat", "lstat", "listdir", "scandir", "mkdir", "remove", "unlink", "rename", "getcwd", "readlink"]
    in_time = ["time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time"]
    now = ["localtime", "gmtime", "ctime", "asctime", "strftime"]
    given_time = [(time, name, _with_time(getattr(time, name), clock)) for name in now]
    return [
        (builtins, "open", files),
        (io, "open", files),
        (io, "open_code", files),
        *[(os, name, files) for name in in_os if hasattr(os, name)],
        (os, "urandom", _refuse(RuntimeError, "a converter has no random numbers")),
        (os, "isatty", lambda descriptor: False),
        *[(time, name, clock) for name in in_time if hasattr(time, name)],
        (time, "sleep", clock),
        *given_time,
    ]


def _with_time(function: Callable[..., Any], clock: Callable[..., Any]) -> Callable[..., Any]:
    """The function where a time is given, which is its last argument; without one it would ask the clock."""
    wanted = 2 if function.__name__ == "strftime" else 1
    return lambda *args: function(*args) if len(args) >= wanted and args[-1] is not None else clock()


def enter() -> None:
    """Puts the stand-ins in place, once."""
    global _entered
    if _entered:
        return
    _entered = True
    for module, name, value in _replacements():
        setattr(module, name, value)
    # Modules that are built in need no file.
    sys.meta_path[:] = [importlib.machinery.BuiltinImporter, importlib.machinery.FrozenImporter, _Absent]
    sys.stdout = _Lines("info")
    sys.stderr = _Lines("warn")
