"""What an officer is shown behind a button: all they may do with a case, and what it says.

Sheets are forms without fields (`notifier.forms`), for one officer alone. They show the case as it
is, so their buttons carry the mark of that.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from notifier import card as actions
from notifier import words
from notifier.card import Button, hand_over_lanes, to_lane
from notifier.forms import Asking, Form, Group, about
from triage.effects import REASON
from triage.lifecycle import Verb
from triage.model import Case, Evidence, Role
from triage.offering import possible, takers
from triage.seen import seen
from triage.undoing import last_own

QUOTE_CHARS = 2900
"""The longest piece of a text that any tool shows in one go."""

QUOTES = 6
"""So many pieces of a text are shown; the console shows all of it."""

LABELS: Mapping[Verb, tuple[str, str]] = {
    Verb.CLAIM: (actions.CLAIM, "Claim"),
    Verb.ACCEPT: (actions.ACCEPT, "Accept"),
    Verb.RETURN: (actions.RETURN, "Return"),
    Verb.RELEASE: (actions.RELEASE, "Give back"),
    Verb.RESULT: (actions.RESULT, "Result"),
    Verb.NOT_RISK: (actions.NOT_RISK, "Not a risk"),
    Verb.REOPEN: (actions.REOPEN, "Open again"),
    Verb.GRADE: (actions.GRADE, "Change the grade"),
    Verb.CORRECT: (actions.CORRECT, "Say what it is"),
    Verb.NOTE: (actions.NOTE, "Write a note"),
    Verb.FOLLOW: (actions.FOLLOW, "Follow"),
    Verb.UNFOLLOW: (actions.UNFOLLOW, "Stop following"),
    Verb.ACKNOWLEDGE: (actions.ACKNOWLEDGE, "I have it in hand"),
    Verb.STOP_REMINDERS: (actions.STOP_REMINDERS, "Stop its reminders"),
}
"""The buttons of the verbs that need nothing but a press or a form."""

_PERSON_LABELS: Mapping[Verb, tuple[str, str]] = {
    Verb.LINK: (actions.LINK, "Confirm"),
    Verb.REJECT: (actions.REJECT, "Not this person"),
    Verb.UNLINK: (actions.UNLINK, "Undo this link"),
}

OPEN_RECORD = f"Open the record: {REASON}"
EVIDENCE = 5
MAY_LOOK = frozenset({Role.OFFICER, Role.SUPERVISOR, Role.ADMIN, Role.AUDITOR})
"""Who may see which person may be writing; reviewers of public posts may not."""

_OWNING = (Verb.CLAIM, Verb.ACCEPT, Verb.RETURN, Verb.RELEASE)
_ENDING = (Verb.RESULT, Verb.NOT_RISK, Verb.REOPEN)
_JUDGING = (Verb.GRADE, Verb.CORRECT)
_BESIDE = (Verb.NOTE, Verb.FOLLOW, Verb.UNFOLLOW)
_REMINDERS = (Verb.ACKNOWLEDGE, Verb.STOP_REMINDERS)


def more_of(case: Case, asking: Asking) -> Form:
    """Everything that is possible now, in groups. What is not possible is left out."""
    can = possible(case, asking.officer, events=asking.events, now=asking.now)
    lanes = [lane for lane in hand_over_lanes(case) if lane in takers(case)]
    over = [to_lane(lane) for lane in lanes] if Verb.OFFER in can else []
    reading = [Button(action=actions.SHOW, label="Show the text"), *_buttons(_BESIDE, can)]
    if case.link.candidates and asking.officer.roles & MAY_LOOK:
        reading.insert(1, Button(action=actions.PERSONS, label="Who is writing"))
    groups = (
        _group("Who has it", [*_buttons(_OWNING, can), *over]),
        _group("What it is", _buttons(_JUDGING, can)),
        _group("What became of it", _buttons(_ENDING, can)),
        _group("Its reminders", _buttons(_REMINDERS, can)),
        _group("Beside it", [*reading, *_undo(case, asking, can)]),
    )
    return _sheet(
        actions.MORE, case, asking, "What to do", groups=tuple(g for g in groups if g.buttons)
    )


def text_of(case: Case, asking: Asking) -> Form:
    """What the citizen wrote, as it is. Whoever shows it records a view first."""
    text = words.visible(case.item.text)
    pieces = [text[at : at + QUOTE_CHARS] for at in range(0, len(text), QUOTE_CHARS)]
    shown = tuple(piece for piece in pieces[:QUOTES] if piece.strip())
    more = Button(action=actions.MORE, label="What to do")
    notes = tuple(_notes(case, whole=len(pieces) <= QUOTES))
    groups = (Group(title="", buttons=(more,), lines=notes),)
    return _sheet(actions.SHOW, case, asking, "What they wrote", groups=groups, quotes=shown)


def _notes(case: Case, *, whole: bool) -> Iterator[str]:
    """What must be known beside the text."""
    if not case.item.text.strip():
        yield "No text."
    if not whole:
        yield "The rest stands in the console."
    if case.text_versions > 1:
        yield "The sender edited it: the console shows how it was before."
    if case.deleted_at is not None:
        yield "The sender deleted it. It is kept as evidence."
    if case.item.attachments:
        yield f"With {', '.join(each.kind for each in case.item.attachments)}: not fetched."
    yield "Your look at it is recorded."


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A person who may be writing, or is, as one officer may see them.

    `who` is masked until the record is opened; then `facts` say who it is.
    """

    record_id: str
    who: str
    chance: str
    confirmed: bool
    opened: bool
    evidence: tuple[Evidence, ...] = ()
    facts: tuple[str, ...] = ()


