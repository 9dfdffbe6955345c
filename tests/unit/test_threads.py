"""Which lines are owed to the thread of an incident's first card."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.servers.desk import NOW, SENT, a_case
from triage.model import Case, Priority
from triage.taxonomy import Lane
from triage.threads import Line, Telling, Thread, first_of, folded_in, lines_of, minute_of

FIRST = "FC-26-1123-0041"
INCIDENT = "IN-26-1123-0041"
CARD = Thread(card=f"card:{FIRST}:slack:C02", destination="slack:C02", case_ref=FIRST)
LONDON = ZoneInfo("Europe/London")


def joining(count: int, priority: Priority = Priority.P2, **fields: Any) -> list[Case]:
    return [
        a_case(ref=f"FC-26-1123-{100 + each:04d}", incident=INCIDENT, priority=priority, **fields)
        for each in range(count)
    ]


def lines(joined: Sequence[Case], *threads: Thread, most: int = 3, **fields: Any) -> list[Line]:
    values: dict[str, Any] = {"zone": LONDON, "most": most, "has_threads": lambda place: True}
    telling = Telling(**(values | fields))
    return lines_of(joined, {FIRST: threads or (CARD,)}, telling, NOW)


def texts(made: Sequence[Line]) -> list[str]:
    return [json.loads(each.message.body)["text"] for each in made]


def test_a_line_says_which_item_how_urgent_and_when_it_was_sent() -> None:
    (line,) = lines(joining(1))

    assert texts([line]) == ["FC-26-1123-0100 joined this incident: P2, 09:41"]
    assert line.message.under == CARD.card
    assert line.message.destination == "slack:C02"
    assert line.not_before is None
    assert "knife" not in line.message.body


def test_a_line_of_another_day_says_which() -> None:
    (case,) = joining(1)
    old = replace(case, item=replace(case.item, sent_at=SENT - timedelta(days=2)))

    assert texts(lines([old])) == ["FC-26-1123-0100 joined this incident: P2, 21 Nov 09:41"]


def test_in_a_surge_what_is_too_much_for_a_minute_becomes_one_line_at_its_end() -> None:
    joined = [*joining(14), *joining(1, Priority.P1)]
    made = lines([replace(case, ref=f"FC-X-{n}") for n, case in enumerate(joined)])

    assert len(made) == 4
    assert texts(made)[3] == "12 more items joined this incident, the most urgent P1"
    assert made[3].not_before == minute_of(NOW) + timedelta(minutes=1)
    assert folded_in(made[3].message.body) == (12, Priority.P1)


def test_what_was_told_this_minute_counts() -> None:
    told = replace(CARD, told=2)
    folded = replace(CARD, told=3, folded=4, worst=Priority.P3)

    assert [each.not_before is None for each in lines(joining(2), told)] == [True, False]
    (more,) = lines(joining(2), folded)
    assert texts([more]) == ["6 more items joined this incident, the most urgent P2"]


def test_one_item_too_many_is_one_more_item() -> None:
    made = lines(joining(1), replace(CARD, told=3))
    assert texts(made) == ["1 more item joined this incident, the most urgent P2"]


def test_each_place_with_a_card_is_told_and_only_where_there_are_threads() -> None:
    mail = replace(CARD, card=f"card:{FIRST}:email:desk", destination="email:desk")
    other = replace(CARD, card=f"card:{FIRST}:slack:C01", destination="slack:C01")

    made = lines(joining(1), CARD, mail, other, has_threads=lambda place: place.startswith("slack"))

    assert [each.message.destination for each in made] == ["slack:C02", "slack:C01"]
    assert len({each.message.key for each in made}) == 2


def test_neither_the_first_nor_what_is_restricted_or_unshown_is_told_of() -> None:
    first = a_case(ref=FIRST, incident=INCIDENT)
    parted = a_case(ref="FC-26-1123-0050", incident="IN-26-1123-0050.1")

    assert lines([first, parted]) == []
    assert lines(joining(1, lane=Lane.STANDARDS)) == []
    assert lines(joining(1, Priority.P4), show_up_to=Priority.P3) == []


def test_a_line_is_known_by_its_item_so_that_it_is_told_once() -> None:
    again = [lines(joining(1))[0].message.key for _ in range(2)]
    assert again[0] == again[1]


@pytest.mark.parametrize(
    "body", ["", "{}", "[]", "x", '{"count": "y", "worst": 1}', '{"text": "a"}']
)
def test_other_bodies_fold_nothing(body: str) -> None:
    assert folded_in(body) == (0, None)


@pytest.mark.parametrize("name", [INCIDENT, f"{INCIDENT}.2"])
def test_an_incident_is_named_after_its_first_item(name: str) -> None:
    assert first_of(name) == FIRST
