"""The command line: `firstcontact --help` lists it, docs/reference/commands.md explains it."""

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
    from console.commands import admin, items, records, serve

    for module in (items, admin, records, serve):
        module.register(app)
    try:
        app()
    except FirstContactError as error:
        sys.stderr.write(f"firstcontact: {error}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader (head, less) went away: nothing is wrong, and nothing more can be said.
        sys.stderr.close()
        sys.exit(0)
