"""What is read out of annotated messages: each kind of identifier, whose it is, and how fast.

A line of a file is a message with `text`, `kind` and `expect`: entries of kind, value and role.
Precision and recall ask for kind and value; roles are counted among the values that were found.

    python benchmarks/identifiers.py classifiers/training/identifiers/judge-*.jsonl
"""

import argparse
import statistics
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from classifiers.training.owners import Key, Marked, read_marked, read_of
from triage.found import Trait, Whose
from triage.identifiers import extract
from triage.model import Item

ROUNDS = 5


@dataclass
class Count:
    """Of one kind: right, too much and missed; and of the right ones, those with their role."""

    right: int = 0
    extra: int = 0
    missed: int = 0
    role: int = 0

    def line(self, name: str) -> str:
        precision = self.right / max(1, self.right + self.extra)
        recall = self.right / max(1, self.right + self.missed)
        role = f"{self.role / self.right:>8.3f}" if self.right and self.role >= 0 else f"{'':>8}"
        return f"{name:<16}{precision:>10.3f}{recall:>8.3f}{role}{self.right + self.missed:>6}"


@dataclass
class Measure:
    """Counts by kind, of the writer's own names, and what went wrong."""

    kinds: dict[str, Count] = field(default_factory=dict)
    own_name: Count = field(default_factory=lambda: Count(role=-1))
    confused: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--faults", action="store_true", help="list what was wrong")
    asked = parser.parse_args()
    messages = [message for path in asked.files for message in read_marked(path)]
    measure = measured(messages)
    print(f"{len(messages)} messages\n")
    print(f"{'kind':<16}{'precision':>10}{'recall':>8}{'role':>8}{'n':>6}")
    for name, count in sorted(measure.kinds.items()):
        print(count.line(name))
    print(measure.own_name.line("writer's name"))
    found = sum(each.right for each in measure.kinds.values())
    role = sum(each.role for each in measure.kinds.values())
    print(f"role right: {role} of {found}: {role / max(1, found):.3f}")
    print(", ".join(f"{a} read as {b} {n}" for (a, b), n in measure.confused.most_common()))
    print(timing(messages))
    if asked.faults:
        print("", *measure.faults, sep="\n")


def measured(messages: Sequence[Marked]) -> Measure:
    measure = Measure()
    for message in messages:
        _count(measure, message, read_of(message))
    return measure


def _count(
    measure: Measure,
    message: Marked,
    got: Mapping[Key, Whose],
) -> None:
    wanted = message.expect
    for key in got.keys() | wanted.keys():
        count = measure.kinds.setdefault(key[0], Count())
        if key in got and key in wanted:
            count.right += 1
            count.role += got[key] is wanted[key]
            if got[key] is not wanted[key]:
                measure.confused[wanted[key].value, got[key].value] += 1
        else:
            count.extra += key in got
            count.missed += key in wanted
        if got.get(key) is not wanted.get(key):
            said = f"{wanted.get(key, 'nothing')} -> {got.get(key, 'nothing')}"
            item = message.item
            measure.faults.append(f"{item.id} {key[0]} {key[1]!r}: {said}: {item.text}")
        if key[0] == Trait.NAME:
            mine, theirs = got.get(key) is Whose.WRITER, wanted.get(key) is Whose.WRITER
            measure.own_name.right += mine and theirs
            measure.own_name.extra += mine and not theirs
            measure.own_name.missed += theirs and not mine


def timing(messages: Sequence[Marked]) -> str:
    """Milliseconds of the processor for a message, the best of some rounds each."""
    spent = []
    for message in messages:
        best = min(_once(message.item, message.thread) for _ in range(ROUNDS))
        spent.append(best * 1000)
    spent.sort()
    high = spent[int(len(spent) * 0.99)]
    return f"p50 {statistics.median(spent):.2f} ms, p99 {high:.2f} ms a message"


def _once(item: Item, thread: Sequence[str]) -> float:
    began = time.process_time()
    extract(item, thread)
    return time.process_time() - began


if __name__ == "__main__":
    main()
