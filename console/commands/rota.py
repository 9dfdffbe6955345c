"""`firstcontact rota`: who is on call now, and who comes next."""

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from console.commands.common import ConfigFile, settings_of
from triage.errors import BadInput, BadSettings, FirstContactError
from triage.model import Officer
from triage.rota import Duty, Rota, Turn, next_turn, officer_of, turns_at


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(rota)


def rota(
    at: Annotated[
        str, typer.Option(help="Another moment than now, local time: 2026-11-28T06:00.")
    ] = "",
    config: ConfigFile = None,
) -> None:
    """Show who is on call, as what and until when, and who comes next."""
    from console.opening import existing_store, utc_now
    from console.rota import rota_files

    settings = settings_of(config)
    zone = ZoneInfo(settings.desk.timezone)
    files = rota_files(settings)
    if not files.kept:
        sys.stdout.write("no rota is set (escalation.rota): lanes are told, and nobody by name\n")
        return
    now = _moment(at, zone) if at else utc_now()
    try:
        store = existing_store(settings)
        officers = store.officers()
        store.close()
    except FirstContactError:
        officers = []  # without a database the names stand as they are written
    for duty in Duty:
        sys.stdout.write(f"{line_of(files, duty, now, zone, officers)}\n")
    if files.problems:
        raise BadSettings("; ".join(files.problems))


def line_of(
    rota: Rota, duty: Duty, now: datetime, zone: ZoneInfo, officers: Sequence[Officer]
) -> str:
    """One duty: who has it, and who has it next."""
    present = turns_at(rota, duty, now)
    later = next_turn(rota, duty, now)
    has = ", ".join(_who(each, officers, f"until {_when(each.ends, zone)}") for each in present)
    comes = _who(later, officers, f"from {_when(later.starts, zone)}") if later else "nobody known"
    return f"{duty.words:13} now: {has or 'nobody'} · next: {comes}"


def _who(turn: Turn, officers: Sequence[Officer], when: str) -> str:
    officer = officer_of(turn.who, officers)
    name = f"{officer.name} ({officer.id})" if officer else f"{turn.who} (no officer here)"
    return f"{name} {when}"


def _when(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %H:%M}"


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput("--at", f"{text!r} is no time: write 2026-11-28T06:00") from error
    return given if given.tzinfo else given.replace(tzinfo=zone)
