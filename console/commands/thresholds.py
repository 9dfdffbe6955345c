"""Commands for lines: show them, measure others, and move them as admins do in the console."""

import getpass
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.common import ConfigFile, now, say, settings_of
from triage.errors import BadSettings, Refused
from triage.model import Event, Officer
from triage.taxonomy import Label
from triage.tuning.gate import Sort, unread
from triage.tuning.versions import Move, Version, live_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from classifiers.ensemble import Ensemble
    from classifiers.guarantee import Promise
    from console.tuning.desk import Tuner
    from triage.thresholds import Thresholds

app = typer.Typer(help="Where a score becomes a class.", no_args_is_help=False)

Line = Annotated[
    float | None, typer.Option(min=0, max=1, help="Set this line in the settings file, then show.")
]
At = Annotated[float, typer.Argument(min=0, max=1, help="The line.")]
Number = Annotated[int, typer.Argument(min=1, help="The number of a version.")]
Who = Annotated[str, typer.Option("--as", help="The admin who does it, by their officer id.")]
Why = Annotated[str, typer.Option("--reason", help="Why. It is kept with the version.")]
Of = Annotated[Label, typer.Option("--class", help="The class whose line it is.")]


def register(commands: typer.Typer) -> None:
    """Add these commands."""
    commands.add_typer(app, name="thresholds")


@app.callback(invoke_without_command=True)
def thresholds(
    context: typer.Context, emergency: Line = None, abuse: Line = None, config: ConfigFile = None
) -> None:
    """Show the lines in force and where each comes from; or set one in the settings file."""
    if context.invoked_subcommand is not None:
        return
    for name, line in (("emergency", emergency), ("abuse", abuse)):
        if line is not None:
            _set_line(name, line, config)
    _show_lines(config)


def _show_lines(config: Path | None) -> None:
    from classifiers.ensemble import load_ensemble

    settings = settings_of(config)
    said = settings.classifier
    ensemble = load_ensemble(said)
    live = _taken_up(config, ensemble)
    lines = ensemble.thresholds
    shown = [
        ("emergency", lines.emergency, live.get(Label.EMERGENCY) or _source(said.emergency)),
        ("abuse", lines.abuse, live.get(Label.ABUSE) or _source(said.abuse)),
        *([("unsure", lines.unsure, "model")] if lines.unsure is not None else []),
    ]
    for name, line, source in shown:
        sys.stdout.write(f"{name:10} {line:.3f}  ({source})\n")
    for signal, line in sorted(lines.signals.items()):
        sys.stdout.write(f"{signal.value:22} {line:.3f}  (model)\n")
    for told in _promised(lines, ensemble.promises):
        sys.stdout.write(f"{told}\n")


def _source(said: float | None) -> str:
    return "model" if said is None else "settings"


def _taken_up(config: Path | None, ensemble: "Ensemble") -> dict[Label, str]:
    """Which classes have a live version, once its line is drawn; nothing without a database."""
    from console.opening import existing_store, utc_now
    from console.tuning.lines import LinesInForce

    try:
        store = existing_store(settings_of(config))
    except BadSettings:
        return {}
    LinesInForce(store, ensemble, utc_now).take_up()
    versions = store.threshold_versions()
    store.close()
    found = {of: live_of(versions, of) for of in (Label.EMERGENCY, Label.ABUSE)}
    return {of: f"version {each.number}" for of, each in found.items() if each is not None}


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
    from triage.desk import MACHINE

    path = config or named_file(os.environ)
    if path is None:
        raise BadSettings("no settings file to write to: name one with --config")
    settings = settings_of(path)
    try:
        store = existing_store(settings)
    except BadSettings:
        store = None  # nothing has run yet, so nothing was decided under the line before
    live = live_of(store.threshold_versions(), Label(name)) if store else None
    if live is not None:
        raise Refused(
            f"version {live.number} is live: a line in the settings would have no effect. "
            "Propose another (firstcontact thresholds propose), or roll it back"
        )
    before = getattr(settings.classifier, name)
    write_number(path, "classifier", name, line)
    say(f"{path}: classifier.{name} = {line}; a running service takes it up at its next start")
    if store is None:
        return
    detail = {"from": before, "to": line, "tool": "command"}
    subject = f"setting:classifier.{name}"
    store.record(
        [Event(at=utc_now(), actor=MACHINE, action="threshold_set", subject=subject, detail=detail)]
    )
    store.close()


# --- measured -------------------------------------------------------------------------------------


@app.command("show")
def show(of: Of = Label.EMERGENCY, config: ConfigFile = None) -> None:
    """Show what the line in force does, lines worth looking at, and every version."""
    from triage.tuning.candidates import tidy
    from triage.tuning.outcome import line_words, number, range_words, sentence

    with _tuner(config) as tuner:
        stand, window = tuner.stand(of), tuner.window(of)
        at = window.outcome(stand.line, live=stand.line)
        sys.stdout.write(f"{sentence(at)}\n{at.reviewed.value}\n\n")
        for each in window.candidates(stand.line):
            if each.line is None:
                sys.stdout.write(f"{each.words:52} none: {each.why_not}\n")
                continue
            line = each.line if each.name == "current" else tidy(window.history, each.line)
            at = window.outcome(line, live=stand.line)
            sys.stdout.write(
                f"{each.words:52} {line_words(line):>7}  {at.caught.hits} of {at.caught.of} "
                f"({range_words(at.caught)}), {number(at.alerts_a_shift)} alerts a shift\n"
            )
        for version in tuner.versions():
            if version.of is of:
                sys.stdout.write(f"{_told(version)}\n")


