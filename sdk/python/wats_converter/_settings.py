"""What an operator can set: a dataclass, its JSON schema, and reading it back."""

from __future__ import annotations

import collections.abc
import copy
import dataclasses
import enum
import json
import re
import sys
import typing
from typing import Any, Callable, Dict, List, Literal, Mapping, Optional, Set, Type, TypeVar, Union

from ._error import Error
from ._values import U32, quoted, real_or_none, whole_or_none, whole_text

_Setting = TypeVar("_Setting")
_Class = TypeVar("_Class")

_CONSTRAINTS = "wats_converter"
# What a constraint is called in JSON Schema for each kind of value that it is for.
_NAMES = {
    "minimum": {"number": "minimum"},
    "maximum": {"number": "maximum"},
    "minLength": {"text": "minLength", "list": "minItems", "table": "minProperties"},
    "maxLength": {"text": "maxLength", "list": "maxItems", "table": "maxProperties"},
    "pattern": {"text": "pattern"},
}
_OPTIONS = {"minLength": "min_length", "maxLength": "max_length"}
_UNIONS = [Union] + ([getattr(__import__("types"), "UnionType")] if sys.version_info >= (3, 10) else [])
_LISTS = (list, tuple, collections.abc.Sequence)
_DICTS = (dict, collections.abc.Mapping)


@dataclasses.dataclass
class NoSettings:
    """For a plugin without settings: ``class MyFormat(Converter[NoSettings])``."""


def setting(
    default: _Setting,
    description: str = "",
    *,
    minimum: Optional[float] = None,
    maximum: Optional[float] = None,
    min_length: Optional[int] = None,
    max_length: Optional[int] = None,
    pattern: Optional[str] = None,
) -> _Setting:
    """A field of a settings dataclass with a default and what the operator is told about it::

        @dataclass
        class Settings:
            decimal_mark: str = setting(".", "Decimal mark of the numbers.", min_length=1, max_length=1)
            columns: Dict[str, str] = setting({}, "Names of the columns in the file.")

    A plain default (``sequence: str = "Main"``) does as well. A list or dictionary is copied for each instance.

    :param minimum: of a number, as ``maximum``.
    :param min_length: characters of a text, or items of a list or dictionary, as ``max_length``.
    :param pattern: regular expression that must match somewhere in a text; keep to what JSON Schema and ``re`` share.
    """
    whole_text(description, "description")
    for name, limit in (("minimum", minimum), ("maximum", maximum)):
        real_or_none(limit, name)
    for name, length in (("min_length", min_length), ("max_length", max_length)):
        whole_or_none(length, name, U32)
    if pattern is not None:
        whole_text(pattern, "pattern")
    given = {
        "description": description or None,
        "minimum": minimum,
        "maximum": maximum,
        "minLength": min_length,
        "maxLength": max_length,
        "pattern": pattern,
    }
    metadata = {_CONSTRAINTS: {key: value for key, value in given.items() if value is not None}}
    made: Any
    if isinstance(default, (list, dict, set)) or dataclasses.is_dataclass(default):
        made = dataclasses.field(default_factory=lambda: copy.deepcopy(default), metadata=metadata)
    else:
        made = dataclasses.field(default=default, metadata=metadata)
    return made  # type: ignore[no-any-return]


def schema(settings: type) -> str:
    """JSON Schema 2020-12 of a settings dataclass, with defaults; empty when there is nothing to set.

    Raises ``TypeError`` for a field of a type that settings cannot have, ``ValueError`` for a default that could not be set.
    """
    if settings is NoSettings:
        return ""
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **_object(settings)}
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def read(settings: Type[_Class], text: str) -> _Class:
    """The settings from one JSON object. Raises ``Error`` of kind ``MISCONFIGURED`` when they do not fit."""
    try:
        given = json.loads(text or "{}")
    except ValueError as error:
        raise Error.misconfigured(f"settings: {error}") from None
    made: _Class = _read(settings, given, "settings", {})
    return made


def _fields(settings: type) -> List[Any]:
    hints = typing.get_type_hints(settings)
    return [(field, hints[field.name]) for field in dataclasses.fields(settings) if field.init]


def _has_default(field: Any) -> bool:
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


def _object(settings: type) -> Dict[str, Any]:
    properties: Dict[str, Any] = {}
    required = []
    for field, hint in _fields(settings):
        try:
            constraints = field.metadata.get(_CONSTRAINTS, {})
            found = {**_type(hint), **_constraints(hint, constraints)}
            if _has_default(field):
                default = field.default if field.default is not dataclasses.MISSING else field.default_factory()
                found["default"] = _plain(default)
            else:
                required.append(field.name)
            written = json.loads(json.dumps(found, allow_nan=False))
            if "default" in written:
                # The station fills it in, and checks it as what is set.
                _read(hint, written["default"], "its default", constraints)
        except TypeError as error:
            raise TypeError(f"{settings.__name__}.{field.name}: {error}") from None
        except (ValueError, OverflowError, re.error, Error) as error:
            raise ValueError(f"{settings.__name__}.{field.name}: {error}") from None
        properties[field.name] = found
    made: Dict[str, Any] = {"type": "object", "title": settings.__name__}
    doc = settings.__doc__ or ""
    # A dataclass without a text of its own gets its signature for one.
    if doc and not doc.startswith(settings.__name__ + "("):
        made["description"] = " ".join(doc.split())
    made["properties"] = properties
    if required:
        made["required"] = required
    made["additionalProperties"] = False
    return made


