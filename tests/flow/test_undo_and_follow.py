"""Taking back one's own last action, and being told how a case goes on, over a real store."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from notifier.card import (
    ACCEPT,
    CLAIM,
    FOLLOW,
    GRADE,
    HAND_OVER,
    MORE,
    NOT_RISK,
    NOTE,
    RELEASE,
    REOPEN,
    RESULT,
    RETURN,
    UNDO,
    UNFOLLOW,
)
from notifier.press import Answer
from storage.memory import memory_store
from tests.conftest import SteppingClock
from tests.factories import ALICE, suggested
from tests.flow.test_chat_presses import Chat, refused
from tests.servers.desk import NOW
from triage.actions import Command
from triage.corrections import correction_of
from triage.errors import Refused
from triage.flow import carry_out, run_clocks
from triage.lifecycle import Verb
from triage.model import (
    Case,
    Change,
    LinkDecision,
    Officer,
    Person,
    Priority,
    Role,
    State,
)
from triage.taxonomy import Lane


@pytest.fixture
def chat() -> Iterator[Chat]:
    clock = SteppingClock(NOW)
    store = memory_store()
    yield Chat(store, clock)
    store.close()


def as_it_was(case: Case) -> Case:
    return replace(case, version=0)


def told(chat: Chat, officer: str = "U1") -> list[str]:
    """What an officer was told in their own chat."""
    owed = chat.store.owed(limit=99, now=chat.clock())
    mine = [each for each in owed if each.destination == f"chat:{officer}"]
    return [json.loads(each.body)["text"] for each in mine]


def lane_told(chat: Chat, lane: str) -> list[str]:
    owed = chat.store.owed(limit=99, now=chat.clock())
    return [json.loads(e.body)["text"] for e in owed if e.destination == f"chat:{lane}" and e.body]


# --- undo -----------------------------------------------------------------------------------------

Do = Callable[[Chat], Answer]

STEPS: dict[str, tuple[Do, ...]] = {
    "claim": (lambda c: c.press(CLAIM, c.case),),
    "release": (lambda c: c.press(CLAIM, c.case), lambda c: c.press(RELEASE, c.case)),
    "offer": (lambda c: c.press(HAND_OVER, c.case, lane="safeguarding"),),
    "offer of a claimed one": (
        lambda c: c.press(CLAIM, c.case),
        lambda c: c.press(HAND_OVER, c.case, lane="safeguarding"),
    ),
    "accept": (
        lambda c: c.press(HAND_OVER, c.case, who="U2", lane="safeguarding"),
        lambda c: c.press(ACCEPT, c.case),
    ),
    "return": (
        lambda c: c.press(HAND_OVER, c.case, who="U2", lane="safeguarding"),
        lambda c: c.press(RETURN, c.case),
    ),
    "grade down": (lambda c: c.press(GRADE, c.case, priority="4", reason="a film"),),
    "grade up after another grade": (
        lambda c: c.press(GRADE, c.case, priority="4", reason="a film"),
        lambda c: c.press(GRADE, c.case, priority="1", reason="no film"),
    ),
    "not a risk": (lambda c: c.press(NOT_RISK, c.case, reason="a film"),),
    "result": (
        lambda c: c.press(CLAIM, c.case),
        lambda c: c.press(RESULT, c.case, code="advice", ref="42/1"),
    ),
    "reopen": (
        lambda c: c.press(RESULT, c.case, code="advice"),
        lambda c: c.press(REOPEN, c.case),
    ),
}


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_an_undo_makes_the_case_exactly_what_it_was(chat: Chat, steps: tuple[Do, ...]) -> None:
    chat.take("he has a knife")
    *earlier, last = steps
    for step in earlier:
        assert not step(chat).refused
        chat.clock.step(seconds=20)
    before = chat.case
    assert not last(chat).refused
    assert as_it_was(chat.case) != as_it_was(before)
    chat.clock.step(seconds=20)

    answer = chat.press(UNDO, chat.case)

    assert not answer.refused
    assert as_it_was(chat.case) == as_it_was(before)
    assert chat.store.events(before.ref)[-1].action == "undo"


def test_an_undo_pressed_twice_undoes_once(chat: Chat) -> None:
    chat.press(CLAIM, chat.take("he has a knife"))
    chat.press(GRADE, chat.case, priority="3", reason="a film")
    shown = chat.case

    chat.press(UNDO, shown)
    twice = chat.press(UNDO, shown)

    assert (twice.unchanged, twice.text) == (True, f"{shown.ref}: undone already")
    assert (chat.case.priority, chat.case.claimed_by) == (Priority.P1, "slack:U1")
    assert "nothing of yours" not in twice.text


def test_an_undo_is_ones_own_and_of_the_last_thing_that_happened(chat: Chat) -> None:
    chat.press(CLAIM, chat.take("he has a knife"))
    assert "nothing of yours to undo" in refused(chat.press(UNDO, chat.case, who="U2"))

    chat.press(NOTE, chat.case, who="U2", text="called back")

    assert "something else happened since" in refused(chat.press(UNDO, chat.case))
    assert chat.case.claimed_by == "slack:U1"


def test_an_undo_comes_too_late_after_five_minutes_and_after_an_escalation(chat: Chat) -> None:
    chat.press(CLAIM, chat.take("he has a knife"))
    chat.clock.step(minutes=5, seconds=1)
    assert "over 5 minutes ago" in refused(chat.press(UNDO, chat.case))

    chat.press(RELEASE, chat.case)
    assert run_clocks(chat.desk)
    assert "something else happened since" in refused(chat.press(UNDO, chat.case))


def test_an_undo_shown_beside_an_older_state_takes_nothing_back(chat: Chat) -> None:
    chat.press(CLAIM, chat.take("he has a knife"))
    shown = chat.case
    chat.press(GRADE, chat.case, priority="3", reason="a film")

    assert "look again" in refused(chat.press(UNDO, shown))
    assert chat.case.priority is Priority.P3


def test_while_a_changed_text_is_read_nothing_is_undone(chat: Chat) -> None:
    chat.press(CLAIM, chat.take("he has a knife"))
    chat.take("he has two knives", Change.EDIT, read=False)

    assert "being read" in refused(chat.press(UNDO, chat.case))


def test_whoever_was_asked_or_alarmed_hears_that_it_was_taken_back(chat: Chat) -> None:
    chat.take("is the bridge open?")
    chat.press(HAND_OVER, chat.case, lane="safeguarding")
    chat.press(UNDO, chat.case)
    assert any("was taken back" in text for text in lane_told(chat, "safeguarding"))

    was = chat.case.priority
    chat.press(GRADE, chat.case, priority="1", reason="she called again")
    chat.press(UNDO, chat.case)
    assert was is not None
    again = f"{chat.case.ref} is {was.name} {was.word} again: undone"
    assert again in lane_told(chat, "control_room")


def test_an_undone_link_is_unlinked_with_all_that_hangs_on_it(chat: Chat) -> None:
    zelda = Person(record_id="R1", forename="Zelda")
    chat.store.import_people([zelda], keys_of=lambda _: ["k"], now=NOW)
    shown = chat.take("he has a knife")
    before = chat.store.change(shown, replace(shown, link=suggested("R1")), events=[])
    command = Command(verb=Verb.LINK, ref=shown.ref, officer=ALICE, args={"record_id": "R1"})
    chat.store.save_officer(ALICE)
    carry_out(chat.desk, command)
    assert chat.case.link.decision is LinkDecision.CONFIRMED

    carry_out(chat.desk, Command(verb=Verb.UNDO, ref=shown.ref, officer=ALICE))

    assert chat.case.link == before.link
    assert chat.actions[-1] == "unlink"
    assert chat.store.prior_link("x", "77") is None


def test_nothing_is_learnt_from_a_grade_that_was_taken_back(chat: Chat) -> None:
    shown = chat.take("he has a knife")
    chat.press(GRADE, shown, priority="4", reason="a film")
    graded = correction_of(chat.case, chat.store.events(shown.ref))

    chat.press(UNDO, chat.case)

    assert graded is not None
    assert correction_of(chat.case, chat.store.events(shown.ref)) is None


def test_more_offers_to_take_back_what_was_done_last_and_to_nobody_else(chat: Chat) -> None:
    chat.press(CLAIM, chat.take("he has a knife"))

    mine, theirs = chat.press(MORE, chat.case), chat.press(MORE, chat.case, who="U2")

    assert "Undo my claim" in str(mine.form)
    assert "Undo" not in str(theirs.form)


# --- follow ---------------------------------------------------------------------------------------


def test_whoever_follows_is_told_how_it_goes_on_and_nothing_of_what_they_did_themselves(
    chat: Chat,
) -> None:
    shown = chat.take("he has a knife")
    assert not chat.press(FOLLOW, shown).refused
    version = chat.case.version

    chat.press(CLAIM, chat.case, who="U2")
    chat.press(NOTE, chat.case, text="mine")
    chat.press(GRADE, chat.case, who="U2", priority="3", reason="a film")
    chat.press(RESULT, chat.case, who="U2", code="advice")

    assert version == shown.version
    assert told(chat) == [
        f"{shown.ref}: Officer U2 has it, for control room",
        f"{shown.ref}: P3 Priority now",
        f"{shown.ref}: closed: Advice given",
    ]
    assert told(chat, "U2") == []


def test_who_follows_is_told_of_a_changed_text_and_of_an_offer_that_lapsed(chat: Chat) -> None:
    chat.press(FOLLOW, chat.take("is the bridge open?"))

    chat.take("he has a knife", Change.EDIT)
    chat.press(HAND_OVER, chat.case, who="U2", lane="safeguarding")
    chat.clock.step(minutes=3)
    run_clocks(chat.desk)

    ref = chat.case.ref
    assert told(chat) == [
        f"{ref}: its text changed, P1 Emergency now",
        f"{ref}: offered to safeguarding by Officer U2",
        f"{ref}: free, with desk",
    ]


def test_who_stops_following_is_told_no_more(chat: Chat) -> None:
    shown = chat.take("he has a knife")
    chat.press(FOLLOW, shown)
    twice = chat.press(FOLLOW, shown)
    assert twice.unchanged
    chat.press(UNFOLLOW, shown)

    chat.press(CLAIM, chat.case, who="U2")

    assert told(chat) == []
    assert [action for action in chat.actions if "follow" in action] == ["follow", "unfollow"]


def test_more_offers_to_follow_or_to_stop(chat: Chat) -> None:
    shown = chat.take("he has a knife")
    before = str(chat.press(MORE, shown).form)
    chat.press(FOLLOW, shown)
    after = str(chat.press(MORE, shown).form)

    assert ("'Follow'" in before, "Stop following" in before) == (True, False)
    assert ("'Follow'" in after, "Stop following" in after) == (False, True)


def test_whose_role_no_longer_covers_it_is_told_nothing_more(chat: Chat) -> None:
    shown = chat.take("he has a knife")
    chat.press(FOLLOW, shown)
    officer = chat.store.officer("slack:U1")
    assert officer is not None
    chat.store.save_officer(replace(officer, roles=frozenset({Role.REVIEWER})))

    chat.press(CLAIM, chat.case, who="U2")

    assert told(chat) == []


def test_nobody_follows_who_could_not_be_told(chat: Chat) -> None:
    shown = chat.take("he has a knife")
    command = Command(verb=Verb.FOLLOW, ref=shown.ref, officer=Officer(id="pat", name="Pat"))

    with pytest.raises(Refused, match="known in no chat tool"):
        carry_out(chat.desk, command)


# --- who received a hand-over ---------------------------------------------------------------------


def test_whoever_handed_it_over_hears_who_received_it(chat: Chat) -> None:
    chat.press(HAND_OVER, chat.take("he has a knife"), lane="safeguarding")

    chat.press(ACCEPT, chat.case, who="U2")

    assert chat.case.lane is Lane.SAFEGUARDING
    assert told(chat) == [f"{chat.case.ref}: Officer U2 has it, for safeguarding"]
    assert chat.case.state is State.CLAIMED


def test_whoever_handed_it_over_hears_that_it_came_back(chat: Chat) -> None:
    chat.press(HAND_OVER, chat.take("he has a knife"), lane="safeguarding")

    chat.press(RETURN, chat.case, who="U2")

    assert told(chat) == [f"{chat.case.ref}: free, with control room"]
