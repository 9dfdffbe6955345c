"""Commands of the learning loop: corrections out, models in and back, and how the desk drifts."""

import hashlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from console.commands.common import ConfigFile, created, now, settings_of

corrections_app = typer.Typer(help="What officers corrected.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(corrections_app, name="corrections")


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
