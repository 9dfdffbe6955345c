"""Weights from the shell: trained, put in force, refused; and the list of likely duplicates."""

import json
import random
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from config.settings import Linking, Settings
from console.linking import recorded_linker
from console.weights import material_of_store
from storage.codec import dumps, loads
from storage.memory import memory_store
from tests.service_rig import firstcontact
from tests.stores import NOW, SOURCE, an_event, an_item, arriving
from triage.blocking import keys_of
from triage.found import Trait
from triage.model import Author, Harvest, Link, PriorLink, Rejected
from triage.weights import SHIPPED, digest_of

ITEM = {"id": "a1", "channel": "x_dm", "text": "it is Anna Quill", "author": {"account_id": "77"}}

PHONE = SHIPPED.levels["phone"]["same"]


def some_people(count: int = 300) -> list[dict[str, Any]]:
    """Invented records; every third person has a second one with another phone number."""
    draw = random.Random(5)
    days = [f"{year}-0{month}-1{month}" for year in range(1940, 2008) for month in range(1, 10)]
    ones = [
        {
            "record_id": f"P{number:03}",
            "forename": draw.choice(("Anna", "Ben", "Carys", "Dev", "Esme", "Finn")),
            "surname": "".join(draw.choice(("ba", "ke", "lo", "mi", "tu", "ran")) for _ in "1234"),
            "date_of_birth": draw.choice(days),
            "phones": [f"07700 900{number:03}"],
        }
        for number in range(count)
    ]
    again = [
        each | {"record_id": f"{each['record_id']}b", "phones": [f"01632 960{number:03}"]}
        for number, each in enumerate(ones[::3])
    ]
    return ones + again


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with records."""
    people = "".join(f"{json.dumps(each)}\n" for each in some_people())
    (tmp_path / "people.jsonl").write_text(people)
    return tmp_path


def test_weights_are_trained_put_into_settings_and_named_by_links(folder: Path) -> None:
    train = ("link", "train", "--records", "people.jsonl", "--out", "weights.toml")
    ran = firstcontact(*train, cwd=folder)
    assert ran.code == 0, ran.err
    assert "phone         different" in ran.out
    assert ran.err == 'To use them: weights = "weights.toml" under [linking] in the settings.\n'
    text = (folder / "weights.toml").read_text()
    assert "400 records" in text
    # Whoever has two records has two numbers: that another is given says next to nothing.
    assert -0.5 < tomllib.loads(text)["levels"]["phone"]["different"] <= 0
    (folder / "own.toml").write_text('[linking]\nweights = "weights.toml"\n')
    link = ("link", "--records", "people.jsonl", "-")
    known = ITEM | {"text": "ring me on 07700 900001"}
    own, shipped = (
        firstcontact(*link, *more, stdin=json.dumps(known), cwd=folder).lines[0]["weights"]
        for more in (("--config", "own.toml"), ())
    )
    assert shipped == digest_of(SHIPPED) != own
    again = firstcontact(*train, cwd=folder)
    assert (again.code, again.out) == (1, "")
    assert again.err == "firstcontact: weights.toml: cannot be written: File exists\n"


def test_what_is_learnt_from_the_store_is_in_the_trail(folder: Path) -> None:
    assert firstcontact("records", "import", "people.jsonl", cwd=folder).code == 0
    for command, out in (("train", "weights.toml"), ("duplicates", "duplicates.csv")):
        ran = firstcontact("link", command, "--from-store", "--out", out, cwd=folder)
        assert ran.code == 0, ran.err
    assert len((folder / "duplicates.csv").read_text().splitlines()) == 101
    trail = firstcontact("audit", "export", cwd=folder).out.splitlines()
    actions = {event["action"]: event["detail"] for event in map(json.loads, trail)}
    assert actions["weights.trained"]["records"] == 400
    assert actions["duplicates.listed"]["pairs"] == 100
    assert firstcontact("audit", "verify", cwd=folder).code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "--out", "w.toml"],
        ["train", "--records", "people.jsonl"],
        ["train", "--records", "people.jsonl", "--from-store", "--out", "w.toml"],
        ["train", "--records", "people.jsonl", "--prior-links", "l.jsonl", "--out", "w.toml"],
        ["duplicates", "--records", "people.jsonl", "--out", "d.csv", "--at-least", "2"],
    ],
)
def test_wrong_usage_is_told_and_leaves_2(arguments: list[str], folder: Path) -> None:
    ran = firstcontact("link", *arguments, cwd=folder)
    assert (ran.code, ran.out) == (2, "")
    assert "Traceback" not in ran.err


def test_settings_with_weights_that_cannot_be_right_are_refused_in_one_line(folder: Path) -> None:
    (folder / "bad.toml").write_text("[levels.phone]\nsame = 60\n")
    (folder / "own.toml").write_text('[linking]\nweights = "bad.toml"\n')
    link = ("link", "--records", "people.jsonl", "--config", "own.toml", "-")
    ran = firstcontact(*link, stdin=json.dumps(ITEM), cwd=folder)
    said = f"bad.toml: levels.phone: same: 60 is over 8 bits from the prior, {PHONE:g}"
    assert (ran.code, ran.err) == (1, f"firstcontact: {said}\n")


@pytest.mark.skipif(find_spec("splink") is not None, reason="the `scale` extra is installed")
@pytest.mark.parametrize("command", ["train", "duplicates"])
def test_without_the_extra_it_is_named_and_nothing_is_written(command: str, folder: Path) -> None:
    ran = firstcontact(
        *("link", command, "--records", "people.jsonl", "--out", "out", "--splink"), cwd=folder
    )
    said = "this needs the `scale` extra: pip install 'firstcontact[scale]'"
    assert (ran.code, ran.out, ran.err) == (1, "", f"firstcontact: {said}\n")
    assert not (folder / "out").exists()


# --- what staff said ------------------------------------------------------------------------------


def test_each_account_counts_once_by_the_message_that_tells_most() -> None:
    store = memory_store(clock=lambda: NOW)
    people = [{"record_id": "P1", "surname": "Quill"}, {"record_id": "P2", "surname": "Osei"}]
    store.import_records(map(json.dumps, people), keys_of=keys_of, now=NOW)
    told = "I am Zelda Quill, my number is 07700 900123, I was born on 21/03/1984"
    texts = {"1": ("77", "hello"), "2": ("77", told), "3": ("77", "well?"), "4": ("78", told)}
    for number, (account, text) in texts.items():
        item = an_item(number, text, author=Author(account_id=account), thread_id=number)
        store.take_in(SOURCE, Harvest(arrivals=(arriving(item),), cursor=number), now=NOW)
    link = PriorLink(
        platform="x", account_id="77", record_id="P1", confirmed_by="khan", confirmed_at=NOW
    )
    store.confirm_link(link, events=[an_event()])
    no = Rejected(platform="x", account_id="78", record_id="P2", by="khan", at=NOW)
    store.reject_link(no, events=[an_event()])
    material = material_of_store(store)
    ((claim, person),) = material.confirmed
    assert person.record_id == "P1"
    assert claim.of(Trait.DATE_OF_BIRTH) == ("1984-03-21",)
    assert [own.record_id for _, own in material.rejected] == ["P2"]
    assert [each.record_id for each in material.people] == ["P1", "P2"]


# --- in the trail ---------------------------------------------------------------------------------


def test_the_trail_says_once_which_weights_came_into_force(folder: Path) -> None:
    store = memory_store(clock=lambda: NOW)
    (folder / "weights.toml").write_text("[levels.phone]\nsame = 17.5\n")
    shipped, own = Settings(), Settings(linking=Linking(weights=folder / "weights.toml"))
    for settings in (shipped, shipped, own, own, shipped):
        recorded_linker(settings, lambda: NOW, store)
    told = [
        (each.action, each.detail["levels"]["phone"]["same"]) for each in store.events("weights")
    ]
    assert told == [("weights.in_force", bits) for bits in (PHONE, 17.5, PHONE)]
    store.verify()


def test_a_stored_link_is_worked_out_again_from_the_trail(folder: Path) -> None:
    store = memory_store(clock=lambda: NOW)
    record = {"record_id": "P1", "surname": "Quill", "phones": ["07700 900123"]}
    store.import_records([json.dumps(record)], keys_of=keys_of, now=NOW)
    (folder / "weights.toml").write_text("[levels.phone]\nsame = 17.5\n")
    settings = Settings(linking=Linking(weights=folder / "weights.toml"))
    find = recorded_linker(settings, lambda: NOW, store)
    link = loads(Link, dumps(find(an_item(text="my number is 07700 900123"), (), store)))
    (event,) = store.events("weights")
    assert link.weights == event.detail["digest"]
    rows = {each.field: each for each in link.candidates[0].evidence}
    assert rows["phone"].weight == event.detail["levels"]["phone"][rows["phone"].level] == 17.5
