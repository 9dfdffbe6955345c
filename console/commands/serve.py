"""Commands that run: the service and the demo."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from console.commands.common import ConfigFile, settings_of
from console.stopping import stop_on_signal


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(run)
    app.command()(demo)


def run(config: ConfigFile = None) -> None:
    """Run the service until it is told to stop (SIGTERM or Ctrl-C)."""
    from console.observe import set_up_logging
    from console.runtime import build_app

    settings = settings_of(config)
    set_up_logging(settings.logging)
    stopping = stop_on_signal()
    app = build_app(settings)
    app.start()
    sys.stderr.write(f"firstcontact: ready, console on http://{settings.console.bind}\n")
    stopping.wait()
    app.stop()


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Process the whole day, print a summary and exit.")
    ] = False,
    folder: Annotated[
        Path | None, typer.Option(help="Where the demo keeps its database; else a new folder.")
    ] = None,
    bind: Annotated[str, typer.Option(help="Address of the console.")] = "127.0.0.1:8000",
    minutes: Annotated[float, typer.Option(help="How long the replayed day takes.")] = 10.0,
) -> None:
    """Replay a day of an invented force through the whole service, on embedded defaults."""
    from console.demo.play import play

    play(once=once, folder=folder, bind=bind, minutes=minutes)
