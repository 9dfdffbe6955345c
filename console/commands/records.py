"""Commands over the store: citizen records, officers, audit, evidence."""

import os
import sys
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.common import (
    ConfigFile,
    created,
    fail,
    now,
    one_standard_input,
    opened,
    say,
    settings_of,
)
from triage.errors import BadInput, BadSettings
from triage.model import Event, Officer, Role

if TYPE_CHECKING:
    from config.record_sources import RecordSource
    from config.settings import Settings
    from storage.imports import Imported
    from storage.store import SqlStore

records_app = typer.Typer(help="Citizen records.", no_args_is_help=True)
officers_app = typer.Typer(help="Staff who may use the desk.", no_args_is_help=True)
audit_app = typer.Typer(help="The audit trail.", no_args_is_help=True)
evidence_app = typer.Typer(help="Evidence bundles.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(records_app, name="records")
    app.add_typer(officers_app, name="officers")
    app.add_typer(audit_app, name="audit")
    app.add_typer(evidence_app, name="evidence")


@records_app.command("import")
def import_records(
    file: Annotated[
        Path | None, typer.Argument(help="JSON lines, CSV or *.parquet; - for standard input.")
    ] = None,
    source: Annotated[
        str, typer.Option("--source", help="A [[record_source]] of the settings, by its name.")
    ] = "",
    prior_links: Annotated[
        Path | None, typer.Option("--prior-links", help="Links a person confirmed, JSON lines.")
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Load citizen records; a record known by its id is replaced. Bad rows are reported."""
    from console.opening import open_store

    if bool(source) is (file is not None):
        raise typer.BadParameter("either FILE or --source NAME")
    one_standard_input(file, prior_links)
    settings = settings_of(config)
    wanted = _source(settings, source) if source else None
    store = open_store(settings)
    people = _synced(store, wanted) if wanted else _from_file(store, file or Path("-"))
    _report("records", people)
    imported = [people]
    if prior_links is not None:
        with opened(prior_links) as lines:
            imported.append(store.import_prior_links(lines, now=now(), name=str(prior_links)))
        _report("prior links", imported[-1])
    store.close()
    if any(each.rejected for each in imported):
        raise typer.Exit(1)


def _source(settings: "Settings", name: str) -> "RecordSource":
    for each in settings.record_source:
        if each.name == name:
            return each
    known = ", ".join(each.name for each in settings.record_source) or "none"
    raise BadSettings(f"record_source: none is named {name}; there are: {known}")


def _from_file(store: "SqlStore", file: Path) -> "Imported":
    from console.record_sync import people_of_parquet
    from triage.identifiers import keys_of

    if file.suffix.lower() == ".parquet":
        people = people_of_parquet(file)
        return store.import_people(people, keys_of=keys_of, now=now(), name=str(file))
    with opened(file) as lines:
        return store.import_records(
            lines, keys_of=keys_of, now=now(), name=str(file), makers=_makers()
        )


def _synced(store: "SqlStore", source: "RecordSource") -> "Imported":
    from console.record_sync import missing_words, sync
    from triage.identifiers import keys_of

    synced = sync(store, source, keys_of=keys_of, now=now())
    if synced.missing.count:
        say(missing_words(source.name, synced.missing))
    return synced.imported


def _makers() -> int:
    """Processes beside this one: more than four wait for what is written."""
    return min(os.cpu_count() or 1, 4)


def _report(what: str, imported: "Imported") -> None:
    for problem in imported.rejected:
        fail(str(problem))
    sys.stdout.write(
        f"{imported.stored} {what} stored, {imported.unchanged} unchanged, "
        f"{len(imported.rejected)} rejected\n"
    )


@records_app.command("remove")
def remove_records(
    record_id: Annotated[list[str], typer.Argument(help="Ids of records.")],
    config: ConfigFile = None,
) -> None:
    """Take citizen records out; the audit trail keeps that they were there."""
    from console.opening import existing_store

    store = existing_store(settings_of(config))
    gone = store.remove_records(record_id, now=now())
    store.close()
    unknown = [each for each in record_id if each not in gone]
    sys.stdout.write(f"{len(gone)} records removed\n")
    for each in unknown:
        fail(f"{each}: no such record")
    if unknown:
        raise typer.Exit(1)


@officers_app.command("add")
def add_officer(
    officer_id: Annotated[str, typer.Argument(help="Login name, also shown in the audit.")],
    name: Annotated[str, typer.Option(help="Name shown to colleagues.")],
    role: Annotated[list[Role] | None, typer.Option(help="Repeat for several roles.")] = None,
    slack: Annotated[str, typer.Option(help="Slack member id.")] = "",
    teams: Annotated[str, typer.Option(help="Teams (Entra) object id.")] = "",
    password_file: Annotated[
        Path | None, typer.Option(help="File with the console password; else asked for.")
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Add an officer, or change one."""
    from console.opening import accounts_of, open_store
    from triage.flow import MACHINE

    settings = settings_of(config)
    officer = Officer(
        id=officer_id,
        name=name,
        roles=frozenset(role or [Role.OFFICER]),
        slack_id=slack,
        teams_id=teams,
    )
    password = _password(password_file)
    store = open_store(settings)
    # The password first: if it is refused, nobody was added.
    accounts_of(store, settings).set_password(officer_id, password)
    store.save_officer(officer)
    roles = sorted(each.value for each in officer.roles)
    subject, detail = f"officer:{officer_id}", {"roles": roles, "tool": "command"}
    store.record(
        [Event(at=now(), actor=MACHINE, action="officer_saved", subject=subject, detail=detail)]
    )
    sys.stdout.write(f"{officer_id} may sign in\n")
    store.close()


def _password(file: Path | None) -> str:
    if file is None:
        return str(typer.prompt("Console password", hide_input=True, confirmation_prompt=True))
    with opened(file) as lines:
        try:
            return lines.read().decode().strip()
        except UnicodeDecodeError as error:
            raise BadInput(str(file), "not text") from error


@officers_app.command("list")
def list_officers(config: ConfigFile = None) -> None:
    """List the officers."""
    from console.opening import existing_store

    store = existing_store(settings_of(config))
    for officer in store.officers():
        roles = ", ".join(sorted(role.value for role in officer.roles))
        sys.stdout.write(f"{officer.id}\t{officer.name}\t{roles}\n")
    store.close()


@audit_app.command()
def verify(
    file: Annotated[
        Path | None, typer.Argument(help="An exported trail; else the database's.")
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Check the hash chain of the audit trail, offline where a file is given."""
    from console.opening import existing_store
    from storage.audit import verify_lines

    if file is not None:
        with opened(file) as lines:
            count = verify_lines(lines, where=str(file))
    else:
        store = existing_store(settings_of(config))
        count = store.verify()
        store.close()
    sys.stdout.write(f"{count} events, the chain is whole\n")


@audit_app.command("export")
def export_trail(
    out: Annotated[Path | None, typer.Option(help="File to write; else standard output.")] = None,
    config: ConfigFile = None,
) -> None:
    """Write the whole trail as JSON lines, which `audit verify FILE` checks anywhere."""
    from console.opening import existing_store

    store = existing_store(settings_of(config))
    if out is None:
        for line in store.export_audit():
            sys.stdout.write(f"{line}\n")
    else:
        with created(out) as file:
            for line in store.export_audit():
                file.write(f"{line}\n")
    store.close()


class Format(StrEnum):
    """How an item is written out."""

    BUNDLE = "bundle"
    SOH = "soh"


@evidence_app.command()
def export(
    ref: Annotated[str, typer.Argument(help="Item reference, FC-…")],
    out: Annotated[
        Path | None, typer.Option(help="File to write; else REF.zip or REF.json.")
    ] = None,
    form: Annotated[
        Format,
        typer.Option(
            "--format", help="bundle: all that is kept, hashed. soh: a report as one JSON object."
        ),
    ] = Format.BUNDLE,
    config: ConfigFile = None,
) -> None:
    """Write an item out: everything about it as a hashed bundle, or a report for other systems."""
    from console.evidence import export_bundle
    from console.opening import existing_store
    from console.skeleton import export_skeleton

    settings = settings_of(config)
    store = existing_store(settings)
    if form is Format.SOH:
        lasts = timedelta(days=settings.linking.link_expires_days)
        path = export_skeleton(store, ref, out or Path(f"{ref}.json"), now=now(), lasts=lasts)
    else:
        path = export_bundle(store, ref, out or Path(f"{ref}.zip"), now=now())
    store.close()
    sys.stdout.write(f"{path}\n")
