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
import encodings.iso8859_1  # noqa: F401
import encodings.iso8859_15  # noqa: F401
import encodings.latin_1  # noqa: F401
import encodings.utf_8_sig  # noqa: F401
import encodings.utf_16  # noqa: F401
import encodings.utf_16_be  # noqa: F401
import encodings.utf_16_le  # noqa: F401
import encodings.utf_32  # noqa: F401
import encodings.utf_32_be  # noqa: F401
import encodings.utf_32_le  # noqa: F401
import linecache  # noqa: F401
import traceback  # noqa: F401

from . import _host
from ._values import whole_text

_FILES = "a converter has no files but its input"
_CLOCK = "a converter has no clock: the same file must give the same reports"
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

    def close_line(self) -> None:
        """Logs what was printed without an end of line."""
        if self._rest:
            self.write("\n")

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            _host.current().log(self._level, whole_text(line, "line"))
        return len(text)


def _refuse(original: Any, kind: Callable[[str], BaseException], why: str) -> Callable[..., Any]:
    """As the original while the component is built, when modules are imported; refuses after that."""

    def refused(*args: Any, **options: Any) -> Any:
        if _entered:
            raise kind(why)
        return original(*args, **options)

    return refused


def _with_time(original: Any, wanted: int) -> Callable[..., Any]:
    """As the original where a time is given, its last argument; without one it would ask the clock."""

    def refused(*args: Any) -> Any:
        if _entered and (len(args) < wanted or args[-1] is None):
            raise RuntimeError(_CLOCK)
        return original(*args)

    return refused


def _replace(module: Any, names: str, kind: Callable[[str], BaseException], why: str) -> None:
    for name in names.split():
        if hasattr(module, name):
            setattr(module, name, _refuse(getattr(module, name), kind, why))


def install() -> None:
    """Puts the stand-ins in place. Early, so that ``from time import time`` gets one; they refuse only after ``enter``."""
    # Missing in the library's own way, which then does without: `linecache` asks for a file's state.
    names = "open stat lstat listdir scandir mkdir remove unlink rename replace getcwd readlink access"
    _replace(os, names, FileNotFoundError, _FILES)
    _replace(io, "open open_code", FileNotFoundError, _FILES)
    _replace(builtins, "open", FileNotFoundError, _FILES)
    _replace(os, "urandom getrandom", RuntimeError, "a converter has no random numbers")
    _replace(time, "time time_ns monotonic monotonic_ns perf_counter perf_counter_ns", RuntimeError, _CLOCK)
    _replace(time, "process_time process_time_ns clock_gettime sleep", RuntimeError, _CLOCK)
    for name in ("localtime", "gmtime", "ctime", "asctime"):
        setattr(time, name, _with_time(getattr(time, name), 1))
    setattr(time, "strftime", _with_time(time.strftime, 2))


def enter() -> None:
    """From now on a file is read: what was imported is there, and nothing else."""
    global _entered
    if _entered:
        return
    _entered = True
    setattr(os, "isatty", lambda descriptor: False)
    # Modules that are built in need no file.
    sys.meta_path[:] = [importlib.machinery.BuiltinImporter, importlib.machinery.FrozenImporter, _Absent]
    sys.stdout = _Lines("info")
    sys.stderr = _Lines("warn")


def leave() -> None:
    """Logs what was printed and not ended."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, _Lines):
            stream.close_line()
