"""The cases: texts with what must come of them, read from JSON lines."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from triage.errors import BadInput
from triage.items import CHANNELS
from triage.model import Priority
from triage.taxonomy import Label, SignalName

FOLDER = Path(__file__).parent
CHANNEL = "x_dm"
KEYS = frozenset({"id", "function", "lang", "channel", "text", "thread", "pair", "same", "expect"})
SIDE_KEYS = frozenset({"text", "thread", "expect"})
EXPECT_KEYS = frozenset({"class", "signals", "not_signals", "at_least", "at_most"})
PAIR = 2

E = TypeVar("E", bound=StrEnum)


class Form(StrEnum):
    """What a case asks, named by the key that holds its texts."""

    EXPECTATION = "text"  # one text is read as it should be
    PAIR = "pair"  # two texts that differ in what matters are read differently
    SAME = "same"  # texts that differ in what does not matter are read alike


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """What may come of a text, what must and what must not."""

    classes: tuple[Label, ...]
    signals: frozenset[SignalName] = frozenset()
    not_signals: frozenset[SignalName] = frozenset()
    at_least: Priority | None = None  # this urgent or more
    at_most: Priority | None = None  # this urgent or less


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One text of a case, with the sender's earlier texts, oldest first."""

    text: str
    expect: Expect
    thread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question to the classifier."""

    id: str
    function: str
    lang: str
    form: Form
    sides: tuple[Side, ...]
    channel: str = CHANNEL


def shipped_cases() -> list[Case]:
    """The cases of the package.

    Raises:
        BadInput: names the line that cannot be read.
    """
    found: list[Case] = []
    for path in sorted(FOLDER.glob("*.jsonl")):
        found += read_cases(path.read_bytes().splitlines(), str(path))
    return found


def read_cases(lines: Iterable[bytes], where: str) -> list[Case]:
    """Cases of JSON lines; empty lines are passed over.

    Raises:
        BadInput: names `where` and the line that cannot be read, or whose id was there before.
    """
    found: dict[str, Case] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        at = f"{where}:{number}"
        case = _case(_decoded(line, at), at)
        if case.id in found:
            raise BadInput(at, f"a second case with the id {case.id!r}")
        found[case.id] = case
    return list(found.values())


def _decoded(line: bytes, at: str) -> Mapping[str, Any]:
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadInput(at, f"not valid JSON: {error}") from error
    return _object(raw, KEYS, at)


def _object(raw: object, keys: frozenset[str], at: str) -> Mapping[str, Any]:
    if not isinstance(raw, dict):
        raise BadInput(at, "not a JSON object")
    unknown = sorted(set(raw) - keys)
    if unknown:
        raise BadInput(at, f"unknown key {unknown[0]!r}")
    return raw


def _case(raw: Mapping[str, Any], at: str) -> Case:
    forms = [form for form in Form if form in raw]
    if len(forms) != 1:
        raise BadInput(at, "a case has exactly one of `text`, `pair` and `same`")
    channel = raw.get("channel", CHANNEL)
    if channel not in CHANNELS:
        raise BadInput(f"{at}: channel", f"unknown channel {channel!r}")
    return Case(
        id=_text(raw, "id", at),
        function=_text(raw, "function", at),
        lang=_text(raw, "lang", at),
        form=forms[0],
        sides=_sides(raw, forms[0], at),
        channel=channel,
    )


def _sides(raw: Mapping[str, Any], form: Form, at: str) -> tuple[Side, ...]:
    match form:
        case Form.EXPECTATION:
            return (_side(raw, at),)
        case Form.PAIR:
            return _pair(_list(raw, "pair", at), at)
        case Form.SAME:
            texts = _texts(raw, "same", at)
            if len(set(texts)) < PAIR:
                raise BadInput(f"{at}: same", "fewer than two different texts")
            return tuple(_side({**raw, "text": text}, at) for text in texts)


def _pair(raw: Sequence[object], at: str) -> tuple[Side, ...]:
    sides = tuple(_side(_object(each, SIDE_KEYS, at), at) for each in raw)
    if len(sides) != PAIR:
        raise BadInput(f"{at}: pair", "not two texts")
    if set(sides[0].expect.classes) & set(sides[1].expect.classes):
        raise BadInput(f"{at}: pair", "both texts may be of the same class")
    return sides


def _side(raw: Mapping[str, Any], at: str) -> Side:
    expect = _object(raw.get("expect"), EXPECT_KEYS, f"{at}: expect")
    return Side(
        text=_text(raw, "text", at),
        thread=_texts(raw, "thread", at) if "thread" in raw else (),
        expect=_expect(expect, f"{at}: expect"),
    )


def _expect(raw: Mapping[str, Any], at: str) -> Expect:
    classes = _words(raw, "class", Label, at)
    if not classes:
        raise BadInput(at, "no class is allowed")
    return Expect(
        classes=classes,
        signals=frozenset(_words(raw, "signals", SignalName, at)),
        not_signals=frozenset(_words(raw, "not_signals", SignalName, at)),
        at_least=_priority(raw, "at_least", at),
        at_most=_priority(raw, "at_most", at),
    )


def _text(raw: Mapping[str, Any], key: str, at: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not value:
        raise BadInput(f"{at}: {key}", "missing, or not a text")
    return value


def _list(raw: Mapping[str, Any], key: str, at: str) -> list[object]:
    value = raw.get(key, [])
    if not isinstance(value, list):
        raise BadInput(f"{at}: {key}", "not a list")
    return value


def _texts(raw: Mapping[str, Any], key: str, at: str) -> tuple[str, ...]:
    values = _list(raw, key, at)
    if not all(isinstance(value, str) for value in values):
        raise BadInput(f"{at}: {key}", "not a list of texts")
    return tuple(str(value) for value in values)


def _words(raw: Mapping[str, Any], key: str, kind: type[E], at: str) -> tuple[E, ...]:
    try:
        return tuple(kind(value) for value in _texts(raw, key, at))
    except ValueError as error:
        raise BadInput(f"{at}: {key}", str(error)) from error


def _priority(raw: Mapping[str, Any], key: str, at: str) -> Priority | None:
    value = raw.get(key)
    if value is None:
        return None
    if value not in Priority.__members__:
        raise BadInput(f"{at}: {key}", f"unknown priority {value!r}")
    return Priority[value]
