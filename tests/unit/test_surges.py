"""When many at once are worth telling, and when the telling is over."""

from datetime import timedelta

from tests.factories import NOW
from triage.surges import QUIET_AFTER, Surge, Surging, over, surge_text

TEN = timedelta(minutes=10)


def surge(senders: int = 5, usual: float = 0.0, **about: str) -> Surge:
    return Surge(senders=senders, usual=usual, first="FC-1", **about)


def test_it_takes_enough_senders_and_well_above_the_usual() -> None:
    assert Surging().holds(surge(5, place="tarn street"))
    assert not Surging().holds(surge(4, place="tarn street"))
    assert not Surging().holds(surge(5, usual=1.3, place="high street"))
    assert Surging().holds(surge(6, usual=1.3, place="high street"))


def test_nothing_that_citizens_wrote_is_told() -> None:
    told = surge(7, place="tarn street")
    assert surge_text(told, TEN) == "7 people wrote about one place within 10 minutes: open FC-1"
    assert "tarn" not in told.key
    assert "IN-9" in surge_text(surge(incident="IN-9"), TEN)


def test_an_alarm_stands_while_it_surges_and_two_hours_at_least() -> None:
    key = surge(incident="IN-9").key
    late = NOW + QUIET_AFTER + TEN
    assert not over(key, NOW, NOW + QUIET_AFTER, set())
    assert not over(key, NOW, late, {key})
    assert over(key, NOW, late, set())
    assert not over("sink:slack", NOW, late, set())
