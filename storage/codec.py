"""The domain's frozen values as JSON and back, driven by their type hints.

A field that is missing takes its default and one that is unknown is passed over, so rows
written by the version before or after this one can be read.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter

from triage.model import Person

T = TypeVar("T")


def dumps(value: object) -> str:
    """A domain value as JSON, in ASCII, so that no database can stumble over its characters."""
    return json.dumps(plain(value), separators=(",", ":"))


def loads(kind: type[T], text: str) -> T:
    """The value of `kind` that `dumps` wrote."""
    making: Any = kind
    value: T = decoder(making)(json.loads(text))
    return value


def person_text(person: Person) -> str:
    """A record as `dumps` writes it, without the fields that are empty; three times as fast."""
    return _person_adapter().dump_json(person, exclude_defaults=True, ensure_ascii=True).decode()


def person_from(text: str) -> Person:
    """The record that `person_text` or `dumps` wrote."""
    return _person_adapter().validate_json(text)


@cache
def _person_adapter() -> TypeAdapter[Person]:
    return TypeAdapter(Person)


def plain(value: Any) -> Any:
    """The value in terms of JSON: dicts, lists, strings and numbers."""
    kind: Any = type(value)
    return _encoder(kind)(value)


@cache
def _encoder(kind: Any) -> Callable[[Any], Any]:
    """How values of a type become plain: found out once for each type."""
    if issubclass(kind, Enum):
        return lambda value: value.value
    if issubclass(kind, NoneType | str | int | float):
        return _same
    if issubclass(kind, Mapping):
        return lambda value: {_key(key): plain(each) for key, each in value.items()}
    if issubclass(kind, tuple | list):
        return lambda value: [plain(each) for each in value]
    if issubclass(kind, frozenset | set):
        return lambda value: sorted(plain(each) for each in value)
    if issubclass(kind, date):
        return lambda value: value.isoformat()
    if issubclass(kind, timedelta):
        return lambda value: value.total_seconds()
    names = tuple(each.name for each in fields(kind))
    return lambda value: {name: plain(getattr(value, name)) for name in names}


def _key(key: Any) -> str:
    return str(key.value if isinstance(key, Enum) else key)


@cache
def decoder(kind: Any) -> Callable[[Any], Any]:
    """A function that makes a `kind` from plain JSON."""
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _optional(args)
    if origin in (tuple, frozenset):
        return _sequence(origin, decoder(args[0]))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(decoder(args[0]), decoder(args[1]))
    if isinstance(kind, type):
        return _scalar(kind)
    return _same


def _scalar(kind: type) -> Callable[[Any], Any]:
    if is_dataclass(kind):
        return _record(kind)
    if issubclass(kind, Enum):
        return kind
    if issubclass(kind, datetime | date):
        return kind.fromisoformat
    if issubclass(kind, timedelta):
        return lambda raw: timedelta(seconds=raw)
    return _same


def _same(raw: Any) -> Any:
    return raw


def _optional(args: tuple[Any, ...]) -> Callable[[Any], Any]:
    inner = decoder(next(each for each in args if each is not NoneType))
    return lambda raw: None if raw is None else inner(raw)


def _sequence(origin: Callable[[Any], Any], inner: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda raw: origin(map(inner, raw))


def _mapping(
    key: Callable[[Any], Any], value: Callable[[Any], Any]
) -> Callable[[Any], Mapping[Any, Any]]:
    return lambda raw: {key(name): value(each) for name, each in raw.items()}


def _record(kind: type) -> Callable[[Any], Any]:
    hints = get_type_hints(kind)
    makers = {each.name: decoder(hints[each.name]) for each in fields(kind)}

    def make(raw: Mapping[str, Any]) -> Any:
        return kind(**{name: makers[name](raw[name]) for name in makers if name in raw})

    return make
