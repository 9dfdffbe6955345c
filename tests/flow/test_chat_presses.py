"""Presses on cards that are behind, twice delivered, forged or out of order, over a real store."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest

from config.settings import TeamsSink as TeamsSettings
from console.presses import PressDesk
from console.rightofway import Haste
from console.service import Patience, Service
from notifier.adaptive import card_body
from notifier.card import (
    ACCEPT,
    CLAIM,
    HAND_OVER,
    NOT_RISK,
    RELEASE,
    RESULT,
    RETURN,
    CardContext,
    card_of,
)
from notifier.press import Answer, Press
from notifier.teams_presses import TeamsPresses
from storage.memory import memory_store
from storage.store import SqlStore
from tests.conftest import SteppingClock
from tests.servers.desk import NOW
from tests.servers.teams import DESK, texts
from triage.flow import Desk, run_clocks
from triage.items import parse_item
from triage.lifecycle import Tell
from triage.model import (
    Arrival,
    Case,
    Change,
    Harvest,
    Item,
    Link,
    Officer,
    Priority,
    Role,
    State,
    Verdict,
)
from triage.ports import Reading
from triage.seen import UNMARKED, Seen, seen
from triage.taxonomy import Audience, Label, Lane

LOOK_AGAIN = "changed since this card was drawn: look again"


class ByWord:
    """A classifier for tests: `knife` is an emergency, everything else routine."""

    name = "by-word"

    def read(self, readings: Sequence[Reading]) -> list[Verdict]:
        return [_verdict("knife" in each.text) for each in readings]


def _verdict(emergency: bool) -> Verdict:
    label = Label.EMERGENCY if emergency else Label.ROUTINE
    audience = Audience.CONTROL_ROOM if emergency else Audience.CONTACT
    return Verdict(label=label, audience=audience, scores={label: 1.0}, model="by-word")


class Recorder:
    """An engine that keeps what it is asked for."""

    def __init__(self) -> None:
        self.delivered: list[str] = []

    def triage(self, refs: Sequence[str], haste: Haste) -> None:
        pass

    def deliver(self, keys: Sequence[str]) -> None:
        self.delivered += keys

    def drain(self) -> None:
        pass


class NoSender:
    def deliver_all(self, keys: Sequence[str]) -> int:
        return 0

    def drain(self, limit: int = 50, urgent_only: bool = False) -> int:
        return 0


class Chat:
    """A desk whose officers press on cards; every press has a number of its own."""

    def __init__(self, store: SqlStore, clock: SteppingClock, *, enrol: bool = True) -> None:
        self.store, self.clock = store, clock
        self.desk = Desk(
            store=store,
            classifier=ByWord(),
            linker=lambda item, thread, people: Link(),
            destinations=_cards,
            clock=clock,
            direct=lambda officer: [f"chat:{officer.slack_id}"] if officer.slack_id else [],
        )
        self.service = Service(
            self.desk,
            collectors={},
            sender=NoSender(),
            screen=lambda text: False,
            patience=Patience(),
        )
        self.queue = Recorder()
        self.service.attach(self.queue)
        self.presses = PressDesk(self.service, enrol=enrol)
        self._count = 0

    def take(self, text: str, change: Change = Change.NEW, *, read: bool = True) -> Case:
        """An item arrives, or is changed, and is read; the case as its card then shows it."""
        arrival = Arrival(item=_item(text), payload=text.encode(), change=change)
        self.store.take_in("x", Harvest(arrivals=(arrival,), cursor="c"), now=self.clock())
        self.clock.step(seconds=1)
        refs = [each.case.ref for each in self.store.waiting(limit=9)] if read else []
        self.service.triage(refs)
        return self.case

    @property
    def case(self) -> Case:
        case = self.store.case("FC-26-1123-0001")
        assert case is not None
        return case

    @property
    def actions(self) -> list[str]:
        return [event.action for event in self.store.events(self.case.ref)]

    def press(
        self,
        action: str,
        shown: Case | Seen,
        *,
        who: str = "U1",
        number: str = "",
        at_desk: bool = True,
        **args: str,
    ) -> Answer:
        self._count += 1
        self.clock.step(seconds=1)
        return self.presses.answer(
            Press(
                id=number or f"press-{self._count}",
                ref=self.case.ref,
                action=action,
                args=args,
                tool="slack",
                pressed_at=self.clock(),
                slack_id=who,
                actor_name=f"Officer {who}",
                seen=seen(shown) if isinstance(shown, Case) else shown,
                at_desk=at_desk,
                reply={},
            )
        )

    def posted(self, place: str) -> None:
        """The outbox has shown the case as it is."""
        key = f"card:{self.case.ref}:{place}"
        external = f"{place}/1"
        self.store.delivered(key, version=self.case.version, external_id=external, now=self.clock())


def _cards(lane: Lane, tell: Tell) -> Sequence[str]:
    return [f"chat:{lane.value}"]


def _item(text: str) -> Item:
    raw = {"id": "m1", "channel": "x_dm", "account": "westbridge", "text": text}
    return parse_item({**raw, "author": {"account_id": "77"}}, "test", now=NOW)


@pytest.fixture
def chat(store: SqlStore, clock: SteppingClock) -> Chat:
    return Chat(store, clock)


@pytest.fixture
def small(clock: SteppingClock) -> Iterator[Chat]:
    """A chat over the store in memory, for what no database does otherwise."""
    store = memory_store(clock=clock)
    yield Chat(store, clock)
    store.close()


def refused(answer: Answer) -> str:
    assert answer.refused
    return answer.text


# --- a card that is behind ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "args"),
    [
        (RESULT, {"code": "advice"}),
        (NOT_RISK, {"reason": "a quotation"}),
        (HAND_OVER, {"lane": "safeguarding"}),
    ],
)
def test_nobody_closes_or_diverts_a_text_they_have_not_seen(
    chat: Chat, action: str, args: dict[str, str]
) -> None:
    shown = chat.take("is the bridge open?")
    edited = chat.take("he has a knife", Change.EDIT)

    answer = chat.press(action, shown, **args)

    assert refused(answer).startswith(f"{shown.ref} {LOOK_AGAIN}")
    assert (chat.case, answer.case) == (edited, edited)
    assert not chat.press(action, edited, **args).refused


def test_an_edit_that_is_still_being_read_already_holds_a_closing_up(chat: Chat) -> None:
    shown = chat.take("is the bridge open?")
    chat.take("he has a knife", Change.EDIT, read=False)

    assert LOOK_AGAIN in refused(chat.press(RESULT, shown, code="advice"))
    assert chat.case.state is State.RECEIVED


def test_nobody_closes_what_was_deleted_or_raised_since_their_card(small: Chat) -> None:
    shown = small.take("is the bridge open?")
    raised = replace(shown, priority=Priority.P1)
    small.store.change(shown, raised, events=[])
    assert LOOK_AGAIN in refused(small.press(RESULT, shown, code="advice"))
    raised = small.case
    small.take("", Change.DELETE)

    assert LOOK_AGAIN in refused(small.press(RESULT, raised, code="advice"))
    assert not small.press(RESULT, small.case, code="advice").refused


def test_what_happened_around_the_case_does_not_hold_a_closing_up(small: Chat) -> None:
    shown = small.take("he has a knife")
    small.press(CLAIM, shown)
    small.clock.step(minutes=6)
    assert run_clocks(small.desk) > 0
    small.store.change(small.case, replace(small.case, note="seen"), events=[])

    assert not small.press(RESULT, shown, code="deployed").refused
    assert (small.case.state, small.case.result) == (State.CLOSED, "deployed")


def test_a_card_that_lags_keeps_nobody_from_taking_a_case(chat: Chat) -> None:
    shown = chat.take("is the bridge open?")
    chat.take("he has a knife", Change.EDIT)

    assert not chat.press(CLAIM, shown).refused
    assert (chat.case.claimed_by, chat.case.priority) == ("slack:U1", Priority.P1)


def test_whoever_takes_a_case_waits_while_its_changed_text_is_read(small: Chat) -> None:
    shown = small.take("is the bridge open?")
    small.take("he has a knife", Change.EDIT, read=False)
    reading = threading.Timer(0.3, lambda: small.service.triage([shown.ref]))
    reading.start()

    answer = small.press(CLAIM, shown)

    reading.join()
    assert not answer.refused
    assert (small.case.claimed_by, small.case.priority) == ("slack:U1", Priority.P1)


def test_a_text_that_nobody_reads_sends_the_presser_away_with_a_reason(small: Chat) -> None:
    shown = small.take("is the bridge open?")
    small.take("he has a knife", Change.EDIT, read=False)
    small.presses = PressDesk(small.service, enrol=True, reading_seconds=0)

    assert refused(small.press(CLAIM, shown)).endswith("is being read: try again in a moment")


def test_a_card_that_lags_keeps_nobody_from_asking_the_control_room(small: Chat) -> None:
    shown = small.take("is the bridge open?")
    small.take("are the bridges open?", Change.EDIT)

    assert not small.press(HAND_OVER, shown, lane="control_room").refused
    assert small.case.offered_to is Lane.CONTROL_ROOM


def test_what_was_handed_over_since_is_not_closed_or_sent_back_unawares(small: Chat) -> None:
    shown = small.take("is the bridge open?")
    small.press(HAND_OVER, shown, who="U2", lane="safeguarding")
    first = small.case
    assert LOOK_AGAIN in refused(small.press(NOT_RISK, shown, reason="a quotation"))
    small.press(RETURN, first)
    small.press(HAND_OVER, small.case, lane="control_room")

    assert LOOK_AGAIN in refused(small.press(RETURN, first))
    assert small.case.offered_to is Lane.CONTROL_ROOM
    assert not small.press(RETURN, small.case).refused


def test_a_supervisor_frees_nobody_else_than_the_card_showed(small: Chat) -> None:
    sue = Officer(id="sue", name="Sgt Sue Oak", roles=frozenset({Role.SUPERVISOR}), slack_id="U9")
    small.store.save_officer(sue)
    small.press(CLAIM, small.take("he has a knife"))
    shown = small.case
    small.press(RELEASE, shown)
    small.press(CLAIM, small.case, who="U2")

    assert LOOK_AGAIN in refused(small.press(RELEASE, shown, who="U9"))
    assert small.case.claimed_by == "slack:U2"


def test_a_press_on_a_card_that_is_behind_has_all_cards_drawn_again(chat: Chat) -> None:
    shown = chat.take("he has a knife")
    chat.posted("chat:control_room")
    chat.take("is the bridge open?", Change.EDIT)
    chat.posted("chat:control_room")
    assert not [each for each in chat.store.owed(limit=9, now=chat.clock()) if each.external_id]
    chat.queue.delivered.clear()

    chat.press(RESULT, shown, code="advice")

    owed = [each.key for each in chat.store.owed(limit=9, now=chat.clock()) if each.external_id]
    assert owed == [f"card:{shown.ref}:chat:control_room"]
    assert owed[0] in chat.queue.delivered


# --- old, forged and other marks -----------------------------------------------------------------


def test_an_old_card_without_a_mark_works_for_what_never_changed(small: Chat) -> None:
    small.take("is the bridge open?")

    assert not small.press(CLAIM, UNMARKED).refused
    assert not small.press(RELEASE, UNMARKED).refused
    assert not small.press(RESULT, UNMARKED, code="advice").refused
    assert small.case.state is State.CLOSED


def test_an_old_card_without_a_mark_takes_but_does_not_close_what_changed(small: Chat) -> None:
    small.take("is the bridge open?")
    small.take("he has a knife", Change.EDIT)

    assert LOOK_AGAIN in refused(small.press(RESULT, UNMARKED, code="advice"))
    assert not small.press(CLAIM, UNMARKED).refused


@pytest.mark.parametrize(
    "forge",
    [
        lambda mark: replace(mark, version=mark.version + 1),
        lambda mark: replace(mark, judged="00000000"),
    ],
    ids=["a version that never was", "another digest"],
)
def test_a_forged_mark_closes_nothing(small: Chat, forge: Callable[[Seen], Seen]) -> None:
    before = small.take("he has a knife")

    assert small.press(RESULT, forge(seen(before)), code="advice").refused
    assert small.case == before


def test_the_trail_says_which_press_on_which_version_it_was(small: Chat) -> None:
    shown = small.take("he has a knife")
    small.press(CLAIM, shown, number="1763890001.5")

    (event,) = [each for each in small.store.events(shown.ref) if each.action == "claim"]

    assert event.detail == {
        "tool": "slack",
        "press": "1763890001.5",
        "seen": shown.version,
        "version": shown.version,
        "before": {"state": "open", "claimed_by": "", "claimed_at": None},
    }


# --- twice, late, out of order --------------------------------------------------------------------


def test_a_double_click_says_that_it_is_done_already(small: Chat) -> None:
    shown = small.take("he has a knife")
    small.press(CLAIM, shown)
    before = small.case

    again = small.press(CLAIM, shown)

    assert (again.text, again.unchanged, again.refused) == (
        f"{shown.ref} is already yours",
        True,
        False,
    )
    assert small.case == before
    small.press(HAND_OVER, before, lane="safeguarding")
    offered = small.case
    small.press(RETURN, offered, who="U2")
    assert small.press(RETURN, offered, who="U2").unchanged


def test_a_press_delivered_twice_does_not_take_what_was_given_back(chat: Chat) -> None:
    shown = chat.take("he has a knife")
    chat.press(CLAIM, shown, number="a")
    chat.press(RELEASE, chat.case)

    assert not chat.press(CLAIM, shown, number="a").refused
    assert (chat.case.state, chat.case.claimed_by) == (State.OPEN, "")
    assert chat.actions.count("claim") == 1
    assert not chat.press(CLAIM, shown, number="b").refused
    assert chat.case.claimed_by == "slack:U1"


def test_the_same_number_is_another_press_of_another_officer_or_an_hour_later(
    small: Chat,
) -> None:
    shown = small.take("he has a knife")
    small.press(CLAIM, shown, number="a")
    small.press(RELEASE, small.case, number="a")
    assert small.case.state is State.OPEN
    small.press(CLAIM, shown, number="a", who="U2")
    assert small.case.claimed_by == "slack:U2"
    small.press(RELEASE, small.case, number="b", who="U2")
    small.clock.step(hours=1)
    small.press(CLAIM, small.case, number="a")
    assert small.case.claimed_by == "slack:U1"


def test_a_late_press_is_told_who_has_it_and_who_closed_it(small: Chat) -> None:
    shown = small.take("he has a knife")
    small.press(CLAIM, shown)
    assert "Officer U1 has it since" in refused(small.press(CLAIM, shown, who="U2"))
    small.press(RESULT, shown, code="deployed")
    late = small.press(RESULT, shown, who="U2", code="spam")
    assert "was closed by Officer U1" in refused(late)
    assert small.case.result == "deployed"


def test_whoever_accepts_an_offer_that_lapsed_has_the_case(small: Chat) -> None:
    small.press(HAND_OVER, small.take("he has a knife"), lane="safeguarding")
    offered = small.case
    small.clock.step(minutes=3)
    run_clocks(small.desk)
    assert small.case.state is State.OPEN

    assert not small.press(ACCEPT, offered, who="U2").refused
    assert (small.case.state, small.case.claimed_by) == (State.CLAIMED, "slack:U2")


def test_whoever_claims_what_was_offered_since_accepts_it(small: Chat) -> None:
    shown = small.take("he has a knife")
    small.press(HAND_OVER, shown, lane="safeguarding")

    assert not small.press(CLAIM, shown, who="U2").refused
    assert (small.case.lane, small.case.claimed_by) == (Lane.SAFEGUARDING, "slack:U2")
    twice = small.press(ACCEPT, shown, who="U2")
    assert twice.unchanged


def test_a_press_on_a_case_that_is_not_there_changes_nothing(small: Chat) -> None:
    press = Press(
        id="1",
        ref="FC-26-1123-9999",
        action=CLAIM,
        args={},
        tool="slack",
        pressed_at=NOW,
        slack_id="U1",
        reply={},
    )

    assert "no such item" in refused(small.presses.answer(press))


# --- who presses ----------------------------------------------------------------------------------


def test_a_press_outside_the_desks_channels_makes_nobody_an_officer(small: Chat) -> None:
    shown = small.take("he has a knife")

    answer = small.press(CLAIM, shown, at_desk=False)

    assert "not known" in refused(answer)
    assert answer.case is None
    assert small.store.officers() == []
    small.press(CLAIM, shown)
    assert not small.press(RESULT, shown, at_desk=False, code="deployed").refused


def test_a_press_gives_nobody_back_the_access_that_was_taken_away(small: Chat) -> None:
    shown = small.take("he has a knife")
    small.press(CLAIM, shown)
    small.press(RELEASE, small.case)
    small.store.remove_officer("slack:U1")

    assert "not known" in refused(small.press(CLAIM, shown))
    assert small.store.officers() == []
    assert small.case.claimed_by == ""


def test_a_press_of_nobody_makes_no_officer(small: Chat) -> None:
    shown = small.take("he has a knife")

    assert "not known" in refused(small.press(CLAIM, shown, who=""))
    assert small.store.officers() == []


def test_a_refusal_shows_the_case_only_to_whom_may_see_it(small: Chat) -> None:
    rex = Officer(id="rex", name="Rex Hill", roles=frozenset({Role.REVIEWER}), slack_id="U7")
    small.store.save_officer(rex)
    private = small.take("he has a knife")

    answer = small.press(CLAIM, private, who="U7")

    assert "restricted" in refused(answer)
    assert answer.case is None


# --- in Teams -------------------------------------------------------------------------------------


def test_in_teams_the_answer_to_a_press_on_an_old_card_is_the_fresh_card(small: Chat) -> None:
    context = CardContext(desk="Westbridge Police")
    settings = TeamsSettings(kind="teams", allow_unsigned=True, channels={Lane.DESK: DESK})
    teams = TeamsPresses(settings, context, small.presses.answer, small.clock)

    def press(action: dict, **filled: str) -> dict:
        inputs = {f"arg_{name}": value for name, value in filled.items()}
        activity = {
            "type": "invoke",
            "name": "adaptiveCard/action",
            "from": {"aadObjectId": "aad-khan", "name": "Officer Khan"},
            "conversation": {"id": DESK},
            "value": {"action": action | {"data": action["data"] | inputs}},
        }
        return teams.receive({}, json.dumps(activity).encode())[1]["value"]

    def save(card: dict) -> dict:
        (more,) = [each for each in card["actions"] if each["title"] == "More"]
        old = more | {"verb": NOT_RISK}  # as on the cards of earlier versions
        return press(old, reason="a quotation")

    drawn = card_of(small.take("is the bridge open?"), context, level=0, now=small.clock())
    small.take("he has a knife", Change.EDIT)

    fresh = save(card_body(drawn))
    assert texts(fresh)[:2] == [
        f"FC-26-1123-0001 {LOOK_AGAIN}. You wrote: a quotation",
        card_of(small.case, context, level=0, now=small.clock()).header,
    ]
    assert small.case.state is State.OPEN

    assert texts(save(fresh))[-1].startswith("Closed: ")
    teams.stop()
