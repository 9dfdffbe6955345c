"""Learning whose an identifier is, from messages with their identifiers marked.

A linear model over the features of `triage/identify/context.py`: softmax regression by AdaGrad,
weights near nothing left out. It takes half a minute and needs no torch.

    python -m classifiers.training.owners classifiers/training/identifiers/[efg]?.jsonl
"""

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from triage.errors import BadInput
from triage.found import Place, Trait, Whose
from triage.identifiers import extract
from triage.identify.account import speaker_of
from triage.identify.contacts import reference_key
from triage.identify.context import features, line_of, setting_of
from triage.identify.naming import fold
from triage.identify.owned import candidates
from triage.identify.pieces import Piece
from triage.identify.places import address_core, postcode_key
from triage.identify.weights import ANSWERS, NOTHING, TABLE, UNIT
from triage.model import Author, Item
from triage.taxonomy import Kind

SENT = datetime(2026, 11, 23, 9, 41, tzinfo=UTC)
SEEN = 3
"""A feature of fewer identifiers than this is not learned from."""

EPOCHS, BATCH, RATE, PULL, LEAST = 40, 256, 0.1, 1e-3, 3
"""`PULL` draws weights to nothing; those under `LEAST` hundredths are left out."""

KIND_OF_NUMBER = re.compile(r"^(?:LOG|INC|CAD)(?=\W?\d)")
Array = npt.NDArray[np.float32]
Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A message with its identifiers and whose each is."""

    item: Item
    thread: tuple[str, ...]
    expect: Mapping[Key, Whose]


def read_marked(path: Path) -> Iterator[Marked]:
    """The messages of a file.

    Raises:
        BadInput: the file cannot be read, or a line is not such a message.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BadInput(str(path), f"cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        try:
            yield _marked(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadInput(f"{path}:{number}", f"is no marked message: {error}") from error


def _marked(raw: Mapping[str, Any]) -> Marked:
    kind = Kind(raw["kind"])
    item = Item(
        id=raw["id"],
        channel="x_dm" if kind is Kind.DM else "x_mention",
        account="westbridgepolice",
        kind=kind,
        text=raw["text"],
        sent_at=SENT,
        author=Author(display_name=raw.get("display_name", ""), profile=raw.get("profile", "")),
    )
    expect: dict[Key, Whose] = {}
    for trait, value, role in raw["expect"]:
        expect.setdefault(key_of(trait, value), Whose(role))
    return Marked(item=item, thread=tuple(raw.get("thread", ())), expect=expect)


def key_of(kind: str, value: str) -> Key:
    """Kind and value as they are compared: letter case, blanks and short forms do not count."""
    match kind:
        case Trait.ADDRESS:
            return kind, address_core(value)
        case Trait.POSTCODE:
            return kind, postcode_key(value)
        case Trait.CRIME_REF:
            return kind, reference_key(KIND_OF_NUMBER.sub("", value.upper()))
        case Trait.NAME:
            return kind, " ".join(fold(word) for word in value.replace(".", " ").split())
        case _:
            return kind, value


def read_of(message: Marked) -> dict[Key, Whose]:
    """What the service reads out of a message's text, to be held against `Marked.expect`."""
    return {
        key_of(each.kind, each.value): each.role
        for each in extract(message.item, message.thread).found
        if each.place is Place.TEXT
    }


def examples(messages: Sequence[Marked]) -> Iterator[tuple[list[str], str]]:
    """Features and answer of everything that may be an identifier."""
    for message in messages:
        item = message.item
        pieces = candidates(item.text, SENT.date(), speaker_of(item))
        line = line_of(item.text, pieces, setting_of(item, message.thread))
        for index, piece in enumerate(pieces):
            yield features(line, index), answer(message, piece)


def answer(message: Marked, piece: Piece) -> str:
    """Whose a piece is, by the marks."""
    return message.expect.get(key_of(piece.kind, piece.value), NOTHING)


def learned(found: Sequence[tuple[list[str], str]], *, seed: int = 7) -> dict[str, list[int]]:
    """Weights by feature, in hundredths, for each of `ANSWERS`."""
    counts = Counter(feature for each, _ in found for feature in set(each))
    names = sorted(feature for feature, count in counts.items() if count >= SEEN)
    place = {feature: number for number, feature in enumerate(names)}
    rows = [np.array([place[f] for f in each if f in place]) for each, _ in found]
    wanted = np.array([ANSWERS.index(said) for _, said in found])
    weights = _descended(rows, wanted, len(names), seed)
    steps = np.rint(weights * UNIT).astype(int)
    return {
        name: row.tolist() for name, row in zip(names, steps, strict=True) if abs(row).max() > LEAST
    }


def _descended(rows: Sequence[Any], wanted: Any, size: int, seed: int) -> Array:
    weights = np.zeros((size, len(ANSWERS)), dtype=np.float32)
    slope = np.full_like(weights, 1e-6)
    draw = np.random.default_rng(seed)
    for _ in range(EPOCHS):
        order = draw.permutation(len(rows))
        for at in range(0, len(rows), BATCH):
            group = order[at : at + BATCH]
            owner = np.repeat(np.arange(len(group)), [len(rows[n]) for n in group])
            used = np.concatenate([rows[n] for n in group])
            sums = np.zeros((len(group), len(ANSWERS)), dtype=np.float32)
            np.add.at(sums, owner, weights[used])
            sums = np.exp(sums - sums.max(axis=1, keepdims=True))
            error = sums / sums.sum(axis=1, keepdims=True)
            error[np.arange(len(group)), wanted[group]] -= 1.0
            touched, which = np.unique(used, return_inverse=True)
            step = np.zeros((len(touched), len(ANSWERS)), dtype=np.float32)
            np.add.at(step, which, error[owner] / len(group))
            step += PULL * weights[touched]
            slope[touched] += step**2
            weights[touched] -= RATE * step / np.sqrt(slope[touched])
    return weights


def main() -> None:
    """Learn from files, and write the table that is shipped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=TABLE)
    asked = parser.parse_args()
    messages = [message for path in asked.files for message in read_marked(path)]
    table = learned(list(examples(messages)))
    lines = ["\t".join((name, *map(str, row))) for name, row in table.items()]
    asked.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
