"""Commands of the learning loop: corrections out, models in and back, and how the desk drifts."""

import hashlib
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from console.commands.admin import model_app
from console.commands.common import ConfigFile, created, fail, now, say, settings_of

corrections_app = typer.Typer(help="What officers corrected.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(corrections_app, name="corrections")
    app.command("drift")(show_drift)


@corrections_app.command("export")
def export_corrections(
    file: Annotated[Path, typer.Argument(help="New file for labelled JSON lines.")],
    config: ConfigFile = None,
) -> None:
    """Write what officers corrected as rows for `train --data`, without what names somebody."""
    from classifiers.training.corrections import as_lines
    from console.learning import gather, record_use
    from console.opening import existing_store

    settings = settings_of(config)
    store = existing_store(settings)
    gathered = gather(store, settings.learning, now=now())
    text = as_lines(gathered.rows)
    with created(file) as out:
        file.chmod(0o600)  # redacted is not anonymous
        out.write(text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    record_use(store, gathered, "corrections.exported", now=now(), sha256=digest)
    store.close()
    for line in gathered.in_words():
        sys.stdout.write(f"{line}\n")


# --- models in and back ---------------------------------------------------------------------------


@model_app.command("show")
def show_model(config: ConfigFile = None) -> None:
    """Show which model is in force, and those promoted before it."""
    from console.promoting import shown

    for line in shown(settings_of(config).classifier):
        sys.stdout.write(f"{line}\n")


@model_app.command("promote")
def promote_model(
    folder: Annotated[Path, typer.Argument(help="The candidate: a folder that `train` wrote.")],
    config: ConfigFile = None,
) -> None:
    """Compare a candidate with the model in force, and put it in its place if nothing is lost."""
    from console.promoting import promote

    tried = promote(folder, settings_of(config), now=now(), progress=say)
    for line in tried.table:
        sys.stdout.write(f"{line}\n")
    if tried.objections:
        sys.stdout.write("".join(f"\n- {each}" for each in tried.objections) + "\n")
        fail(f"{tried.name} is not promoted: {len(tried.objections)} objections, see above")
        raise typer.Exit(1)
    sys.stdout.write(f"promoted: {tried.name}; a running service takes it up at its next start\n")


@model_app.command("rollback")
def roll_back(config: ConfigFile = None) -> None:
    """Put the model back in force that was there before the last promotion."""
    from console.promoting import roll_back

    name = roll_back(settings_of(config), now=now())
    sys.stdout.write(f"in force again: {name}; a running service takes it up at its next start\n")


def show_drift(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    config: ConfigFile = None,
) -> None:
    """Show whether what comes in, and how it is read, is still what it was."""
    from console import drift
    from console.opening import existing_store

    settings = settings_of(config)
    store = existing_store(settings)
    drift.keep_days(store, now=now())
    report = drift.drift_of(store, settings.learning, now=now())
    store.close()
    if as_json:
        sys.stdout.write(json.dumps(drift.as_json(report), indent=2) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in drift.as_text(report)))
