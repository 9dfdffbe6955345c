"""What officers ask for and fill in from chat, over a real store."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from notifier.card import (
    BACK,
    CLAIM,
    CONSULT,
    CORRECT,
    GRADE,
    LINK,
    MORE,
    NOTE,
    PERSONS,
    REJECT,
    REOPEN,
    RESULT,
    SHOW,
    UNLINK,
    CardContext,
)
from notifier.forms import Asking, Form
from notifier.press import Answer
from notifier.sheets import more_of
from storage.memory import memory_store
from tests.conftest import SteppingClock
from tests.factories import suggested
from tests.flow.test_chat_presses import Chat
from tests.servers.desk import NOW
from triage.model import Change, LinkDecision, Officer, Person, Priority, Role, State
from triage.seen import UNMARKED
from triage.taxonomy import Kind


@pytest.fixture
def chat() -> Iterator[Chat]:
    clock = SteppingClock(NOW)
    store = memory_store()
    yield Chat(store, clock)
    store.close()


def test_a_press_that_needs_more_is_answered_with_its_form_and_changes_nothing(chat: Chat) -> None:
    shown = chat.take("he has a knife")
    before = chat.case

    answer = chat.press(GRADE, shown)

    assert answer.form is not None
    assert answer.form.action == GRADE
    assert chat.case == before


def test_a_grade_with_its_reason_lowers_and_says_who_did(chat: Chat) -> None:
    shown = chat.take("he has a knife")

    answer = chat.press(GRADE, shown, priority="3", reason="a quotation from a film")

    assert not answer.refused
    assert chat.case.priority is Priority.P3
    assert chat.case.decision is not None
    assert chat.case.decision.reasons[0].text == "P3 by Officer U1: a quotation from a film"


def test_a_grade_without_its_reason_is_asked_for_again(chat: Chat) -> None:
    shown = chat.take("he has a knife")

    assert chat.press(GRADE, shown, priority="3").form is not None
    assert chat.case.priority is Priority.P1


def test_saying_that_it_is_an_emergency_raises_it(chat: Chat) -> None:
    shown = chat.take("is the bridge open?")

    answer = chat.press(CORRECT, shown, kind="emergency")

    assert not answer.refused
    assert chat.case.priority is Priority.P1


def test_saying_that_it_is_abuse_names_whom_it_concerns_and_may_stay_out_of_training(
    chat: Chat,
) -> None:
    shown = chat.take("he has a knife")

    chat.press(CORRECT, shown, kind="abuse safeguarding", learn="no")

    (event,) = [each for each in chat.store.events(chat.case.ref) if each.action == "correct"]
    said = {name: event.detail[name] for name in ("class", "audience", "learn")}
    assert said == {"class": "abuse", "audience": "safeguarding", "learn": "no"}
    assert chat.case.priority is Priority.P1


def test_a_note_is_kept_with_its_writer(chat: Chat) -> None:
    shown = chat.take("he has a knife")

    chat.press(NOTE, shown, text="neighbour called too")

    assert chat.case.note.endswith("Officer U1: neighbour called too")


def test_a_closed_case_is_opened_again(chat: Chat) -> None:
    shown = chat.take("he has a knife")
    chat.press(RESULT, shown, code="advice")

    assert not chat.press(REOPEN, chat.case).refused
    assert chat.case.state is State.OPEN


def test_a_late_press_does_not_open_what_another_closed_since(chat: Chat) -> None:
    chat.press(RESULT, chat.take("he has a knife"), code="advice")
    shown = chat.case
    chat.press(REOPEN, shown)
    chat.press(RESULT, chat.case, who="U2", code="deployed")

    answer = chat.press(REOPEN, shown, number="delayed")

    assert answer.refused
    assert chat.case.result == "deployed"


def test_whoever_is_late_is_told_before_they_fill_in_a_form(chat: Chat) -> None:
    shown = chat.take("he has a knife")
    chat.press(CLAIM, shown)

    answer = chat.press(RESULT, shown, who="U2")

    assert answer.form is None
    assert "Officer U1 has it since" in answer.text


def test_what_was_typed_in_vain_is_given_back_to_its_writer(chat: Chat) -> None:
    shown = chat.take("he has a knife")
    chat.press(CLAIM, shown, who="U2")

    answer = chat.press(GRADE, shown, priority="3", reason="a quotation from a film")

    assert "Officer U2 has it since" in answer.text
    assert answer.text.endswith(". You wrote: a quotation from a film")


def test_a_form_on_a_card_that_is_behind_is_not_opened(chat: Chat) -> None:
    shown = chat.take("is the bridge open?")
    chat.take("he has a knife", Change.EDIT)

    answer = chat.press(RESULT, shown)

    assert answer.refused
    assert "look again" in answer.text


# --- reading --------------------------------------------------------------------------------------


def test_the_text_is_shown_to_the_presser_alone_and_the_look_is_recorded(chat: Chat) -> None:
    shown = chat.take("he has a knife")

    answer = chat.press(SHOW, shown)

    assert answer.form is not None
    assert answer.form.quotes == ("he has a knife",)
    viewed = [each for each in chat.store.events(shown.ref) if each.action == "viewed"]
    assert [(each.actor, each.detail["tool"]) for each in viewed] == [("slack:U1", "slack")]


def test_who_may_not_read_it_sees_nothing_and_the_attempt_is_recorded(chat: Chat) -> None:
    rex = Officer(id="rex", name="Rex Hill", roles=frozenset({Role.REVIEWER}), slack_id="U7")
    chat.store.save_officer(rex)
    shown = chat.take("he has a knife")

    answers = [chat.press(action, shown, who="U7") for action in (SHOW, MORE, NOTE, BACK)]

    assert [each.form for each in answers] == [None, None, None, None]
    assert [each.case for each in answers] == [None, None, None, None]
    assert "view_refused" in chat.actions
    assert "viewed" not in chat.actions


def test_more_shows_what_the_officer_can_do_with_the_case_as_it_is(chat: Chat) -> None:
    shown = chat.take("he has a knife")
    chat.press(CLAIM, shown)

    mine, theirs = chat.press(MORE, shown), chat.press(MORE, shown, who="U2")

    assert mine.form is not None
    assert theirs.form is not None
    assert "Give back" in str(mine.form.groups)
    assert "Give back" not in str(theirs.form.groups)


def test_back_is_the_card_as_it_is(chat: Chat) -> None:
    shown = chat.take("he has a knife")
    chat.press(CLAIM, shown)

    assert chat.press(BACK, shown).case == chat.case


# --- who is writing -------------------------------------------------------------------------------


@pytest.fixture
def with_zelda(chat: Chat) -> Chat:
    """An item of which Zelda Quill is suggested as the writer, and somebody else."""
    people = [
        Person(
            record_id="R1",
            forename="Zelda",
            surname="Quill",
            date_of_birth=date(1984, 5, 5),
            language="Welsh",
        ),
        Person(record_id="R2", forename="Zeb", surname="Quince"),
    ]
    chat.store.import_people(people, keys_of=lambda person: [person.record_id], now=NOW)
    shown = chat.take("he has a knife")
    chat.store.change(shown, replace(shown, link=suggested("R1", "R2")), events=[])
    return chat


def sheet(answer: Answer) -> Form:
    assert answer.form is not None, answer.text
    return answer.form


def test_who_may_be_writing_is_shown_masked_with_what_speaks_for_it(with_zelda: Chat) -> None:
    chat = with_zelda
    assert "Who is writing" in str(chat.press(MORE, chat.case).form)

    form = sheet(chat.press(PERSONS, chat.case))

    first, second, _ = form.groups
    assert (first.title, first.lines) == (
        "Z. Q., born 1984 · about 90 in 100",
        ("For: name exact",),
    )
    assert [each.label for each in first.buttons] == [
        "Confirm",
        "Not this person",
        "Open the record: reply to contact",
    ]
    assert second.title.startswith("Z. Q. · about 80 in 100")
    assert "Zelda" not in str(form)
    (viewed,) = [e for e in chat.store.events(chat.case.ref) if e.action == "candidates_viewed"]
    assert viewed.detail == {"tool": "slack", "records": ["R1", "R2"]}


def test_a_name_is_shown_once_the_record_was_opened_and_that_is_recorded(with_zelda: Chat) -> None:
    chat = with_zelda

    form = sheet(chat.press(CONSULT, chat.case, record_id="R1"))

    first, second, said = form.groups
    assert said.lines == ("Opening a record is recorded.",)
    assert first.title == "Zelda Quill · about 90 in 100"
    assert first.lines == ("Born: 5 May 1984", "For: name exact")
    assert [each.label for each in first.buttons] == ["Confirm", "Not this person"]
    assert second.title.startswith("Z. Q.")
    (event,) = [e for e in chat.store.events(chat.case.ref) if e.action == "consulted"]
    assert event.detail == {"tool": "slack", "records": ["R1"], "reason": "reply to contact"}
    theirs = sheet(chat.press(PERSONS, chat.case, who="U2"))
    assert "Zelda" not in str(theirs)


def test_a_person_is_confirmed_rejected_and_taken_back_from_chat(with_zelda: Chat) -> None:
    chat = with_zelda
    chat.press(REJECT, chat.case, record_id="R2")
    assert [each.record_id for each in chat.case.link.candidates] == ["R1"]

    chat.press(LINK, chat.case, record_id="R1")
    assert chat.case.link.decision is LinkDecision.CONFIRMED
    group = sheet(chat.press(PERSONS, chat.case)).groups[0]
    assert group.title == "Z. Q., born 1984 · confirmed"
    assert "Language: Welsh" in group.lines
    assert group.buttons[0].label == "Undo this link"

    chat.press(UNLINK, chat.case, record_id="R1")
    assert chat.case.link.decision is LinkDecision.SUGGESTED


def test_nobody_opens_a_record_that_is_not_suggested_there(with_zelda: Chat) -> None:
    chat = with_zelda

    answer = chat.press(CONSULT, chat.case, record_id="R9")

    assert answer.refused
    assert "consulted" not in chat.actions


def test_a_reviewer_is_shown_nobody_of_a_public_post(with_zelda: Chat) -> None:
    chat = with_zelda
    rex = Officer(id="rex", name="Rex Hill", roles=frozenset({Role.REVIEWER}), slack_id="U7")
    chat.store.save_officer(rex)
    case = chat.case
    public = replace(case, item=replace(case.item, kind=Kind.MENTION))
    asking = Asking(officer=rex, now=NOW, context=CardContext(), seen=UNMARKED)

    assert "Who is writing" not in str(more_of(public, asking))
    assert chat.press(PERSONS, case, who="U7").refused
    assert "candidates_viewed" not in chat.actions
