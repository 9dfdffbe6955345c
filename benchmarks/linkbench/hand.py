"""The messages written by hand (benchmarks/data/linking), as stories."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.linkbench.stories import Story
from triage.items import parse_item
from triage.model import Person, PriorLink
from triage.records import read_people, read_prior_links

DATA = Path(__file__).parents[1] / "data" / "linking"
LATEST = datetime(2026, 12, 1, tzinfo=UTC)
NOT_THEIRS = ("recycled", "shared", "somebody else")


def people() -> list[Person]:
    """The records."""
    with (DATA / "people.jsonl").open(encoding="utf-8") as lines:
        return [each for each in read_people(lines, "people") if isinstance(each, Person)]


def stories(half: str = "all") -> Iterator[Story]:
    """The messages; of even numbers to `mend` with, of odd ones to `judge`."""
    with (DATA / "prior.jsonl").open(encoding="utf-8") as lines:
        links = [each for each in read_prior_links(lines, "prior") if isinstance(each, PriorLink)]
    by_account = {link.account_id: link for link in links}
    for line in (DATA / "messages.jsonl").read_text(encoding="utf-8").splitlines():
        raw = json.loads(line)
        number = int(raw["id"].rpartition("-")[2])
        if half == "all" or (half == "mend") == (number % 2 == 0):
            yield _story(raw, by_account)


def _story(raw: dict[str, Any], links: dict[str, PriorLink]) -> Story:
    truth = raw["truth"]
    item = parse_item({key: raw[key] for key in raw if key != "truth"}, raw["id"], now=LATEST)
    return Story(
        scenario=truth["scenario"],
        item=item,
        thread=tuple(raw.get("thread", ())),
        right=frozenset({truth["writer"]} - {None}),
        near=frozenset(truth["harmful"]) - {truth["writer"]},
        prior=links.get(item.author.account_id),
        known=truth["confirm"],
        shared=any(word in truth["scenario"] for word in NOT_THEIRS),
        linkable=truth["linkable"],
    )
