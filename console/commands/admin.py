"""Commands for whoever runs the service: model, doctor, thresholds, bench."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.bench import Table
from console.commands.common import ConfigFile, fail, say, settings_of
from triage.errors import BadSettings
from triage.model import Event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from classifiers.guarantee import Promise
    from triage.thresholds import Thresholds

model_app = typer.Typer(help="The classifier's model.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(model_app, name="model")
    app.command()(doctor)
    app.command()(thresholds)
    app.command()(bench)


@model_app.command()
def build(
    cache: Annotated[Path | None, typer.Option(help="Folder for the built model.")] = None,
) -> None:
    """Build the served model from the encoder and what is shipped; seconds, without torch."""
    from classifiers.runtime.build import build_model

    sys.stdout.write(f"{build_model(cache, say)}\n")


def doctor(config: ConfigFile = None) -> None:
    """Check settings, database, model, tokens and scopes, clock; say what to mend."""
    from console.doctor import examine

    findings = examine(settings_of(config))
    for finding in findings:
        sys.stdout.write(f"{'ok  ' if finding.well else 'MEND'}  {finding.what}: {finding.text}\n")
    wrong = [finding.what for finding in findings if not finding.well]
    if wrong:
        fail(f"to mend: {', '.join(wrong)}")
        raise typer.Exit(1)


Line = Annotated[
    float | None, typer.Option(min=0, max=1, help="Set this line in the settings file, then show.")
]


def thresholds(emergency: Line = None, abuse: Line = None, config: ConfigFile = None) -> None:
    """Show the thresholds in force and where each comes from; or set a line."""
    from classifiers.ensemble import load_ensemble

    for name, line in (("emergency", emergency), ("abuse", abuse)):
        if line is not None:
            _set_line(name, line, config)
    settings = settings_of(config).classifier
    ensemble = load_ensemble(settings)
    lines = ensemble.thresholds
    shown = [
        ("emergency", lines.emergency, "model" if settings.emergency is None else "settings"),
        ("abuse", lines.abuse, "model" if settings.abuse is None else "settings"),
        *([("unsure", lines.unsure, "model")] if lines.unsure is not None else []),
    ]
    for name, line, source in shown:
        sys.stdout.write(f"{name:10} {line:.3f}  ({source})\n")
    for signal, line in sorted(lines.signals.items()):
        sys.stdout.write(f"{signal.value:22} {line:.3f}  (model)\n")
    for told in _promised(lines, ensemble.promises):
        sys.stdout.write(f"{told}\n")


def _promised(lines: "Thresholds", promises: "Sequence[Promise]") -> list[str]:
    """What the lines in force promise, by the model's rows that only judged."""
    told = []
    for name, line in (("emergency", lines.emergency), ("unsure", lines.unsure)):
        kept = [each for each in promises if line is not None and each.covers(line)]
        if kept:
            told.append(f"{name}: {min(kept, key=lambda each: each.share).text}")
        else:
            told.append(f"{name}: nothing is promised (evaluate --miss-at-most finds a line)")
    return told


def _set_line(name: str, line: float, config: Path | None) -> None:
    """Write a line into the settings file, and into the audit trail where there is one."""
    from config.settings import named_file
    from config.writing import write_number
    from console.opening import existing_store, utc_now
    from triage.flow import MACHINE

    path = config or named_file(os.environ)
    if path is None:
        raise BadSettings("no settings file to write to: name one with --config")
    before = getattr(settings_of(path).classifier, name)
    settings = write_number(path, "classifier", name, line)
    say(f"{path}: classifier.{name} = {line}; a running service takes it up at its next start")
    try:
        store = existing_store(settings)
    except BadSettings:
        return  # nothing has run yet, so nothing was decided under the line before
    detail = {"from": before, "to": line, "tool": "command"}
    subject = f"setting:classifier.{name}"
    store.record(
        [Event(at=utc_now(), actor=MACHINE, action="threshold_set", subject=subject, detail=detail)]
    )
    store.close()


def bench(
    tables: Annotated[
        list[Table] | None, typer.Argument(help="Which tables; all where none is named.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Small sizes, for a first look.")] = False,
) -> None:
    """Print the benchmark tables: ratios in one run, nothing kept."""
    from console.bench import run

    for line in run(tables or list(Table), quick=quick):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
