"""Lines moved by the real command line under a real service, which takes them up as it runs."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from classifiers.ensemble import load_ensemble
from config.settings import load
from console.commands.thresholds import register
from storage.store import SqlStore, connect
from tests.conftest import wait_for
from tests.service_rig import HOOK_SECRET, Ran, Running
from tests.tuned_desk import ADMINS, Spoken, remember
from triage.errors import FirstContactError
from triage.model import Officer
from triage.taxonomy import Label

COMMANDS = typer.Typer()
register(COMMANDS)
HALE, ORME = ("--as", "hale"), ("--as", "orme")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A desk with a web chat, two admins and 40 known emergencies behind it."""
    made = Running(folder=tmp_path)
    made.config.write_text(
        f"""
[storage]
url = "sqlite:///{tmp_path / "desk.db"}"
[[collector]]
kind = "webhook"
account = "webchat"
secret = "{HOOK_SECRET}"
[[sink]]
kind = "terminal"
[console]
bind = "127.0.0.1:{made.port}"
[engine]
node = "one"
[tuner]
shadow_hours = 0
""",
        encoding="utf-8",
    )
    store = store_of(made)
    for officer in (*ADMINS, Officer(id="okafor", name="Sam Okafor")):
        store.save_officer(officer)
    model = load_ensemble(load(made.config).classifier).name
    spoken = [Spoken(score=0.9, days_ago=day / 2, said=Label.EMERGENCY) for day in range(40)]
    spoken += [Spoken(score=0.55, days_ago=3, said=Label.EMERGENCY, text="he has a knife")]
    spoken += [Spoken(score=0.05, days_ago=4, said=Label.ROUTINE, drawn=True)]
    remember(store, spoken, now=datetime.now(UTC), model=model)
    store.close()
    yield made
    made.end()


def store_of(running: Running) -> SqlStore:
    store = connect(f"sqlite:///{running.folder / 'desk.db'}")
    store.migrate()
    return store


def thresholds(running: Running, *words: str) -> Ran:
    """The command in this process: a new one takes seconds to load the model on a busy machine."""
    told = CliRunner().invoke(COMMANDS, ["thresholds", *words, "--config", str(running.config)])
    error = str(told.exception) if isinstance(told.exception, FirstContactError) else told.stderr
    if told.exception is not None and not isinstance(
        told.exception, FirstContactError | SystemExit
    ):
        raise told.exception
    return Ran(code=told.exit_code, out=told.stdout, err=error)


def refused(running: Running, *words: str) -> str:
    ran = thresholds(running, *words)
    assert ran.code == 1, ran.out
    return ran.err


def test_two_admins_move_a_line_and_a_running_service_takes_it_up(running: Running) -> None:
    running.start()
    shown = thresholds(running, "show").out
    assert "caught 41 of 41 known emergencies and missed 0" in shown
    assert "Catch 99 % of the known ones" in shown
    assert "caught 40 of 41 known emergencies and missed 1" in thresholds(running, "at", "0.7").out

    why = ("--reason", "fewer false alarms")
    proposed = thresholds(running, "propose", "0.7", *why, *HALE)
    assert proposed.code == 0, proposed.err
    assert proposed.out.startswith("version 1   emergency 0.9000  proposed")
    assert "another admin must approve" in refused(running, "approve", "1", *why, *HALE)
    assert "only admins" in refused(running, "approve", "1", *why, "--as", "okafor")
    assert "there is no officer nobody" in refused(running, "approve", "1", *why, "--as", "nobody")
    assert "you have not read 1 known emergency" in refused(running, "approve", "1", *why, *ORME)
    read = thresholds(running, "missed", "1", "--mark", *ORME)
    assert "he has a knife" in read.out
    assert thresholds(running, "approve", "1", *why, *ORME).code == 0
    assert thresholds(running, "live", "1", *ORME).code == 0

    store = store_of(running)
    assert wait_for(lambda: [each.versions for each in store.lines_taken()] == [(1,)], seconds=20)
    (taken,) = store.lines_taken()
    assert (taken.node, taken.emergency) == ("one", 0.9)
    assert thresholds(running).out.splitlines()[0].split() == [
        "emergency", "0.900", "(version", "1)",
    ]  # fmt: skip
    said = refused(running, "--emergency", "0.3")
    assert "version 1 is live: a line in the settings would have no effect" in said

    back = thresholds(running, "rollback", *HALE)
    assert back.out.startswith("rolled back version 1")
    assert wait_for(lambda: [each.versions for each in store.lines_taken()] == [()], seconds=20)
    tools = {each.detail["tool"] for each in store.events("threshold:1")}
    assert all(tool.startswith("command (") for tool in tools)
    assert store.verify() > 0
    store.close()
    steps = [json.loads(line) for line in thresholds(running, "history", "--json").out.splitlines()]
    assert [each["move"] for each in steps] == [
        "draft", "propose", "approve", "go_live", "roll_back",
    ]  # fmt: skip
    assert steps[2]["known_then"]["caught"] == 40


def test_a_miss_that_is_not_acceptable_blocks_and_freezing_stops_all(running: Running) -> None:
    why = ("--reason", "a knife")
    thresholds(running, "propose", "0.7", *why, *HALE)
    missed = thresholds(running, "missed", "1", "--mark", *ORME).out
    ref = next(line for line in missed.splitlines() if line.startswith("FC-"))
    block = ("missed", "1", "--not-acceptable", ref)
    assert "say why" in refused(running, *block, *HALE)
    assert thresholds(running, *block, *why, *HALE).code == 0
    assert f"{ref} is not acceptable to hale" in refused(running, "approve", "1", *why, *ORME)
    assert "is no known emergency" in refused(
        running, "missed", "1", "--not-acceptable", "FC-0", *why, *HALE
    )
    assert thresholds(running, "withdraw", "1", *HALE).code == 0
    assert thresholds(running, "shadow", "0.7", *HALE).out.startswith("version 2")
    assert thresholds(running, "freeze", *why, *ORME).out == "frozen\n"
    assert "there is nothing to roll back" in refused(running, "rollback", *HALE)
    assert thresholds(running, "thaw", *why, *ORME).out == "thawed\n"
    assert "is not measured" in refused(running, "acknowledge", "2", "language:xx", *why, *ORME)
    said = thresholds(running, "history").out
    assert "version 1   emergency 0.9000  withdrawn" in said
    assert "version 2   emergency 0.9000  shadow" in said


def test_the_model_in_force_reads_what_another_model_had_read(running: Running) -> None:
    store = store_of(running)
    spoken = [Spoken(score=0.2, days_ago=1, text="hes outside my door again with a knife")]
    (ref,) = remember(store, spoken, now=datetime.now(UTC), model="older+00000000/int8")
    before = store.case(ref)
    ran = thresholds(running, "read")
    assert ran.out.startswith("1 items read by desk-")
    assert dict(store.models_read()).keys() == {load_ensemble(load(running.config).classifier).name}
    assert store.case(ref) == before
    assert thresholds(running, "read").out.startswith("0 items")
    store.close()
