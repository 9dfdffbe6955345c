"""How well the writers of messages are found, and how often somebody else is taken for them.

People and messages are invented from a seed (`benchmarks/linkbench`). Of each scenario: messages;
`confirmed` right and wrong; known accounts linked without asking; linkable writers in the top
three; a harmful record first, of the messages that have one near: a namesake's, housemate's,
suspect's, or that of whoever is spoken of or named by an impostor. Where two records fit equally
well, showing the wrong one first does harm only if the other is not beside it, and said.

    python benchmarks/linking.py --seeds 1 2 3
    python benchmarks/linking.py --hand
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.linkbench import hand
from benchmarks.linkbench.measure import Figures, measured
from benchmarks.linkbench.stories import HALVES, Teller

PER_SEED = 5_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], help="one town each")
    parser.add_argument("--messages", type=int, default=PER_SEED, help="of each seed")
    parser.add_argument("--hand", action="store_true", help="the messages written by hand")
    parser.add_argument(
        "--phrasings", choices=HALVES, default="all", help="those to mend with, or to judge with"
    )
    parser.add_argument("--json", action="store_true", help="print figures for machines")
    parser.add_argument("--faults", type=int, default=0, help="list so many of what went wrong")
    asked = parser.parse_args()
    figures = Figures()
    if asked.hand:
        measured(hand.people(), hand.stories(asked.phrasings), figures)
    for seed in [] if asked.hand else asked.seeds:
        teller = Teller(seed, asked.phrasings)
        measured(teller.town.records.values(), teller.stories(asked.messages), figures)
    if asked.json:
        print(json.dumps(figures.as_json(seeds=[] if asked.hand else asked.seeds), indent=2))
        return
    seeds = " ".join(map(str, asked.seeds))
    print("by hand" if asked.hand else f"seeds {seeds}, {asked.messages:,} messages each")
    print(figures.table())
    for fault in figures.faults[: asked.faults]:
        print(fault)


if __name__ == "__main__":
    main()
