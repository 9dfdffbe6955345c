"""The gate: a candidate beside the model in force, on the same rows, and what speaks against it.

Needs no torch. There is no way around a refusal.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import classifiers.training
from classifiers.contexts.cases import shipped_cases
from classifiers.contexts.measure import ContextReport
from classifiers.contexts.measure import measure as measure_contexts
from classifiers.ensemble import load_ensemble
from classifiers.runtime.build import build_model, default_cache
from classifiers.training.data import Row, own_rows
from classifiers.training.evaluate import Judge, evaluate
from classifiers.training.report import Report
from classifiers.training.shares import Share
from config.settings import Classifier as ClassifierSettings
from triage.errors import BadInput, Unavailable
from triage.ports import Classifier
from triage.taxonomy import Label

DATA = Path(classifiers.training.__file__).parent / "data"
JUDGING = tuple(f"dev-z-{number:02}.jsonl" for number in range(1, 14))
"""Rows on which nothing was trained or calibrated (docs/adr/0010)."""

CONTEXT_FLOOR = 0.75
CONTEXT_MARGIN = 0.15  # a function has a dozen cases: two of them may go either way
MEAN_MARGIN = 0.02
F1_MARGIN = 0.02
FALSE_MARGIN = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a model makes of the golden rows, the force's own ones and the context cases."""

    golden: Report
    contexts: ContextReport
    own: Report | None = None

    @property
    def model(self) -> str:
        """The model's name as verdicts bear it."""
        return self.golden.model


def golden_rows() -> list[Row]:
    """The rows of the package that only judge.

    Raises:
        BadInput: they cannot be read.
    """
    return own_rows([DATA / name for name in JUDGING])


def measured(
    folder: Path,
    settings: ClassifierSettings,
    *,
    own: Sequence[Row] = (),
    cache: Path | None = None,
) -> Measured:
    """Build a model and read everything with it, as it would be served.

    Raises:
        BadInput: a file does not match its hash, or the build does not give its golden scores.
        Unavailable: it cannot be built, or not run as it would be served.
    """
    cache = cache or default_cache()
    build_model(cache, model_dir=folder)
    served = load_ensemble(settings.model_copy(update={"model_dir": folder}), cache=cache)
    if served.degraded:
        raise Unavailable(f"{folder}: cannot be measured as it is served: {served.degraded}")
    return measured_by(served, own=own)


class Reader(Judge, Classifier, Protocol):
    """What can be measured on rows and on context cases."""


def measured_by(classifier: Reader, *, own: Sequence[Row] = ()) -> Measured:
    """The same for a classifier that is loaded."""
    return Measured(
        golden=evaluate(golden_rows(), classifier),
        contexts=measure_contexts(shipped_cases(), classifier),
        own=evaluate(own, classifier) if own else None,
    )


def own_golden(path: Path | None) -> list[Row]:
    """The force's own labelled rows.

    Raises:
        BadInput: the file cannot be read, or has no emergency to measure by.
    """
    rows = own_rows([path]) if path else []
    if path and not any(row.label is Label.EMERGENCY for row in rows):
        raise BadInput(str(path), "no emergency among its rows: recall cannot be measured on it")
    return rows


# --- what speaks against it -----------------------------------------------------------------------


def objections(now: Measured, candidate: Measured) -> list[str]:
    """Why the candidate may not take the place of the model in force; none if it may."""
    found = [*_lost(now.golden, candidate.golden, "golden set")]
    if now.own is not None and candidate.own is not None:
        found += _lost(now.own, candidate.own, "own set")
    return [*found, *_contexts_lost(now.contexts, candidate.contexts)]


def _lost(now: Report, candidate: Report, where: str) -> Iterator[str]:
    before, after = now.caught, candidate.caught
    if after.hits < before.hits:
        fewer = before.hits - after.hits
        yield f"{where}: {fewer} fewer of {after.of} emergencies caught"
    more = candidate.false_emergencies.value - now.false_emergencies.value
    if more > FALSE_MARGIN:
        yield f"{where}: {more:.1%} more of what is routine raises an alarm"
    fall = now.macro_f1 - candidate.macro_f1
    if fall > F1_MARGIN:
        yield f"{where}: macro-F1 falls by {fall:.3f}"


def _contexts_lost(now: ContextReport, candidate: ContextReport) -> Iterator[str]:
    fall = now.mean - candidate.mean
    if fall > MEAN_MARGIN:
        yield f"contexts: mean falls by {fall:.3f}"
    for name, share in now.functions.items():
        after = candidate.functions[name].value
        if share.value - after > CONTEXT_MARGIN:
            yield f"contexts: {name} falls from {share.value:.2f} to {after:.2f}"
        elif after < CONTEXT_FLOOR and after < share.value:
            yield f"contexts: {name} is under {CONTEXT_FLOOR:g}: {after:.2f}, was {share.value:.2f}"


# --- for people -----------------------------------------------------------------------------------


def table(now: Measured, candidate: Measured) -> list[str]:
    """Both models side by side, a line each; context functions only where they differ."""
    rows = [("", "in force", "candidate"), ("model", _short(now.model), _short(candidate.model))]
    rows += _report_rows("golden", now.golden, candidate.golden)
    if now.own is not None and candidate.own is not None:
        rows += _report_rows("own", now.own, candidate.own)
    one, other = now.contexts, candidate.contexts
    rows.append(("contexts: mean", f"{one.mean:.3f}", f"{other.mean:.3f}"))
    under, still = (str(len(each.under(CONTEXT_FLOOR))) for each in (one, other))
    rows.append((f"contexts: functions under {CONTEXT_FLOOR:g}", under, still))
    rows += [
        (f"  {name}", f"{share.value:.2f}", f"{other.functions[name].value:.2f}")
        for name, share in one.functions.items()
        if other.functions[name].hits != share.hits
    ]
    width = max(len(each) for row in rows for each in row[1:]) + 2
    lines = [f"{name:<38}{before:>{width}}{after:>{width}}" for name, before, after in rows]
    lines += _swapped("golden", now.golden, candidate.golden)
    if now.own is not None and candidate.own is not None:
        lines += _swapped("own", now.own, candidate.own)
    return lines


def _swapped(where: str, now: Report, candidate: Report) -> Iterator[str]:
    """Emergencies that only one of the two misses, by id: the own ones may name somebody."""
    before, after = ({each.id for each in report.missed} for report in (now, candidate))
    for words, ids in (("missed", after - before), ("caught", before - after)):
        if ids:
            yield f"{where}: newly {words}: {', '.join(sorted(ids))}"


def _report_rows(where: str, now: Report, candidate: Report) -> Iterator[tuple[str, str, str]]:
    one, other = now.caught, candidate.caught
    yield f"{where}: emergencies caught", _of(one), _of(other)
    one, other = now.false_emergencies, candidate.false_emergencies
    yield f"{where}: false emergencies", _of(one), _of(other)
    yield f"{where}: macro-F1", f"{now.macro_f1:.3f}", f"{candidate.macro_f1:.3f}"


def _of(share: Share) -> str:
    return f"{share.hits}/{share.of}"


def _short(name: str) -> str:
    return name.partition("/")[0]


def figures(each: Measured) -> dict[str, str | float]:
    """What the audit trail keeps of a measurement."""
    return {
        "model": each.model,
        "caught": _of(each.golden.caught),
        "false": _of(each.golden.false_emergencies),
        "macro_f1": round(each.golden.macro_f1, 4),
        "contexts": round(each.contexts.mean, 4),
    }
