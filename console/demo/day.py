"""The demo day: its events in order, and how a human would have labelled them."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from collectors.replay import DayReplay
from triage.model import Arrival
from triage.taxonomy import Label

MIDNIGHT = datetime.fromisoformat("2026-11-20T00:00:00+00:00")
"""When the invented day begins; dates in its records are relative to it."""


def files() -> Traversable:
    """Where the demo's data lies in the package."""
    return resources.files("console.demo")


def events(start: datetime = MIDNIGHT) -> Iterator[tuple[timedelta, Arrival]]:
    """Every message, edit and deletion with its time of day, as if the day began at `start`."""
    with resources.as_file(files().joinpath("day.jsonl")) as path:
        replay = DayReplay(Path(path), start=start, clock=lambda: start + timedelta(days=2))
    for arrival in replay.arrivals():
        yield (arrival.seen_at or arrival.item.sent_at) - start, arrival


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
