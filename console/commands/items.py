"""Items in, decisions out, nothing stored: classify, triage."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from console.commands.common import (
    ConfigFile,
    Items,
    ItemsFile,
    earlier_texts,
    emit,
    now,
    one_standard_input,
    people_of,
    settings_of,
)
from console.commands.render import case_json, verdict_json
from triage.model import Item, Verdict
from triage.ports import Classifier, reading_of

RecordsFile = Annotated[
    Path | None, typer.Option("--records", help="Citizen records, JSON lines or CSV.")
]
PriorLinksFile = Annotated[
    Path | None, typer.Option("--prior-links", help="Links a person confirmed, JSON lines.")
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(classify)
    app.command()(triage)


def classify(items: ItemsFile, config: ConfigFile = None) -> None:
    """Print class, signals and reasons of each item, one JSON line each, in order."""
    classifier = _classifier(config)
    source = Items(items)
    for chunk in source.chunks():
        for item, verdict in zip(chunk, _read(classifier, chunk), strict=True):
            emit(verdict_json(item, verdict))
        sys.stdout.flush()
    source.finish()


def triage(
    items: ItemsFile,
    records: RecordsFile = None,
    prior_links: PriorLinksFile = None,
    config: ConfigFile = None,
) -> None:
    """Print the whole decision on each item without storing it, when all items are read.

    Items of one incident are as urgent as the most urgent of them, so that none can be printed
    before the last is read.
    """
    from console.deciding import Deciding
    from console.linking import linker
    from console.wiring import scene_reader

    one_standard_input(items, records, prior_links)
    settings = settings_of(config)
    classifier = _classifier(config)
    people = people_of(records, prior_links)
    deciding = Deciding(linker(settings, now), people, scene_reader(settings))
    source = Items(items)
    for chunk in source.chunks():
        for item, verdict in zip(chunk, _read(classifier, chunk), strict=True):
            deciding.take(item, verdict)
    for case in deciding.decided():
        emit(case_json(case))
    sys.stdout.flush()
    source.finish(also=len(people.rejected))


def _classifier(config: Path | None) -> Classifier:
    import classifiers

    return classifiers.load(settings_of(config).classifier)


def _read(classifier: Classifier, chunk: list[Item]) -> list[Verdict]:
    return classifier.read([reading_of(item, earlier_texts(item)) for item in chunk])
