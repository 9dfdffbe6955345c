"""What an officer is asked in a form, the same for every chat tool.

Pure: an action, a case and who asks in, a `Form` out. Slack makes a modal of it (slack_forms.py),
Teams a card for the presser alone (adaptive_forms.py); what was filled in comes back as the
arguments of a press. To add one: a function here, a line in `FORMS`, and in
`notifier.press.FILLED` the argument that tells a filled form.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from config.taxonomy import label_name
from notifier import card as actions
from notifier.card import Button, CardContext, card_of
from triage.judgement import KEEP_OUT, OF_ABUSE
from triage.lifecycle import RESULTS
from triage.model import Case, Event, Officer, Priority
from triage.seen import Seen
from triage.taxonomy import Audience, Label

REF_CHARS = 60
REASON_CHARS = 500
NOTE_CHARS = 1000


class FieldKind(StrEnum):
    """How a field is filled in."""

    TEXT = "text"
    MULTILINE = "multiline"
    CHOICE = "choice"
    CHECK = "check"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One of several answers: what is sent, and what people read."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing that is asked. `name` is the argument it fills.

    `value` stands there at first. A check sends the value of its one option if it is ticked.
    `missing` is said where it is required and empty.
    """

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    options: tuple[Option, ...] = ()
    required: bool = True
    limit: int = REASON_CHARS
    value: str = ""
    hint: str = ""
    missing: str = ""

    def __post_init__(self) -> None:
        chosen = self.kind in (FieldKind.CHOICE, FieldKind.CHECK)
        if chosen != bool(self.options) or self.limit < 1:
            raise ValueError(f"field {self.name}: its kind and its options do not fit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Buttons that belong together, under a few words of text."""

    title: str
    buttons: tuple[Button, ...]
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What is asked, shown or offered to one officer.

    `lines` are our own words; `quotes` a citizen's, in pieces of at most `QUOTE_CHARS`. `args` go
    with what is filled in. Without `submit` there is nothing to send: it is only read, or has
    buttons in `groups`, of which each is a press of its own.
    """

    action: str
    ref: str
    seen: Seen
    title: str
    lines: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    groups: tuple[Group, ...] = ()
    submit: str = ""
    args: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if bool(self.fields) != bool(self.submit):
            raise ValueError(f"form {self.action}: fields are sent, and nothing else is")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who asks, when, and from which card; `args` are those the press brought along.

    `events` are the case's, oldest first.
    """

    officer: Officer
    now: datetime
    context: CardContext
    seen: Seen
    args: Mapping[str, str] = field(default_factory=dict)
    events: Sequence[Event] = ()


def form_of(action: str, case: Case, asking: Asking) -> Form:
    """The form of an action of `FORMS` for a case."""
    return FORMS[action](case, asking)


def about(case: Case, asking: Asking) -> tuple[str, ...]:
    """What stands on top of every form: the case, how to contact its writer safely, its state."""
    shown = card_of(case, asking.context, level=0, now=asking.now)
    lines = (f"{shown.ref} · {shown.header}", shown.safe_contact, shown.state)
    return tuple(line for line in lines if line)


def _form(
    action: str, case: Case, asking: Asking, title: str, *fields: Field, submit: str = "Save"
) -> Form:
    return Form(
        action=action,
        ref=case.ref,
        seen=asking.seen,
        title=title,
        lines=about(case, asking),
        fields=fields,
        submit=submit,
        args=asking.args,
    )


def reason(label: str) -> Field:
    """A field for a reason in the officer's own words."""
    return Field(name="reason", label=label, kind=FieldKind.MULTILINE, missing="Say why")


# --- the forms ------------------------------------------------------------------------------------


def _result(case: Case, asking: Asking) -> Form:
    code = Field(
        name="code",
        label="Result",
        kind=FieldKind.CHOICE,
        options=tuple(Option(value=code, label=text) for code, text in RESULTS.items()),
        missing="Choose a result",
    )
    ref = Field(name="ref", label="Crime or incident number", required=False, limit=REF_CHARS)
    return _form(actions.RESULT, case, asking, "Record a result", code, ref, submit="Close")


def _not_risk(case: Case, asking: Asking) -> Form:
    why = reason("Why is this not a risk?")
    return _form(actions.NOT_RISK, case, asking, "Not a risk", why, submit="Close")


def _stop_reminders(case: Case, asking: Asking) -> Form:
    why = reason("Why does nobody need to be reminded?")
    title = "Stop reminders"
    return _form(actions.STOP_REMINDERS, case, asking, title, why, submit="Stop them")


def _grade(case: Case, asking: Asking) -> Form:
    priority = Field(
        name="priority",
        label="Priority",
        kind=FieldKind.CHOICE,
        options=tuple(
            Option(value=str(int(each)), label=f"{each.name} {each.word}") for each in Priority
        ),
        value=str(int(case.priority)) if case.priority else "",
        missing="Choose a priority",
    )
    why = reason("Why?")
    return _form(actions.GRADE, case, asking, "Change the grade", priority, why, submit="Grade")


def _note(case: Case, asking: Asking) -> Form:
    text = Field(
        name="text",
        label="Note",
        kind=FieldKind.MULTILINE,
        limit=NOTE_CHARS,
        hint="For staff only: it is never sent to anybody outside.",
        missing="Write something",
    )
    return _form(actions.NOTE, case, asking, "Write a note", text)


def _correct(case: Case, asking: Asking) -> Form:
    read = f"It was read as {case.verdict.label.value}. " if case.verdict else ""
    kind = Field(
        name="kind",
        label="It is",
        kind=FieldKind.CHOICE,
        options=tuple(_kinds()),
        hint=f"{read}It may raise the item and never lowers it: change the grade for that.",
        missing="Choose what it is",
    )
    learn = Field(
        name="learn",
        label="Training",
        kind=FieldKind.CHECK,
        options=(Option(value=KEEP_OUT, label="Keep it out of training"),),
        required=False,
    )
    return _form(actions.CORRECT, case, asking, "Say what it is", kind, learn)


def _kinds() -> list[Option]:
    """A class, for abuse with whom it concerns: `emergency`, `abuse comms` …"""
    emergency = Option(value=Label.EMERGENCY.value, label=label_name(Label.EMERGENCY))
    abuse = [Option(value=f"{Label.ABUSE.value} {who}", label=_abuse_for(who)) for who in OF_ABUSE]
    return [
        emergency,
        *abuse,
        Option(value=Label.ROUTINE.value, label=f"{label_name(Label.ROUTINE)}: no emergency"),
    ]


def _abuse_for(audience: Audience) -> str:
    whom = "safeguarding and comms" if audience is Audience.BOTH else audience.value
    return f"{label_name(Label.ABUSE)}, for {whom}"


FORMS: Mapping[str, Callable[[Case, Asking], Form]] = {
    actions.RESULT: _result,
    actions.NOT_RISK: _not_risk,
    actions.GRADE: _grade,
    actions.NOTE: _note,
    actions.CORRECT: _correct,
    actions.STOP_REMINDERS: _stop_reminders,
}
"""The forms by their action."""

__all__ = ["FORMS", "Asking", "Field", "FieldKind", "Form", "Group", "Option", "form_of"]
