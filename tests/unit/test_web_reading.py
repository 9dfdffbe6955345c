"""How texts, senders and stories are put on a page."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.web.acting import with_name
from console.web.known import waterfall
from console.web.reading import because, masked_sender, preview, segments, sender, story
from notifier.privacy import HIDDEN
from notifier.words import chance, visible
from tests.servers.desk import NOW, a_case, a_verdict
from triage.lifecycle import due
from triage.model import Author, Decision, Event, Evidence, Priority, Reason, Signal, Source, Span
from triage.taxonomy import Kind, Lane, SignalName

NAMES = list(SignalName)


def a_signal(start: int, end: int, name: SignalName = SignalName.WEAPON) -> Signal:
    return Signal(name=name, score=0.9, spans=(Span(start=start, end=end),))


def test_a_span_is_shown_with_its_signal() -> None:
    found = segments("he has a knife now", [a_signal(7, 14)])
    assert [(each.text, each.signals) for each in found] == [
        ("he has ", ()),
        ("a knife", ("weapon",)),
        (" now", ()),
    ]


def test_overlapping_spans_name_both_signals_where_they_overlap() -> None:
    both = [a_signal(0, 6), a_signal(3, 9, SignalName.OFFENDER_PRESENT)]
    assert [each.signals for each in segments("abcdefghi", both)] == [
        ("weapon",),
        ("weapon", "offender present"),
        ("offender present",),
    ]


@given(
    text=st.text(max_size=60),
    spans=st.lists(
        st.tuples(st.integers(-5, 70), st.integers(-5, 70), st.sampled_from(NAMES)), max_size=6
    ),
)
def test_nothing_of_a_text_is_lost_or_shown_twice_whatever_the_spans(
    text: str, spans: list[tuple[int, int, SignalName]]
) -> None:
    signals = [a_signal(start, end, name) for start, end, name in spans]
    assert "".join(each.text for each in segments(text, signals)) == visible(text)


def test_marks_that_turn_text_around_are_not_shown() -> None:
    assert segments("pay \u202eevil\u202c me", [])[0].text == "pay evil me"


def a_post(
    text: str,
    signal: SignalName,
    *spans: Span,
    priority: Priority = Priority.P4,
    source: Source = Source.RULE,
) -> str:
    verdict = a_verdict(signal)
    found = Signal(name=signal, score=0.9, spans=spans, source=source)
    verdict = replace(verdict, signals=(found,))
    case = a_case(text, kind=Kind.COMMENT, priority=priority, verdict=verdict)
    return preview(case)


def test_abusive_words_are_covered_in_a_preview() -> None:
    shown = a_post("you are vermin, all of you", SignalName.HATE, Span(start=8, end=14))
    assert shown == f"you are {HIDDEN}, all of you"


def test_abuse_that_is_not_located_covers_everything() -> None:
    assert "vermin" not in a_post("you are vermin", SignalName.ABUSE_OF_STAFF)


def test_words_that_count_most_to_the_model_are_not_all_that_is_covered() -> None:
    span = Span(start=8, end=14)
    shown = a_post("you are vermin, burn", SignalName.HATE, span, source=Source.MODEL)
    assert "burn" not in shown


def test_an_urgent_threat_is_not_covered() -> None:
    text = "he'll be in the ground by friday"
    span = Span(start=0, end=len(text))
    assert a_post(text, SignalName.THREATENING_CONTENT, span, priority=Priority.P2) == text


@given(
    text=st.text(min_size=1, max_size=80),
    spans=st.lists(st.tuples(st.integers(-5, 90), st.integers(-5, 90)), max_size=5),
)
def test_a_preview_can_always_be_made(text: str, spans: list[tuple[int, int]]) -> None:
    shown = a_post(text, SignalName.HATE, *(Span(start=one, end=two) for one, two in spans))
    assert len(shown) <= 220
    assert "\n" not in shown


def test_an_item_without_text_says_so() -> None:
    assert preview(a_case("  ")) == "No text"


@pytest.mark.parametrize(
    ("author", "shown"),
    [
        (Author(handle="@zeldaq"), "@ze…"),
        (Author(handle="z"), "@z…"),
        (Author(account_id="953087"), "account …087"),
        (Author(), "sender not known"),
    ],
)
def test_a_list_shows_little_of_a_sender(author: Author, shown: str) -> None:
    assert masked_sender(replace(a_case().item, author=author)) == shown


def test_a_name_from_right_to_left_stays_by_itself() -> None:
    item = replace(a_case().item, author=Author(handle="noor_wb", display_name="نور"))
    assert sender(item) == "\u2068نور\u2069 · @noor_wb"


def test_the_decision_is_one_sentence() -> None:
    case = a_case()
    decision = Decision(
        priority=Priority.P1,
        due=due(Priority.P1, case.item.sent_at),
        owner=Lane.CONTROL_ROOM,
        reasons=(
            Reason(rule="F4", text="weapon and present"),
            Reason(rule="class", text="danger now"),
            Reason(rule="signal", text="weapon"),
            Reason(rule="route", text="P1 goes to the control room"),
        ),
    )
    assert because(decision) == (
        "P1 Emergency because: weapon and present; danger now (weapon). "
        "Owner: control room (P1 goes to the control room)."
    )


def an_event(action: str, actor: str = "okafor", **detail: str) -> Event:
    return Event(at=NOW, actor=actor, action=action, subject="FC-26-1123-0041", detail=detail)


def test_a_story_names_people_and_counts_what_repeats() -> None:
    events = [
        an_event("item.received", "x:westbridgepolice"),
        an_event("viewed"),
        an_event("viewed"),
        an_event("grade", to="P2", reason="she is safe now"),
    ]
    told = story(events, {"okafor": "Sam Okafor"}, now=NOW, zone=NOW.tzinfo)  # type: ignore[arg-type]
    assert [(line.who, line.what, line.times) for line in told] == [
        ("Sam Okafor", "graded it P2: she is safe now", 1),
        ("Sam Okafor", "looked at it", 2),
        ("x:westbridgepolice", "took it in", 1),
    ]


def test_the_waterfall_ends_where_its_evidence_sums_up() -> None:
    weights = (-18.0, 12.0, 10.0, -2.0)
    pieces = [Evidence(field="name", level="exact", weight=weight) for weight in weights]
    bars, zero = waterfall(pieces)
    low, high = -18.0, 4.0
    assert zero == pytest.approx(100 * -low / (high - low), abs=0.1)
    last = bars[-1]
    assert last.x == pytest.approx(100 * (2.0 - low) / (high - low), abs=0.1)
    assert [bar.speaks_for for bar in bars] == [False, True, True, False]
    assert all(0 <= bar.x <= 100 for bar in bars)


def test_no_evidence_draws_nothing() -> None:
    assert waterfall(()) == ([], 0.0)


@pytest.mark.parametrize(
    ("probability", "said"),
    [(1.0, "over 99 in 100"), (0.97, "about 97 in 100"), (0.001, "under 1 in 100")],
)
def test_a_probability_is_never_said_to_be_certain(probability: float, said: str) -> None:
    assert chance(probability) == said


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("FC-1: you has it since 09:41 UTC", "FC-1: Officer You has it since 09:41 UTC"),
        ("FC-1 was closed by you", "FC-1 was closed by Officer You"),
        ("FC-1 changed since you looked", "FC-1 changed since you looked"),
    ],
)
def test_an_officer_is_called_by_name_where_the_id_is_meant(said: str, shown: str) -> None:
    assert with_name(said, "you", "Officer You") == shown
