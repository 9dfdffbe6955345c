"""What the classifier, as served, makes of the cases: shares by function and the failed cases."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from classifiers.alone import in_chunks, item_alone, priority_alone
from classifiers.contexts.cases import Case, Expect, Form, Side
from classifiers.training.shares import Share
from triage.model import Item, Priority, Verdict
from triage.ports import Classifier, reading_of
from triage.taxonomy import Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one text of a case, and what of it is not as expected."""

    side: Side
    label: Label
    wrong: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A case with its answers."""

    case: Case
    answers: tuple[Answer, ...]

    @property
    def changed(self) -> bool:
        """Whether texts that mean the same were read differently."""
        return self.case.form is Form.SAME and len({each.label for each in self.answers}) > 1

    @property
    def passed(self) -> bool:
        """Whether everything came as expected."""
        return not self.changed and not any(each.wrong for each in self.answers)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextReport:
    """The outcome of all cases. `functions` and `languages` come with the worst first."""

    model: str
    outcomes: tuple[Outcome, ...]
    functions: Mapping[str, Share]
    languages: Mapping[str, Share]

    @property
    def mean(self) -> float:
        """Mean share over functions: each counts the same, however many cases it has."""
        return sum(each.value for each in self.functions.values()) / len(self.functions)

    @property
    def failed(self) -> list[Outcome]:
        """The failed cases, in the order of the table."""
        places = {name: place for place, name in enumerate(self.functions)}
        failed = [each for each in self.outcomes if not each.passed]
        return sorted(failed, key=lambda each: places[each.case.function])

    def under(self, share: float) -> list[str]:
        """Functions of which less than `share` passed."""
        return [name for name, each in self.functions.items() if each.value < share]

    def as_json(self) -> dict[str, Any]:
        """The report as plain values for a JSON object."""
        return {
            "model": self.model,
            "cases": len(self.outcomes),
            "mean": self.mean,
            "functions": _plain(self.functions),
            "languages": _plain(self.languages),
            "failed": [_failed_json(each) for each in self.failed],
        }

    def as_text(self) -> str:
        """The report as tables for a terminal."""
        return "\n".join([*_head(self), *_tables(self), *_failed_lines(self)])


def measure(cases: Sequence[Case], classifier: Classifier) -> ContextReport:
    """Read every text of every case and compare. There must be at least one case.

    Raises:
        Unavailable: the model cannot be run.
    """
    asked = [(side, _item(case, side)) for case in cases for side in case.sides]
    answers = iter(_answers(asked, classifier))
    outcomes = tuple(
        Outcome(case=case, answers=tuple(islice(answers, len(case.sides)))) for case in cases
    )
    return ContextReport(
        model=classifier.name,
        outcomes=outcomes,
        functions=_shares(outcomes, lambda case: case.function),
        languages=_shares(outcomes, lambda case: case.lang),
    )


def _item(case: Case, side: Side) -> Item:
    raw = {"id": case.id, "channel": case.channel, "text": side.text}
    return item_alone(raw, case.id)


def _answers(asked: Sequence[tuple[Side, Item]], classifier: Classifier) -> list[Answer]:
    readings = [reading_of(item, side.thread) for side, item in asked]
    verdicts = in_chunks(readings, classifier.read)
    return [
        _answer(side, item, verdict) for (side, item), verdict in zip(asked, verdicts, strict=True)
    ]


def _answer(side: Side, item: Item, verdict: Verdict) -> Answer:
    priority = priority_alone(item, verdict, side.thread)
    wrong = tuple(differences(side.expect, verdict, priority))
    return Answer(side=side, label=verdict.label, wrong=wrong)


def differences(expect: Expect, verdict: Verdict, priority: Priority) -> list[str]:
    """What is not as expected, in words: expected first, then what came."""
    out = []
    if verdict.label not in expect.classes:
        out.append(f"{' or '.join(expect.classes)} expected, {verdict.label} came")
    out += [f"{name} is off" for name in sorted(expect.signals) if not verdict.has(name)]
    out += [f"{name} is on" for name in sorted(expect.not_signals) if verdict.has(name)]
    if expect.at_least is not None and priority > expect.at_least:
        out.append(f"at least {expect.at_least.name} expected, {priority.name} came")
    if expect.at_most is not None and priority < expect.at_most:
        out.append(f"at most {expect.at_most.name} expected, {priority.name} came")
    return out


def _shares(outcomes: Sequence[Outcome], key: Callable[[Case], str]) -> dict[str, Share]:
    """Passed cases by some key of the case, the worst first."""
    groups: dict[str, list[bool]] = defaultdict(list)
    for each in outcomes:
        groups[key(each.case)].append(each.passed)
    shares = {name: Share(hits=sum(group), of=len(group)) for name, group in groups.items()}
    return dict(sorted(shares.items(), key=lambda pair: (pair[1].value, pair[0])))


def _plain(shares: Mapping[str, Share]) -> dict[str, dict[str, Any]]:
    return {
        name: {"cases": each.of, "passed": each.hits, "share": each.value}
        for name, each in shares.items()
    }


def _failed_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "id": outcome.case.id,
        "function": outcome.case.function,
        "lang": outcome.case.lang,
        "changed": outcome.changed,
        "answers": [
            {"text": each.side.text, "class": each.label, "wrong": list(each.wrong)}
            for each in outcome.answers
        ],
    }


def _head(report: ContextReport) -> list[str]:
    cases, functions = len(report.outcomes), len(report.functions)
    mean = f"mean share over functions {report.mean:.3f}"
    return [f"{cases} cases over {functions} functions, model {report.model}", mean]


def _tables(report: ContextReport) -> list[str]:
    out = []
    for name, shares in (("function", report.functions), ("language", report.languages)):
        out += ["", f"{name:<36}{'cases':>6}{'passed':>8}{'share':>7}"]
        out += [
            f"{name:<36}{each.of:>6}{each.hits:>8}{each.value:>7.2f}"
            for name, each in shares.items()
        ]
    return out


def _failed_lines(report: ContextReport) -> list[str]:
    out = ["", f"failed cases: {len(report.failed)}"]
    for outcome in report.failed:
        note = ": should be read alike" if outcome.changed else ""
        out.append(f"  {outcome.case.id}{note}")
        out += [_answer_line(each) for each in outcome.answers if each.wrong or outcome.changed]
    return out


def _answer_line(answer: Answer) -> str:
    said = "; ".join(answer.wrong) or f"{answer.label}, as expected"
    before = "".join(f"{' '.join(each.split())} >> " for each in answer.side.thread)
    return f"    {said}: {before}{' '.join(answer.side.text.split())}"
