"""Cases as rows and back. What no query asks for stands in the JSON column `rest`."""

import json
from typing import Any

from sqlalchemy import Row

from storage.codec import dumps, loads
from storage.tables import NO_PRIORITY
from storage.types import microseconds, safe, short
from triage.inhand import NOBODY, InHand
from triage.items import platform_of
from triage.lifecycle import next_step_at
from triage.model import (
    Attachment,
    Author,
    Case,
    Decision,
    History,
    Item,
    Link,
    LinkDecision,
    Priority,
    State,
    Verdict,
)
from triage.taxonomy import DISCLOSURE_SIGNALS, Kind, Lane

LONG_KEYS = ("channel", "account", "id", "thread_id", "reply_to")  # kept whole where shortened


def author_key(author: Author) -> str:
    """What one sender has in common on a platform; "" where the sender is not known."""
    if author.account_id:
        return short(author.account_id)
    return short("@" + author.handle.lstrip("@").casefold()) if author.handle else ""


def item_columns(item: Item) -> dict[str, Any]:
    """The columns that what was sent fills."""
    return {
        "channel": short(item.channel),
        "account": short(item.account),
        "external_id": short(item.id),
        "platform": short(platform_of(item.channel)),
        "author_key": author_key(item.author),
        "thread_id": short(item.thread_id),
        "reply_to": short(item.reply_to),
        "kind": item.kind.value,
        "public": not item.private,
        "sent_at": item.sent_at,
        "sent_us": microseconds(item.sent_at),
        "text": safe(item.text),
        "rest": rest_of(item),
    }


def rest_of(item: Item) -> str:
    """Everything of an item that has no column, and keys in full where they were shortened."""
    author = item.author
    rest: dict[str, Any] = {
        "author": [author.account_id, author.handle, author.display_name, author.profile],
        "lang": item.lang,
        "attachments": [[each.kind, each.url] for each in item.attachments],
    }
    if item.extra:
        rest["extra"] = dict(item.extra)
    for name in LONG_KEYS:
        value = getattr(item, name)
        if short(value) != value:
            rest[name] = value
    return json.dumps(rest, separators=(",", ":"), default=str)


def item_of(row: Row[Any]) -> Item:
    """The item as it was taken in."""
    rest = json.loads(row.rest)
    account_id, handle, display_name, profile = rest["author"]
    return Item(
        id=rest.get("id", row.external_id),
        channel=rest.get("channel", row.channel),
        account=rest.get("account", row.account),
        sent_at=row.sent_at,
        text=row.text,
        kind=Kind(row.kind),
        author=Author(
            account_id=account_id, handle=handle, display_name=display_name, profile=profile
        ),
        thread_id=rest.get("thread_id", row.thread_id),
        reply_to=rest.get("reply_to", row.reply_to),
        lang=rest["lang"],
        attachments=tuple(Attachment(kind=kind, url=url) for kind, url in rest["attachments"]),
        extra=rest.get("extra", {}),
    )


def case_of(row: Row[Any]) -> Case:
    """A whole row of `items` as a case."""
    return Case(
        ref=row.ref,
        item=item_of(row),
        received_at=row.received_at,
        state=State(row.state),
        version=row.version,
        verdict=loads(Verdict, row.verdict) if row.verdict else None,
        link=loads(Link, row.link) if row.link else Link(),
        history=loads(History, row.history) if row.history else History(),
        decision=loads(Decision, row.decision) if row.decision else None,
        priority=Priority(row.priority) if row.priority else None,
        lane=Lane(row.lane) if row.lane else None,
        claimed_by=row.claimed_by,
        claimed_at=row.claimed_at,
        offered_to=Lane(row.offered_to) if row.offered_to else None,
        offered_by=row.offered_by,
        offered_at=row.offered_at,
        escalation=row.escalation,
        result=row.result,
        result_ref=row.result_ref,
        closed_at=row.closed_at,
        deleted_at=row.deleted_at,
        text_versions=row.text_versions,
        incident=row.incident,
        note=row.note,
        in_hand=loads(InHand, row.in_hand) if row.in_hand else NOBODY,
    )


def desk_columns(case: Case) -> dict[str, Any]:
    """The columns that the desk's work fills: all but the item and `version`."""
    return {
        "state": case.state.value,
        "verdict": dumps(case.verdict) if case.verdict else None,
        "link": dumps(case.link),
        "history": dumps(case.history),
        "decision": dumps(case.decision) if case.decision else None,
        "priority": int(case.priority) if case.priority else None,
        "rank": int(case.priority) if case.priority else NO_PRIORITY,
        "next_look": next_step_at(case),
        "due_at": case.decision.due.decide_by if case.decision else case.item.sent_at,
        "lane": case.lane.value if case.lane else None,
        "claimed_by": case.claimed_by,
        "claimed_at": case.claimed_at,
        "offered_to": case.offered_to.value if case.offered_to else None,
        "offered_by": case.offered_by,
        "offered_at": case.offered_at,
        "escalation": case.escalation,
        "result": safe(case.result),
        "result_ref": safe(case.result_ref),
        "closed_at": case.closed_at,
        "deleted_at": case.deleted_at,
        "incident": case.incident,
        "note": safe(case.note),
        "in_hand": dumps(case.in_hand) if case.in_hand != NOBODY else None,
        "disclosed": _discloses(case),
        "record_id": confirmed_record(case.link),
    }


def _discloses(case: Case) -> bool:
    return case.verdict is not None and case.verdict.has(*DISCLOSURE_SIGNALS)


def confirmed_record(link: Link) -> str | None:
    """The record a human confirmed, if one did."""
    if link.decision is LinkDecision.CONFIRMED and link.candidates:
        return link.candidates[0].record_id
    return None
