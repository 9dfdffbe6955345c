"""How a text, its sender and its story are put on a page: pure functions."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import pairwise
from typing import Any

from notifier import words
from notifier.privacy import HIDDEN
from triage.lifecycle import RESULTS, URGENT
from triage.model import Case, Decision, Event, Item, Signal, Source, Span
from triage.priority import signal_words
from triage.taxonomy import CONTENT_SIGNALS, Lane

PREVIEW_CHARS = 220


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of text and the signals that rest on it."""

    text: str
    signals: tuple[str, ...] = ()


def segments(text: str, signals: Iterable[Signal]) -> list[Segment]:
    """The whole text cut where signals begin and end; invisible characters are left out.

    Spans may overlap, lie outside the text or be empty: whatever they say, nothing of the
    text is lost or shown twice.
    """
    marked = [
        (max(span.start, 0), min(span.end, len(text)), signal_words(signal.name))
        for signal in signals
        for span in signal.spans
        if max(span.start, 0) < min(span.end, len(text))
    ]
    edges = sorted({0, len(text), *(edge for start, end, _ in marked for edge in (start, end))})
    found = []
    for start, end in pairwise(edges):
        names = dict.fromkeys(name for one, two, name in marked if one <= start and end <= two)
        found.append(Segment(text=words.visible(text[start:end]), signals=tuple(names)))
    return [segment for segment in found if segment.text]


def preview(case: Case) -> str:
    """The first words of an item in one line; what is abusive in it is covered."""
    return words.shorten(softened(case), PREVIEW_CHARS)


def softened(case: Case) -> str:
    """An item's text in one line; what is abusive in it is covered."""
    text = case.item.text
    if not text.strip():
        return "No text" + (", with attachments" if case.item.attachments else "")
    for span in reversed(_abusive(case, text)):
        covered = re.sub(r"\w+", HIDDEN, text[span.start : span.end])
        text = text[: span.start] + covered + text[span.end :]
    return " ".join(words.visible(text).split())


def _abusive(case: Case, text: str) -> list[Span]:
    """What to cover: the abusive spans, or everything if abuse is on but not located.

    Nothing in an urgent item: what is threatened is what the officer has to know.
    """
    if case.priority is not None and case.priority <= URGENT:
        return []
    on = (
        [each for each in case.verdict.signals if each.name in CONTENT_SIGNALS]
        if case.verdict
        else []
    )
    if not on:
        return []
    spans = [
        Span(start=max(span.start, 0), end=min(span.end, len(text)))
        for signal in on
        for span in signal.spans
    ]
    if any(signal.source is Source.MODEL for signal in on):
        spans = []  # the words that count most to the model are not all that is abusive
    return _merged(spans) or [Span(start=0, end=len(text))]


