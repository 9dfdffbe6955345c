"""Commands for whoever runs the service: model, doctor, bench."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from console.bench import Table
from console.commands.common import ConfigFile, fail, say, settings_of

model_app = typer.Typer(help="The classifier's model.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(model_app, name="model")
    app.command()(doctor)
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
