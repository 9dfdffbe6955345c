"""Corrections of officers as labelled rows that `train --data` reads, and nothing more."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from classifiers.training.redaction import Known, known_words, redacted
from triage.corrections import Basis, Correction
from triage.model import Item, Person

SOURCE = "correction"
"""Rows that only the network learns: golden messages, which a model folder shows, hold none."""

FEWEST_WORDS = 2
"""A text of which less is left says nothing without the person it named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """An item as it was written, the sender's earlier texts, and what a person made of it."""

    item: Item
    thread: tuple[str, ...]
    correction: Correction
    lang: str = ""


def known_people(item: Item, persons: Iterable[Person], staff: Iterable[str]) -> Known:
    """The words by which the people around an item are known: its sender, records, staff."""
    names = [item.author.handle, item.author.display_name, item.account, *staff]
    for each in persons:
        names += [each.forename, each.middle_names, each.surname, each.preferred_name]
        names += [*each.aliases, *(handle.handle for handle in each.handles)]
        names += [*(address.line for address in each.addresses)]
    return known_words(names)


def row_of(
    corrected: Corrected, known: Known, *, implied_weight: float, today: date
) -> dict[str, Any] | None:
    """The row without what names somebody; None if that cannot be made sure of.

    No reference, time, account or officer is in it, and its id says nothing but what it holds.
    """
    text = redacted(corrected.item.text, known, today=today)
    thread = [redacted(each, known, today=today) for each in corrected.thread]
    if text is None or None in thread or len(text.split()) < FEWEST_WORDS:
        return None
    correction = corrected.correction
    judgement = correction.judgement
    stated = correction.basis is Basis.STATED
    told = {
        "text": text,
        "thread": thread,
        "class": judgement.label.value,
        "audience": judgement.audience.value,
        "signals": sorted(judgement.signals or ()),
        "judged": sorted(judgement.judged),
        "modifiers": None,
    }
    return {
        "id": f"correction-{_digest(told)}",
        **told,
        "lang": corrected.lang,
        "channel": corrected.item.channel,
        "source": SOURCE,
        "weight": 1.0 if stated else implied_weight,
        "basis": correction.basis.value,
        "said": correction.said.value if correction.said else None,
        "model": correction.model,
    }


def each_once(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Rows without repetitions, in an order that says nothing of when they came."""
    return [row for _, row in sorted({str(row["id"]): row for row in rows}.items())]


def as_lines(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as JSON lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _digest(told: Mapping[str, Any]) -> str:
    canonical = json.dumps(told, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()[:20]
