"""The way of an item over the store in memory: triage, edits, clocks and what officers do."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from storage.memory import memory_store
from storage.store import SqlStore
from tests.conftest import SteppingClock
from tests.factories import (
    ALICE,
    BOB,
    SUE,
    a_command,
    a_disclosure,
    a_verdict,
    an_abusive_post,
    an_emergency,
    an_item,
    suggested,
)
from triage.errors import Refused, Stale, Unavailable
from triage.flow import CLASSIFIER_ALARM, LINKING_ALARM, Desk, carry_out, run_clocks, triage_waiting
from triage.lifecycle import Tell, Verb, up_for_reassessment
from triage.model import (
    Arrival,
    Author,
    Case,
    Change,
    Harvest,
    Item,
    Link,
    LinkDecision,
    Officer,
    Outgoing,
    Priority,
    State,
    Verdict,
)
from triage.ports import People, Reading
from triage.taxonomy import Kind, Lane, SignalName

P1, P2, P3, P4, P5 = Priority
S = SignalName
SOURCE = "x:westbridge"
KNIFE = "he has a knife at the door"


@dataclass
class ByPhrase:
    """A classifier for tests: the first phrase of the book found in a text gives its verdict."""

    book: dict[str, Verdict]
    name: str = "by-phrase"
    broken: Exception | None = None
    short: bool = False
    asked: list[Reading] = field(default_factory=list)

    def read(self, readings: Sequence[Reading]) -> list[Verdict]:
        self.asked += readings
        if self.broken is not None:
            raise self.broken
        if any("POISON" in each.text for each in readings):
            raise RuntimeError("tokenizer panicked")
        verdicts = [self._verdict(each.text) for each in readings]
        return verdicts[1:] if self.short else verdicts

    def _verdict(self, text: str) -> Verdict:
        said = text.casefold()
        return next((each for word, each in self.book.items() if word in said), a_verdict())


@dataclass
class ByHand:
    """A linker for tests, which finds what it is told to."""

    found: Link = field(default_factory=Link)
    broken: Exception | None = None

    def __call__(self, item: Item, thread: Sequence[str], people: People) -> Link:
        if self.broken is not None:
            raise self.broken
        return self.found


def places(lane: Lane, tell: Tell) -> Sequence[str]:
    return [f"chat:{lane.value}"] if tell is Tell.OWNER else [f"mail:{lane.value}"]


BOOK: Mapping[str, Verdict] = {
    "knife": an_emergency(S.WEAPON, S.OFFENDER_PRESENT),
    "hits me": a_disclosure(),
    "kill you": an_abusive_post(S.THREATENING_CONTENT),
    "stolen": a_verdict(S.CRIME_REPORT),
}


@dataclass
class Force:
    """A desk over the store in memory, and what tests do to it."""

    store: SqlStore
    clock: SteppingClock
    classifier: ByPhrase
    linker: ByHand
    desk: Desk
    told: list[str] = field(default_factory=list)

    def arrives(self, item: Item, change: Change = Change.NEW) -> Case:
        """Store an item and triage what waits."""
        self.arrive(item, change)
        self.triage()
        return self.case(item)

    def arrive(self, item: Item, change: Change = Change.NEW) -> None:
        payload = f"{item.id} {item.text} {change}".encode()
        harvest = Harvest(
            arrivals=(Arrival(item=item, payload=payload, change=change),), cursor="c"
        )
        self.store.take_in(SOURCE, harvest, now=self.clock())

    def triage(self) -> int:
        return len(triage_waiting(self.desk, limit=50))

    def edited(self, item: Item, text: str) -> Case:
        return self.arrives(replace(item, text=text), Change.EDIT)

    def case(self, item: Item) -> Case:
        found = self.store.case_by_key(*item.key)
        assert found is not None
        return found

    def press(self, case: Case, verb: Verb, officer: Officer = ALICE, **fields: str) -> Case:
        command = a_command(verb, officer, on=case.ref, **fields)
        return carry_out(self.desk, command).case

    def messages(self, case: Case) -> list[Outgoing]:
        return self.store.messages_of(case.ref)

    def cards(self, case: Case) -> set[str]:
        return {each.destination for each in self.messages(case) if each.key.startswith("card:")}

    def notices(self, case: Case) -> list[tuple[str, str]]:
        found = [each for each in self.messages(case) if each.body]
        return [(each.destination, json.loads(each.body)["text"]) for each in found]

    def people(self, *records: Mapping[str, object]) -> None:
        lines = [json.dumps(each) for each in records]
        self.store.import_records(lines, keys_of=lambda person: [], now=self.clock())


@pytest.fixture
def force(clock: SteppingClock) -> Iterator[Force]:
    store = memory_store(clock=clock)
    clock.step(minutes=1)
    classifier, linker = ByPhrase(dict(BOOK)), ByHand()
    told: list[str] = []
    desk = Desk(
        store=store,
        classifier=classifier,
        linker=linker,
        destinations=places,
        clock=clock,
        acted=told.append,
    )
    yield Force(store, clock, classifier, linker, desk, told)
    store.close()


# --- triage ---------------------------------------------------------------------------------------


def test_an_emergency_is_shown_to_the_control_room_and_the_desk(force: Force) -> None:
    case = force.arrives(an_item(KNIFE))
    assert (case.state, case.priority, case.lane) == (State.OPEN, P1, Lane.CONTROL_ROOM)
    assert force.cards(case) == {"chat:control_room", "chat:desk"}
    assert {each.urgency for each in force.messages(case)} == {1}


def test_triage_is_recorded_without_a_word_of_the_text(force: Force) -> None:
    case = force.arrives(an_item(KNIFE))
    event = next(each for each in force.store.events(case.ref) if each.action == "triaged")
    assert event.detail["priority"] == "P1"
    assert "door" not in str(event.detail)


def test_a_second_run_finds_nothing_to_do(force: Force) -> None:
    case = force.arrives(an_item(KNIFE))
    assert force.triage() == 0
    assert force.case(an_item(KNIFE)) == case


def test_chance_draws_what_is_not_alarmed_about_once_and_the_item_says_so(force: Force) -> None:
    force.desk = replace(force.desk, check_share=1.0)
    quiet, knife = an_item("my bike was stolen"), an_item(KNIFE, id="2")
    force.arrives(quiet)
    case = force.edited(quiet, "my bike was stolen again")
    assert case.decision is not None
    assert case.decision.reasons[-1].rule == "check"
    assert case.decision.reasons[0].rule != "check"
    drawn = [each for each in force.store.events(case.ref) if each.action == "check_drawn"]
    assert len(drawn) == 1
    alarmed = force.arrives(knife)
    assert "check_drawn" not in {each.action for each in force.store.events(alarmed.ref)}


def test_a_desk_that_only_warns_posts_cards_of_what_is_urgent(force: Force) -> None:
    force.desk = replace(force.desk, show_up_to=P3)
    assert force.cards(force.arrives(an_item("my bike was stolen"))) == set()
    assert force.cards(force.arrives(an_item("he hits me", id="2"))) != set()


def test_an_earlier_message_of_the_thread_names_the_means(force: Force) -> None:
    force.classifier.book["end it"] = a_verdict(S.SUICIDE_RISK)
    force.arrives(an_item("I got the tablets", thread_id="t"))
    later = an_item("I will end it", id="2", thread_id="t")
    assert (
        force.arrives(replace(later, sent_at=later.sent_at + timedelta(seconds=9))).priority is P1
    )


def test_markers_raise_however_the_force_words_them(force: Force) -> None:
    force.people({"record_id": "R1", "markers": ["Domestic Violence - HIGH RISK"]})
    force.linker.found = suggested("R1")
    case = force.arrives(an_item("he hits me"))
    assert case.priority is P2
    assert {"high_risk", "domestic_abuse"} <= case.history.markers


def test_two_lines_of_one_chat_do_not_make_a_disclosure_a_second_contact(force: Force) -> None:
    first = an_item("he hits me")
    force.arrives(first)
    second = replace(first, id="2", sent_at=first.sent_at + timedelta(minutes=2))
    assert force.arrives(second).priority is P3
    force.clock.step(days=1)
    another_day = replace(first, id="3", sent_at=first.sent_at + timedelta(days=1))
    assert force.arrives(another_day).priority is P2


def test_a_link_is_never_confirmed_by_the_machine_alone(force: Force) -> None:
    force.linker.found = suggested("R1")
    assert force.arrives(an_item()).link.decision is LinkDecision.SUGGESTED


def test_a_person_rejected_for_an_account_is_not_suggested_again(force: Force) -> None:
    force.linker.found = suggested("R1", "R2")
    force.press(force.arrives(an_item()), Verb.REJECT, record_id="R1")
    link = force.arrives(an_item("hello again", id="2")).link
    assert [each.record_id for each in link.candidates] == ["R2"]
    assert link.decision is LinkDecision.SUGGESTED


def test_a_rejection_of_another_does_not_take_back_a_remembered_person(force: Force) -> None:
    force.linker.found = suggested("R1", "R2")
    force.press(force.arrives(an_item()), Verb.REJECT, record_id="R2")
    force.linker.found = replace(suggested("R1", "R2"), decision=LinkDecision.CONFIRMED)
    link = force.arrives(an_item("hello again", id="2")).link
    assert link.decision is LinkDecision.CONFIRMED


# --- when something breaks ------------------------------------------------------------------------


def test_without_a_classifier_everything_goes_to_people_who_are_told(force: Force) -> None:
    force.classifier.broken = Unavailable("model file is corrupt")
    case = force.arrives(an_item("hello"))
    assert case.priority is P2
    (alarm,) = force.store.alarms()
    assert alarm.key == CLASSIFIER_ALARM
    assert "model file is corrupt" in alarm.text
    force.classifier.broken = None
    force.arrives(an_item("hello again", id="2"))
    assert force.store.alarms() == []


def test_one_poisonous_text_does_not_hide_the_emergency_beside_it(force: Force) -> None:
    force.arrive(an_item("POISON"))
    force.arrive(an_item(KNIFE, id="2"))
    assert force.triage() == 2
    assert force.case(an_item("POISON")).priority is P2
    assert force.case(an_item(KNIFE, id="2")).priority is P1


def test_a_classifier_that_loses_count_is_not_trusted(force: Force) -> None:
    force.classifier.short = True
    case = force.arrives(an_item(KNIFE))
    assert case.verdict is not None
    assert (case.priority, case.verdict.degraded) == (P2, "none")


def test_linking_that_breaks_does_not_hide_an_emergency(force: Force) -> None:
    force.linker.broken = KeyError("surname")
    case = force.arrives(an_item(KNIFE))
    assert (case.priority, case.link.decision) == (P1, LinkDecision.NONE)
    assert case.link.notes == ("linking failed",)
    assert [each.key for each in force.store.alarms()] == [LINKING_ALARM]


def test_a_database_that_is_away_is_tried_again_not_papered_over(force: Force) -> None:
    force.linker.broken = Unavailable("database is locked")
    force.arrive(an_item(KNIFE))
    with pytest.raises(Unavailable):
        force.triage()
    force.linker.broken = None
    assert force.triage() == 1


# --- edits and deletions --------------------------------------------------------------------------


def test_an_edit_that_takes_it_all_back_does_not_lower(force: Force) -> None:
    item = an_item(KNIFE)
    force.arrives(item)
    case = force.edited(item, "never mind, all fine")
    assert (case.priority, case.lane) == (P1, Lane.CONTROL_ROOM)


def test_an_edit_that_takes_a_disclosure_back_still_protects_the_writer(force: Force) -> None:
    item = an_item("he hits me")
    force.arrives(item)
    case = force.edited(item, "sorry, wrong chat")
    assert (case.lane, case.history.disclosed_before) == (Lane.SAFEGUARDING, True)
    assert force.edited(item, "hello").history.disclosed_before


def test_a_deletion_lowers_nothing_and_loses_nothing(force: Force) -> None:
    item = an_item(KNIFE)
    force.arrives(item)
    case = force.arrives(replace(item, text=""), Change.DELETE)
    assert (case.priority, case.item.text, case.open) == (P1, KNIFE, True)
    assert case.deleted_at is not None


def test_whoever_has_a_case_is_told_when_an_edit_makes_it_more_urgent(force: Force) -> None:
    item = an_item("my bike was stolen")
    force.press(force.arrives(item), Verb.CLAIM)
    case = force.edited(item, KNIFE)
    assert (case.state, case.claimed_by, case.priority) == (State.CLAIMED, "alice", P1)
    text = f"{case.ref}: its text changed, P1 Emergency now; alice has it"
    assert set(force.notices(case)) == {("chat:desk", text), ("chat:control_room", text)}


def test_an_edit_of_a_closed_case_opens_it_again(force: Force) -> None:
    item = an_item("my bike was stolen")
    force.press(force.arrives(item), Verb.RESULT, code="advice")
    assert force.edited(item, KNIFE).state is State.OPEN


# --- a person's grade -----------------------------------------------------------------------------


def lowered(force: Force, item: Item, priority: str = "4") -> Case:
    case = force.arrives(item)
    return force.press(case, Verb.GRADE, priority=priority, reason="it is a film")


@pytest.mark.parametrize("text", ["He has a KNIFE, at the door!", f"  {KNIFE}\n", f"{KNIFE}…"])
def test_a_changed_comma_does_not_undo_what_a_person_decided(force: Force, text: str) -> None:
    item = an_item(KNIFE)
    lowered(force, item)
    case = force.edited(item, text)
    assert case.decision is not None
    assert (case.priority, case.decision.priority) == (P4, P4)
    assert case.decision.reasons[0].text == "P4 by Alice Ames: it is a film"
    assert case.decision.due.decide_by == item.sent_at + timedelta(hours=8)


def test_it_still_does_not_after_the_third_changed_comma(force: Force) -> None:
    item = an_item(KNIFE)
    lowered(force, item)
    for text in (f"{KNIFE}.", f"{KNIFE}!", f"{KNIFE}?"):
        case = force.edited(item, text)
    assert case.priority is P4


def test_another_reading_of_the_same_words_does_not_undo_it(force: Force) -> None:
    item = an_item("look at this")
    lowered(force, item, "5")
    force.classifier.book["look at this"] = an_emergency()
    assert force.edited(item, "look at this!").priority is P5


def test_a_classifier_that_is_down_does_not_undo_it(force: Force) -> None:
    item = an_item(KNIFE)
    lowered(force, item)
    force.classifier.broken = Unavailable("no memory")
    assert force.edited(item, f"{KNIFE}.").priority is P4


def test_other_words_may_raise_again_what_a_person_lowered(force: Force) -> None:
    item = an_item(KNIFE)
    lowered(force, item)
    case = force.edited(item, "it is no film, he has a knife and I am in the bathroom")
    assert case.priority is P1
    assert case.decision is not None
    assert case.decision.reasons[-1].text == "P4 by Alice Ames: it is a film"


def test_other_words_that_say_no_more_leave_it_low(force: Force) -> None:
    item = an_item(KNIFE)
    lowered(force, item)
    assert force.edited(item, "only a film, sorry").priority is P4


def test_words_that_came_before_the_grade_are_not_news(force: Force) -> None:
    item = an_item("hello")
    force.arrives(item)
    case = force.edited(item, KNIFE)
    force.press(case, Verb.GRADE, priority="4", reason="it is a film")
    assert force.edited(item, f"{KNIFE}!").priority is P4


def test_a_new_fact_raises_as_far_as_it_demands_and_no_further(force: Force) -> None:
    item = an_item("he hits me, he has a knife")
    force.classifier.book = {"hits me": an_emergency(S.DOMESTIC_ABUSE, S.WEAPON)}
    lowered(force, item)
    force.people({"record_id": "R1", "markers": ["stalking"]})
    force.linker.found = suggested("R1")
    case = force.edited(item, "he hits me, he has a knife!")
    assert case.priority is P2
    assert case.decision is not None
    assert [each.rule for each in case.decision.reasons[:2]] == ["F2b", "human"]


def test_after_a_new_fact_a_persons_word_on_the_rest_still_counts(force: Force) -> None:
    item = an_item("he hits me, he has a knife")
    force.classifier.book = {"hits me": an_emergency(S.DOMESTIC_ABUSE, S.WEAPON)}
    lowered(force, item)
    force.people({"record_id": "R1", "markers": ["stalking"]})
    force.linker.found = suggested("R1")
    for text in ("he hits me, he has a knife!", "he hits me, he has a knife?"):
        case = force.edited(item, text)
    assert case.priority is P2


def test_a_known_fact_is_no_news_because_the_same_words_are_read_otherwise(force: Force) -> None:
    force.people({"record_id": "R1", "markers": ["stalking"]})
    force.linker.found = suggested("R1")
    item = an_item("look at this")
    lowered(force, item, "5")
    force.classifier.book["look at this"] = a_disclosure()
    assert force.edited(item, "look at this!").priority is P5


def test_what_a_person_raised_stays_raised(force: Force) -> None:
    item = an_item("hello")
    force.press(force.arrives(item), Verb.GRADE, priority="2", reason="I know her")
    case = force.edited(item, "never mind")
    assert case.priority is P2
    assert case.decision is not None
    assert "P2 by Alice Ames: I know her" in [each.text for each in case.decision.reasons]


# --- clocks ---------------------------------------------------------------------------------------


def test_an_unclaimed_emergency_is_told_to_more_and_more_people(force: Force) -> None:
    case = force.arrives(an_item(KNIFE))
    heard = []
    for _ in range(6):
        run_clocks(force.desk)
        heard.append(force.case(an_item(KNIFE)).escalation)
        force.clock.step(minutes=1)
    assert heard == [1, 2, 2, 2, 4, 4]
    assert ("mail:control_room", f"{case.ref} P1 Emergency: unclaimed, sent 5 min ago") in (
        force.notices(case)
    )


def test_running_the_clocks_twice_tells_people_once(force: Force) -> None:
    case = force.arrives(an_item(KNIFE))
    assert run_clocks(force.desk) == 1
    assert run_clocks(force.desk) == 0
    assert len(force.notices(case)) == 1


def test_what_is_undecided_for_long_is_put_up_for_re_assessment_once_and_never_lowered(
    force: Force,
) -> None:
    item = an_item("he hits me")
    case = force.press(force.arrives(item), Verb.CLAIM)
    for _ in range(6):
        force.clock.step(hours=1)
        run_clocks(force.desk)
    asked = f"{case.ref} P3 Priority: up for re-assessment: 3.5 h without a decision"
    told = [place for place, text in force.notices(case) if text == asked]
    assert told == ["chat:safeguarding"]
    later = force.case(item)
    assert (later.priority, later.lane, later.claimed_by) == (P3, case.lane, ALICE.id)


def test_a_scheduled_item_is_put_up_for_re_assessment_after_three_and_a_half_hours(
    force: Force,
) -> None:
    item = an_item("my bike was stolen")
    case = force.arrives(item)
    force.clock.step(hours=3, minutes=29)
    for _ in range(3):
        run_clocks(force.desk)
        force.clock.step(hours=1)
    asked = f"{case.ref} P4 Scheduled: up for re-assessment: 3.5 h without a decision"
    assert force.notices(case) == [("chat:desk", asked)]
    assert [each.action for each in force.store.events(case.ref)].count("reassess") == 1
    later = force.case(item)
    assert (later.priority, later.lane, up_for_reassessment(later)) == (P4, Lane.DESK, True)


def test_p1_to_p3_never_close_by_themselves(force: Force) -> None:
    items = [an_item(text, id=text) for text in (KNIFE, "I kill you", "he hits me")]
    for item in items:
        force.arrives(item)
    for _ in range(40):
        force.clock.step(hours=12)
        run_clocks(force.desk)
    assert all(force.case(item).state is State.OPEN for item in items)


def test_what_was_given_back_late_is_told_again(force: Force) -> None:
    case = force.arrives(an_item(KNIFE))
    force.press(case, Verb.CLAIM)
    force.clock.step(minutes=8)
    run_clocks(force.desk)
    force.press(case, Verb.RELEASE)
    assert run_clocks(force.desk) == 1
    assert sum("unclaimed" in text for _, text in force.notices(case)) > 0


def test_an_offer_nobody_takes_returns_to_the_desk_which_is_told(force: Force) -> None:
    case = force.arrives(an_item("he hits me"))
    assert force.cards(case) == {"chat:safeguarding"}
    force.press(case, Verb.OFFER, lane="control_room")
    force.clock.step(minutes=29)
    assert run_clocks(force.desk) == 0
    force.clock.step(minutes=1)
    assert run_clocks(force.desk) >= 1
    back = force.case(an_item("he hits me"))
    assert (back.state, back.lane, back.offered_to) == (State.OPEN, Lane.DESK, None)
    assert "chat:desk" in force.cards(case)
    assert ("chat:desk", f"{case.ref}: control room did not take it; it is yours again") in (
        force.notices(case)
    )


def test_a_lapsed_offer_is_told_to_those_who_were_told_before(force: Force) -> None:
    case = force.arrives(an_item(KNIFE))
    force.clock.step(minutes=6)
    run_clocks(force.desk)
    force.press(case, Verb.OFFER, lane="safeguarding")
    before = len(force.notices(case))
    force.clock.step(minutes=3)
    assert run_clocks(force.desk) == 2
    heard = [place for place, text in force.notices(case)[before:] if "unclaimed" in text]
    assert heard == ["mail:control_room", "mail:desk"]


def test_a_lapsed_offer_never_shows_the_desk_what_concerns_an_officer(force: Force) -> None:
    item = an_item("The officer who took my statement keeps texting me")
    case = force.arrives(item)
    assert case.lane is Lane.STANDARDS
    force.press(case, Verb.OFFER, SUE, lane="safeguarding")
    force.clock.step(hours=5)
    run_clocks(force.desk)
    assert force.case(item).lane is Lane.STANDARDS
    assert "chat:desk" not in force.cards(case)


# --- what officers do -----------------------------------------------------------------------------


def test_of_two_who_press_claim_one_has_it_and_the_other_is_told(force: Force) -> None:
    case = force.arrives(an_item(KNIFE))
    assert force.press(case, Verb.CLAIM).claimed_by == "alice"
    with pytest.raises(Stale, match="alice has it"):
        force.press(case, Verb.CLAIM, BOB)
    assert force.told == [case.ref]


def test_a_second_press_writes_nothing(force: Force) -> None:
    case = force.arrives(an_item(KNIFE))
    once = force.press(case, Verb.CLAIM)
    again = force.press(case, Verb.CLAIM)
    assert again.version == once.version
    claims = [each for each in force.store.events(case.ref) if each.action == "claim"]
    assert len(claims) == 1


def test_a_case_that_does_not_exist_is_refused(force: Force) -> None:
    with pytest.raises(Refused, match="FC-00-0000-0000: no such item"):
        carry_out(force.desk, a_command(Verb.CLAIM, on="FC-00-0000-0000"))


def test_a_lane_that_is_asked_gets_a_card_or_a_word_if_it_had_one(force: Force) -> None:
    case = force.arrives(an_item("my bike was stolen"))
    force.press(case, Verb.OFFER, lane="safeguarding")
    assert "chat:safeguarding" in force.cards(case)
    assert force.notices(case) == []
    force.press(case, Verb.RETURN)
    emergency = force.arrives(an_item(KNIFE, id="2"))
    force.press(emergency, Verb.OFFER, lane="desk")
    text = f"{emergency.ref} is offered to you: accept it or send it back"
    assert force.notices(emergency) == [("chat:desk", text)]


def test_the_control_room_is_told_when_a_person_calls_it_an_emergency(force: Force) -> None:
    case = force.arrives(an_item("my bike was stolen"))
    raised = force.press(case, Verb.GRADE, priority="1", reason="he is still there")
    assert raised.lane is Lane.CONTROL_ROOM
    assert "chat:control_room" in force.cards(case)
    assert {each.urgency for each in force.messages(case) if "control" in each.destination} == {1}


def test_a_confirmed_person_is_remembered_for_the_account_until_it_is_undone(
    force: Force,
) -> None:
    force.people({"record_id": "R1"})
    case = force.arrives(an_item())
    force.press(case, Verb.LINK, record_id="R1")
    link = force.store.prior_link("x", "77")
    assert link is not None
    assert (link.record_id, link.confirmed_by) == ("R1", "alice")
    undone = force.press(case, Verb.UNLINK)
    assert undone.link == case.link
    assert force.store.prior_link("x", "77") is None


def test_a_confirmed_person_stays_when_the_text_changes(force: Force) -> None:
    force.people({"record_id": "R1"})
    item = an_item()
    force.press(force.arrives(item), Verb.LINK, record_id="R1")
    assert force.edited(item, "something else").link.decision is LinkDecision.CONFIRMED


def test_a_victim_who_is_recognised_is_more_urgent_at_once(force: Force) -> None:
    force.people({"record_id": "R1", "markers": ["domestic_abuse"]})
    case = force.arrives(an_item("he hits me"))
    assert case.priority is P3
    linked = force.press(case, Verb.LINK, record_id="R1")
    assert linked.priority is P2
    assert linked.decision is not None
    assert linked.decision.reasons[0].rule == "F2b"


def test_a_link_without_an_account_is_kept_with_the_case_alone(force: Force) -> None:
    force.people({"record_id": "R1"})
    case = force.arrives(an_item(author=Author()))
    assert force.press(case, Verb.LINK, record_id="R1").link.decision is LinkDecision.CONFIRMED


def test_every_press_and_every_step_stands_in_a_trail_that_holds(force: Force) -> None:
    case = force.arrives(an_item(KNIFE))
    run_clocks(force.desk)
    force.press(case, Verb.CLAIM)
    force.press(case, Verb.NOTE, text="rang the neighbour")
    force.press(case, Verb.RESULT, code="deployed", ref="IN/7")
    force.press(case, Verb.REOPEN, SUE)
    actions = [each.action for each in force.store.events(case.ref)]
    assert actions[-5:] == ["escalated", "claim", "note", "result", "reopen"]
    assert force.store.verify() == len(force.store.events(case.ref))


def test_a_public_post_is_triaged_too(force: Force) -> None:
    post = an_item("well done all", kind=Kind.MENTION, channel="x_mention")
    case = force.arrives(post)
    assert (case.priority, case.lane) == (P5, Lane.COMMS)
