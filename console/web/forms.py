"""Which actions a page offers, and what it says after one. Whether they are allowed is decided
again when they are carried out: a visible button is not permission."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from config.taxonomy import label_name, signal_name
from notifier import words
from triage.judgement import OF_ABUSE
from triage.lifecycle import RESULTS, Verb
from triage.model import Case, Event, Officer, Priority, State
from triage.offering import possible, takers
from triage.taxonomy import Label, SignalName
from triage.undoing import last_own

ARGS: Mapping[Verb, tuple[str, ...]] = {
    Verb.OFFER: ("lane",),
    Verb.GRADE: ("priority", "reason"),
    Verb.NOT_RISK: ("reason",),
    Verb.RESULT: ("code", "ref"),
    Verb.CORRECT: ("class", "audience", "signals", "learn"),
    Verb.NOTE: ("text",),
    Verb.LINK: ("record_id", "reason"),
    Verb.REJECT: ("record_id",),
    Verb.UNLINK: ("record_id",),
    Verb.SPLIT: ("reason",),
    Verb.MERGE: ("other", "reason"),
    Verb.REGROUP: (),
    Verb.UNDO: (),
    Verb.FOLLOW: (),
    Verb.UNFOLLOW: (),
    Verb.STOP_REMINDERS: ("reason",),
}
"""The fields of a form that go into a command."""

LONGEST = 4000  # characters of a note or reason

DONE: Mapping[str, str] = {
    "claim": "It is yours",
    "release": "You gave it back",
    "offer": "Offered: they are asked to take it",
    "accept": "It is yours",
    "return": "Sent back",
    "grade": "Graded",
    "not_risk": "Closed as not a risk",
    "result": "Closed",
    "reopen": "Open again",
    "hide": "Hidden on its platform. It is still open here.",
    "unhide": "Shown again on its platform",
    "correct": "Noted what it is",
    "note": "Noted",
    "consult": "Record opened: it is noted, and stays open for half an hour",
    "link": "Person confirmed",
    "reject": "Not this person: noted",
    "unlink": "Link undone",
    "split": "It is an incident of its own now",
    "merge": "They are one incident now",
    "regroup": "Undone: they are as they were",
    "undo": "Undone: it is as it was",
    "follow": "You are told in chat when it changes",
    "unfollow": "You are not told of it any more",
    "acknowledge": "You have it in hand: claim it or decide before that runs out",
    "stop_reminders": "No more reminders",
}

BEING_READ = (
    "The service is reading this item: actions are possible in a moment. If it stays so, act by "
    "telephone or radio on what you read here, and tell whoever runs the service."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """The verbs a page offers, and the choices of its fields."""

    verbs: frozenset[str]
    lanes: tuple[tuple[str, str], ...]
    results: tuple[tuple[str, str], ...]
    priorities: tuple[tuple[str, str], ...]
    kinds: tuple[tuple[str, str], ...]
    signals: tuple[tuple[str, str, bool], ...]  # name, words, whether the machine has it on
    wait: str
    undo: str = ""  # what the button says that takes back what the officer did last

    def __contains__(self, verb: str) -> bool:
        return verb in self.verbs

    @property
    def any(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.verbs)


def forms_of(
    case: Case, officer: Officer, *, events: Sequence[Event], now: datetime, in_chat: bool = False
) -> Forms:
    """The forms for a case as an officer sees it.

    `events` are the case's, oldest first; `in_chat` is whether the officer can be told in chat.
    """
    changing = case.state is State.RECEIVED
    on = {each.name for each in case.verdict.signals} if case.verdict else set()
    last = last_own(case, officer.id, events, now)
    verbs = possible(case, officer, events=events, now=now) - (set() if in_chat else {Verb.FOLLOW})
    return Forms(
        verbs=frozenset(verb.value for verb in verbs),
        lanes=tuple((lane.value, words.LANES[lane]) for lane in takers(case)),
        results=tuple(RESULTS.items()),
        priorities=tuple((str(int(each)), f"{each.name} {each.word}") for each in Priority),
        kinds=tuple(_kinds()),
        signals=tuple((each.value, signal_name(each), each in on) for each in SignalName),
        wait=BEING_READ if changing else "",
        undo=words.UNDO[last.action] if last else "",
    )


def _kinds() -> Iterator[tuple[str, str]]:
    """The choices of what an item is: a class, for abuse with whom it concerns."""
    yield Label.EMERGENCY.value, label_name(Label.EMERGENCY)
    for audience in OF_ABUSE:
        concerns = "safeguarding and comms" if audience.value == "both" else audience.value
        yield f"{Label.ABUSE.value} {audience.value}", f"{label_name(Label.ABUSE)}, for {concerns}"
    yield Label.ROUTINE.value, label_name(Label.ROUTINE)


def args_of(verb: Verb, form: Mapping[str, str]) -> dict[str, str]:
    """The arguments of a command out of the fields of a form."""
    given = {name: form.get(name, "").strip()[:LONGEST] for name in ARGS.get(verb, ())}
    if verb is not Verb.CORRECT:
        return given
    label, _, audience = form.get("kind", "").partition(" ")
    ticked = [each.value for each in SignalName if form.get(f"signal_{each.value}")]
    looked = form.get("signals_checked") == "yes"
    return {
        "class": label,
        "audience": audience,
        "signals": " ".join(ticked) or "none" if looked else "",
        "learn": given["learn"],
    }
