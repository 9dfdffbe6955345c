"""A reply goes out exactly once, wherever the sender is killed and however many try at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from storage.store import connect
from tests.conftest import PATIENCE
from tests.reply_rig import BOB, ReplyRig, Shifted, reply_rig
from triage.dispatch import dispatch
from triage.errors import Stale
from triage.replies import ReplyState, ReplyVerb

STEPS = 40


class KilledError(BaseException):
    """What no `except Exception` holds up."""


@dataclass
class Death:
    """Comes at a step, before or after it is taken."""

    at: int
    after: bool
    steps: int = 0

    def around(self, step: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self.steps += 1
        mine = self.steps == self.at
        if mine and not self.after:
            raise KilledError
        done = step(*args, **kwargs)
        if mine:
            raise KilledError
        return done


class Mortal:
    """Whatever is asked of it is a step at which death may come."""

    def __init__(self, inner: Any, death: Death) -> None:
        self._inner, self._death = inner, death

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found):
            return found
        return lambda *args, **kwargs: self._death.around(found, *args, **kwargs)


@pytest.fixture
def rig() -> Iterator[ReplyRig]:
    with reply_rig() as made:
        yield made


def send_and_die(rig: ReplyRig, reply_id: str, death: Death) -> bool:
    """One attempt of the sender that may not survive it; True if it did."""
    desk = replace(rig.desk, store=Mortal(rig.store, death))
    messengers: Any = {key: Mortal(each, death) for key, each in rig.messengers.items()}
    try:
        dispatch(desk, messengers, reply_id, pace=rig.pace)
    except KilledError:
        return False
    return True


def go_on(rig: ReplyRig, reply_id: str) -> ReplyState:
    """What the service does after a restart, until nothing is owed."""
    for _ in range(12):
        rig.clock.move(seconds=20)
        rig.sweep()
    return rig.reply(reply_id).state


@pytest.mark.parametrize("by", ["mention", "dm", "comment", "message"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_kill_at_any_step_loses_and_doubles_nothing(rig: ReplyRig, by: str, after: bool) -> None:
    survived = False
    for at in range(1, STEPS):
        case = getattr(rig, by)(author={"account_id": str(9000 + at), "handle": f"u{at}"})
        reply_id = rig.approved(case, f"Answer {at}: yes.")
        survived = send_and_die(rig, reply_id, Death(at=at, after=after))
        assert go_on(rig, reply_id) is ReplyState.SENT
        assert rig.said.count(f"Answer {at}: yes.") == 1
        if survived:
            break
    assert survived, "the sender takes more steps than were tried"


@pytest.mark.parametrize("first", range(1, 9))
def test_a_second_kill_while_it_is_looked_for_changes_nothing(rig: ReplyRig, first: int) -> None:
    for second in range(1, STEPS):
        case = rig.mention(author={"account_id": str(9000 + second), "handle": f"u{second}"})
        reply_id = rig.approved(case, f"Answer {second}: yes.")
        send_and_die(rig, reply_id, Death(at=first, after=True))
        rig.clock.move(seconds=70)
        survived = send_and_die(rig, reply_id, Death(at=second, after=True))
        assert go_on(rig, reply_id) is ReplyState.SENT
        assert rig.said.count(f"Answer {second}: yes.") == 1
        if survived:
            break


def test_of_many_who_send_at_once_one_does(tmp_path: Path) -> None:
    store = connect(f"sqlite:///{tmp_path / 'replies.db'}", PATIENCE, clock=Shifted())
    store.migrate()
    with reply_rig(store) as rig, ThreadPoolExecutor(8) as pool:
        for number in range(5):
            reply_id = rig.approved(rig.mention(), f"Yes, {number}.")
            list(pool.map(rig.send, [reply_id] * 8))
            assert rig.reply(reply_id).state is ReplyState.SENT
        assert rig.said == [f"Yes, {number}." for number in range(5)]
    store.close()


def test_of_many_who_press_at_once_one_is_heard(tmp_path: Path) -> None:
    store = connect(f"sqlite:///{tmp_path / 'replies.db'}", PATIENCE, clock=Shifted())
    store.migrate()
    with reply_rig(store) as rig, ThreadPoolExecutor(8) as pool:
        case = rig.claim(rig.mention())

        def press(_: int) -> None:
            for verb in (ReplyVerb.WRITE, ReplyVerb.SUBMIT):
                with suppress(Stale):
                    rig.press(verb, case, "the-same-form", text="Yes.")
            rig.sweep()

        list(pool.map(press, range(16)))
        rig.sweep()
        assert rig.said == ["Yes."]
    store.close()


def test_a_sender_that_was_overtaken_writes_nothing(rig: ReplyRig) -> None:
    case = rig.mention()
    reply_id = rig.approved(case)
    sender = rig.messengers["x", "westbridgepolice"]

    class Slow:
        name = sender.name

        def send(self, cleared: Any) -> str:
            sent = sender.send(cleared)
            rig.clock.move(seconds=120)  # its hold is over: another node takes the reply up
            rig.send(reply_id)
            return sent

        look = sender.look

    dispatch(rig.desk, {("x", "westbridgepolice"): Slow()}, reply_id, pace=rig.pace)
    assert rig.reply(reply_id).state is ReplyState.SENT
    assert len(rig.said) == 1
    assert rig.events(case).count("reply_sent") == 1


def test_a_withdrawal_and_the_sender_never_both_succeed(rig: ReplyRig) -> None:
    case = rig.mention()
    reply_id = rig.approved(case)
    rig.press(ReplyVerb.WITHDRAW, case, reply_id)
    assert rig.send(reply_id).state is ReplyState.WITHDRAWN
    assert rig.said == []
    assert BOB.id not in rig.reply(reply_id).drafted_by
