"""Who is writing: link, and what the weights of evidence are learnt from."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from console.commands.common import (
    ConfigFile,
    Items,
    ItemsFile,
    created,
    earlier_texts,
    emit,
    now,
    one_standard_input,
    people_of,
    say,
    settings_of,
)
from console.commands.render import link_json

if TYPE_CHECKING:
    from console.weights import Material
    from storage.store import SqlStore

BY_DEFAULT = "items"


class OrItems(TyperGroup):
    """What names no command of the group are the items to link: `link --records PEOPLE ITEMS`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments, with the command that is meant where none is named."""
        named = args and args[0] in self.commands
        return super().parse_args(ctx, args if named else [BY_DEFAULT, *args])


link_app = typer.Typer(cls=OrItems, help="Who may be writing.", no_args_is_help=False)

RecordsFile = Annotated[
    Path | None, typer.Option("--records", help="Citizen records, JSON lines or CSV.")
]
FromStore = Annotated[
    bool, typer.Option("--from-store", help="Out of the service's own database instead.")
]

Splink = Annotated[
    bool, typer.Option("--splink", help="Compare by splink (needs the `scale` extra).")
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(link_app, name="link")


@link_app.command(
    BY_DEFAULT, epilog="Also: firstcontact link train --help, firstcontact link duplicates --help"
)
def link(
    items: ItemsFile,
    records: Annotated[Path, typer.Option("--records", help="Citizen records to search.")],
    prior_links: Annotated[
        Path | None, typer.Option("--prior-links", help="Links a person confirmed, JSON lines.")
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Print who may be writing each item, with the evidence."""
    from console.linking import linker

    one_standard_input(items, records, prior_links)
    people = people_of(records, prior_links)
    find = linker(settings_of(config), now)
    source = Items(items)
    for item in source:
        emit(link_json(item, find(item, earlier_texts(item), people)))
    source.finish(also=len(people.rejected))


@link_app.command()
def train(  # noqa: PLR0913  the options of the command
    out: Annotated[Path, typer.Option("--out", help="File for the weights: a new one.")],
    records: RecordsFile = None,
    prior_links: Annotated[
        Path | None, typer.Option("--prior-links", help="Links a person confirmed, JSON lines.")
    ] = None,
    items: Annotated[
        Path | None, typer.Option("--items", help="What the accounts of those links wrote.")
    ] = None,
    from_store: FromStore = False,
    seed: Annotated[int, typer.Option(help="Seed of every draw.")] = 7,
    splink: Splink = False,
    charts: Annotated[
        Path | None,
        typer.Option("--charts", help="Folder for splink's own charts (needs the `scale` extra)."),
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Estimate the weights of evidence out of a force's own records and confirmations."""
    from console import atscale
    from console.weights import note_trained, table, told_apart, trained_toml
    from triage.estimation import train as estimate

    if (prior_links is None) != (items is None):
        raise typer.BadParameter("--prior-links and --items go together")
    one_standard_input(records, prior_links, items)
    with _material(config, records, from_store, prior_links, items) as (material, store):
        trained = estimate(
            material.people,
            material.index,
            material.confirmed,
            today=now().date(),
            seed=seed,
            engine=atscale.compared if splink else None,
        )
        with created(out) as file:
            file.write(trained_toml(trained, now=now()))
        if store is not None:
            note_trained(store, trained, out, now=now())
        for line in table(trained):
            sys.stdout.write(f"{line}\n")
        for line in told_apart(material, trained.weights, now=now()):
            say(line)
        if charts is not None:
            atscale.charts(material.people, trained.weights, charts)
    say(f'To use them: weights = "{out}" under [linking] in the settings.')


@link_app.command()
def duplicates(
    out: Annotated[Path, typer.Option("--out", help="CSV file: a new one.")],
    records: RecordsFile = None,
    from_store: FromStore = False,
    at_least: Annotated[
        float, typer.Option("--at-least", min=0, max=1, help="The least probability told.")
    ] = 0.9,
    splink: Splink = False,
    config: ConfigFile = None,
) -> None:
    """List pairs of records that may be one person's, with reasons. Nobody is merged."""
    from config.weights import read_weights
    from console.weights import note_duplicates, pairs_of, write_duplicates
    from triage.duplicates import duplicates as find

    weights = read_weights(settings_of(config).linking.weights)
    with _material(config, records, from_store) as (material, store):
        found = sorted(
            find(
                pairs_of(material, weights, splink=splink),
                count=len(material.people),
                today=now().date(),
                at_least=at_least,
                weights=weights,
            ),
            key=lambda each: -each.candidate.probability,
        )
        with created(out) as file:
            write_duplicates(file, found)
        if store is not None:
            note_duplicates(store, found, out, now=now())
    sys.stdout.write(f"{len(found)} pairs of records may be one person's: {out}\n")


@contextmanager
def _material(
    config: Path | None,
    records: Path | None,
    from_store: bool,
    prior_links: Path | None = None,
    items: Path | None = None,
) -> Iterator[tuple["Material", "SqlStore | None"]]:
    """Out of files or of the store, which is open meanwhile."""
    from console.opening import existing_store
    from console.weights import material_of_files, material_of_store

    if from_store == (records is not None):
        raise typer.BadParameter("one of --records and --from-store is needed")
    if from_store:
        store = existing_store(settings_of(config))
        try:
            yield material_of_store(store), store
        finally:
            store.close()
        return
    told = Items(items) if items is not None else ()
    yield (
        material_of_files(
            people_of(records, prior_links), ((each, earlier_texts(each)) for each in told)
        ),
        None,
    )
