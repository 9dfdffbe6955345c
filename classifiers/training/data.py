"""Labelled rows: our own, written for the desk, and public ones mapped onto our taxonomy."""

import gzip
import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from triage.errors import BadInput
from triage.taxonomy import Audience, Direction, Label, Literalness, SignalName, Voice, When

E = TypeVar("E", bound=StrEnum)
OWN = "own"  # rows of these go into the linear model and the golden messages too


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A text with what is known about it. What is None (or not in `judged`) is not trained on."""

    id: str
    text: str
    thread: tuple[str, ...] = ()
    label: Label | None = None
    audience: Audience | None = None
    signals: frozenset[SignalName] = frozenset()
    judged: frozenset[SignalName] = frozenset(SignalName)
    time: When | None = None
    voice: Voice | None = None
    literal: Literalness | None = None
    direction: Direction | None = None
    lang: str = ""
    channel: str = ""
    dialect: str = ""
    source: str = OWN
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicSource:
    """How much of a public file is used, how much it counts, and what its signals mean here."""

    rows: int
    weight: float
    signals: Mapping[str, SignalName] = field(default_factory=dict)
    judged: frozenset[SignalName] = frozenset()


_CONTENT = {"hate": SignalName.HATE, "threat": SignalName.THREATENING_CONTENT}
_GENERAL = {"information_request": SignalName.GENERAL, "spam": SignalName.GENERAL}
_QUIET = frozenset(list(SignalName)[:16])  # emergency and disclosure: absent from such sources

PUBLIC: Mapping[str, PublicSource] = {
    "banking77": PublicSource(rows=100, weight=0.4, signals=_GENERAL, judged=_QUIET),
    "clinc150": PublicSource(rows=100, weight=0.4, signals=_GENERAL, judged=_QUIET),
    "convabuse": PublicSource(rows=120, weight=0.3, judged=_QUIET),
    "crisislex_t26": PublicSource(rows=320, weight=0.6),
    "crisislex_t6": PublicSource(rows=120, weight=0.5),
    "davidson": PublicSource(rows=160, weight=0.4, signals=_CONTENT, judged=_QUIET),
    "drm": PublicSource(
        rows=140,
        weight=0.25,
        signals={
            "medical": SignalName.RESCUE,
            "fire": SignalName.RESCUE,
            "rescue": SignalName.RESCUE,
            "missing_person": SignalName.MISSING_PERSON,
        },
    ),
    "drm_original": PublicSource(rows=30, weight=0.2),
    "edos": PublicSource(rows=120, weight=0.3, signals=_CONTENT),
    "hatemoji_build": PublicSource(rows=150, weight=0.3, signals=_CONTENT, judged=_QUIET),
    "implicit_hate": PublicSource(rows=100, weight=0.3, signals=_CONTENT),
    "mlma_ar": PublicSource(rows=60, weight=0.2, signals=_CONTENT),
    "mlma_fr": PublicSource(rows=50, weight=0.2, signals=_CONTENT),
    "poleval_pl": PublicSource(rows=90, weight=0.3),
    "ro_offense": PublicSource(rows=90, weight=0.3),
    "roman_urdu": PublicSource(rows=90, weight=0.3, signals=_CONTENT),
    "sms_spam": PublicSource(rows=180, weight=0.5, signals=_GENERAL, judged=_QUIET),
}


def own_rows(paths: Iterable[Path]) -> list[Row]:
    """Rows of our own files, in order.

    Raises:
        BadInput: names file and line, and what is wrong with it.
    """
    return [
        _own_row(raw, where)
        for path in paths
        for where, raw in _lines(path)
    ]  # fmt: skip


def own_row(raw: Mapping[str, Any], where: str) -> Row:
    """One decoded line of ours: `text`, `class` and the rest where known. Raises BadInput."""
    return _own_row(raw, where)


def _own_row(raw: Mapping[str, Any], where: str) -> Row:
    text = raw.get("text")
    if not isinstance(text, str):
        raise BadInput(f"{where}: text", "missing or not a string")
    label = _member(Label, raw.get("class"), f"{where}: class")
    if label is None:
        raise BadInput(f"{where}: class", "missing")
    signals = frozenset(
        signal
        for name in _listed(raw.get("signals"), f"{where}: signals")
        if (signal := _member(SignalName, name, f"{where}: signals"))
    )
    return Row(
        id=str(raw.get("id", where)),
        text=text,
        thread=_thread(raw.get("thread")),
        label=label,
        audience=_member(Audience, raw.get("audience"), f"{where}: audience"),
        signals=signals,
        judged=_judged(raw, where),
        **_modifiers(raw.get("modifiers", {}), f"{where}: modifiers"),
        lang=str(raw.get("lang", "")),
        channel=str(raw.get("channel", "")),
        dialect=str(raw.get("dialect") or raw.get("register") or ""),
        source=str(raw.get("source", OWN)),
        weight=_weight(raw.get("weight", 1.0), f"{where}: weight"),
    )


def _listed(value: Any, where: str) -> Sequence[Any]:
    if value is not None and not isinstance(value, list):
        raise BadInput(where, "not a list")
    return value or ()


def _object(value: Any, where: str) -> Mapping[str, Any]:
    if value is not None and not isinstance(value, dict):
        raise BadInput(where, "not a JSON object")
    return value or {}


def _thread(value: Any) -> tuple[str, ...]:
    """Earlier texts, read as every command reads them: one text is one, odd entries are none."""
    entries = value if isinstance(value, list) else [value]
    texts = (each.get("text") if isinstance(each, dict) else each for each in entries)
    return tuple(text for text in texts if isinstance(text, str) and text)


def _weight(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInput(where, "not a number")
    return float(value)


def _modifiers(said: Any, where: str) -> dict[str, Any]:
    """What is not said means the usual; an explicit null means that nobody judged them."""
    if said is None:
        return {}
    said = _object(said, where)
    return {
        "time": _member(When, said.get("time"), where) or When.UNKNOWN,
        "voice": _member(Voice, said.get("voice"), where) or Voice.UNKNOWN,
        "literal": _member(Literalness, said.get("literal"), where) or Literalness.LITERAL,
        "direction": _member(Direction, said.get("direction"), where) or Direction.NONE,
    }


def _judged(raw: Mapping[str, Any], where: str) -> frozenset[SignalName]:
    """Signals the writer of a row thought about: those in `judged`, else all if any were given."""
    if "judged" in raw:
        judged = _listed(raw["judged"], f"{where}: judged")
        named = (_member(SignalName, name, f"{where}: judged") for name in judged)
        return frozenset(name for name in named if name)
    return frozenset(SignalName) if "signals" in raw else frozenset()


def public_rows(folder: Path, *, seed: int, scale: float = 1.0) -> list[Row]:
    """A seeded sample of the public train split, balanced over labels within each source.

    Raises:
        BadInput: a file is damaged. Files that are not there are left out.
    """
    rows: list[Row] = []
    for name, source in PUBLIC.items():
        path = folder / f"{name}.jsonl.gz"
        if path.exists():
            found = [_public_row(raw, name, source) for _, raw in _lines(path) if _usable(raw)]
            rows += _sample(found, round(source.rows * scale), random.Random(f"{seed}:{name}"))  # noqa: S311
    return rows


def _usable(raw: Mapping[str, Any]) -> bool:
    decided = bool(raw.get("label")) or bool({"threat", "hate"} & set(raw.get("signals", ())))
    return raw.get("split") == "train" and decided and len(raw["text"]) < 1000


def _public_row(raw: Mapping[str, Any], name: str, source: PublicSource) -> Row:
    signals = frozenset(
        source.signals[signal] for signal in raw["signals"] if signal in source.signals
    )
    label = Label(raw["label"]) if raw.get("label") else None
    judged = source.judged | frozenset(source.signals.values()) if signals else source.judged
    return Row(
        id=raw["id"],
        text=raw["text"],
        label=label,
        audience=_public_audience(label),
        signals=signals,
        judged=judged | signals,
        lang=raw.get("lang", ""),
        source=name,
        weight=source.weight * (0.7 if raw.get("weak") else 1.0),
    )


def _public_audience(label: Label | None) -> Audience | None:
    """Abuse in public sets is always written at somebody: it concerns comms."""
    match label:
        case Label.EMERGENCY:
            return Audience.CONTROL_ROOM
        case Label.ABUSE:
            return Audience.COMMS
        case Label.ROUTINE:
            return Audience.CONTACT
        case None:
            return None


def _sample(rows: Sequence[Row], count: int, draw: random.Random) -> list[Row]:
    groups: dict[tuple[Label | None, bool], list[Row]] = {}
    for row in rows:
        key = (row.label, SignalName.THREATENING_CONTENT in row.signals)
        groups.setdefault(key, []).append(row)
    share = count // max(1, len(groups))
    picked: list[Row] = []
    for key in sorted(groups, key=str):
        picked += draw.sample(groups[key], min(share, len(groups[key])))
    return picked


def _member(kind: type[E], value: Any, where: str) -> E | None:
    if value is None or value == "":
        return None
    try:
        return kind(value)
    except ValueError as error:
        raise BadInput(where, f"unknown {kind.__name__.lower()} {str(value)[:40]!r}") from error


def _lines(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Decoded lines with their place.

    Raises:
        BadInput: the file cannot be read, or a line is not a JSON object.
    """
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        lines = content.decode("utf-8").split("\n")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise BadInput(str(path), f"cannot be read: {error}") from error
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield f"{path}:{number}", _decoded(line, f"{path}:{number}")


def _decoded(line: str, where: str) -> Mapping[str, Any]:
    try:
        raw = json.loads(line)
    except ValueError as error:
        raise BadInput(where, f"not valid JSON: {error}") from error
    if not isinstance(raw, dict):
        raise BadInput(where, "not a JSON object")
    return raw
