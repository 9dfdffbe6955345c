"""Items in, decisions out, nothing stored: classify, link, triage, evaluate, train."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.common import (
    ConfigFile,
    Items,
    ItemsFile,
    earlier_texts,
    emit,
    fail,
    now,
    one_standard_input,
    opened,
    settings_of,
)
from console.commands.render import decision_json, link_json, verdict_json
from triage.errors import BadInput
from triage.model import History, Item, Verdict
from triage.ports import Classifier, reading_of

if TYPE_CHECKING:
    from classifiers.contexts.cases import Case
    from classifiers.contexts.measure import ContextReport
    from classifiers.training.report import Report
    from triage.recordbook import RecordBook

RecordsFile = Annotated[
    Path | None, typer.Option("--records", help="Citizen records, JSON lines or CSV.")
]
PriorLinksFile = Annotated[
    Path | None, typer.Option("--prior-links", help="Links a person confirmed, JSON lines.")
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(classify)
    app.command()(link)
    app.command()(triage)
    app.command()(evaluate)
    app.command()(train)


def classify(items: ItemsFile, config: ConfigFile = None) -> None:
    """Print class, signals and reasons of each item, one JSON line each, in order."""
    classifier = _classifier(config)
    source = Items(items)
    for chunk in source.chunks():
        for item, verdict in zip(chunk, _read(classifier, chunk), strict=True):
            emit(verdict_json(item, verdict))
        sys.stdout.flush()
    source.finish()


def link(
    items: ItemsFile,
    records: Annotated[Path, typer.Option("--records", help="Citizen records to search.")],
    prior_links: PriorLinksFile = None,
    config: ConfigFile = None,
) -> None:
    """Print who may be writing each item, with the evidence."""
    from console.linking import linker

    one_standard_input(items, records, prior_links)
    people = _people(records, prior_links)
    find = linker(settings_of(config), now)
    source = Items(items)
    for item in source:
        emit(link_json(item, find(item, earlier_texts(item), people)))
    source.finish(also=len(people.rejected))


def triage(
    items: ItemsFile,
    records: RecordsFile = None,
    prior_links: PriorLinksFile = None,
    config: ConfigFile = None,
) -> None:
    """Print the whole decision on each item without storing it."""
    from console.linking import linker
    from triage.flow import markers_of
    from triage.priority import prioritise

    one_standard_input(items, records, prior_links)
    classifier = _classifier(config)
    people = _people(records, prior_links)
    find = linker(settings_of(config), now)
    source = Items(items)
    for chunk in source.chunks():
        for item, verdict in zip(chunk, _read(classifier, chunk), strict=True):
            linked = find(item, earlier_texts(item), people)
            history = History(markers=markers_of(linked, people))
            decision = prioritise(item, verdict, history, thread=earlier_texts(item))
            emit(
                {
                    **verdict_json(item, verdict),
                    "link": link_json(item, linked),
                    **decision_json(decision),
                }
            )
        sys.stdout.flush()
    source.finish(also=len(people.rejected))


def evaluate(
    items: Annotated[
        Path | None, typer.Argument(help="Labelled items: JSON lines with `class`.")
    ] = None,
    config: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    base_rate: Annotated[
        float, typer.Option(min=0, max=1, help="Share of emergencies among real messages.")
    ] = 1 / 550,
    a_day: Annotated[float, typer.Option(min=0, help="Messages a day the desk receives.")] = 1000,
    contexts: Annotated[
        bool, typer.Option("--contexts", help="Run context cases: FILE's, else the shipped ones.")
    ] = False,
    at_least: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="With --contexts: fail if a function's share is less."),
    ] = None,
) -> None:
    """Measure the classifier on labelled items: recall, precision, ranges, slices, misses."""
    if contexts:
        _evaluate_contexts(items, config, as_json=as_json, at_least=at_least)
    elif items is None:
        raise typer.BadParameter("a FILE of labelled items is needed, or --contexts")
    elif at_least is not None:
        raise typer.BadParameter("--at-least goes with --contexts")
    else:
        _evaluate_items(items, config, as_json=as_json, base_rate=base_rate, a_day=a_day)


def _evaluate_items(
    items: Path, config: Path | None, *, as_json: bool, base_rate: float, a_day: float
) -> None:
    from classifiers.training.evaluate import evaluate as measure
    from classifiers.training.evaluate import row_of

    source = Items(items, check=row_of)
    report = measure(list(source), _classifier(config), base_rate=base_rate, a_day=a_day)
    if not report.items:
        raise BadInput(str(items), "no line says its `class`: there is nothing to measure")
    _print_report(report, as_json=as_json)
    source.finish()


def _evaluate_contexts(
    file: Path | None, config: Path | None, *, as_json: bool, at_least: float | None
) -> None:
    from classifiers.contexts.measure import measure

    report = measure(_cases(file), _classifier(config))
    _print_report(report, as_json=as_json)
    under = report.under(at_least) if at_least is not None else []
    if under:
        fail(f"under {at_least:g}: {', '.join(under)}")
        raise typer.Exit(1)


def _cases(file: Path | None) -> "list[Case]":
    from classifiers.contexts.cases import read_cases, shipped_cases

    if file is None:
        return shipped_cases()
    with opened(file) as source:
        cases = read_cases(source, str(file))
    if not cases:
        raise BadInput(str(file), "no cases: there is nothing to measure")
    return cases


def _print_report(report: "Report | ContextReport", *, as_json: bool) -> None:
    sys.stdout.write(json.dumps(report.as_json(), indent=2) if as_json else report.as_text())
    sys.stdout.write("\n")


def train(
    data: Annotated[list[Path], typer.Option("--data", help="Labelled JSON lines; repeat.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the trained model.")],
    dev: Annotated[
        list[Path] | None, typer.Option("--dev", help="Held-out labelled lines.")
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the data.")] = 4,
    seed: Annotated[int, typer.Option(help="Seed of every draw.")] = 7,
) -> None:
    """Train the classifier's adapter and heads (needs the `train` extra)."""
    from classifiers.training.train import train as fit

    fit(data, out, dev=dev or [], epochs=epochs, seed=seed)


def _people(records: Path | None, prior_links: Path | None) -> "RecordBook":
    from triage.recordbook import RecordBook

    book = RecordBook.load(records, prior_links)
    for problem in book.rejected:
        fail(str(problem))
    return book


def _classifier(config: Path | None) -> Classifier:
    import classifiers

    return classifiers.load(settings_of(config).classifier)


def _read(classifier: Classifier, chunk: list[Item]) -> list[Verdict]:
    return classifier.read([reading_of(item, earlier_texts(item)) for item in chunk])
