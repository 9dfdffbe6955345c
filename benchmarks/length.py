"""How long a message takes to be read, by its length and by what it is made of.

python benchmarks/length.py
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from classifiers.ensemble import load_ensemble
from config.settings import Classifier
from triage.ports import Reading

LENGTHS = (100, 1_000, 10_000, 100_000)
ROUNDS = 5
MADE_OF = {
    "plain words": "my neighbour is playing music again and i cannot sleep because of the noise, ",
    "invisible letters": "k\u200bn\u200bi\u200bf\u200be ",
    "look-alike letters": "\u13b7\U0001d536 he h@s a kn1fe!!! \uff41\uff54 \uff4d\uff59 door ",
    "no blanks": "a",
    "emoji": "\U0001f62d\U0001f52a",
}


def main() -> None:
    ensemble = load_ensemble(Classifier(threads=1))
    ensemble.read([Reading(text="good morning")])
    print(f"{'characters':<20}" + "".join(f"{length:>12,}" for length in LENGTHS))
    for name, unit in MADE_OF.items():
        texts = [(unit * (length // len(unit) + 1))[:length] for length in LENGTHS]
        spent = [min(once(ensemble.read, text) for _ in range(ROUNDS)) for text in texts]
        print(f"{name:<20}" + "".join(f"{each * 1000:>9.1f} ms" for each in spent))


def once(read, text: str) -> float:
    began = time.perf_counter()
    read([Reading(text=text)])
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
