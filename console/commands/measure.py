"""Measuring the classifier on labelled items and written context cases, and fitting its lines."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.common import ConfigFile, Items, fail, opened, say, settings_of
from triage.errors import BadInput
from triage.taxonomy import Label

if TYPE_CHECKING:
    from classifiers.contexts.cases import Case
    from classifiers.contexts.measure import ContextReport
    from classifiers.ensemble import Ensemble
    from classifiers.training.report import Report

ONE_IN = 550  # about one message in 550 is an emergency


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(evaluate)
    app.command()(calibrate)


def evaluate(  # noqa: PLR0913  what one may ask of a measurement
    items: Annotated[
        Path | None, typer.Argument(help="Labelled items: JSON lines with `class`.")
    ] = None,
    config: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    one_in: Annotated[
        float | None, typer.Option(min=1, help="One real message in so many is an emergency [550].")
    ] = None,
    base_rate: Annotated[
        float | None, typer.Option(min=0, max=1, help="The same as a share, instead of --one-in.")
    ] = None,
    a_day: Annotated[float, typer.Option(min=0, help="Messages a day the desk receives.")] = 1000,
    miss_at_most: Annotated[
        float | None,
        typer.Option(help="Find the line that promises this share missed, as 0.02; else fail."),
    ] = None,
    pictures: Annotated[
        Path | None, typer.Option(help="Folder for curves and calibration, as SVG and PNG.")
    ] = None,
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
        _contexts(items, config, as_json=as_json, at_least=at_least)
        return
    if items is None:
        raise typer.BadParameter("a FILE of labelled items is needed, or --contexts")
    if at_least is not None:
        raise typer.BadParameter("--at-least goes with --contexts")
    if miss_at_most is not None and not 0 < miss_at_most < 1:
        raise typer.BadParameter("--miss-at-most is a share over 0 and under 1, as 0.02")
    source, report = _measured(
        items,
        config,
        base_rate=_base_rate(one_in, base_rate),
        a_day=a_day,
        miss_at_most=miss_at_most,
    )
    _print_report(report, as_json=as_json)
    if pictures is not None:
        from classifiers.training.pictures import write_pictures

        write_pictures(report, pictures)
    if report.asked and report.asked.refusal:
        fail(report.asked.refusal)
        raise typer.Exit(1)
    source.finish()


def calibrate(
    dev: Annotated[list[Path], typer.Option("--dev", help="Labelled lines to fit to; repeat.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the model with its new lines.")],
    judge: Annotated[
        list[Path] | None, typer.Option("--judge", help="Labelled lines that only measure.")
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Fit calibration and lines of a model to labelled items; what was learned stays."""
    from classifiers.runtime.artefact import SHIPPED
    from classifiers.runtime.build import default_cache
    from classifiers.training.data import own_rows
    from classifiers.training.shipping import refit, write_card

    rows, judging = own_rows(dev), own_rows(judge or [])
    if len({row.label for row in rows}) < len(Label):
        raise BadInput("--dev", "rows of all three classes are needed to fit to")
    model, cache = settings_of(config).classifier.model_dir or SHIPPED, default_cache()
    if out.resolve() == model.resolve():
        raise BadInput(str(out), "is the model to start from: name another folder")
    refit(model, out, cache=cache, dev=rows, judge=judging, progress=say)
    report = write_card(out, cache=cache, dev=rows, judge=judging, progress=say)
    say(f"macro-F1 {report.macro_f1:.3f} on {report.items} rows nothing was fitted to")
    sys.stdout.write(f"{out}\n")


def _base_rate(one_in: float | None, base_rate: float | None) -> float:
    if one_in is not None and base_rate is not None:
        raise typer.BadParameter("--one-in and --base-rate say the same: give one of them")
    return base_rate if base_rate is not None else 1 / (one_in or ONE_IN)


def _measured(
    items: Path,
    config: Path | None,
    *,
    base_rate: float,
    a_day: float,
    miss_at_most: float | None,
) -> "tuple[Items, Report]":
    from classifiers.training.evaluate import evaluate as measure
    from classifiers.training.evaluate import row_of

    source = Items(items, check=row_of)
    report = measure(
        list(source),
        _classifier(config),
        base_rate=base_rate,
        a_day=a_day,
        miss_at_most=miss_at_most,
    )
    if not report.items:
        raise BadInput(str(items), "no line says its `class`: there is nothing to measure")
    return source, report


def _contexts(
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


def _classifier(config: Path | None) -> "Ensemble":
    from classifiers.ensemble import load_ensemble

    return load_ensemble(settings_of(config).classifier)


def _print_report(report: "Report | ContextReport", *, as_json: bool) -> None:
    sys.stdout.write(json.dumps(report.as_json(), indent=2) if as_json else report.as_text())
    sys.stdout.write("\n")
