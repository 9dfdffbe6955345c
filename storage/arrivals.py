"""What becomes of each arrival of a harvest: decided here, written in storage/intake.py.

Vendors repeat, reorder and lose events. So:
- the same text again changes nothing, nor does an old event delivered a second time;
- other text under a known id is a new version, whatever the vendor calls it;
- the original that comes after its edit is kept as a version and read as what was said before;
- a deletion that comes before its item is remembered, and the item arrives already deleted.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from storage.rows import item_columns, rest_of
from storage.types import safe, short
from triage.model import Arrival, Change, Event, Harvest, Item

Key = tuple[str, str, str]


def key_of(item: Item) -> Key:
    """The key of an item as the tables hold it."""
    return (short(item.channel), short(item.account), short(item.id))


@dataclass(slots=True, kw_only=True)
class Known:
    """A stored item as far as arrivals are judged by it; kept up to date as the plan grows."""

    ref: str
    text: str
    rest: str
    deleted: bool
    texts: int
    fresh: bool = False
    versions: list[tuple[Change, str]] = field(default_factory=list)  # change and SHA-256 by seq

    def says(self, item: Item) -> bool:
        """Whether the item is what is stored: links of media change with every look."""
        kinds = [each.kind for each in item.attachments]
        stored = [each[0] for each in json.loads(self.rest)["attachments"]]
        return self.text == safe(item.text) and kinds == stored

    @property
    def edited(self) -> bool:
        """Whether the vendor announced an edit of this item."""
        return any(change is Change.EDIT for change, _ in self.versions)


@dataclass(slots=True, kw_only=True)
class Plan:
    """The rows a harvest will write."""

    source: str
    now: datetime
    known: dict[Key, Known]
    buried: dict[Key, tuple[datetime, bytes]]  # deletions seen before their items
    refs: Iterator[str]
    new: dict[str, dict[str, Any]] = field(default_factory=dict)
    edits: dict[str, dict[str, Any]] = field(default_factory=dict)
    deletions: dict[str, datetime] = field(default_factory=dict)
    versions: list[dict[str, Any]] = field(default_factory=list)
    tombstones: dict[Key, tuple[datetime, bytes]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    changed: int = 0
    deleted: int = 0
    repeated: int = 0

    @property
    def waiting(self) -> tuple[str, ...]:
        """References of cases that now wait to be triaged."""
        return (*self.new, *self.edits)

    @property
    def texts(self) -> tuple[str, ...]:
        """What those cases say now."""
        return tuple(row["text"] for row in (*self.new.values(), *self.edits.values()))


def fresh_keys(harvest: Harvest, known: Mapping[Key, Known]) -> list[Key]:
    """Keys of items that will need a reference, in order of arrival."""
    keys = dict.fromkeys(
        key_of(arrival.item) for arrival in harvest.arrivals if arrival.change is not Change.DELETE
    )
    return [key for key in keys if key not in known]


def lay_out(plan: Plan, harvest: Harvest) -> Plan:
    """Fill the plan with what the harvest says."""
    for arrival in harvest.arrivals:
        key = key_of(arrival.item)
        stored = plan.known.get(key)
        if arrival.change is Change.DELETE:
            _delete(plan, key, stored, arrival)
        elif stored is None:
            _add(plan, key, arrival)
        elif stored.says(arrival.item) or _told_before(stored, arrival):
            plan.repeated += 1
        elif _late_original(stored, arrival):
            _keep_original(plan, stored, arrival)
        else:
            _edit(plan, stored, arrival)
    return plan


def _told_before(stored: Known, arrival: Arrival) -> bool:
    """An old event delivered again. A poll reads what stands now, so it is always news."""
    if not arrival.payload or not (arrival.change is Change.EDIT or stored.edited):
        return False
    return _sha256(arrival.payload) in {sha for _, sha in stored.versions}


def _late_original(stored: Known, arrival: Arrival) -> bool:
    changes = [change for change, _ in stored.versions]
    return (
        arrival.change is Change.NEW and changes[:1] == [Change.EDIT] and Change.NEW not in changes
    )


def _add(plan: Plan, key: Key, arrival: Arrival) -> None:
    ref = next(plan.refs)
    row = item_columns(arrival.item)
    grave = plan.buried.get(key) or plan.tombstones.get(key)
    plan.new[ref] = {
        **row,
        "ref": ref,
        "received_at": plan.now,
        "due_at": arrival.item.sent_at,
        "text_versions": 1,
        "deleted_at": grave[0] if grave else None,
    }
    stored = Known(
        ref=ref, text=row["text"], rest=row["rest"], deleted=bool(grave), texts=1, fresh=True
    )
    plan.known[key] = stored
    _version(plan, stored, arrival, action="item.received")
    if grave:
        burial = Arrival(
            item=arrival.item, payload=grave[1], change=Change.DELETE, seen_at=grave[0]
        )
        _version(plan, stored, burial, action="item.deleted")


def _edit(plan: Plan, stored: Known, arrival: Arrival) -> None:
    stored.text = safe(arrival.item.text)
    stored.rest = _merged(stored.rest, arrival.item)
    stored.texts += 1
    plan.changed += 1
    _version(plan, stored, arrival, action="item.edited")
    _rewrite(plan, stored)


def _keep_original(plan: Plan, stored: Known, arrival: Arrival) -> None:
    stored.texts += 1
    plan.changed += 1
    _version(plan, stored, arrival, action="item.original_seen")
    _rewrite(plan, stored)


def _rewrite(plan: Plan, stored: Known) -> None:
    values = {"text": stored.text, "rest": stored.rest, "text_versions": stored.texts}
    if stored.fresh:
        plan.new[stored.ref].update(values)
    else:
        plan.edits[stored.ref] = values


def _delete(plan: Plan, key: Key, stored: Known | None, arrival: Arrival) -> None:
    seen = arrival.seen_at or plan.now
    if stored is None:
        if key in plan.buried or key in plan.tombstones:
            plan.repeated += 1
            return
        plan.tombstones[key] = (seen, arrival.payload)
        plan.deleted += 1
        return
    if stored.deleted:
        plan.repeated += 1
        return
    stored.deleted = True
    plan.deleted += 1
    _version(plan, stored, arrival, action="item.deleted")
    if stored.fresh:
        plan.new[stored.ref]["deleted_at"] = seen
    else:
        plan.deletions[stored.ref] = seen


def _version(plan: Plan, stored: Known, arrival: Arrival, *, action: str) -> None:
    sha = _sha256(arrival.payload)
    stored.versions.append((arrival.change, sha))
    seq, deleted = len(stored.versions), arrival.change is Change.DELETE
    plan.versions.append(
        {
            "ref": stored.ref,
            "seq": seq,
            "change": arrival.change.value,
            "seen_at": arrival.seen_at or plan.now,
            "text": "" if deleted else safe(arrival.item.text),
            "payload": arrival.payload,
            "sha256": sha,
        }
    )
    detail = {"seq": seq, "sha256": sha}
    plan.events.append(
        Event(at=plan.now, actor=plan.source, action=action, subject=stored.ref, detail=detail)
    )


def _merged(before: str, item: Item) -> str:
    """The item's `rest` after an edit: what the edit leaves out stays as it was."""
    old, new = json.loads(before), json.loads(rest_of(item))
    author = [now or then for now, then in zip(new["author"], old["author"], strict=True)]
    extra = {**old.get("extra", {}), **new.get("extra", {})}
    whole = {
        **old,
        "lang": new["lang"] or old["lang"],
        "author": author,
        "attachments": new["attachments"],
    }
    return json.dumps(whole | ({"extra": extra} if extra else {}), separators=(",", ":"))


def _sha256(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()
