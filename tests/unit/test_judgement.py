"""What a person says an item is: kept beside what the machine said, raising and never lowering."""

from dataclasses import replace

import pytest

from tests.factories import (
    ALICE,
    BOB,
    NOW,
    OTTO,
    a_case,
    a_command,
    a_post,
    a_verdict,
    an_abusive_post,
    an_emergency,
)
from triage.actions import Outcome, act
from triage.errors import Refused, Stale
from triage.judgement import Judgement, judgement_of
from triage.lifecycle import Verb
from triage.model import Case, Officer, Priority, State
from triage.taxonomy import Audience, Label, Lane, SignalName


def say(case: Case, officer: Officer = ALICE, label: str = "routine", **args: str) -> Outcome:
    command = a_command(Verb.CORRECT, officer, **{"class": label}, **args)
    return act(case, command, now=NOW)


def judgement_in(outcome: Outcome) -> Judgement | None:
    assert outcome.event is not None
    return judgement_of(outcome.event.detail)


def test_saying_emergency_makes_it_one_for_the_control_room() -> None:
    case = a_case(a_post("he went in with a blade"))
    outcome = say(case, label="emergency")
    assert outcome.case.priority is Priority.P1
    assert outcome.case.lane is Lane.CONTROL_ROOM
    assert outcome.said == f"{case.ref} is noted as emergency, and P1 now"


def test_saying_routine_lowers_nothing() -> None:
    case = a_case(verdict=an_emergency(SignalName.WEAPON))
    after = say(case).case
    assert (after.priority, after.lane) == (case.priority, case.lane)


def test_somebody_telling_of_abuse_waits_no_longer_than_p3() -> None:
    case = a_case(a_post("he wont let me out of the house"))
    assert case.priority is not None
    assert case.priority > Priority.P3
    assert say(case, label="abuse", audience="safeguarding").case.priority is Priority.P3
    assert say(case, label="abuse", audience="comms").case.priority is case.priority


def test_what_the_machine_said_stays_and_stands_beside_it() -> None:
    case = a_case(a_post(), an_abusive_post(SignalName.HATE))
    outcome = say(case)
    assert outcome.case.verdict == case.verdict
    assert outcome.event is not None
    assert outcome.event.detail["was"] == "abuse"
    assert judgement_in(outcome) == Judgement(label=Label.ROUTINE, audience=Audience.CONTACT)


def test_signals_count_as_judged_only_where_somebody_looked() -> None:
    case = a_case(a_post(), a_verdict(SignalName.HATE, SignalName.GENERAL))
    looked = judgement_in(say(case, signals="general nuisance"))
    assert looked is not None
    assert looked.signals == {SignalName.GENERAL, SignalName.NUISANCE}
    assert looked.judged == {SignalName.GENERAL, SignalName.NUISANCE, SignalName.HATE}
    nothing = judgement_in(say(case, signals="none"))
    assert nothing is not None
    assert nothing.signals == frozenset()
    assert nothing.judged == {SignalName.HATE, SignalName.GENERAL}


def test_an_item_can_be_kept_out_of_training() -> None:
    told = judgement_in(say(a_case(), learn="no"))
    assert told is not None
    assert not told.learn


@pytest.mark.parametrize(
    ("args", "why"),
    [
        ({"label": "urgent"}, "unknown class 'urgent'"),
        ({"label": ""}, "correct: class is missing"),
        ({"label": "abuse"}, "say which"),
        ({"label": "abuse", "audience": "contact"}, "say which"),
        ({"label": "routine", "signals": "wepon"}, "unknown signal 'wepon'"),
    ],
)
def test_words_the_desk_does_not_know_are_refused(args: dict[str, str], why: str) -> None:
    with pytest.raises(Refused, match=why):
        say(a_case(), **args)


def test_it_may_be_said_beside_the_owner_and_after_closing() -> None:
    case = replace(a_case(), state=State.CLAIMED, claimed_by=BOB.id)
    assert say(case).event is not None
    closed = replace(case, state=State.CLOSED, result="advice")
    outcome = say(closed, label="emergency")
    assert outcome.case.state is State.CLOSED
    assert outcome.case.priority is case.priority


def test_nobody_says_what_a_changed_item_is() -> None:
    case = replace(a_case(), version=3)
    command = a_command(Verb.CORRECT, **{"class": "routine"}, version=2)
    with pytest.raises(Stale, match="changed since you looked"):
        act(case, command, now=NOW)


def test_an_auditor_reads_and_says_nothing() -> None:
    with pytest.raises(Refused, match="cannot correct"):
        say(a_case(), OTTO)


def test_a_detail_of_another_version_is_no_judgement() -> None:
    assert judgement_of({"class": "urgent", "audience": "contact"}) is None
    assert judgement_of({"class": "routine"}) is None
