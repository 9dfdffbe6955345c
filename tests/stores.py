"""Invented items, harvests and outcomes for the tests of the stores."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from storage.store import SqlStore
from triage.lifecycle import due
from triage.model import (
    Arrival,
    Author,
    Candidate,
    Case,
    Change,
    Decision,
    Event,
    Harvest,
    Item,
    Link,
    LinkDecision,
    Outgoing,
    Priority,
    Reason,
    Signal,
    State,
    Verdict,
)
from triage.ports import Triaged
from triage.taxonomy import Audience, Kind, Label, Lane, SignalName

NOW = datetime(2026, 11, 23, 9, 41, tzinfo=UTC)
SOURCE = "x:westbridgepolice"


def an_item(
    number: int | str = 1, text: str = "Somebody is at the back door", **fields: Any
) -> Item:
    """A direct message on X, sent half a minute ago by account 77."""
    values: dict[str, Any] = {
        "id": str(number),
        "channel": "x_dm",
        "account": "westbridgepolice",
        "sent_at": NOW - timedelta(seconds=30),
        "text": text,
        "kind": Kind.DM,
        "author": Author(account_id="77", handle="zeldaq", display_name="Zelda Quill"),
        "thread_id": "thread-77",
    }
    return Item(**(values | fields))


def a_post(number: int | str = 1, text: str = "Is the bridge open?", **fields: Any) -> Item:
    """A public mention on X."""
    return an_item(number, text, **({"channel": "x_mention", "kind": Kind.MENTION} | fields))


def arriving(item: Item, change: Change = Change.NEW, **fields: Any) -> Arrival:
    """The item with bytes as a platform might have sent them."""
    payload = json.dumps({"id": item.id, "text": item.text, "change": change.value}).encode()
    return Arrival(**({"item": item, "payload": payload, "change": change} | fields))


def a_harvest(*arrivals: Item | Arrival, cursor: str = "c1", **fields: Any) -> Harvest:
    """One page of a poll."""
    whole = tuple(each if isinstance(each, Arrival) else arriving(each) for each in arrivals)
    return Harvest(arrivals=whole, cursor=cursor, **fields)


def take(store: SqlStore, *arrivals: Item | Arrival, now: datetime = NOW) -> tuple[str, ...]:
    """Store what arrives; returns the references that now wait."""
    return store.take_in(SOURCE, a_harvest(*arrivals), now=now).refs


def a_verdict(*signals: SignalName, label: Label = Label.ROUTINE) -> Verdict:
    """A verdict with these signals on."""
    return Verdict(
        label=label,
        audience=Audience.CONTACT,
        scores=dict.fromkeys(Label, 0.1) | {label: 0.8},
        signals=tuple(Signal(name=name, score=0.9) for name in signals),
        signal_scores=dict.fromkeys(signals, 0.9),
        model="invented",
    )


def a_card(ref: str, place: str = "slack:C02", urgency: int = 3) -> Outgoing:
    """The card of a case in one place."""
    return Outgoing(
        key=f"card:{ref}:{place}",
        destination=place,
        urgency=urgency,
        case_ref=ref,
        created_at=NOW,
    )


def a_notice(number: int = 1, **fields: Any) -> Outgoing:
    """A notice with a body of its own."""
    values: dict[str, Any] = {
        "key": f"notice:{number}",
        "destination": "slack:C02",
        "urgency": 3,
        "body": f"notice {number}",
    }
    return Outgoing(**(values | fields))


def an_event(subject: str = "FC-26-1123-0001", action: str = "viewed", **detail: Any) -> Event:
    """Something an officer did."""
    return Event(at=NOW, actor="officer-1", action=action, subject=subject, detail=detail)


def triaged(
    case: Case,
    priority: Priority = Priority.P3,
    *,
    verdict: Verdict | None = None,
    link: Link | None = None,
    owner: Lane = Lane.DESK,
    places: Sequence[str] = ("slack:C02",),
) -> Triaged:
    """An outcome for a case that waits, with one card per place."""
    return Triaged(
        ref=case.ref,
        version=case.version,
        verdict=verdict or a_verdict(),
        link=link or Link(),
        history=case.history,
        decision=Decision(
            priority=priority,
            due=due(priority, case.item.sent_at),
            owner=owner,
            reasons=(Reason(rule="class", text="because"),),
        ),
        cards=tuple(a_card(case.ref, place, int(priority)) for place in places),
        events=(an_event(case.ref, "triaged"),),
    )


def settle(store: SqlStore, *refs: str, **outcome: Any) -> list[str]:
    """Give waiting cases (all, if none is named) the same outcome."""
    waiting = store.waiting(limit=1000, refs=refs or None)
    return store.settle([triaged(each.case, **outcome) for each in waiting])


def an_open_case(store: SqlStore, item: Item | None = None, **outcome: Any) -> Case:
    """A case that was taken in and triaged."""
    (ref,) = take(store, item or an_item())
    settle(store, ref, **outcome)
    return the_case(store, ref)


def the_case(store: SqlStore, ref: str) -> Case:
    """A case that must be there."""
    case = store.case(ref)
    assert case is not None
    return case


def claimed(officer: str = "officer-1") -> dict[str, Any]:
    """What a claim changes."""
    return {"state": State.CLAIMED, "claimed_by": officer, "claimed_at": NOW}


def confirmed(record_id: str) -> Link:
    """A link that a human confirmed."""
    candidate = Candidate(record_id=record_id, probability=0.99, weight=9.0, evidence=())
    return Link(decision=LinkDecision.CONFIRMED, candidates=(candidate,))
