"""The life of a version, what bars it from going live, and what counts as judged by a person."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import (
    ADA,
    ALICE,
    OTTO,
    SUE,
    a_case,
    a_verdict,
    an_emergency,
    an_item,
    histories,
    items,
    verdicts,
)
from tests.factories import NOW as THEN
from triage.corrections import Basis
from triage.errors import Refused
from triage.floors import FLOORS
from triage.floors import Facts as Facts_
from triage.model import (
    Event,
    Grounds,
    History,
    Item,
    Officer,
    Priority,
    Role,
    State,
    Verdict,
)
from triage.priority import prioritise
from triage.ranges import Range
from triage.taxonomy import Label, Lane
from triage.tuning.gate import (
    Facts,
    Mark,
    Sort,
    check,
    mark_of,
    objections,
    refusals,
    unacknowledged,
    unread,
)
from triage.tuning.labels import known_label
from triage.tuning.scores import lower, scored
from triage.tuning.slices import Slice
from triage.tuning.versions import (
    MOVES,
    Frozen,
    Move,
    Stage,
    Step,
    Version,
    before,
    draft_step,
    event_of,
    live_of,
    same_model,
    step_of,
)

NOW = datetime(2026, 11, 23, 9, 41, tzinfo=UTC)
ADI = Officer(id="adi", name="Adi Orr", roles=frozenset({Role.ADMIN}))


def a_version(*moves: Move, line: float = 0.4, by: Officer = ADA, number: int = 1) -> Version:
    """A version that went through these moves; approvals are by another."""
    first = draft_step(by, reason="", at=NOW, detail={})
    version = Version(number=number, of=Label.EMERGENCY, line=line, model="m/int8", steps=(first,))
    for move in moves:
        who = ADI if move in (Move.APPROVE, Move.REJECT) else by
        version = on(version, step_of(version, move, who, at=NOW, reason="because"))
    return version


def on(version: Version, step: Step) -> Version:
    return Version(
        number=version.number,
        of=version.of,
        line=version.line,
        model=version.model,
        steps=(*version.steps, step),
    )


def facts(**fields: Any) -> Facts:
    values: dict[str, Any] = {
        "missed": (),
        "slices": (),
        "marks": (),
        "live": 0.5,
        "model": "m/int8",
        "frozen": None,
        "shadow": timedelta(hours=24),
    }
    return Facts(**(values | fields))


def a_mark(subject: str, sort: Sort, by: str, minutes: int = 0) -> Mark:
    return Mark(
        version=1, subject=subject, sort=sort, by=by, at=NOW + timedelta(minutes=minutes), text="x"
    )


# --- moves ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("officer", [ALICE, SUE, OTTO], ids=lambda officer: officer.id)
def test_only_admins_change_lines(officer: Officer) -> None:
    with pytest.raises(Refused, match="only admins"):
        draft_step(officer, reason="", at=NOW, detail={})
    with pytest.raises(Refused, match="only admins"):
        step_of(a_version(), Move.PROPOSE, officer, at=NOW, reason="because")


@given(st.lists(st.sampled_from([move for move in Move if move is not Move.DRAFT]), max_size=12))
def test_no_way_leads_to_live_but_through_another_admins_approval(moves: list[Move]) -> None:
    version = a_version()
    for move in moves:
        for who in (ADA, ADI):
            try:
                version = on(version, step_of(version, move, who, at=NOW, reason="because"))
            except Refused:
                continue
            break
    if version.stage is Stage.LIVE:
        approved = version.step(Move.APPROVE)
        assert approved is not None
        assert approved.by not in version.makers
    assert version.steps[0].stage is Stage.DRAFT


def test_every_move_leads_from_a_stage_to_another() -> None:
    for stages, target in MOVES.values():
        assert target not in stages
    assert Move.DRAFT not in MOVES
    ended = {Stage.ROLLED_BACK, Stage.REJECTED, Stage.WITHDRAWN}
    assert not any(ended & stages for stages, _ in MOVES.values())


@pytest.mark.parametrize("by", [ADA, ADI], ids=["drafted", "proposed"])
def test_who_had_a_hand_in_it_cannot_approve_or_reject_it(by: Officer) -> None:
    version = on(a_version(), step_of(a_version(), Move.PROPOSE, ADI, at=NOW, reason="because"))
    for move in (Move.APPROVE, Move.REJECT):
        with pytest.raises(Refused, match="is yours: another admin must"):
            step_of(version, move, by, at=NOW, reason="because")


@pytest.mark.parametrize("move", [Move.PROPOSE, Move.APPROVE, Move.REJECT])
def test_grave_moves_need_a_reason(move: Move) -> None:
    version = a_version() if move is Move.PROPOSE else a_version(Move.PROPOSE)
    with pytest.raises(Refused, match="say why"):
        step_of(version, move, ADI, at=NOW, reason=" ")


def test_a_roll_back_needs_nothing_but_the_press() -> None:
    version = a_version(Move.PROPOSE, Move.APPROVE, Move.GO_LIVE)
    assert step_of(version, Move.ROLL_BACK, ADI, at=NOW).stage is Stage.ROLLED_BACK


def test_a_roll_back_leads_to_the_version_that_was_live_last_on_the_same_model() -> None:
    live = (Move.PROPOSE, Move.APPROVE, Move.GO_LIVE)
    first, second = (a_version(*live, Move.SUPERSEDE, number=number) for number in (1, 2))
    later = Step(move=Move.SUPERSEDE, stage=Stage.SUPERSEDED, by="ada", at=NOW + timedelta(days=1))
    second = on(second, later)
    third = a_version(*live, number=3)
    assert live_of([third, second, first], Label.EMERGENCY) == third
    assert live_of([third], Label.ABUSE) is None
    assert before([third, second, first], third) == second
    other = Version(number=2, of=second.of, line=0.3, model="other/int8", steps=second.steps)
    assert before([third, other, first], third) == first
    assert before([third], third) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("desk-6+aa/int8", "desk-6+aa/int8", True),
        ("desk-6+aa/int8", "desk-6+aa/fp32", True),
        ("desk-6+aa/int8", "desk-6+aa/linear", False),
        ("desk-6+aa/int8", "desk-7+bb/int8", False),
        ("rules", "desk-6+aa/int8", False),
    ],
)
def test_lines_are_carried_between_sessions_of_one_network_only(
    one: str, other: str, same: bool
) -> None:
    assert same_model(one, other) is same
    assert same_model(other, one) is same


def test_the_event_of_a_step_tells_line_model_reason_and_tool() -> None:
    version = a_version(Move.PROPOSE)
    event = event_of(version, version.steps[-1], tool="console")
    assert (event.action, event.subject, event.actor) == ("threshold.propose", "threshold:1", "ada")
    assert event.detail["line"] == 0.4
    assert event.detail["reason"] == "because"


# --- what bars a version --------------------------------------------------------------------------


def test_only_the_readers_own_marks_count_as_read() -> None:
    version = a_version(Move.PROPOSE)
    known = facts(missed=("FC-1", "FC-2"), marks=(a_mark("FC-1", Sort.READ, "ada"),))
    assert unread(known, version, "ada") == ["FC-2"]
    assert unread(known, version, "adi") == ["FC-1", "FC-2"]
    (said,) = objections(version, Move.APPROVE, "adi", known, now=NOW)
    assert said == "you have not read 2 known emergencies under the line"


def test_the_last_word_of_each_person_says_whether_a_miss_is_acceptable() -> None:
    version = a_version(Move.PROPOSE)
    no, yes = (
        a_mark("FC-1", Sort.NOT_ACCEPTABLE, "ada"),
        a_mark("FC-1", Sort.READ, "ada", minutes=5),
    )
    others = a_mark("FC-1", Sort.READ, "adi", minutes=9)
    assert [each.by for each in refusals([no, others], version)] == ["ada"]
    assert refusals([no, others, yes], version) == []


def test_a_difference_is_open_until_somebody_acknowledges_it() -> None:
    version = a_version(Move.PROPOSE)
    part = Slice(
        kind="language",
        name="pl",
        caught=Range(hits=30, of=40, low=0.6, high=0.9),
        rest=Range(hits=95, of=100, low=0.9, high=0.98),
    )
    assert unacknowledged(facts(slices=(part,)), version) == [part]
    done = a_mark("language:pl", Sort.ACKNOWLEDGED, "adi")
    assert unacknowledged(facts(slices=(part,), marks=(done,)), version) == []


@pytest.mark.parametrize(
    ("line", "hours", "allowed"), [(0.6, 23, False), (0.6, 24, True), (0.4, 0, True)]
)
def test_only_a_line_that_catches_less_has_to_run_in_the_shadow(
    line: float, hours: int, allowed: bool
) -> None:
    version = a_version(Move.SHADOW, Move.PROPOSE, line=line)
    now = NOW + timedelta(hours=hours)
    assert (objections(version, Move.APPROVE, "adi", facts(), now=now) == []) is allowed


def test_a_refusal_names_everything_that_is_missing() -> None:
    version = a_version(Move.PROPOSE, Move.APPROVE, line=0.6)
    frozen = Frozen(frozen=True, by="ada", at=NOW, reason="the match")
    known = facts(
        missed=("FC-1",),
        marks=(a_mark("FC-1", Sort.NOT_ACCEPTABLE, "ada"),),
        frozen=frozen,
        model="other/int8",
    )
    with pytest.raises(Refused) as refused:
        check(version, Move.GO_LIVE, "ada", known, now=NOW)
    for said in (
        "frozen by ada: the match",
        "found on scores of m/int8",
        "adi, who approved it, has not read 1",
        "FC-1 is not acceptable to ada",
        "must run 24 h in the shadow",
    ):
        assert said in str(refused.value)


def test_marks_are_made_by_admins_with_words_while_a_version_is_open() -> None:
    version = a_version(Move.PROPOSE)
    with pytest.raises(Refused, match="only admins"):
        mark_of(version, "FC-1", Sort.READ, OTTO, at=NOW, text="")
    with pytest.raises(Refused, match="say why"):
        mark_of(version, "FC-1", Sort.NOT_ACCEPTABLE, ADA, at=NOW, text=" ")
    over = a_version(Move.WITHDRAW)
    with pytest.raises(Refused, match="withdrawn"):
        mark_of(over, "FC-1", Sort.READ, ADA, at=NOW, text="")


# --- what people made of an item ------------------------------------------------------------------


def an_act(action: str, **detail: Any) -> Event:
    return Event(at=THEN, actor="alice", action=action, subject="FC-26-1123-0041", detail=detail)


@pytest.mark.parametrize(
    ("label", "result", "lane", "known"),
    [
        (Label.EMERGENCY, "deployed", Lane.CONTROL_ROOM, Label.EMERGENCY),
        (Label.EMERGENCY, "advice", Lane.CONTROL_ROOM, None),
        (Label.EMERGENCY, "duplicate", Lane.CONTROL_ROOM, None),
        (Label.EMERGENCY, "no_action", Lane.CONTROL_ROOM, Label.ROUTINE),
        (Label.ROUTINE, "deployed", Lane.CONTROL_ROOM, Label.EMERGENCY),
        (Label.ROUTINE, "deployed", Lane.DESK, None),
        (Label.ROUTINE, "advice", Lane.DESK, Label.ROUTINE),
        (Label.ROUTINE, "duplicate", Lane.DESK, None),
        (Label.ROUTINE, "", Lane.DESK, None),
        (Label.ABUSE, "no_action", Lane.COMMS, Label.ROUTINE),
        (Label.ABUSE, "crime_recorded", Lane.SAFEGUARDING, Label.ABUSE),
    ],
)
def test_what_was_done_says_what_an_item_was(
    label: Label, result: str, lane: Lane, known: Label | None
) -> None:
    case = a_read_case(
        label, state=State.CLOSED if result else State.OPEN, result=result, lane=lane
    )
    found = known_label(case, [an_act("result", code=result)])
    assert (found.label if found else None) is known
    assert found is None or found.basis is Basis.IMPLIED


def test_what_was_said_outweighs_what_was_done() -> None:
    case = a_read_case(Label.ROUTINE, state=State.CLOSED, result="advice", lane=Lane.DESK)
    said = an_act("correct", **{"class": "emergency", "audience": "control_room"})
    found = known_label(case, [said, an_act("result", code="advice"), an_act("check_drawn")])
    assert found is not None
    assert (found.label, found.basis, found.drawn) == (Label.EMERGENCY, Basis.STATED, True)


def test_an_alert_is_confirmed_by_a_p1_given_by_hand() -> None:
    case = a_read_case(Label.EMERGENCY, state=State.OPEN, result="", lane=Lane.CONTROL_ROOM)
    assert known_label(case, []) is None
    found = known_label(case, [an_act("grade", to="P1")])
    assert found is not None
    assert found.label is Label.EMERGENCY


def a_read_case(label: Label, **fields: Any) -> Any:
    return a_case(verdict=a_verdict(label=label), priority=Priority.P3, **fields)


# --- under the line -------------------------------------------------------------------------------


@given(items, verdicts, histories)
def test_floors_f1_to_f7_hold_wherever_the_line_stands(
    item: Item, verdict: Verdict, history: History
) -> None:
    decision = prioritise(item, verdict, history)
    kept = scored(item, verdict, decision, history)
    if kept is None:
        assert verdict.degraded == "none"
        return
    for name, floor in FLOORS.items():
        raised = floor(Facts_(item=item, verdict=verdict, history=history))
        if raised is not None and name.startswith("F"):
            assert kept.under <= raised[0], name
    assert kept.under >= decision.priority or verdict.label is not Label.EMERGENCY


def test_an_alert_under_a_higher_line_is_in_doubt_where_its_score_is() -> None:
    doubtful = an_emergency(grounds=Grounds(danger=0.6, abuse=0.1, doubtful=True))
    assert lower(doubtful).unsure
    assert lower(doubtful).label is Label.ROUTINE
    item = an_item()
    decision = prioritise(item, doubtful, History())
    kept = scored(item, doubtful, decision, History())
    assert kept is not None
    assert (decision.priority, kept.under) == (Priority.P1, Priority.P2)


def test_what_a_rule_asked_for_is_reached_at_any_line() -> None:
    ruled = an_emergency(grounds=Grounds(danger=0.2, abuse=0.1, ruled=Label.EMERGENCY))
    kept = scored(an_item(), ruled, prioritise(an_item(), ruled, History()), History())
    assert kept is not None
    assert kept.reach(Label.EMERGENCY) == math.inf
    assert kept.reach(Label.ABUSE) == math.inf
    by_score = replace(kept, ruled=Label.ABUSE)
    assert by_score.reach(Label.EMERGENCY) == 0.2
    assert by_score.reach(Label.ABUSE) == math.inf
