from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.press import Carried, carried, pressed_on
from tests.factories import ALICE, NOW, a_case, a_command, a_disclosure, a_post, a_verdict, an_item
from triage.actions import act
from triage.lifecycle import Verb
from triage.model import Case, Priority
from triage.seen import UNMARKED, Seen, read_mark, seen
from triage.taxonomy import Lane

CASE = a_case(version=7)


def done(case: Case, verb: Verb, **args: str) -> Case:
    return act(case, a_command(verb, ALICE, **args), now=NOW).case


def test_a_mark_is_read_as_it_was_written() -> None:
    assert read_mark(str(seen(CASE))) == seen(CASE)
    assert read_mark("") == UNMARKED
    assert str(UNMARKED) == ""


@given(st.text(max_size=40))
def test_any_other_text_is_no_mark(text: str) -> None:
    found = read_mark(text)
    assert found is None or str(found) == text


@pytest.mark.parametrize("mark", ["7-٠٠٠٠٠٠٠٠-00000000", "7-00000000-00000000\n", "07-00000000-0"])
def test_what_only_looks_like_a_mark_is_none(mark: str) -> None:
    assert read_mark(mark) is None


def test_a_mark_says_nothing_of_the_text_and_fits_the_smallest_value_of_slack() -> None:
    case = a_case(an_item("He has a knife"), version=999_999_999, ref="FC-26-1123-999999")
    value = carried(case.ref, seen(case))
    assert seen(case) == seen(replace(case, item=an_item("He has a gun")))
    assert len(f"fc_hand_over:{max(Lane, key=len)}|{value}") <= 150
    assert pressed_on(value) == Carried(ref=case.ref, seen=seen(case), args={})


def test_a_button_brings_its_arguments_back_whatever_is_in_them() -> None:
    mark, args = seen(CASE), {"record_id": "R|1:2 &=é"}

    back = pressed_on(carried(CASE.ref, mark, args))

    assert back == Carried(ref=CASE.ref, seen=mark, args=args)
    assert pressed_on(f"{CASE.ref}|{mark}|record_id=R1|more") is None


@pytest.mark.parametrize(
    "changed",
    [
        {"text_versions": 2},
        {"deleted_at": NOW},
        {"priority": Priority.P1},
        {"verdict": a_disclosure()},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_what_people_judge_by_changes_the_mark(changed: dict[str, object]) -> None:
    case = a_case(a_post(), a_verdict())
    after = replace(case, version=2, **changed)  # type: ignore[arg-type]
    assert not seen(case).judges(after)
    assert seen(case).holds(after)
    assert seen(after).judges(after)


def test_a_claim_a_note_and_an_escalation_leave_the_judgement_as_it_was() -> None:
    claimed = replace(done(CASE, Verb.CLAIM), version=8, note="seen", escalation=2)
    assert seen(CASE).judges(claimed)
    assert not seen(CASE).holds(claimed)


def test_another_claim_of_the_same_officer_is_another_claim() -> None:
    first = done(CASE, Verb.CLAIM)
    again = replace(first, claimed_at=NOW + timedelta(seconds=1))
    assert seen(first).holds(first)
    assert not seen(first).holds(again)


def test_a_mark_of_a_version_that_never_was_judges_nothing() -> None:
    assert not replace(seen(CASE), version=8).judges(CASE)


def test_without_a_mark_only_what_never_changed_is_judged() -> None:
    graded = done(CASE, Verb.GRADE, priority="P4", reason="a quotation")
    assert UNMARKED.judges(CASE)
    assert not any(
        UNMARKED.judges(each)
        for each in (replace(CASE, text_versions=2), replace(CASE, deleted_at=NOW), graded)
    )
    assert Seen().holds(graded)
