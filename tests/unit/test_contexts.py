"""The context cases are sound, and measuring them tells right from wrong."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

import classifiers.training
from classifiers.contexts.cases import Case, Expect, Form, read_cases, shipped_cases
from classifiers.contexts.measure import ContextReport, differences, measure
from triage.errors import BadInput
from triage.model import Priority, Signal, Verdict
from triage.ports import Reading
from triage.taxonomy import Audience, Label, SignalName

TRAINING = Path(classifiers.training.__file__).parent / "data"
EMERGENCY = {"class": ["emergency"]}
ROUTINE = {"class": ["routine"]}


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return shipped_cases()


def by_function(cases: Sequence[Case]) -> dict[str, list[Case]]:
    found = defaultdict(list)
    for case in cases:
        found[case.function].append(case)
    return found


class Reader:
    """A classifier that decides by a function of text and thread."""

    name = "reader"

    def __init__(self, decide: Callable[[Reading], Label]) -> None:
        self._decide = decide

    def read(self, readings: Sequence[Reading]) -> list[Verdict]:
        return [verdict(self._decide(each)) for each in readings]


def verdict(label: Label, *signals: SignalName) -> Verdict:
    return Verdict(
        label=label,
        audience=Audience.CONTACT,
        scores={each: float(each is label) for each in Label},
        signals=tuple(Signal(name=name, score=0.9) for name in signals),
    )


def read(*raws: dict[str, object]) -> list[Case]:
    full = [
        {"id": f"case-{number}", "function": "f", "lang": "en", **raw}
        for number, raw in enumerate(raws)
    ]
    return read_cases([json.dumps(raw).encode() for raw in full], "cases.jsonl")


def knife_means_emergency(reading: Reading) -> Label:
    said = " ".join((*reading.thread, reading.text))
    return Label.EMERGENCY if "knife" in said else Label.ROUTINE


def measured(*raws: dict[str, object]) -> ContextReport:
    return measure(read(*raws), Reader(knife_means_emergency))


# --- the shipped cases ----------------------------------------------------------------------------


def test_ids_are_unique_and_begin_with_their_function(cases: list[Case]) -> None:
    assert [name for name, count in Counter(case.id for case in cases).items() if count > 1] == []
    assert [case.id for case in cases if not case.id.startswith(f"{case.function}-")] == []


def test_there_are_many_functions_with_at_least_twelve_cases_each(cases: list[Case]) -> None:
    sizes = {name: len(group) for name, group in by_function(cases).items()}
    assert len(sizes) >= 42
    assert len(cases) >= 620
    assert {name: size for name, size in sizes.items() if size < 12} == {}


def test_many_languages_are_asked_besides_english(cases: list[Case]) -> None:
    counts = Counter(case.lang for case in cases)
    assert sum(counts.values()) - counts["en"] >= 150
    assert len([lang for lang, count in counts.items() if count >= 10]) >= 6


@pytest.mark.parametrize("label", list(Label))
def test_whoever_always_says_the_same_fails_in_every_function(
    cases: list[Case], label: Label
) -> None:
    report = measure(cases, Reader(lambda reading: label))
    assert {name: each.value for name, each in report.functions.items() if each.value > 0.7} == {}
    assert report.mean < 0.4


@pytest.mark.parametrize("label", list(Label))
def test_each_class_is_the_only_right_one_for_a_sixth_to_a_half_of_the_texts(
    cases: list[Case], label: Label
) -> None:
    asked = [side.expect.classes for case in cases for side in case.sides]
    assert 1 / 6 < sum(classes == (label,) for classes in asked) / len(asked) < 0.5


def test_no_text_is_asked_about_twice(cases: list[Case]) -> None:
    counts = Counter((side.thread, side.text) for case in cases for side in case.sides)
    assert [text for text, count in counts.items() if count > 1] == []


def test_no_case_is_among_the_training_rows(cases: list[Case]) -> None:
    def plain(text: str) -> str:
        return " ".join(re.findall(r"\w+", text.casefold()))

    rows = {
        plain(json.loads(line)["text"])
        for path in TRAINING.glob("*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    }
    texts = [(case.id, plain(side.text)) for case in cases for side in case.sides]
    assert rows
    # Of three words or fewer ("thank you") nobody is the author.
    assert [name for name, text in texts if len(text.split()) > 3 and text in rows] == []


def test_phone_numbers_in_cases_are_from_the_ranges_for_drama(cases: list[Case]) -> None:
    texts = [side.text for case in cases for side in case.sides]
    numbers = [number for text in texts for number in re.findall(r"\b0\d{4} ?\d{5,6}\b", text)]
    assert [number for number in numbers if not number.startswith("07700 900")] == []


# --- reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"expect": EMERGENCY}, "exactly one of"),
        ({"text": "a", "same": ["a", "b"], "expect": EMERGENCY}, "exactly one of"),
        ({"text": "a"}, "expect: not a JSON object"),
        ({"text": "a", "expect": {"class": []}}, "no class is allowed"),
        ({"text": "a", "expect": {"class": ["urgent"]}}, "'urgent'"),
        ({"text": "a", "expect": {**EMERGENCY, "signals": ["knives"]}}, "'knives'"),
        ({"text": "a", "expect": {**EMERGENCY, "at_least": "P9"}}, "unknown priority 'P9'"),
        ({"text": "a", "expect": EMERGENCY, "languages": "en"}, "unknown key 'languages'"),
        ({"text": "a", "expect": EMERGENCY, "channel": "fax"}, "unknown channel 'fax'"),
        ({"text": "a", "expect": EMERGENCY, "thread": "b"}, "thread: not a list"),
        ({"same": ["a", "a"], "expect": EMERGENCY}, "fewer than two different texts"),
        ({"pair": [{"text": "a", "expect": EMERGENCY}]}, "not two texts"),
        ({"pair": [{"text": t, "expect": ROUTINE} for t in "ab"]}, "of the same class"),
    ],
)
def test_a_case_that_asks_nothing_sensible_is_refused_with_its_line(
    raw: dict[str, object], said: str
) -> None:
    with pytest.raises(BadInput, match=re.escape(said)) as error:
        read(raw)
    assert error.value.where.startswith("cases.jsonl:1")


def test_a_second_case_with_the_same_id_is_refused() -> None:
    raw = {"id": "one", "text": "a", "expect": ROUTINE}
    with pytest.raises(BadInput, match=r"cases\.jsonl:2: a second case with the id 'one'"):
        read(raw, raw)


@pytest.mark.parametrize("line", [b"{", b"[]", b"\xff"])
def test_a_line_that_is_no_case_is_named(line: bytes) -> None:
    with pytest.raises(BadInput, match=r"cases\.jsonl:2"):
        read_cases([b"", line], "cases.jsonl")


# --- measuring ------------------------------------------------------------------------------------


def test_a_pair_passes_only_if_both_texts_are_read_as_they_should_be() -> None:
    report = measured(
        {"pair": [{"text": "knife", "expect": EMERGENCY}, {"text": "life", "expect": ROUTINE}]},
        {"pair": [{"text": "knife", "expect": EMERGENCY}, {"text": "no knife", "expect": ROUTINE}]},
    )
    assert [each.passed for each in report.outcomes] == [True, False]


def test_texts_that_mean_the_same_must_be_read_alike() -> None:
    (outcome,) = measured({"same": ["a knife", "a kn1fe"], "expect": EMERGENCY}).outcomes
    assert outcome.case.form is Form.SAME
    assert outcome.changed
    assert not outcome.passed


def test_texts_that_are_all_read_wrongly_do_not_pass_for_being_read_alike() -> None:
    (outcome,) = measured({"same": ["a gun", "a rifle"], "expect": EMERGENCY}).outcomes
    assert not outcome.changed
    assert not outcome.passed


def test_the_earlier_texts_of_the_sender_are_read_too() -> None:
    report = measured({"text": "hurry", "thread": ["he has a knife"], "expect": EMERGENCY})
    assert report.mean == 1.0


def test_signals_and_priorities_are_compared_as_well_as_the_class() -> None:
    expect = Expect(
        classes=(Label.ROUTINE,),
        signals=frozenset({SignalName.GENERAL}),
        not_signals=frozenset({SignalName.WEAPON}),
        at_least=Priority.P2,
    )
    came = verdict(Label.EMERGENCY, SignalName.WEAPON)
    assert differences(expect, came, Priority.P4) == [
        "routine expected, emergency came",
        "general is off",
        "weapon is on",
        "at least P2 expected, P4 came",
    ]
    calm = Expect(classes=(Label.ROUTINE,), at_most=Priority.P3)
    assert differences(calm, verdict(Label.ROUTINE), Priority.P1) == [
        "at most P3 expected, P1 came"
    ]
    assert differences(calm, verdict(Label.ROUTINE), Priority.P3) == []


def test_a_priority_is_the_one_the_service_would_give() -> None:
    raw = {"text": "knife", "expect": {"class": ["emergency"], "at_least": "P1"}}
    assert measured(raw).failed == []
    calm = {"text": "hello", "expect": {"class": ["routine"], "at_least": "P2"}}
    assert [each.case.id for each in measured(calm).failed] == ["case-0"]


def test_the_worst_function_comes_first_and_each_counts_the_same_in_the_mean() -> None:
    report = measured(
        {"function": "good", "text": "knife", "expect": EMERGENCY},
        {"function": "bad", "text": "gun", "expect": EMERGENCY},
        {"function": "good", "text": "hello", "expect": ROUTINE},
        {"function": "good", "text": "thanks", "expect": ROUTINE},
    )
    assert list(report.functions) == ["bad", "good"]
    assert report.mean == 0.5
    assert report.under(0.75) == ["bad"]
    assert report.under(0.0) == []


def test_failed_cases_are_printed_with_what_was_expected_and_what_came() -> None:
    text = measured({"text": "gun", "thread": ["hi"], "expect": EMERGENCY}).as_text()
    assert text.startswith(
        "1 cases over 1 functions, model reader\nmean share over functions 0.000"
    )
    assert "failed cases: 1\n  case-0\n    emergency expected, routine came: hi >> gun" in text


def test_the_report_of_contexts_is_plain_json() -> None:
    report = measured(
        {"text": "knife", "expect": EMERGENCY}, {"same": ["knife", "gun"], "expect": EMERGENCY}
    )
    raw = json.loads(json.dumps(report.as_json()))
    assert raw["functions"] == {"f": {"cases": 2, "passed": 1, "share": 0.5}}
    assert raw["languages"]["en"]["passed"] == 1
    (failed,) = raw["failed"]
    assert failed["changed"] is True
    assert failed["answers"][1] == {
        "text": "gun",
        "class": "routine",
        "wrong": ["emergency expected, routine came"],
    }
