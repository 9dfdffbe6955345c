"""Incidents and urgency: the most urgent of an incident speaks for all of it, and nobody sinks."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.factories import ALICE, NOW, SENT, a_case, a_command, a_post
from triage.actions import act
from triage.gathering import Told, incident_name, put_together, raised_with
from triage.incidents import Incident, scene_of
from triage.lifecycle import Verb
from triage.model import Case, Priority, State

P1, P2, P3, P4, P5 = Priority
FIRE = "flames at 3 Loom Street"


def told(
    number: int,
    text: str = FIRE,
    priority: Priority = P4,
    *,
    minutes: float = 0,
    incident: str = "",
) -> Told:
    item = a_post(text, id=str(number), sent_at=SENT + timedelta(minutes=minutes))
    case = replace(a_case(item), ref=f"FC-{number}", priority=priority, incident=incident)
    assert case.decision is not None
    case = replace(case, decision=replace(case.decision, priority=priority))
    return Told(case=case, scene=scene_of(item))


def cases(*members: Told, known: Sequence[Incident] = ()) -> dict[str, Case]:
    return {each.case.ref: each.case for each in put_together(members, known).joined}


def test_the_first_item_begins_an_incident_and_the_second_joins_it() -> None:
    found = cases(told(1), told(2, "fire at 3 loom st", minutes=3), told(3, "lost dog, Moor Road"))
    assert [found[ref].incident for ref in ("FC-1", "FC-2", "FC-3")] == ["IN-1", "IN-1", "IN-3"]


def test_who_joins_is_raised_and_the_reason_names_the_incident() -> None:
    case = cases(told(1, priority=P1), told(2, minutes=3))["FC-2"]
    assert case.priority is P1
    assert case.decision is not None
    assert case.decision.reasons[0].text == "part of incident IN-1 that is P1"


def test_a_later_more_urgent_member_raises_the_earlier_ones() -> None:
    gathering = put_together([told(1), told(2, priority=P2, minutes=3)], ())
    assert {each.case.priority for each in gathering.joined} == {P2}
    assert gathering.risen == {"IN-1": P2}


def test_a_stored_incident_rises_only_through_what_is_more_urgent_than_it() -> None:
    stored = Incident(id="IN-0", scenes=(told(0).scene,), priority=P2)
    assert put_together([told(1, priority=P2)], [stored]).risen == {}
    assert put_together([told(1, priority=P1)], [stored]).risen == {"IN-0": P1}


def test_an_item_that_is_in_an_incident_stays_there_whatever_it_says_now() -> None:
    elsewhere = Incident(id="IN-0", scenes=(told(0).scene,), priority=P5)
    assert cases(told(1, incident="IN-9"), known=[elsewhere])["FC-1"].incident == "IN-9"


def test_who_was_graded_down_by_a_person_is_not_raised_again_when_its_text_changes() -> None:
    stored = Incident(id="IN-0", scenes=(), priority=P1)
    raised = replace(told(1, priority=P1, incident="IN-0"))
    graded = act(
        raised.case, a_command(Verb.GRADE, ALICE, on="FC-1", priority="P4", reason="drill"), now=NOW
    ).case
    again = cases(replace(raised, case=graded), known=[stored])["FC-1"]
    assert again.priority is P4


def test_a_closed_case_is_not_raised() -> None:
    closed = replace(told(1).case, state=State.CLOSED)
    assert raised_with(closed, "IN-0", P1).priority is P4


def test_an_incident_is_named_after_its_first_item() -> None:
    assert incident_name("FC-26-1123-0041") == "IN-26-1123-0041"
    assert incident_name("FC-26-1123-0041", apart=7) == "IN-26-1123-0041.7"


texts = st.sampled_from(
    [FIRE, "fire at 3 loom st!", "crash on Senn Way", "car overturned senn way", "hello", ""]
)
members = st.lists(
    st.tuples(texts, st.sampled_from(Priority), st.integers(0, 300)), min_size=1, max_size=10
)


@given(members, st.none() | st.sampled_from(Priority))
def test_everybody_is_as_urgent_as_the_most_urgent_and_nobody_is_lowered(
    drawn: list[tuple[str, Priority, int]], stored: Priority | None
) -> None:
    known = [Incident(id="IN-0", scenes=(told(0).scene,), priority=stored)] if stored else []
    mine = [
        told(number, text, priority, minutes=minutes)
        for number, (text, priority, minutes) in enumerate(drawn, start=1)
    ]
    found = cases(*mine, known=known)
    assert set(found) == {each.case.ref for each in mine}
    for each in mine:
        after = found[each.case.ref]
        group = [
            one.case.priority for one in mine if found[one.case.ref].incident == after.incident
        ]
        if after.incident == "IN-0" and stored:
            group.append(stored)
        assert after.priority == min(priority for priority in group if priority)


@given(members)
def test_the_outcome_does_not_depend_on_the_order_of_a_batch(
    drawn: list[tuple[str, Priority, int]],
) -> None:
    mine = [
        told(number, text, priority, minutes=minutes)
        for number, (text, priority, minutes) in enumerate(drawn, start=1)
    ]
    assert cases(*mine) == cases(*reversed(mine))
