"""One view of a case for every chat tool: what a card says, and which buttons it has.

Pure: a case, the desk's settings and the time in, a `Card` out. Slack, Teams, e-mail and the
terminal only lay it out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from notifier import words
from notifier.privacy import masked
from triage.clearance import Window
from triage.gathering import in_anothers
from triage.items import platform_of
from triage.lifecycle import (
    RESULTS,
    acknowledged,
    escalated,
    reminders_stopped,
    standing,
    up_for_reassessment,
)
from triage.manner import NOT_THE_SAME
from triage.model import Case, Decision, LinkDecision, Person, Priority, State
from triage.otherhands import BE_SURE
from triage.priority import signal_words
from triage.record_cases import open_cases
from triage.routing import discloses
from triage.safe_contact import rules_in_force
from triage.seen import Seen, seen
from triage.taxonomy import (
    CONTENT_SIGNALS,
    DISCLOSURE_SIGNALS,
    EMERGENCY_SIGNALS,
    ROUTINE_SIGNALS,
    Lane,
    SignalName,
)

CLAIM = "fc_claim"
RELEASE = "fc_release"
HAND_OVER = "fc_hand_over"
ACCEPT = "fc_accept"
RETURN = "fc_return"
RESULT = "fc_result"
NOT_RISK = "fc_not_risk"
GRADE = "fc_grade"
CORRECT = "fc_correct"
NOTE = "fc_note"
REOPEN = "fc_reopen"
UNDO = "fc_undo"
FOLLOW = "fc_follow"
UNFOLLOW = "fc_unfollow"
STOP_REMINDERS = "fc_stop_reminders"
LINK = "fc_link"
REJECT = "fc_reject"
UNLINK = "fc_unlink"
REPLY = "fc_reply"
APPROVE_REPLY = "fc_approve_reply"
SHOW = "fc_show"
PERSONS = "fc_persons"
CONSULT = "fc_consult"
BACK = "fc_back"
ACKNOWLEDGE = "fc_acknowledge"
OPEN = "fc_open"
MORE = "fc_more"
"""`MORE` shows what else may be done, `SHOW` the text, `PERSONS` who may be writing, `CONSULT` one
of them by name, `BACK` the card again: they change nothing. `OPEN` is a link and never pressed."""

HAND_OVER_LANES = (Lane.CONTROL_ROOM, Lane.SAFEGUARDING, Lane.COMMS, Lane.DESK)
EXCERPT_CHARS = 140
TEXT_CHARS = 2800


@dataclass(frozen=True, slots=True, kw_only=True)
class CardContext:
    """What a card needs beside its case.

    `reply_windows` is keyed by platform (`triage.items.platform_of`). `person` finds the record
    whose safe-contact rules hold for a case. `officer_name` turns an officer's id into a name.
    `reply` says what became of the reply to a case, "" without one; never what it says.
    """

    desk: str = ""
    zone: tzinfo = UTC
    console_url: str = "http://127.0.0.1:8000"
    reply_windows: Mapping[str, Window] = field(default_factory=dict)
    person: Callable[[Case], Person | None] = lambda case: None
    officer_name: Callable[[str], str] = lambda officer_id: officer_id
    reply: Callable[[Case], str] = lambda case: ""

    def link(self, ref: str) -> str:
        """Where the console shows a case."""
        base = self.console_url.rstrip("/")
        return f"{base}/items/{ref}" if ref else base

    @property
    def queue_url(self) -> str:
        """Where the console shows what waits."""
        return f"{self.console_url.rstrip('/')}/queue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """Something an officer can press. With `url` it only opens the console."""

    action: str
    label: str
    args: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    main: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What every tool shows. Empty strings are lines that are left out.

    `plain` is one line for notifications: never content, a name or a handle. `seen` travels in
    every button, so that a press tells which card the officer had before them.
    """

    ref: str
    priority: Priority | None
    header: str
    source: str
    why: str
    safe_contact: str
    known: str
    reply_by: str
    marks: tuple[str, ...]
    excerpt: str
    state: str
    buttons: tuple[Button, ...]
    url: str
    plain: str
    seen: Seen

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines between header and state that say something, in reading order."""
        lines = (self.why, self.safe_contact, self.known, self.reply_by, " · ".join(self.marks))
        return tuple(line for line in lines if line)


def card_of(case: Case, context: CardContext, *, level: int, now: datetime) -> Card:
    """The card of a case at a privacy level: 0 no content, 1 masked excerpt, 2 full text.

    `level` is what `notifier.privacy.level_of` allows for the place where it is shown.
    """
    kind, state = words.kind(case.item), _state_line(case, context, now)
    sent = words.clock_time(case.item.sent_at, now=now, zone=context.zone)
    title = _title(case.priority)
    source = (case.ref, words.platform(case.item.channel), context.desk)
    return Card(
        ref=case.ref,
        priority=case.priority,
        header=f"{title} · {kind} · sent {sent} · {words.age(case.item.sent_at, now)}",
        source=" · ".join(part for part in source if part),
        why=_why_line(case),
        safe_contact=_safe_contact(case, context, now),
        known=_known(case, context, level),
        reply_by=_reply_by(case, context, now),
        marks=(*_marks(case), *filter(None, [context.reply(case)])),
        excerpt=_excerpt(case, level),
        state=state,
        buttons=buttons_of(case, context),
        url=context.link(case.ref),
        plain=f"{title} · {kind} · {case.ref} · {state}",
        seen=seen(case),
    )


def _title(priority: Priority | None) -> str:
    return f"{priority.name} {priority.word}" if priority else "Not yet graded"


def _excerpt(case: Case, level: int) -> str:
    if level <= 0:
        return ""
    text = words.visible(case.item.text)
    if level == 1:
        return words.shorten(masked(text, case.item.author), EXCERPT_CHARS)
    return words.shorten(text, TEXT_CHARS)


# --- why ----------------------------------------------------------------------------------------

# Signals that a floor's own words say already, though not in the signal's.
_SAID = {
    "F1": SignalName.CHILD_AT_RISK,
    "F2": SignalName.COVERT_HELP,
    "threat": SignalName.THREATENING_CONTENT,
}


def _why_line(case: Case) -> str:
    parts = [", ".join(why(case)), words.repeat(case.history)]
    line = " · ".join(part for part in parts if part)
    return f"Why: {line}" if line else ""


def why(case: Case) -> list[str]:
    """The top two reasons in fixed words: the rule that raised it, then the gravest signals.

    Rules may quote a cue or an officer's sentence; neither is repeated here. A signal of everyday
    matters is no reason for an emergency, and "general" none at all: then how it reads is said.
    """
    raised, rule = _raised_by(case.decision)
    said = signal_words(_SAID[rule]) if rule in _SAID else ""
    signals = [name for name in _gravest(case) if name not in raised and name != said]
    if raised:
        return [raised, *signals[:1]]
    if signals:
        return [f"possible {signals[0]}", *signals[1:2]]
    return _class_reason(case.decision)


def _gravest(case: Case) -> list[str]:
    if case.verdict is None:
        return []

    def rank(name: SignalName) -> int:
        groups = (EMERGENCY_SIGNALS, DISCLOSURE_SIGNALS, CONTENT_SIGNALS)
        return next((place for place, group in enumerate(groups) if name in group), len(groups))

    urgent = case.priority is not None and case.priority <= Priority.P2
    everyday = ROUTINE_SIGNALS if urgent else (SignalName.GENERAL,)
    signals = sorted(case.verdict.signals, key=lambda each: (rank(each.name), -each.score))
    return [signal_words(signal.name) for signal in signals if signal.name not in everyday]


def _raised_by(decision: Decision | None) -> tuple[str, str]:
    """What the rule that had the last word says, and its name, if it was not the mere reading."""
    first = decision.reasons[0] if decision and decision.reasons else None
    if first is None or first.rule in ("class", "signal", "contacts", "route"):
        return "", ""
    end = ":" if first.rule == "human" else "“"
    return first.text.partition(end)[0].rstrip(" ("), first.rule


def _class_reason(decision: Decision | None) -> list[str]:
    reasons = decision.reasons if decision else ()
    return [reason.text for reason in reasons if reason.rule == "class"][:1]


# --- who is writing ------------------------------------------------------------------------------


def _known(case: Case, context: CardContext, level: int) -> str:
    """What is known of the writer, without who it is: never a name, and never a marker.

    Language, needs and cases are content: they are left out at level 0.
    """
    link = case.link
    if link.decision is LinkDecision.SUGGESTED and link.candidates:
        best = link.candidates[0]
        fields = [each.field.replace("_", " ") for each in best.evidence if each.weight > 0]
        why = ", ".join(dict.fromkeys(fields[:3]))
        sure = " · Make sure who it is before you answer" if BE_SURE in link.notes else ""
        return f"Maybe known, {words.chance(best.probability)}{f': {why}' if why else ''}{sure}"
    if link.decision is not LinkDecision.CONFIRMED:
        return ""
    if any(note.startswith(NOT_THE_SAME) for note in link.notes):
        return NOT_THE_SAME
    person = context.person(case) if level > 0 else None
    facts = _facts(person) if person else []
    return " · ".join(["Known person: do not ask again who they are", *facts])


def _facts(person: Person) -> list[str]:
    count = open_cases(person)
    cases = f"{count} open case{'s' if count != 1 else ''}" if count else ""
    needs = [need.text for need in person.needs]
    return [fact for fact in (cases, person.language, *needs) if fact]


# --- safe contact, reply window, marks ---------------------------------------------------------


def _safe_contact(case: Case, context: CardContext, now: datetime) -> str:
    person = context.person(case)
    rules = rules_in_force(person, now)
    if rules is not None:
        return _safe_channels(rules.channels, case.item.channel, public=rules.public_reply)
    if person is not None and person.safe_contact is not None:
        return "Safe contact: the rules have expired. Check before any contact."
    if case.verdict is not None and discloses(case.verdict):
        return "Safe contact: not known. No public reply. Do not phone. Ask what is safe."
    return ""


def _safe_channels(channels: tuple[str, ...], channel: str, *, public: bool) -> str:
    if not channels:
        line = "Safe contact: no channel is known to be safe. Do not reply."
    elif channels == (channel,):
        line = "Safe contact: reply in this chat only. Do not phone."
    else:
        named = ", ".join(each.replace("_", " ") for each in channels)
        line = f"Safe contact: {named} only."
    return line if public or not channels else f"{line} Never reply in public."


def window_of(case: Case, context: CardContext) -> Window | None:
    """The window an answer has to keep to; None where there is none: only private messages have."""
    window = context.reply_windows.get(platform_of(case.item.channel))
    limited = window is not None and window.hours and case.item.private and case.open
    return window if limited else None


def _reply_by(case: Case, context: CardContext, now: datetime) -> str:
    """When the platform stops taking an answer."""
    window = window_of(case, context)
    if window is None:
        return ""
    closes = window.closes(case.item.sent_at, now)
    if closes is None:
        return f"{words.platform(case.item.channel)} takes no reply any more"
    ends, human = closes
    until = words.clock_time(ends, now=now, zone=context.zone)
    note = ", written by a person" if human else ""
    return f"Reply by {until}{note} · {words.time_left(ends, now)}"


def _marks(case: Case) -> tuple[str, ...]:
    verdict = case.verdict
    marks = {
        "Deleted by the sender, kept as evidence": case.deleted_at is not None,
        "Edited by the sender": case.text_versions > 1,
        "With attachments": bool(case.item.attachments),
        "Part of an incident": in_anothers(case),
        "Not read by the model": verdict is None or verdict.degraded in ("rules", "none"),
        f"Model degraded: {verdict.degraded}" if verdict else "": bool(
            verdict and verdict.degraded not in ("", "rules", "none")
        ),
        "Language not covered": bool(verdict and not verdict.covered),
        "Escalated": escalated(case),
        "Up for re-assessment": up_for_reassessment(case),
        "Reminders stopped": reminders_stopped(case) is not None,
    }
    return tuple(mark for mark, on in marks.items() if on and mark)


# --- state and buttons ---------------------------------------------------------------------------


def _state_line(case: Case, context: CardContext, now: datetime) -> str:
    def at(moment: datetime | None) -> str:
        return f" at {words.clock_time(moment, now=now, zone=context.zone)}" if moment else ""

    match standing(case):
        case State.CLOSED:
            result = RESULTS.get(case.result, case.result.replace("_", " ")) or "no result"
            return f"Closed: {result}{at(case.closed_at)}"
        case State.CLAIMED:
            line = f"Claimed by {_holder(case, context)}{at(case.claimed_at)}"
        case State.OFFERED:
            lane = words.LANES[case.offered_to] if case.offered_to else "another lane"
            who = context.officer_name(case.offered_by)
            line = f"Offered to {lane} by {who}{at(case.offered_at)}"
        case _:
            line = "Unclaimed"
    word = acknowledged(case, now)
    if word is not None:
        until = at(case.in_hand.until).replace(" at ", " until ")
        line = f"{line} · in hand with {context.officer_name(word.by)}{until}"
    if case.decision is None:
        return line
    due = case.decision.due.decide_by
    until = words.clock_time(due, now=now, zone=context.zone)
    return f"{line} · {words.time_left(due, now)} (by {until})"


def _holder(case: Case, context: CardContext) -> str:
    """Who has it; of another lane than the desk, which: a hand-over was received there."""
    name = context.officer_name(case.claimed_by)
    if case.lane in (None, Lane.DESK):
        return name
    return f"{name} ({words.LANES[case.lane]})"


def buttons_of(case: Case, context: CardContext) -> tuple[Button, ...]:
    """The buttons of a state: what is done most, and "More", which shows the rest in a form."""
    console = Button(action=OPEN, label="Open in console", url=context.link(case.ref))
    more = Button(action=MORE, label="More")
    first = to_lane(hand_over_lanes(case)[0])
    match standing(case):
        case State.OPEN:
            return (console, Button(action=CLAIM, label="Claim", main=True), first, more)
        case State.CLAIMED:
            return (console, Button(action=RESULT, label="Result"), first, more)
        case State.OFFERED:
            accept = Button(action=ACCEPT, label="Accept", main=True)
            return (console, accept, Button(action=RETURN, label="Return"), more)
        case _:
            return (console, more)


def hand_over_lanes(case: Case) -> list[Lane]:
    """The other lanes, the likeliest first; what discloses abuse is not offered to comms."""
    kept = case.verdict is not None and discloses(case.verdict)
    out = {case.lane, Lane.COMMS} if kept else {case.lane}
    return [lane for lane in HAND_OVER_LANES if lane not in out]


def to_lane(lane: Lane) -> Button:
    """The button that offers a case to a lane."""
    return Button(action=HAND_OVER, label=f"To {words.LANES[lane]}", args={"lane": lane.value})
