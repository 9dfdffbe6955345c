"""How much of annotated messages is read, and read with its owner.

Nothing was learned from the messages that judge, and nobody looked at them while rules were mended.
`python benchmarks/identifiers.py` prints the whole table.
"""

import json
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

import classifiers.training
from classifiers.training.owners import read_marked, read_of
from tests.factories import an_item
from triage.found import Place, Trait, Whose
from triage.identifiers import extract
from triage.model import Author
from triage.taxonomy import Kind

DATA = Path(__file__).parent.parent / "data"
FOLDER = Path(classifiers.training.__file__).parent / "identifiers"


@cache
def counts() -> Counter[str]:
    """Identifiers right, too many, missed and with their role by kind; and writers by mistake."""
    found: Counter[str] = Counter()
    for path in sorted(FOLDER.glob("judge-*.jsonl")):
        for message in read_marked(path):
            got = read_of(message)
            for key in got.keys() | message.expect.keys():
                mine = got.get(key) is Whose.WRITER
                found[f"{key[0]} mistaken"] += mine and message.expect.get(key) is not Whose.WRITER
                if key in got and key in message.expect:
                    found[f"{key[0]} right"] += 1
                    found["role"] += got[key] is message.expect[key]
                    found["right"] += 1
                else:
                    found[f"{key[0]} {'extra' if key in got else 'missed'}"] += 1
    return found


@pytest.mark.parametrize("kind", list(Trait))
def test_most_identifiers_are_read(kind: Trait) -> None:
    right, extra, missed = (counts()[f"{kind} {name}"] for name in ("right", "extra", "missed"))
    assert right / (right + extra) >= 0.87
    assert right / (right + missed) >= 0.79


def test_most_owners_are_told() -> None:
    assert counts()["role"] / counts()["right"] >= 0.83


def test_hardly_anything_is_taken_for_the_writer_s_that_is_not() -> None:
    mistaken = sum(count for name, count in counts().items() if name.endswith("mistaken"))
    assert mistaken / counts()["right"] <= 0.05


@pytest.mark.parametrize(
    ("name", "wrong_writers"), [("link_identifiers.jsonl", 0), ("link_identifiers_blind.jsonl", 2)]
)
def test_borrowed_accounts_are_heard_and_nobody_is_made_the_writer(
    name: str, wrong_writers: int
) -> None:
    wrong, unheard = [], []
    for line in (DATA / name).read_text(encoding="utf-8").splitlines():
        raw = json.loads(line)
        kind = Kind(raw["kind"])
        author = Author(display_name=raw.get("display_name", ""))
        channel = "x_dm" if kind is Kind.DM else "x_mention"
        item = an_item(raw["text"], kind=kind, channel=channel, author=author)
        found = extract(item, raw.get("thread", ()))
        got = {
            (each.kind.value, each.value, each.role.value)
            for each in found.found
            if each.place is Place.TEXT
        }
        wanted = {tuple(each) for each in raw["expect"]}
        wrong += [(raw["id"], each) for each in got - wanted if each[2] == "writer"]
        if bool(found.not_owner) != bool(raw.get("not_owner")):
            unheard.append(raw["id"])
    assert len(wrong) <= wrong_writers, wrong
    assert unheard == []


def test_what_a_marked_message_must_be_is_said_with_its_line(tmp_path: Path) -> None:
    from triage.errors import BadInput

    path = tmp_path / "marked.jsonl"
    path.write_text('{"id": "a", "kind": "dm", "text": "hello", "expect": []}\n{"id": "b"}\n')
    with pytest.raises(BadInput, match=r"marked\.jsonl:2: is no marked message"):
        list(read_marked(path))
