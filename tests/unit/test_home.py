"""An officer's home as a view, and as Slack and Teams take it, at its fullest."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from notifier.asking import Told, Word, words_of
from notifier.card import CardContext
from notifier.home import Health, Home, HomeFacts, Section, home_of
from notifier.slack_home import home_view, sections_blocks
from tests.servers.desk import NOW, SENT, a_case
from tests.servers.slack import violations
from triage.clearance import Window
from triage.homes import Present, Standing, lanes_for
from triage.lifecycle import due
from triage.model import Alarm, Case, Officer, Priority, Role, State
from triage.taxonomy import Lane

CONTEXT = CardContext(
    desk="Westbridge Police",
    console_url="https://desk.example",
    reply_windows={"facebook": Window(hours=24, human=168), "x": Window()},
    officer_name=lambda officer: f"Officer {officer.title()}",
)


def numbered(count: int, **fields: Any) -> list[Case]:
    return [a_case(ref=f"FC-26-1123-{each:04d}", **fields) for each in range(1, count + 1)]


def facts(**fields: Any) -> HomeFacts:
    values: dict[str, Any] = {"officer": "khan", "now": NOW, "may_claim": lambda case: True}
    return HomeFacts(**(values | fields))


def titles(home: Home) -> list[str]:
    return [section.title for section in home.sections]


def section(home: Home, title: str) -> Section:
    return next(each for each in home.sections if each.title.startswith(title))


def test_an_empty_desk_says_so_in_few_words() -> None:
    home = home_of(facts(), CONTEXT)

    assert titles(home) == ["My items: 0", "Unclaimed: 0", "Sources", "On the desk: 0"]
    assert section(home, "My items").facts == ("You have nothing claimed",)
    assert section(home, "Unclaimed").facts == ("Nothing waits",)


def test_unclaimed_items_stand_by_priority_with_counts_and_the_first_of_each() -> None:
    waiting = [
        *numbered(5, priority=Priority.P1),
        *(replace(case, ref=f"{case.ref}9") for case in numbered(2, priority=Priority.P4)),
    ]
    counts = [
        Standing(priority=Priority.P1, state=State.OPEN, count=40, late=0),
        Standing(priority=Priority.P4, state=State.OPEN, count=2, late=0),
        Standing(priority=Priority.P1, state=State.CLAIMED, count=3, late=0),
        Standing(priority=None, state=State.RECEIVED, count=6, late=6),
    ]

    home = home_of(facts(unclaimed=waiting, standings=counts), CONTEXT)

    shown = section(home, "Unclaimed: 42")
    assert shown.facts == ("P1 40 · P4 2", "6 being read by the service")
    assert [line.priority for line in shown.lines] == [Priority.P1] * 3 + [Priority.P4] * 2
    assert shown.lines[0].text == "P1 Emergency · direct message · X · 4 min left"
    assert shown.lines[0].url == "https://desk.example/items/FC-26-1123-0001"
    assert "Late" not in " ".join(titles(home))


def test_late_items_are_named_with_who_has_them_but_not_ones_own_twice() -> None:
    late = SENT - timedelta(hours=3)
    mine = a_case(state=State.CLAIMED, claimed_by="khan")
    other = a_case(ref="FC-26-1123-0002", state=State.CLAIMED, claimed_by="osei")
    both = [
        replace(case, decision=replace(case.decision, due=due(Priority.P1, late)))
        for case in (mine, other)
        if case.decision
    ]
    counts = [Standing(priority=Priority.P1, state=State.CLAIMED, count=2, late=2)]

    home = home_of(facts(mine=both[:1], late=both, standings=counts), CONTEXT)

    shown = section(home, "Late: 2")
    assert [line.ref for line in shown.lines] == ["FC-26-1123-0002"]
    assert shown.lines[0].text.endswith("2 h late · claimed by Officer Osei")
    assert shown.lines[0].late
    assert section(home, "My items: 1").lines[0].late


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        (timedelta(hours=22), "Reply by"),
        (timedelta(hours=2), ""),
        (timedelta(hours=30), ""),
        (timedelta(hours=166), "Reply by"),
        (timedelta(hours=169), ""),
    ],
)
def test_a_reply_window_is_named_when_it_closes_soon(sent: timedelta, named: str) -> None:
    case = a_case(channel="fb_message")
    case = replace(case, item=replace(case.item, sent_at=NOW - sent))

    home = home_of(facts(closing=[case]), CONTEXT)

    lines = [line.text for each in home.sections for line in each.lines]
    assert [text.startswith("Reply by") for text in lines] == ([True] if named else [])


def test_alarms_come_first_and_sources_say_which_are_not_well() -> None:
    alarm = Alarm(key="sink:x", text="Cannot deliver", raised_at=NOW)
    sources = [
        Health(source="x:a", well=True, text="well"),
        Health(source="fb", well=False, text="late"),
    ]

    home = home_of(facts(alarms=[alarm], sources=sources), CONTEXT)

    assert titles(home)[0] == "Open alarms: 1"
    assert home.sections[0].facts == ("Cannot deliver (since 09:42)",)
    assert section(home, "Sources").facts == ("fb: late", "1 well")
    assert section(home, "Sources").warning


def test_who_is_on_the_desk_is_named_with_what_they_have() -> None:
    present = [Present(officer="osei", seen_at=NOW - timedelta(minutes=4), items=3)]

    home = home_of(facts(present=present), CONTEXT)

    assert section(home, "On the desk: 1").facts == ("Officer Osei: 3 items, active 4 min ago",)


def test_an_offer_can_be_accepted_and_nothing_that_the_officer_may_not_take() -> None:
    offered = a_case(state=State.OFFERED, offered_to=Lane.SAFEGUARDING)

    may = home_of(facts(offered=[offered]), CONTEXT)
    may_not = home_of(facts(offered=[offered], may_claim=lambda case: False), CONTEXT)

    assert section(may, "Offered").lines[0].claimable
    assert not section(may_not, "Offered").lines[0].claimable


# --- at its fullest -------------------------------------------------------------------------------


def crowded() -> Home:
    """Everything there can be, with names that try to break the layout."""
    name = "<!channel> *Ω* " * 40
    context = replace(CONTEXT, officer_name=lambda officer: name, desk="&<>" * 200)
    counts = [
        Standing(priority=priority, state=State.OPEN, count=900, late=300) for priority in Priority
    ]
    cases = numbered(300, state=State.CLAIMED, claimed_by="osei")
    waiting = [case for each in Priority for case in numbered(9, priority=each)]
    old = [
        replace(
            each, item=replace(each.item, channel="fb_message", sent_at=NOW - timedelta(hours=23))
        )
        for each in cases
    ]
    made = facts(
        mine=cases,
        unclaimed=waiting,
        late=cases,
        offered=numbered(300, state=State.OFFERED, offered_to=Lane.COMMS),
        closing=old,
        standings=counts,
        alarms=[Alarm(key=str(n), text=name, raised_at=NOW) for n in range(40)],
        sources=[Health(source=f"x:{n}", well=False, text=name) for n in range(40)],
        present=[Present(officer=str(n), seen_at=NOW, items=n) for n in range(40)],
    )
    return home_of(made, context, note=name)


def test_the_fullest_home_is_within_slacks_limits_and_pings_nobody() -> None:
    view = home_view(Told(home=crowded()))

    assert list(violations(view["blocks"], most=100)) == []
    assert len(view["blocks"]) <= 100
    assert "<!channel>" not in str(view)


def test_a_long_answer_is_cut_to_a_messages_blocks_and_says_so() -> None:
    many: Sequence[Section] = crowded().sections * 3

    blocks = sections_blocks(many)

    assert list(violations(blocks)) == []
    assert len(blocks) == 50
    assert "console" in str(blocks[-1])


# --- words and lanes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "word", "ref", "known"),
    [
        ("queue", Word.QUEUE, "", True),
        ("  Next ", Word.NEXT, "", True),
        ("fc-26-1123-0041", Word.ITEM, "FC-26-1123-0041", True),
        ("item FC-26-1123-0041", Word.ITEM, "FC-26-1123-0041", True),
        ("item", Word.HELP, "", False),
        ("", Word.HELP, "", True),
        ("claim FC-26-1123-0041", Word.HELP, "", False),
        ("x" * 10_000, Word.HELP, "", False),
    ],
)
def test_words_are_understood_whole_or_not_at_all(
    said: str, word: Word, ref: str, known: bool
) -> None:
    assert words_of(said) == (word, ref, known)


@pytest.mark.parametrize(
    ("roles", "lanes"),
    [
        ({Role.OFFICER}, set(Lane) - {Lane.STANDARDS}),
        ({Role.REVIEWER}, {Lane.COMMS}),
        ({Role.OFFICER, Role.REVIEWER}, set(Lane) - {Lane.STANDARDS}),
        ({Role.SUPERVISOR}, set(Lane)),
        ({Role.AUDITOR}, set(Lane)),
    ],
)
def test_lanes_go_by_role(roles: set[Role], lanes: set[Lane]) -> None:
    assert set(lanes_for(Officer(id="o", name="O", roles=frozenset(roles)))) == lanes
