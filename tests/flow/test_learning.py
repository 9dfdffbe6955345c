"""From what officers correct to rows that training reads, and the trace it leaves."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from classifiers.inforce import promote_files
from classifiers.promotion import JUDGING
from classifiers.runtime.artefact import MANIFEST, SHIPPED, read_artefact, write_manifest
from classifiers.training.corrections import as_lines
from classifiers.training.data import Row, own_rows
from classifiers.training.train import Files, Run
from config.settings import Classifier as ClassifierSettings
from config.settings import Learning, Settings
from console.candidates import FEWEST, MOST_TIMES, make_candidate, planned, repeated
from console.learning import Gathered, gather, record_use
from tests.browser.desk import ConsoleDesk, Said, console_desk, delete, do, edit, say
from tests.conftest import SteppingClock
from tests.service_rig import firstcontact
from triage.corrections import LeftOut
from triage.errors import BadInput, BadSettings
from triage.lifecycle import Verb
from triage.model import Case, Priority
from triage.taxonomy import Audience, Kind, Label, Lane, SignalName

AGREED = Learning(use_corrections=True, private_messages=True)
ROUTINE = {"class": "routine"}
NOTHING, AS_USUAL = Files(data=()), Run(out=Path(), epochs=1)


@pytest.fixture
def console(clock: SteppingClock) -> Iterator[ConsoleDesk]:
    made = console_desk(clock)
    yield made
    made.store.close()


def post(console: ConsoleDesk, text: str, **fields: object) -> Case:
    """A public post the machine took for danger now."""
    values: dict[str, object] = {
        "priority": Priority.P1,
        "minutes": 3,
        "label": Label.EMERGENCY,
        "audience": Audience.CONTROL_ROOM,
        "owner": Lane.CONTROL_ROOM,
        "kind": Kind.MENTION,
        "channel": "x_mention",
    }
    return say(console, Said(text=text, **(values | fields)))  # type: ignore[arg-type]


def gathered(console: ConsoleDesk, learning: Learning = AGREED) -> Gathered:
    return gather(console.store, learning, now=console.clock())


def test_nothing_is_learnt_until_the_force_switches_it_on(console: ConsoleDesk) -> None:
    do(console, Verb.CORRECT, post(console, "this traffic is killing me"), **ROUTINE)
    with pytest.raises(BadSettings, match=r"learning\.use_corrections is off"):
        gathered(console, Learning())


def test_a_correction_becomes_a_row_that_names_nobody(console: ConsoleDesk, tmp_path: Path) -> None:
    text = "Zelda here, told Sam Okafor on 07700 900123 this traffic on Osier Street is killing me"
    case = post(console, text, signals=((SignalName.WEAPON, ""),))
    do(console, Verb.CORRECT, case, **ROUTINE, signals="nuisance")
    found = gathered(console)
    (row,) = found.rows
    for named in ("Zelda", "Okafor", "07700", "Osier", case.ref, "westbridge"):
        assert named not in json.dumps(row)
    assert (row["said"], row["class"], row["weight"]) == ("emergency", "routine", 1.0)
    path = tmp_path / "corrections.jsonl"
    path.write_text(as_lines(found.rows), encoding="utf-8")
    (read,) = own_rows([path])
    assert read.label is Label.ROUTINE
    assert read.signals == {SignalName.NUISANCE}
    assert read.judged == {SignalName.NUISANCE, SignalName.WEAPON}
    assert (read.time, read.voice, read.literal, read.direction) == (None, None, None, None)


def test_what_is_only_implied_counts_less_and_judges_no_signals(console: ConsoleDesk) -> None:
    do(console, Verb.NOT_RISK, post(console, "this traffic is killing me"), reason="a phrase")
    (row,) = gathered(console).rows
    assert (row["basis"], row["weight"], row["judged"]) == ("implied", 0.5, [])
    none = Learning(use_corrections=True, implied_weight=0)
    assert gathered(console, none).left_out == {LeftOut.IMPLIED: 1}


def test_the_thread_comes_along_without_names(console: ConsoleDesk) -> None:
    post(console, "Darren Pike came back today", thread="t1")
    do(console, Verb.CORRECT, post(console, "he is gone now", thread="t1"), **ROUTINE)
    (row,) = gathered(console).rows
    assert row["thread"] == ["[name] came back today"]


def test_how_many_were_left_out_and_why_is_said(console: ConsoleDesk) -> None:
    for text in ("a first one to correct", "a second one to correct"):
        do(console, Verb.CORRECT, post(console, text), **ROUTINE)
    kept = post(console, "this one is mine alone")
    do(console, Verb.CORRECT, kept, **ROUTINE, learn="no")
    changed = post(console, "the words of before")
    do(console, Verb.CORRECT, changed, **ROUTINE)
    edit(console, changed, "quite other words than that")
    deleted = post(console, "I take this back")
    do(console, Verb.CORRECT, deleted, **ROUTINE)
    delete(console, deleted)
    private = post(console, "for your eyes only please", kind=Kind.DM, channel="x_dm")
    do(console, Verb.CORRECT, private, **ROUTINE)
    found = gathered(console, Learning(use_corrections=True))
    assert found.left_out == {
        LeftOut.KEPT_OUT: 1,
        LeftOut.CHANGED: 1,
        LeftOut.ERASED: 1,
        LeftOut.PRIVATE: 1,
    }
    assert found.in_words()[0] == "2 rows, 2 of another class"
    assert "1 left out: an officer kept it out" in found.in_words()


def test_the_same_words_corrected_twice_are_one_row(console: ConsoleDesk) -> None:
    for _ in range(2):
        do(console, Verb.CORRECT, post(console, "this traffic is killing me"), **ROUTINE)
    found = gathered(console)
    assert len(found.rows) == 1
    assert len(found.refs) == 2


def test_each_case_learnt_from_says_so_in_the_trail(console: ConsoleDesk) -> None:
    case = post(console, "this traffic is killing me")
    do(console, Verb.CORRECT, case, **ROUTINE)
    record_use(console.store, gathered(console), "corrections.exported", now=console.clock())
    assert [each.action for each in console.store.events(case.ref)][-1] == "learnt_from"
    (whole,) = console.store.events("corrections")
    assert (whole.detail["rows"], whole.detail["left_out"]) == (1, {})
    page = console.signed_in().get(f"/item/{case.ref}").text
    assert "wrote it out for training, without names" in page


# --- the command ----------------------------------------------------------------------------------


def on_disk(clock: SteppingClock, folder: Path, *, agreed: bool) -> Path:
    """A database with one correction, and the settings that name it."""
    url = f"sqlite:///{folder / 'desk.db'}"
    console = console_desk(clock, url)
    do(console, Verb.CORRECT, post(console, "this traffic is killing me"), **ROUTINE)
    console.store.close()
    config = folder / "desk.toml"
    on = str(agreed).lower()
    config.write_text(
        f'[storage]\nurl = "{url}"\n[learning]\nuse_corrections = {on}\n', encoding="utf-8"
    )
    return config


def test_the_command_writes_a_private_file_once(clock: SteppingClock, tmp_path: Path) -> None:
    config = on_disk(clock, tmp_path, agreed=True)
    asked = ("corrections", "export", "out.jsonl", "--config", str(config))
    ran = firstcontact(*asked, cwd=tmp_path)
    assert (ran.code, ran.out) == (0, "1 row, 1 of another class\n"), ran.err
    out = tmp_path / "out.jsonl"
    assert out.stat().st_mode & 0o777 == 0o600
    assert json.loads(out.read_text(encoding="utf-8"))["class"] == "routine"
    again = firstcontact(*asked, cwd=tmp_path)
    assert again.code == 1
    assert "out.jsonl" in again.err
    with sqlite3.connect(tmp_path / "desk.db") as found:
        count = found.execute(
            "SELECT count(*) FROM audit_events WHERE action = ?", ("learnt_from",)
        )
        assert count.fetchone() == (1,)


def test_the_command_refuses_where_the_force_has_not_agreed(
    clock: SteppingClock, tmp_path: Path
) -> None:
    config = on_disk(clock, tmp_path, agreed=False)
    ran = firstcontact("corrections", "export", "out.jsonl", "--config", str(config), cwd=tmp_path)
    assert ran.code == 1
    assert "learning.use_corrections is off" in ran.err
    assert not (tmp_path / "out.jsonl").exists()


# --- a candidate ----------------------------------------------------------------------------------


def corrected(console: ConsoleDesk, count: int) -> None:
    for number in range(count):
        case = post(console, f"this traffic is killing me {'again ' * number}")
        do(console, Verb.CORRECT, case, **ROUTINE)


def agreed(folder: Path) -> Settings:
    return Settings(
        learning=AGREED,
        classifier=ClassifierSettings(models=folder / "models"),
    )


def test_a_candidate_sets_out_from_the_model_in_force_and_learns_the_shipped_rows_again(
    tmp_path: Path, clock: SteppingClock
) -> None:
    plan = planned(agreed(tmp_path), NOTHING, AS_USUAL, now=clock())
    shipped = read_artefact(SHIPPED)
    assert plan.name == f"{shipped.name}-{clock():%Y%m%d}-1"
    assert plan.run.out == tmp_path / "models" / "candidates" / plan.name
    assert plan.run.start == shipped.file("adapter.safetensors")
    data, dev = ({each.name for each in paths} for paths in (plan.files.data, plan.files.dev))
    assert "a-01.jsonl" in data
    assert not [name for name in data if name.startswith("dev-")]
    assert dev
    assert not (data | dev) & set(JUDGING)
    assert {each.name for each in plan.files.judge} == set(JUDGING)


def test_the_next_candidate_of_a_candidate_is_named_after_the_same_model(
    tmp_path: Path, clock: SteppingClock
) -> None:
    settings = agreed(tmp_path)
    first = planned(settings, NOTHING, AS_USUAL, now=clock())
    _named_like(SHIPPED, first.run.out, first.name)
    promote_files(read_artefact(first.run.out), settings.classifier.models, now=clock())
    second = planned(settings, NOTHING, AS_USUAL, now=clock())
    assert second.name == first.name.removesuffix("1") + "2"
    assert second.base.startswith(f"{first.name}+")


def _named_like(source: Path, target: Path, name: str) -> None:
    shutil.copytree(source, target)
    manifest = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
    (target / MANIFEST).write_text(json.dumps(manifest | {"name": name}), encoding="utf-8")


def test_a_model_with_an_encoder_of_its_own_is_gone_on_from_only_with_that_encoder(
    tmp_path: Path, clock: SteppingClock
) -> None:
    model = tmp_path / "model"
    shutil.copytree(SHIPPED, model)
    for name in ("network.onnx", "tokenizer.json"):
        (model / name).write_text("{}")
    shipped = read_artefact(SHIPPED)
    names = (*shipped.files, "network.onnx", "tokenizer.json")
    write_manifest(model, shipped.manifest, names)
    settings = Settings(classifier=ClassifierSettings(model_dir=model, models=tmp_path / "models"))
    with pytest.raises(BadInput, match="has an encoder of its own: name the folder"):
        planned(settings, NOTHING, AS_USUAL, now=clock())
    run = replace(AS_USUAL, encoder=tmp_path / "mine")
    assert planned(settings, NOTHING, run, now=clock()).run.encoder == tmp_path / "mine"


def test_corrections_are_on_disk_only_while_a_candidate_trains(
    console: ConsoleDesk, tmp_path: Path
) -> None:
    corrected(console, FEWEST)
    settings = agreed(tmp_path)
    plan = planned(settings, NOTHING, AS_USUAL, now=console.clock())
    seen: list[Row] = []

    def train(files: Files, run: Run, **_: object) -> None:
        seen.extend(own_rows([files.data[-1]]))
        _named_like(SHIPPED, run.out, run.name)

    folder = make_candidate(
        console.store,
        settings,
        plan,
        now=console.clock(),
        progress=lambda line: None,
        train=train,
    )
    assert len(seen) == MOST_TIMES * FEWEST
    assert {row.source for row in seen} == {"correction"}
    assert [each.name for each in folder.parent.iterdir()] == [plan.name]
    (told,) = console.store.events("corrections")
    assert (told.action, told.detail["candidate"]) == ("corrections.trained_on", plan.name)


def test_a_handful_of_corrections_makes_no_candidate(console: ConsoleDesk, tmp_path: Path) -> None:
    corrected(console, 2)
    settings = agreed(tmp_path)
    with pytest.raises(BadInput, match="2 rows are too few to learn from: 30 at least"):
        make_candidate(
            console.store,
            settings,
            planned(settings, NOTHING, AS_USUAL, now=console.clock()),
            now=console.clock(),
            progress=lambda line: None,
            train=lambda *_, **__: tmp_path,
        )


def test_corrections_are_a_twentieth_of_what_is_learnt_and_shown_eight_times_at_most() -> None:
    rows = [{"id": str(number)} for number in range(100)]
    assert len(repeated(rows, among=8_000)) == 400
    assert len(repeated(rows, among=80_000)) == 800
    assert len(repeated(rows, among=100)) == 100
    assert len({row["id"] for row in repeated(rows, among=8_000)}) == 400