@app.command("at")
def at_line(line: At, of: Of = Label.EMERGENCY, config: ConfigFile = None) -> None:
    """Say in a sentence what another line would do. Changes nothing."""
    from triage.tuning.candidates import tidy
    from triage.tuning.outcome import sentence

    with _tuner(config) as tuner:
        window = tuner.window(of)
        at = window.outcome(tidy(window.history, line), live=tuner.stand(of).line)
        sys.stdout.write(f"{sentence(at)}\n")


@app.command("read")
def read_items(
    days: Annotated[
        int | None, typer.Option(min=1, help="Items of so many days; else the tuner's window.")
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Have the model in force read items it has not read, so that lines can be measured on them."""
    from datetime import timedelta

    from classifiers.ensemble import load_ensemble
    from console.opening import existing_store
    from console.tuning.labelling import read_again

    settings = settings_of(config)
    store = existing_store(settings)
    since = now() - timedelta(days=days or settings.tuner.window_days)
    ensemble = load_ensemble(settings.classifier)

    def progress(done: int) -> None:
        if done % 1024 == 0:
            say(f"{done} read")

    count = read_again(store, ensemble, since=since, now=now(), progress=progress)
    store.close()
    sys.stdout.write(f"{count} items read by {ensemble.name}; their cases are as they were\n")


# --- moved ----------------------------------------------------------------------------------------


@app.command("propose")
def propose(
    line: At, reason: Why, who: Who, of: Of = Label.EMERGENCY, config: ConfigFile = None
) -> None:
    """Draft a line and propose it. Another admin has to approve it."""
    with _tuner(config) as tuner:
        officer = _officer(tuner, who)
        version = tuner.draft(officer, line, of=of, reason=reason, tool=_tool())
        _done(tuner.move(version.number, Move.PROPOSE, officer, reason=reason, tool=_tool()))


@app.command("shadow")
def shadow(
    line: At,
    who: Who,
    reason: Why = "",
    of: Of = Label.EMERGENCY,
    config: ConfigFile = None,
) -> None:
    """Draft a line and let it run beside the one in force, without effect."""
    with _tuner(config) as tuner:
        officer = _officer(tuner, who)
        version = tuner.draft(officer, line, of=of, reason=reason, tool=_tool())
        _done(tuner.move(version.number, Move.SHADOW, officer, tool=_tool()))


@app.command("approve")
def approve(number: Number, reason: Why, who: Who, config: ConfigFile = None) -> None:
    """Approve a proposed line. Who had a hand in it cannot."""
    _moved(number, Move.APPROVE, who, reason, config)


@app.command("reject")
def reject(number: Number, reason: Why, who: Who, config: ConfigFile = None) -> None:
    """Reject a proposed line."""
    _moved(number, Move.REJECT, who, reason, config)


@app.command("withdraw")
def withdraw(number: Number, who: Who, reason: Why = "", config: ConfigFile = None) -> None:
    """Withdraw a line that is not live yet."""
    _moved(number, Move.WITHDRAW, who, reason, config)


@app.command("live")
def live(number: Number, who: Who, reason: Why = "", config: ConfigFile = None) -> None:
    """Put an approved line in force, on every running node within seconds."""
    _moved(number, Move.GO_LIVE, who, reason, config)


@app.command("rollback")
def rollback(
    who: Who, reason: Why = "", of: Of = Label.EMERGENCY, config: ConfigFile = None
) -> None:
    """Take the live line back: the one before is in force again, on every node within seconds."""
    with _tuner(config) as tuner:
        version = live_of(tuner.versions(), of)
        if version is None:
            raise Refused("no version is live: there is nothing to roll back")
        officer = _officer(tuner, who)
        tuner.move(version.number, Move.ROLL_BACK, officer, reason=reason, tool=_tool())
        stand = tuner.stand(of)
        where = f"version {stand.version.number}" if stand.version else "the default"
        sys.stdout.write(f"rolled back version {version.number}: {stand.line:g}, {where}\n")


def _moved(number: int, move: Move, who: str, reason: str, config: Path | None) -> None:
    with _tuner(config) as tuner:
        _done(tuner.move(number, move, _officer(tuner, who), reason=reason, tool=_tool()))


@app.command("missed")
def missed(
    number: Number,
    who: Who,
    not_acceptable: Annotated[
        str, typer.Option(help="The reference of one that must not be missed; needs --reason.")
    ] = "",
    reason: Why = "",
    mark: Annotated[
        bool, typer.Option("--mark", help="Note that you have read all of it.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Print every known emergency under a version's line in full. That it was read is recorded."""
    with _tuner(config) as tuner:
        officer, version = _officer(tuner, who), tuner.version(number)
        refs = list(tuner.facts(version, fresh=True).missed)
        if not_acceptable:
            if not_acceptable not in refs:
                raise Refused(f"{not_acceptable} is no known emergency under the line")
            noted = [(not_acceptable, Sort.NOT_ACCEPTABLE, reason)]
            tuner.mark(number, officer, noted, tool=_tool())
            return
        for ref in refs:
            _print_missed(tuner, ref, officer, version)
        if mark:
            left = unread(tuner.facts(version), version, officer.id)
            tuner.mark(number, officer, [(ref, Sort.READ, "") for ref in left], tool=_tool())
        sys.stdout.write(f"{len(refs)} in all\n")


def _print_missed(tuner: "Tuner", ref: str, officer: Officer, version: Version) -> None:
    from notifier.words import visible
    from triage.actions import may_see_text

    case = tuner.store.case(ref)
    if case is None or not may_see_text(case, officer):
        sys.stdout.write(f"{ref}\n  restricted, or erased\n")
        return
    detail = {"tool": _tool(), "for": f"threshold:{version.number}"}
    event = Event(at=now(), actor=officer.id, action="viewed", subject=ref, detail=detail)
    tuner.store.record([event])
    sys.stdout.write(f"{ref}\n  {visible(case.item.text)}\n")


@app.command("acknowledge")
def acknowledge(
    number: Number,
    part: Annotated[str, typer.Argument(help="The part of the public, as `language:pl`.")],
    reason: Why,
    who: Who,
    config: ConfigFile = None,
) -> None:
    """Acknowledge in writing that a line serves a part of the public differently."""
    with _tuner(config) as tuner:
        version = tuner.version(number)
        known = [each.key for each in tuner.facts(version).slices]
        if part not in known:
            raise Refused(f"{part} is not measured; there are {', '.join(known) or 'none'}")
        noted = [(part, Sort.ACKNOWLEDGED, reason)]
        tuner.mark(number, _officer(tuner, who), noted, tool=_tool())
        sys.stdout.write(f"acknowledged: {part}\n")


@app.command("freeze")
def freeze(reason: Why, who: Who, config: ConfigFile = None) -> None:
    """Let no line change until it is thawed, not even back."""
    with _tuner(config) as tuner:
        tuner.freeze(_officer(tuner, who), True, reason=reason, tool=_tool())
        sys.stdout.write("frozen\n")


@app.command("thaw")
def thaw(reason: Why, who: Who, config: ConfigFile = None) -> None:
    """Let lines change again."""
    with _tuner(config) as tuner:
        tuner.freeze(_officer(tuner, who), False, reason=reason, tool=_tool())
        sys.stdout.write("thawed\n")


@app.command("history")
def history(
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines, a step each.")] = False,
    config: ConfigFile = None,
) -> None:
    """Print every step of every version, the newest version first."""
    from console.opening import existing_store

    store = existing_store(settings_of(config))
    for version in store.threshold_versions():
        if not as_json:
            sys.stdout.write(f"{_told(version)}\n")
        for step in version.steps:
            told = {
                "version": version.number,
                "class": version.of.value,
                "line": version.line,
                "model": version.model,
                "move": step.move.value,
                "by": step.by,
                "at": step.at.isoformat(),
                "reason": step.reason,
                "known_then": dict(step.detail),
            }
            line = f"  {step.at:%Y-%m-%d %H:%M} UTC  {step.move.words} by {step.by}  {step.reason}"
            sys.stdout.write((json.dumps(told) if as_json else line.rstrip()) + "\n")
    store.close()


@contextmanager
def _tuner(config: Path | None) -> "Iterator[Tuner]":
    from zoneinfo import ZoneInfo

    from classifiers.ensemble import load_ensemble
    from console.opening import existing_store, utc_now
    from console.tuning.desk import Tuner
    from console.tuning.lines import LinesInForce

    settings = settings_of(config)
    store = existing_store(settings)
    lines = LinesInForce(store, load_ensemble(settings.classifier), utc_now)
    lines.take_up()
    try:
        yield Tuner(store, settings, utc_now, ZoneInfo(settings.desk.timezone), lines)
    finally:
        store.close()


def _officer(tuner: "Tuner", officer_id: str) -> Officer:
    found = tuner.store.officer(officer_id)
    if found is None:
        raise Refused(f"there is no officer {officer_id} (firstcontact officers list)")
    return found


def _tool() -> str:
    """The command line asks for no password, so the account of the machine is recorded, too."""
    return f"command ({getpass.getuser()})"


def _told(version: Version) -> str:
    last = version.steps[-1]
    return (
        f"version {version.number:<3} {version.of.value} {version.line:.4f}  "
        f"{version.stage.words}, {last.at:%Y-%m-%d %H:%M} UTC by {last.by}"
    )


def _done(version: Version) -> None:
    sys.stdout.write(f"{_told(version)}\n")
