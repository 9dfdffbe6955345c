"""What the training rows are: counts by class, language, length and channel.

python benchmarks/rows.py classifiers/training/data/*.jsonl
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from classifiers.training.data import own_rows

PRIVATE = ("x_dm", "fb_message")
LENGTHS = (60, 160, 600)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    asked = parser.parse_args()
    rows = own_rows([path for path in sorted(asked.files) if not path.name.startswith("dev-")])
    kept = own_rows([path for path in sorted(asked.files) if path.name.startswith("dev-")])
    print(f"{len(rows)} rows to learn from, {sum(bool(row.thread) for row in rows)} with a thread")
    print(f"{len(kept)} rows kept from it")
    print("class    ", counted(str(row.label) for row in rows))
    print("language ", counted(row.lang for row in rows))
    print("channel  ", counted("private" if row.channel in PRIVATE else "public" for row in rows))
    print("letters  ", counted(length_of(row.text) for row in rows))


def length_of(text: str) -> str:
    return next((f"to {most}" for most in LENGTHS if len(text) <= most), f"over {LENGTHS[-1]}")


def counted(found) -> str:
    return ", ".join(f"{name} {count}" for name, count in Counter(found).most_common())


if __name__ == "__main__":
    main()
