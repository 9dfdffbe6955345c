"""An evidence bundle: everything kept about an item, hashed, in one zip file."""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from console.commands.render import decision_json, link_json, verdict_json
from storage.codec import plain
from storage.store import SqlStore
from triage.errors import BadInput
from triage.flow import MACHINE
from triage.items import item_json
from triage.model import Case, Event
from triage.replies import Reply


def export_bundle(store: SqlStore, ref: str, out: Path, *, now: datetime) -> Path:
    """Write the bundle of a case; the export itself is audited first, and so is in it.

    The zip holds the original bytes of every version, the decisions, our replies, the audit events
    of the case and MANIFEST.json with the SHA-256 of each file and the head of the audit chain.

    Raises:
        BadInput: there is no such case, or the file cannot be written.
    """
    case = store.case(ref)
    if case is None:
        raise BadInput(ref, "no such item")
    store.record([Event(at=now, actor=MACHINE, action="exported", subject=ref)])
    files = dict(_files(store, case))
    manifest = {
        "ref": ref,
        "exported_at": now.isoformat(),
        "files": {name: hashlib.sha256(body).hexdigest() for name, body in files.items()},
        "audit_head": store.chain_head().hash,
        "audit_length": store.chain_head().length,
    }
    try:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
            for name, body in files.items():
                bundle.writestr(name, body)
            bundle.writestr("MANIFEST.json", _pretty(manifest))
    except OSError as error:
        raise BadInput(str(out), f"cannot be written: {error.strerror}") from error
    return out


def _files(store: SqlStore, case: Case) -> Iterator[tuple[str, bytes]]:
    yield "item.json", _pretty(item_json(case.item))
    yield "decision.json", _pretty(_decided(case))
    for version in store.full_versions(case.ref):
        stem = f"versions/{version.seq:03d}-{version.change.value}"
        yield f"{stem}.payload", version.payload
        seen = {"seen_at": version.seen_at.isoformat(), "sha256": version.sha256}
        yield f"{stem}.json", _pretty({**seen, "text": version.text})
    yield "replies.json", _pretty([_reply(each) for each in store.replies_of(case.ref)])
    hidings = store.hidings_of(case.ref)
    if hidings:
        yield "hidings.json", _pretty(plain(hidings))
    events = [
        {
            "at": event.at.isoformat(),
            "actor": event.actor,
            "action": event.action,
            "detail": dict(event.detail),
        }
        for event in store.events(case.ref)
    ]
    yield "audit.json", _pretty(events)


def _reply(reply: Reply) -> dict[str, Any]:
    """What a citizen was told, or was to be told, by whom and when."""
    times = {
        name: moment.isoformat() if moment else None
        for name, moment in (
            ("drafted_at", reply.drafted_at),
            ("approved_at", reply.approved_at),
            ("sent_at", reply.sent_at),
        )
    }
    names = ("id", "channel", "text", "digest", "drafted_by", "approved_by", "external_id", "said")
    kept = {name: getattr(reply, name) for name in (*names, "safe_to_send", "template")}
    return {**kept, **times, "state": reply.state.value}


def _decided(case: Case) -> dict[str, Any]:
    decided: dict[str, Any] = {
        "ref": case.ref,
        "state": case.state.value,
        "received_at": case.received_at.isoformat(),
        "priority": case.priority.name if case.priority else None,
        "claimed_by": case.claimed_by,
        "result": case.result,
        "result_ref": case.result_ref,
        "link": link_json(case.item, case.link),
    }
    if case.verdict is not None:
        decided["verdict"] = verdict_json(case.item, case.verdict)
    if case.decision is not None:
        decided["decision"] = decision_json(case.decision)
    return decided


def _pretty(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True).encode()
