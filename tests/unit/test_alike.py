"""Raids are put together, and what strangers wrote is not."""

import random
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from triage.alike import bare, groups, simhash
from triage.shifts import shift_began

RAID = "Westbridge police are a disgrace, everybody share this before they take it down again!"


def test_one_text_from_many_accounts_is_one_batch_however_it_is_dressed() -> None:
    texts = {
        "a": RAID,
        "b": f"@westbridgepolice {RAID.upper()} 🔥🔥",
        "c": f"{RAID} https://example.org/1",
        "d": RAID.replace("everybody", "everyone"),
        "e": RAID.replace(" again!", ""),
        "f": "Is the lost property office open on Saturday?",
        "g": "My neighbour's music is far too loud again tonight",
    }
    assert groups(texts) == [["a", "b", "c", "d", "e"]]


def test_short_texts_are_one_only_if_they_are_equal() -> None:
    texts = {"a": "thanks", "b": "Thanks!", "c": "thank u", "d": "THANKS", "e": "tanks"}
    assert groups(texts) == [["a", "b", "d"]]


def test_what_holds_no_words_is_alike_to_nothing() -> None:
    assert groups({"a": "", "b": "https://example.org/1", "c": "@x @y", "d": "12 34"}) == []


def test_texts_of_strangers_do_not_fall_together() -> None:
    chance = random.Random(5)
    words = [f"{a}{b}{c}er" for a in "bcdfg" for b in "aeiou" for c in "lmnprst"]
    texts = {str(n): " ".join(chance.choices(words, k=12)) for n in range(400)}
    assert groups(texts, least=2) == []


def test_a_mark_is_the_same_on_every_machine() -> None:
    assert simhash(bare("the bridge is closed")) == simhash(bare("The bridge, is closed 1"))


def test_a_shift_begins_when_the_last_one_ended() -> None:
    london, ends = ZoneInfo("Europe/London"), ("06:00", "14:00", "22:00")
    for now, began in (
        (datetime(2026, 7, 1, 4, 59, tzinfo=UTC), datetime(2026, 6, 30, 21, tzinfo=UTC)),
        (datetime(2026, 7, 1, 5, 0, tzinfo=UTC), datetime(2026, 7, 1, 5, tzinfo=UTC)),
        (datetime(2026, 11, 23, 9, 41, tzinfo=UTC), datetime(2026, 11, 23, 6, tzinfo=UTC)),
    ):
        assert shift_began(now, ends, london) == began
    midnight = datetime(2026, 11, 23, 0, tzinfo=UTC)
    assert shift_began(datetime(2026, 11, 23, 9, tzinfo=UTC), (), london) == midnight
