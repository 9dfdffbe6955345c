"""What officers ask for and fill in from chat, over a real store."""

from collections.abc import Iterator

import pytest

from notifier.card import BACK, CLAIM, CORRECT, GRADE, MORE, NOTE, REOPEN, RESULT, SHOW
from storage.memory import memory_store
from tests.conftest import SteppingClock
from tests.flow.test_chat_presses import Chat
from tests.servers.desk import NOW
from triage.model import Change, Officer, Priority, Role, State


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


def test_whoever_is_late_is_told_before_they_fill_in_a_form(chat: Chat) -> None:
    shown = chat.take("he has a knife")
    chat.press(CLAIM, shown)

    answer = chat.press(RESULT, shown, who="U2")

    assert answer.form is None
    assert "Officer U1 has it since" in answer.text


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