def persons_of(case: Case, asking: Asking, persons: Sequence[Shown], *, link: bool) -> Form:
    """Who may be writing, with what speaks for and against each; without `link` nobody is
    confirmed here, though what was confirmed can always be taken back."""
    can = possible(case, asking.officer, events=asking.events, now=asking.now)
    can -= frozenset() if link else {Verb.LINK}
    groups = tuple(_person(each, can) for each in persons)
    if not all(each.opened for each in persons):
        groups += (Group(title="", buttons=(), lines=("Opening a record is recorded.",)),)
    return _sheet(actions.PERSONS, case, asking, "Who is writing", groups=groups)


def _person(shown: Shown, can: frozenset[Verb]) -> Group:
    args = {"record_id": shown.record_id}
    said = (Verb.UNLINK,) if shown.confirmed else (Verb.LINK, Verb.REJECT)
    buttons = [
        Button(action=action, label=label, args=args)
        for verb, (action, label) in _PERSON_LABELS.items()
        if verb in said and verb in can
    ]
    if not shown.opened:
        buttons.append(Button(action=actions.CONSULT, label=OPEN_RECORD, args=args))
    title = f"{shown.who} · {'confirmed' if shown.confirmed else shown.chance}"
    lines = (*shown.facts, *_evidence(shown.evidence))
    return Group(title=title, buttons=tuple(buttons), lines=lines)


def _evidence(evidence: Sequence[Evidence]) -> Iterator[str]:
    """What speaks for and what against a person, the heaviest first."""
    ordered = sorted(evidence, key=lambda each: -abs(each.weight))
    for label, speaks in (("For", 1), ("Against", -1)):
        named = [_piece(each) for each in ordered if each.weight * speaks > 0][:EVIDENCE]
        if named:
            yield f"{label}: {', '.join(named)}"


def _piece(evidence: Evidence) -> str:
    return f"{evidence.field} {evidence.level}".replace("_", " ").strip()


def _sheet(
    action: str,
    case: Case,
    asking: Asking,
    title: str,
    *,
    groups: tuple[Group, ...] = (),
    quotes: tuple[str, ...] = (),
) -> Form:
    return Form(
        action=action,
        ref=case.ref,
        seen=seen(case),
        title=title,
        lines=about(case, asking),
        quotes=quotes,
        groups=groups,
    )


def _undo(case: Case, asking: Asking, can: frozenset[Verb]) -> Iterator[Button]:
    """The officer's own last action, where it can be taken back."""
    last = last_own(case, asking.officer.id, asking.events, asking.now)
    if last is not None and Verb.UNDO in can:
        yield Button(action=actions.UNDO, label=words.UNDO[last.action])


def _group(title: str, buttons: list[Button]) -> Group:
    return Group(title=title, buttons=tuple(buttons))


def _buttons(verbs: Iterable[Verb], can: frozenset[Verb]) -> list[Button]:
    found = (LABELS[verb] for verb in verbs if verb in can)
    return [Button(action=action, label=label) for action, label in found]
