"""Decisions as the JSON of DESIGN.md section 3."""

from datetime import UTC
from typing import Any

from triage.model import Candidate, Case, Decision, Item, Link, Reason, Verdict


def verdict_json(item: Item, verdict: Verdict) -> dict[str, Any]:
    """What `firstcontact classify` prints for one item."""
    return {
        "id": item.id,
        "class": verdict.label.value,
        "audience": verdict.audience.value,
        "scores": {label.value: round(score, 4) for label, score in verdict.scores.items()},
        "signals": {each.name.value: round(each.score, 4) for each in verdict.signals},
        "signal_scores": {
            name.value: round(score, 4) for name, score in verdict.signal_scores.items()
        },
        "modifiers": {
            "time": verdict.modifiers.time.value,
            "voice": verdict.modifiers.voice.value,
            "literal": verdict.modifiers.literal.value,
            "direction": verdict.modifiers.direction.value,
        },
        "lang": verdict.lang,
        "reasons": [_reason(each) for each in verdict.reasons],
        "model": verdict.model,
        **({"degraded": verdict.degraded} if verdict.degraded else {}),
        **({} if verdict.covered else {"covered": False}),
        **({"unsure": True} if verdict.unsure else {}),
    }


def link_json(item: Item, link: Link) -> dict[str, Any]:
    """What `firstcontact link` prints for one item."""
    return {
        "id": item.id,
        "decision": link.decision.value,
        "candidates": [_candidate(each) for each in link.candidates],
        "mentions": [
            {"record_id": each.record_id, "probability": round(each.probability, 6)}
            for each in link.mentions
        ],
        "notes": list(link.notes),
        "weights": link.weights,
    }


def case_json(case: Case) -> dict[str, Any]:
    """What `firstcontact triage` prints for one item that was decided."""
    if case.verdict is None or case.decision is None:
        raise ValueError(f"{case.ref}: not decided")
    return {
        **verdict_json(case.item, case.verdict),
        "link": link_json(case.item, case.link),
        **decision_json(case.decision),
        "incident": case.incident,
    }


def decision_json(decision: Decision) -> dict[str, Any]:
    """Priority, route and clocks."""
    return {
        "priority": decision.priority.name,
        "owner": decision.owner.value,
        "copies": [lane.value for lane in decision.copies],
        "due": {
            "seen_by": decision.due.seen_by.astimezone(UTC).isoformat(),
            "decide_by": decision.due.decide_by.astimezone(UTC).isoformat(),
        },
        "grade": decision.grade,
        "reasons": [_reason(each) for each in decision.reasons],
    }


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        "record_id": candidate.record_id,
        "probability": round(candidate.probability, 6),
        "weight": round(candidate.weight, 4),
        "evidence": [
            {"field": each.field, "level": each.level, "weight": round(each.weight, 4)}
            for each in candidate.evidence
        ],
    }


def _reason(reason: Reason) -> dict[str, str]:
    return {"rule": reason.rule, "text": reason.text}
