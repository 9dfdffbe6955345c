"""The command line: `firstcontact --help` lists it, docs/reference/commands.md explains it."""

import logging
import os
import sys

import typer

from triage.errors import FirstContactError

app = typer.Typer(
    name="firstcontact",
    help="Social media monitoring and triage for police digital contact desks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main() -> None:
    """Run a command; every error of ours is one line on standard error and exit code 1."""
    # Imported here so that `import console.cli` stays light for tools that only inspect it.
    from console.commands import (
        admin,
        items,
        learning,
        linking,
        measure,
        records,
        rota,
        serve,
        thresholds,
        training,
    )

    for module in (
        *(items, linking, measure, training, admin, thresholds),
        *(learning, records, rota, serve),
    ):
        module.register(app)
    logging.basicConfig(format="firstcontact: %(message)s")  # `run` and `demo` set up their own
    try:
        _run()
    except FirstContactError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader (head, less) went away: nothing is wrong, and nothing more can be said.
        _say_no_more()
        sys.exit(0)
    except OSError as error:
        _say_no_more()
        _fail(f"{error.filename or 'output'}: {error.strerror or error}")


def _run() -> None:
    try:
        app()
    finally:
        sys.stdout.flush()  # here, where a full disk or a closed pipe can still be told


def _fail(message: str) -> None:
    sys.stderr.write(f"firstcontact: {message}\n")
    sys.exit(1)


def _say_no_more() -> None:
    """Python flushes standard output once more when it ends: let that go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
