"""Which actions a page offers, and what it says after one. Whether they are allowed is decided
again when they are carried out: a visible button is not permission."""

from collections.abc import Mapping
from dataclasses import dataclass

from notifier import words
from triage.actions import Command, authorise
from triage.authority import comms_may_own, leads
from triage.errors import Refused
from triage.lifecycle import MOVES, RESULTS, Verb
from triage.model import Case, LinkDecision, Officer, Priority, State
from triage.taxonomy import Lane

ARGS: Mapping[Verb, tuple[str, ...]] = {
    Verb.OFFER: ("lane",),
    Verb.GRADE: ("priority", "reason"),
    Verb.NOT_RISK: ("reason",),
    Verb.RESULT: ("code", "ref"),
    Verb.NOTE: ("text",),
    Verb.LINK: ("record_id",),
    Verb.REJECT: ("record_id",),
    Verb.UNLINK: ("record_id",),
}
"""The fields of a form that go into a command."""

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
    "note": "Noted",
    "link": "Person confirmed",
    "reject": "Not this person: noted",
    "unlink": "Link undone",
}

BEING_READ = (
    "The service is reading this item: actions are possible in a moment. If it stays so, act by "
    "telephone or radio on what you read here, and tell whoever runs the service."
)

_BESIDE = frozenset({Verb.NOTE, Verb.LINK, Verb.REJECT, Verb.UNLINK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """The verbs a page offers, and the choices of its fields."""

    verbs: frozenset[str]
    lanes: tuple[tuple[str, str], ...]
    results: tuple[tuple[str, str], ...]
    priorities: tuple[tuple[str, str], ...]
    wait: str

    def __contains__(self, verb: str) -> bool:
        return verb in self.verbs

    @property
    def any(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.verbs)


def forms_of(case: Case, officer: Officer) -> Forms:
    """The forms for a case as an officer sees it."""
    changing = case.state is State.RECEIVED
    return Forms(
        verbs=frozenset(verb.value for verb in Verb if _offered(case, officer, verb)),
        lanes=tuple((lane.value, words.LANES[lane]) for lane in Lane if _takes(lane, case)),
        results=tuple(RESULTS.items()),
        priorities=tuple((str(int(each)), f"{each.name} {each.word}") for each in Priority),
        wait=BEING_READ if changing else "",
    )


def _takes(lane: Lane, case: Case) -> bool:
    return lane is not case.lane and (lane is not Lane.COMMS or comms_may_own(case))


def _offered(case: Case, officer: Officer, verb: Verb) -> bool:
    if case.state not in MOVES[verb]:
        return False
    try:
        authorise(case, Command(verb=verb, ref=case.ref, officer=officer))
    except Refused:
        return False
    if verb is Verb.UNLINK and case.link.decision is not LinkDecision.CONFIRMED:
        return False
    anothers = case.state is State.CLAIMED and case.claimed_by != officer.id
    return not anothers or verb in _BESIDE or leads(officer)
