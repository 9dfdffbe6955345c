"""An item as the skeleton of an online report: incident, person, text, attachments.

No schema of Single Online Home is public; this mapping is ours (docs/reference/report-skeleton.md).
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from storage.store import SqlStore
from triage.claims import stable_id
from triage.errors import BadInput
from triage.flow import MACHINE
from triage.found import Place, Trait
from triage.identifiers import extract
from triage.items import platform_of
from triage.model import Attachment, Case, Event, LinkDecision
from triage.records import person_json
from triage.taxonomy import SignalName

SCHEMA = "firstcontact/report-skeleton/1"

REPORT_TYPES: Mapping[str, tuple[SignalName, ...]] = {
    "emergency": (
        SignalName.VIOLENCE_IN_PROGRESS,
        SignalName.WEAPON,
        SignalName.THREAT_TO_LIFE,
        SignalName.RESCUE,
        SignalName.COVERT_HELP,
        SignalName.OFFENDER_PRESENT,
    ),
    "concern_for_safety": (
        SignalName.SUICIDE_RISK,
        SignalName.CHILD_AT_RISK,
        SignalName.ADULT_AT_RISK,
    ),
    "missing_person": (SignalName.MISSING_PERSON,),
    "sexual_offence": (SignalName.SEXUAL_OFFENCE, SignalName.IMAGE_ABUSE),
    "domestic_abuse": (SignalName.DOMESTIC_ABUSE, SignalName.COERCIVE_CONTROL),
    "stalking_or_harassment": (SignalName.STALKING_HARASSMENT,),
    "honour_based_abuse_or_exploitation": (SignalName.HONOUR_EXPLOITATION,),
    "hate_crime": (SignalName.HATE,),
    "threats_or_abuse": (SignalName.THREATENING_CONTENT, SignalName.ABUSE_OF_STAFF),
    "crime": (SignalName.CRIME_REPORT,),
    "antisocial_behaviour": (SignalName.NUISANCE,),
    "information_about_crime": (SignalName.INFORMATION_SIGHTING, SignalName.IDENTIFIES_PERSON),
    "update_to_existing_report": (SignalName.EXISTING_CASE,),
    "other": (SignalName.GENERAL,),
}
"""Kinds of report as forces' websites offer them, the gravest first, and the signals that suggest
each. Every signal stands in exactly one."""

WHERE = (Trait.ADDRESS, Trait.POSTCODE, Trait.WHAT3WORDS)


def export_skeleton(
    store: SqlStore, ref: str, out: Path, *, now: datetime, lasts: timedelta
) -> Path:
    """Write a case as the skeleton of a report; the export is audited first.

    A confirmation that names no end holds for `lasts`.

    Raises:
        BadInput: there is no such case, or the file cannot be written.
    """
    case = store.case(ref)
    if case is None:
        raise BadInput(ref, "no such item")
    whole = skeleton(store, case, now=now, lasts=lasts)
    person = whole["person"]
    detail = {"format": "soh", "record_id": person["record_id"] if person else ""}
    store.record([Event(at=now, actor=MACHINE, action="exported", subject=ref, detail=detail)])
    try:
        out.write_text(json.dumps(whole, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise BadInput(str(out), f"cannot be written: {error.strerror}") from error
    return out


def skeleton(store: SqlStore, case: Case, *, now: datetime, lasts: timedelta) -> dict[str, Any]:
    """The report of a case. What is not known is null or empty, never invented."""
    return {
        "schema": SCHEMA,
        "exported_at": now.isoformat(),
        "incident": _incident(case),
        "person": _person(store, case, holding=now - lasts),
        "text": _text(store, case),
        "attachments": [_attachment(each) for each in case.item.attachments],
    }


def _incident(case: Case) -> dict[str, Any]:
    item = case.item
    return {
        "reference": case.ref,
        "force_reference": case.result_ref or None,
        "type": _type(case),
        "reported_at": item.sent_at.isoformat(),
        "received_at": case.received_at.isoformat(),
        "occurred_at": None,
        "places": _places(case),
        "priority": case.priority.name if case.priority else None,
        "source": {
            "channel": item.channel,
            "force_account": item.account,
            "item_id": item.id,
            "private": item.private,
            "account_id": item.author.account_id,
            "handle": item.author.handle,
        },
    }


def _type(case: Case) -> dict[str, Any]:
    signals = {each.name: each.score for each in case.verdict.signals} if case.verdict else {}
    suggested = (kind for kind, names in REPORT_TYPES.items() if any(map(signals.get, names)))
    return {
        "suggested": next(suggested, None),
        "confirmed": None,
        "signals": {name.value: round(score, 4) for name, score in signals.items()},
    }


def _places(case: Case) -> list[dict[str, str]]:
    """Places as the text names them, each with whose it is as far as the words say."""
    return [
        {"kind": each.kind.value, "value": each.value, "said": each.raw, "whose": each.role.value}
        for each in extract(case.item).found
        if each.place is Place.TEXT and each.kind in WHERE
    ]


def _person(store: SqlStore, case: Case, *, holding: datetime) -> dict[str, Any] | None:
    """The person only if an officer confirmed the account, and that still holds."""
    if case.link.decision is not LinkDecision.CONFIRMED or not case.link.candidates:
        return None
    record_id = case.link.candidates[0].record_id
    prior = store.prior_link(platform_of(case.item.channel), stable_id(case.item))
    person = store.person(record_id)
    if person is None or prior is None or prior.record_id != record_id:
        return None
    if prior.expires_at is None and prior.confirmed_at <= holding:
        return None
    kept = person_json(person)
    for name in ("markers", "cases", "vehicles", "handles"):
        kept.pop(name, None)
    confirmed = {"by": prior.confirmed_by, "at": prior.confirmed_at.isoformat()}
    return {**kept, "identity_confirmed": confirmed}


def _text(store: SqlStore, case: Case) -> dict[str, Any]:
    versions = store.full_versions(case.ref)
    return {
        "body": case.item.text,
        "lang": case.item.lang or (case.verdict.lang if case.verdict else ""),
        "deleted_by_sender": case.deleted_at is not None,
        "versions": [
            {"seen_at": each.seen_at.isoformat(), "payload_sha256": each.sha256}
            for each in versions
        ],
    }


def _attachment(attachment: Attachment) -> dict[str, Any]:
    """Media are never fetched, so there is no hash of them to give."""
    name = PurePosixPath(urlsplit(attachment.url).path).name
    return {"name": name, "kind": attachment.kind, "url": attachment.url, "sha256": None}