def _merged(spans: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(spans, key=lambda each: each.start):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(start=merged[-1].start, end=max(merged[-1].end, span.end))
        elif span.start < span.end:
            merged.append(span)
    return merged


def masked_sender(item: Item) -> str:
    """Enough of a sender to tell two apart in a list, not enough to know who it is."""
    handle = words.visible(item.author.handle).lstrip("@")
    if handle:
        return f"@{handle[:2]}…"
    number = words.visible(item.author.account_id)
    return f"account …{number[-3:]}" if number else "sender not known"


def sender(item: Item) -> str:
    """The sender as the platform names them; a name written from right to left stays by itself."""
    author = item.author
    name, handle = words.visible(author.display_name), words.visible(author.handle).lstrip("@")
    parts = [f"\u2068{name}\u2069" if name else "", f"@{handle}" if handle else ""]
    return " · ".join(part for part in parts if part) or masked_sender(item)


def because(decision: Decision) -> str:
    """The whole decision in one sentence."""
    by_rule: dict[str, list[str]] = {"signal": [], "route": []}
    why: list[str] = []
    for reason in decision.reasons:
        by_rule.get(reason.rule, why).append(reason.text)
    priority = decision.priority
    sentence = f"{priority.name} {priority.word} because: {'; '.join(why) or 'nothing raised it'}"
    if by_rule["signal"]:
        sentence += f" ({', '.join(by_rule['signal'])})"
    route = "; ".join(by_rule["route"])
    return f"{sentence}. Owner: {words.LANES[decision.owner]}{f' ({route})' if route else ''}."


# --- the timeline -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One line of an item's story."""

    at: datetime
    when: str
    who: str
    what: str
    times: int = 1


PLAIN: Mapping[str, str] = {
    "claim": "claimed it",
    "release": "gave it back",
    "accept": "accepted it",
    "return": "sent it back",
    "reopen": "opened it again",
    "check_drawn": "drew it at random for a check",
    "learnt_from": "wrote it out for training, without names",
    "note": "wrote a note",
    "follow": "follows it",
    "unfollow": "follows it no more",
    "viewed": "looked at it",
    "combined": "put the account together with the record",
    "mentions_viewed": "looked up the persons it speaks about",
    "offer_lapsed": "took the offer back: nobody accepted",
    "acknowledge": "said to have it in hand",
    "acknowledgement_expired": "noted that nothing was decided since",
    "reassess": "put it up for re-assessment: 3.5 h without a decision",
    "unsoftened": "looked at its whole text in the comms review",
    "item.received": "took it in",
    "item.edited": "stored a new wording",
    "item.deleted": "noted that the sender deleted it",
    "item.original_seen": "stored the first wording after a later one",
}


def story(
    events: Sequence[Event], names: Mapping[str, str], *, now: datetime, zone: tzinfo
) -> list[Told]:
    """Events as sentences, newest first; the same one in a row is told once with a count."""
    lines: list[Told] = []
    for event in reversed(events):
        who = names.get(event.actor, event.actor)
        what = _what(event)
        if lines and (lines[-1].who, lines[-1].what) == (who, what):
            last = lines.pop()
            lines.append(Told(at=last.at, when=last.when, who=who, what=what, times=last.times + 1))
            continue
        when = words.clock_time(event.at, now=now, zone=zone)
        lines.append(Told(at=event.at, when=when, who=who, what=what))
    return lines


def _what(event: Event) -> str:
    tell = _TOLD.get(event.action)
    return tell(event.detail) if tell else PLAIN.get(event.action, event.action.replace("_", " "))


def _result(detail: Mapping[str, Any]) -> str:
    code = str(detail.get("code", ""))
    return f"closed it: {RESULTS.get(code, code)} {detail.get('ref', '')}".rstrip()


def _consulted(detail: Mapping[str, Any]) -> str:
    who = ", ".join(map(str, detail.get("records", ())))
    return f"opened the record {who}: {_why(detail)}"


def _why(detail: Mapping[str, Any]) -> str:
    return str(detail.get("reason", ""))


def _escalated(tell: str) -> str:
    return "reminded the owner" if tell == "owner" else f"escalated to {tell.replace('_', ' ')}"


def _lane(detail: Mapping[str, Any]) -> str:
    try:
        return words.LANES[Lane(str(detail.get("lane", "")))]
    except ValueError:
        return "another lane"


REPLIES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "reply_drafted": lambda told: f"began a reply ({_chars(told)})",
    "reply_changed": lambda told: f"changed the reply ({_chars(told)})",
    "reply_submitted": lambda told: "asked for a second person to approve the reply",
    "reply_approved": lambda told: "approved the reply",
    "reply_returned": lambda told: f"sent the reply back: {_why(told)}",
    "reply_withdrawn": lambda told: "withdrew the reply: nothing was sent",
    "reply_retried": lambda told: "had the reply sent again",
    "reply_confirmed": lambda told: "saw the reply on the platform",
    "reply_sending": lambda told: "began to send the reply",
    "reply_sent": lambda told: "sent the reply",
    "reply_postponed": lambda told: "will try again to send the reply",
    "reply_failed": lambda told: "could not send the reply",
    "reply_blocked": lambda told: "did not send the reply: a rule forbade it",
    "reply_unknown": lambda told: "could not tell whether the reply arrived",
}
"""What became of a reply; never what it says."""


def _chars(detail: Mapping[str, Any]) -> str:
    return f"{detail.get('chars', 0)} characters"


def _hide_ended(detail: Mapping[str, Any]) -> str:
    what = "hidden" if detail.get("hidden") else "shown again"
    if detail.get("outcome") == "done":
        return f"had it {what} on its platform"
    return f"could not have it {what}: {detail.get('error', '')}"


_TOLD: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "hide_asked": lambda told: (
        f"asked to have it {'hidden' if told.get('hidden') else 'shown again'}: {_why(told)}"
    ),
    "hide_ended": _hide_ended,
    "grant_given": lambda told: f"gave {told.get('officer', '')} leave to read it: {_why(told)}",
    "grant_ended": lambda told: f"ended the leave of {told.get('officer', '')} to read it",
    "triaged": lambda told: f"read it: {told.get('class', '')}, {told.get('priority', '')}",
    "grouped": lambda told: f"put it to incident {told.get('incident', '')}",
    "raised": lambda told: (
        f"raised it to {told.get('to', '')}: incident {told.get('incident', '')}"
    ),
    "split": lambda told: f"parted it from incident {told.get('from', '')}: {_why(told)}",
    "merge": lambda told: f"joined {told.get('from', '')} to {told.get('to', '')}: {_why(told)}",
    "regroup": lambda told: f"undid that: back to {told.get('to', '')}",
    "undo": lambda told: f"took back: {str(told.get('of', '')).replace('_', ' ')}",
    "grade": lambda told: f"graded it {told.get('to', '')}: {_why(told)}",
    "offer": lambda told: f"offered it to {_lane(told)}",
    "result": _result,
    "correct": lambda told: f"said what it is: {told.get('class', '')}",
    "not_risk": lambda told: f"closed it as not a risk: {_why(told)}",
    "link": lambda told: f"confirmed person {told.get('record_id', '')}",
    "reject": lambda told: f"rejected person {told.get('record_id', '')}",
    "unlink": lambda told: f"undid the link to person {told.get('record_id', '')}",
    "unlinked": lambda told: (
        f"undid its link to person {told.get('record_id', '')}, on another item"
    ),
    "consulted": _consulted,
    **REPLIES,
    "escalated": lambda told: _escalated(str(told.get("tell", ""))),
    "reminded": lambda told: "called it to mind at the end of a shift",
    "second_route": lambda told: (
        f"told {len(told.get('to', ()))} other places: {told.get('from', '')} did not take it"
    ),
    "stop_reminders": lambda told: f"stopped its reminders: {_why(told)}",
}
"""What an event of a kind is in words; those of `PLAIN` need none of its detail."""
