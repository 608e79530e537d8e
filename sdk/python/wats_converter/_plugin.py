"""The class that an author derives from, and what stands between it and the contract."""

from __future__ import annotations

import abc
import dataclasses
import os
import sys
import typing
from types import TracebackType
from typing import Any, Callable, ClassVar, Generic, List, Optional, Tuple, Type, TypeVar, Union

from . import _host, _settings
from ._descriptor import Descriptor, Detection, Outcome, Waiting
from ._error import Error
from ._input import Input
from ._reports import Reports
from ._settings import NoSettings
from ._values import whole_text

_S = TypeVar("_S")

# Where the kinds of plugins are defined, which are none themselves.
_KINDS = (__name__, __name__.replace("_plugin", "_scheduled"))

_MOST_CAUSES = 5

# In a component most of the library lies in another folder than `os`.
_NOT_THE_AUTHORS = (
    "<",
    os.path.dirname(os.path.abspath(__file__)) + os.sep,
    os.path.dirname(os.path.abspath(os.__file__)) + os.sep,
    os.path.dirname(os.path.abspath(typing.__file__)) + os.sep,
)


class Plugin(abc.ABC, Generic[_S]):
    """What every kind of plugin has: a descriptor, and settings."""

    descriptor: ClassVar[Descriptor]
    """What the plugin is. A class without one is a base for others."""
    _settings: ClassVar[type] = NoSettings
    _schema: ClassVar[str] = ""
    _world: ClassVar[str]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.__module__ in _KINDS:
            return
        for base in getattr(cls, "__orig_bases__", ()):
            origin = typing.get_origin(base)
            if isinstance(origin, type) and issubclass(origin, Plugin):
                (kind,) = typing.get_args(base)
                if not isinstance(kind, TypeVar):
                    cls._settings = _dataclass(cls, kind)
        if not hasattr(cls, "descriptor"):
            if sys.platform == "wasi":
                from ._component import expect

                expect(cls)
            return
        if not isinstance(cls.descriptor, Descriptor):
            raise TypeError(f"{cls.__name__}.descriptor: expected a Descriptor, found {type(cls.descriptor).__name__}")
        cls._schema = _settings.schema(cls._settings)
        if sys.platform == "wasi":
            from ._component import export

            export(cls)


class Converter(Plugin[_S]):
    """A converter: turns result files of test equipment into WATS reports. Derive from it, with the dataclass of its settings in
    brackets::

        class MyFormat(Converter[Settings]):
            descriptor = Descriptor("my-format", "0.1.0", patterns=["*.log"])

            def probe(self, input: Input, settings: Settings) -> Detection: ...

            def convert(self, input: Input, settings: Settings, reports: Reports) -> Outcome: ...

    The module that is compiled has one class with a descriptor; nothing else is needed to export it. Each call of ``convert``
    gets a fresh instance of the component: nothing is kept from file to file.
    """

    _world = "converter"

    @abc.abstractmethod
    def probe(self, input: Input, settings: _S) -> Detection:
        """Whether the plugin can read the input. A good probe reads the first few KiB and no more."""

    @abc.abstractmethod
    def convert(self, input: Input, settings: _S, reports: Reports) -> Outcome:
        """Reads the input and writes its reports.

        Raises ``Error`` when the file cannot be converted: then it leaves no report at all. Raises ``Waiting`` when it must wait.
        Any other exception is a fault of the plugin; the operator is told its text and the line where it came from.
        """


def _dataclass(cls: type, kind: Any) -> type:
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return kind
    raise TypeError(f"{cls.__name__}: Converter[...] takes the dataclass of its settings or NoSettings, found {kind!r}")


def probe(converter: Type[Converter[Any]], input: Input) -> Detection:
    """Asks a converter about a file. Whatever it raises goes through."""
    settings = read_settings(converter)
    found = converter().probe(input, settings)
    if not isinstance(found, Detection):
        raise TypeError(f"{_method(converter.probe)}: expected a Detection, found {type(found).__name__}")
    return found


def convert(converter: Type[Converter[Any]], input: Input) -> Outcome:
    """Has a converter read a file. Whatever it raises goes through, except that a raised ``Waiting`` is an outcome."""
    settings = read_settings(converter)
    return outcome_of(converter.convert, lambda: converter().convert(input, settings, Reports()))


def read_settings(plugin: Type[Plugin[Any]]) -> Any:
    """What the operator set."""
    return _settings.read(plugin._settings, _host.current().settings_json())


def outcome_of(method: Any, call: Callable[[], Union[Outcome, Waiting]]) -> Outcome:
    """The outcome of a call of this method of the author's."""
    try:
        found = call()
    except Waiting as waiting:
        found = waiting
    if isinstance(found, Waiting):
        return Outcome("waiting", found)
    if not isinstance(found, Outcome):
        raise TypeError(
            f"{_method(method)}: expected an Outcome, found {type(found).__name__}; "
            "end it with `return Outcome.converted()`"
        )
    return found


def _method(function: Any) -> str:
    """Which method of the author's, and where: ``MyFormat.convert (converter.py line 42)``."""
    code = getattr(function, "__code__", None)
    place = f" ({_shown(code.co_filename)} line {code.co_firstlineno})" if code else ""
    return f"{function.__qualname__}{place}"


def describe_exception(error: BaseException) -> Tuple[str, List[str]]:
    """What an exception says, where in the author's code it was raised and what led to it, for the operator; and the way there, for
    the author."""
    said = _said(error)
    places = [f"{file} line {line}" for file, line in _author_frames(error.__traceback__)]
    if places:
        said += f" ({places[-1]})"
    seen = [error]
    cause = error.__cause__
    while cause is not None and len(seen) <= _MOST_CAUSES and all(cause is not other for other in seen):
        seen.append(cause)
        said += f"; caused by {_said(cause)}"
        cause = cause.__cause__
    return (said, places)


def _said(error: BaseException) -> str:
    """``ValueError: bad thing``."""
    name = type(error).__name__
    try:
        text = whole_text(str(error), "text")
    except BaseException:
        # It may be the author's class, with a fault of its own.
        text = "its text cannot be told"
    return f"{name}: {text}" if text else name


def _author_frames(traceback: Optional[TracebackType]) -> List[Tuple[str, int]]:
    """File and line of each frame that is neither of this package nor of Python's library."""
    frames = []
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if not file.startswith(_NOT_THE_AUTHORS):
            frames.append((_shown(file), traceback.tb_lineno))
        traceback = traceback.tb_next
    return frames


def _shown(file: str) -> str:
    """The file's path within the project."""
    roots = [root for root in sys.path if root and file.startswith(root.rstrip("/\\") + os.sep)]
    root = max(roots, key=len, default="")
    return file[len(root) :].lstrip("/\\").replace("\\", "/") if root else os.path.basename(file)
