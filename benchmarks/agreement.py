"""How well a second reader, who saw no label, agrees with the rows: Cohen's kappa.

Without `--labels` it draws rows and prints them without their labels, for somebody to read.

    python benchmarks/agreement.py --rows 600 --seed 20 > blind.jsonl
    python benchmarks/agreement.py --labels benchmarks/data/second_labels.jsonl
"""

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from triage.errors import BadInput
from triage.taxonomy import Label, SignalName

DATA = Path(__file__).parents[1] / "classifiers" / "training" / "data"
SHOWN = ("id", "text", "thread", "lang", "channel")
ENOUGH = 10  # rows that either reader marked; below that a kappa says nothing

Row = dict[str, object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=600)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--labels", type=Path, help="what the second reader said, by id")
    asked = parser.parse_args()
    rows = {str(row["id"]): row for path in sorted(DATA.glob("*.jsonl")) for row in read(path)}
    if asked.labels is None:
        for row in random.Random(asked.seed).sample(list(rows.values()), asked.rows):
            print(json.dumps({key: row[key] for key in SHOWN if key in row}, ensure_ascii=False))
        return
    second = read(asked.labels)
    unknown = [str(row["id"]) for row in second if row["id"] not in rows]
    if unknown:
        raise BadInput(str(asked.labels), f"no row is called {unknown[0]}")
    report([(rows[str(row["id"])], row) for row in second])


def read(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]


def report(pairs: Sequence[tuple[Row, Row]]) -> None:
    print(f"{len(pairs)} rows read by a second reader")
    print(f"{'what':<22}  kappa  same  marked by the rows, the reader")
    told("class", pairs, lambda row: str(row["class"]))
    for label in Label:
        told(label.value, pairs, lambda row, label=label: row["class"] == label.value)
    told("audience", pairs, lambda row: str(row["audience"]))
    for signal in SignalName:
        told(signal.value, pairs, lambda row, signal=signal: signal.value in row["signals"])


def told(what: str, pairs: Sequence[tuple[Row, Row]], ask: Callable[[Row], object]) -> None:
    answers = [(ask(one), ask(other)) for one, other in pairs]
    same = sum(one == other for one, other in answers)
    marked = [sum(each[place] is True for each in answers) for place in (0, 1)]
    yes_or_no = isinstance(answers[0][0], bool)
    rare = yes_or_no and max(marked) < ENOUGH
    kappa = "    -" if rare else f"{cohen(answers):5.3f}"
    said = f"{marked[0]}, {marked[1]}" if yes_or_no else ""
    print(f"{what:<22}  {kappa}  {same:4}  {said}".rstrip())


def cohen(answers: Sequence[tuple[object, object]]) -> float:
    """Agreement beyond what two readers with these habits would have by chance."""
    count = len(answers)
    same = sum(one == other for one, other in answers) / count
    ones, others = (Counter(each[place] for each in answers) for place in (0, 1))
    chance = sum(ones[each] * others[each] for each in ones) / count**2
    return 1.0 if chance == 1 else (same - chance) / (1 - chance)


if __name__ == "__main__":
    main()
