"""The demo day: its events in order, and how a human would have labelled them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib import resources
from importlib.resources.abc import Traversable

from triage.items import item_json, parse_item
from triage.model import Arrival, Change, Item
from triage.taxonomy import Label

MIDNIGHT = datetime.fromisoformat("2026-11-20T00:00:00+00:00")
"""When the invented day begins; dates in its records are relative to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Something that happens on the day, `at` its start plus so much."""

    at: timedelta
    arrival: Arrival


def files() -> Traversable:
    """Where the demo's data lies in the package."""
    return resources.files("console.demo")


def events(start: datetime = MIDNIGHT) -> Iterator[Moment]:
    """Every message, edit and deletion of the day, oldest first, as if it began at `start`."""
    known: dict[tuple[str, str, str], Item] = {}
    for number, line in enumerate(_lines("day.jsonl"), start=1):
        raw = json.loads(line)
        at = timedelta(seconds=raw["at"])
        arrival = _arrival(raw, known, start + at, f"day.jsonl:{number}")
        known[arrival.item.key] = arrival.item
        yield Moment(at=at + timedelta(seconds=raw.get("delay", 0)), arrival=arrival)


def truth() -> Mapping[str, Label]:
    """The class a human gave each item, by its id."""
    rows = (json.loads(line) for line in _lines("truth.jsonl"))
    return {row["id"]: Label(row["class"]) for row in rows}


def true_links() -> Mapping[str, str | None]:
    """The record of each writer who is on record, by item id; None marks a trap."""
    rows = (json.loads(line) for line in _lines("truth_links.jsonl"))
    return {row["id"]: row["record_id"] for row in rows}


def _lines(name: str) -> list[str]:
    return files().joinpath(name).read_text(encoding="utf-8").splitlines()


def _arrival(
    raw: Mapping[str, dict[str, str]],
    known: Mapping[tuple[str, str, str], Item],
    moment: datetime,
    where: str,
) -> Arrival:
    if "item" in raw:
        item = parse_item({**raw["item"], "sent_at": moment.isoformat()}, where, now=moment)
        return Arrival(item=item, payload=_payload(item), seen_at=moment)
    change = Change.EDIT if "edit" in raw else Change.DELETE
    about = raw[change.value]
    before = known[(about["channel"], about["account"], about["id"])]
    item = replace(before, text=about.get("text", before.text))
    return Arrival(item=item, payload=_payload(item), change=change, seen_at=moment)


def _payload(item: Item) -> bytes:
    return json.dumps(item_json(item), ensure_ascii=False).encode()