def _type(hint: Any) -> Dict[str, Any]:
    names = {str: "string", int: "integer", float: "number", bool: "boolean"}
    if hint in names:
        return {"type": names[hint]}
    if hint is type(None):
        return {"type": "null"}
    if hint is Any:
        return {}
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return {"enum": list(args)}
    if origin in _UNIONS:
        return {"anyOf": [_type(arg) for arg in args]}
    if origin in _LISTS and (origin is not tuple or args[1:] == (...,)):
        return {"type": "array", "items": _type(args[0])}
    if origin in _DICTS and args[0] is str:
        return {"type": "object", "additionalProperties": _type(args[1])}
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return {"enum": [member.value for member in hint]}
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _object(hint)
    raise TypeError(
        f"a setting cannot be {hint!r}; it can be str, int, float, bool, Literal, an Enum, Optional, List, Dict[str, ...] or a "
        "dataclass of these"
    )


def _kinds(hint: Any) -> Set[str]:
    """For which kinds of values a constraint of a field of this type may be."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in _UNIONS:
        return {kind for arg in args for kind in _kinds(arg)}
    if origin in _LISTS:
        return {"list"}
    if origin in _DICTS:
        return {"table"}
    if hint is str:
        return {"text"}
    if hint in (int, float):
        return {"number"}
    if hint is Any or origin is Literal or (isinstance(hint, type) and issubclass(hint, enum.Enum)):
        return {"text", "number"}
    return set()


def _constraints(hint: Any, constraints: Mapping[str, Any]) -> Dict[str, Any]:
    """The constraints under the names that they have for this type, with the description."""
    made: Dict[str, Any] = {}
    kinds = _kinds(hint)
    for name, limit in constraints.items():
        if name not in _NAMES:
            made[name] = limit
            continue
        names = [known for kind, known in _NAMES[name].items() if kind in kinds]
        if not names:
            raise TypeError(f"{_OPTIONS.get(name, name)} is for a {' or '.join(_NAMES[name])}, and it is {_named(hint)}")
        made.update(dict.fromkeys(names, limit))
    return made


def _named(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) else str(hint)


def _plain(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value) if field.init}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    raise TypeError(f"{value!r} is no default for a setting")


def _wrong(where: str, expected: str, found: Any) -> Error:
    return Error.misconfigured(f"{where}: expected {expected}, found {json.dumps(found, ensure_ascii=False)}")


def _read(hint: Any, value: Any, where: str, constraints: Mapping[str, Any]) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if hint is int and isinstance(value, float) and value.is_integer():
        value = int(value)
    if hint in (str, int, float, bool) or hint is type(None):
        if type(value) is not hint:
            names = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
            raise _wrong(where, names.get(hint, "nothing"), value)
        _check(value, where, constraints)
        return value
    if origin is Literal:
        for choice in args:
            if choice == value and type(choice) is type(value):
                return choice
        raise _wrong(where, " or ".join(json.dumps(choice) for choice in args), value)
    if origin in _UNIONS:
        return _read_union(args, value, where, constraints)
    if origin in _LISTS:
        if not isinstance(value, list):
            raise _wrong(where, "a list", value)
        _check(value, where, constraints)
        items = [_read(args[0], item, f"{where}[{index}]", {}) for index, item in enumerate(value)]
        return tuple(items) if origin is tuple else items
    if origin in _DICTS:
        if not isinstance(value, dict):
            raise _wrong(where, "a table", value)
        _check(value, where, constraints)
        return {key: _read(args[1], item, f"{where}.{key}", {}) for key, item in value.items()}
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        for member in hint:
            known = _plain(member.value)
            if known == value and type(known) is type(value):
                return member
        raise _wrong(where, " or ".join(json.dumps(member.value) for member in hint), value)
    return _read_object(hint, value, where)


def _read_union(args: Any, value: Any, where: str, constraints: Mapping[str, Any]) -> Any:
    errors = []
    for arg in args:
        try:
            return _read(arg, value, where, constraints)
        except Error as error:
            errors.append(error)
    raise errors[0]


def _read_object(settings: Callable[..., Any], value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise _wrong(where, "a table", value)
    left = dict(value)
    made = {}
    for field, hint in _fields(settings):  # type: ignore[arg-type]
        if field.name in left:
            found = left.pop(field.name)
            made[field.name] = _read(hint, found, f"{where}.{field.name}", field.metadata.get(_CONSTRAINTS, {}))
        elif not _has_default(field):
            raise Error.misconfigured(f"{where}.{field.name}: it has no default and was not set")
    if left:
        raise Error.misconfigured(f"{where}: there is no setting {quoted(next(iter(left)))}")
    return settings(**made)


def _check(value: Any, where: str, constraints: Mapping[str, Any]) -> None:
    checks: Dict[str, Any] = {
        "minimum": lambda limit: value >= limit,
        "maximum": lambda limit: value <= limit,
        "minLength": lambda limit: len(value) >= limit,
        "maxLength": lambda limit: len(value) <= limit,
        "pattern": lambda limit: re.search(limit, value) is not None,
    }
    kind = {str: "text", int: "number", float: "number", list: "list", dict: "table"}.get(type(value), "")
    for name, limit in constraints.items():
        known = _NAMES.get(name, {}).get(kind)
        if known is not None and not checks[name](limit):
            raise Error.misconfigured(f"{where}: {json.dumps(value, ensure_ascii=False)} does not fit its {known} {limit!r}")
