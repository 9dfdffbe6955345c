"""Whether the words an alert is shown with are the ones that made it.

Of each labelled message, each signal that the network reads is looked at: its words are taken out
of the text, the rest is read again, and it is seen how far the signal's logit falls. Beside it as
many other words are taken out by chance. Measure: comprehensiveness, DeYoung et al., ERASER,
ACL 2020.

    python benchmarks/reasons.py classifiers/training/data/dev-z-*.jsonl
"""

import argparse
import random
import re
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from classifiers.calibrate import SIGNALS
from classifiers.ensemble import Ensemble, load_models
from classifiers.rules import shipped_rules
from classifiers.runtime.artefact import SHIPPED
from classifiers.training.data import Row, own_rows
from classifiers.transformer import Transformer
from triage.model import Source, Span
from triage.ports import Reading
from triage.taxonomy import Label, SignalName

DRAWS = 3
_WORD = re.compile(r"\w+")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--model", type=Path, default=SHIPPED)
    asked = parser.parse_args()
    models = load_models(asked.model)
    if models.transformer is None or models.artefact is None:
        sys.exit(models.problem)
    ensemble = Ensemble(models, shipped_rules())
    falls = [
        fall
        for row in own_rows(sorted(asked.files))
        for fall in falls_of(row, ensemble, models.transformer)
    ]
    shown, others = zip(*falls, strict=True)
    more = sum(one > other for one, other in falls)
    print(f"model {models.artefact.name}: {len(falls)} signals of alerts")
    print(f"the logit falls by {statistics.mean(shown):.2f} without the words shown,")
    print(f"and by {statistics.mean(others):.2f} without as many others;")
    print(f"further without those shown in {more} of {len(falls)}: {more / len(falls):.0%}")


def falls_of(row: Row, ensemble: Ensemble, transformer: Transformer) -> list[tuple[float, float]]:
    """For each signal the network reads: how far it falls without its words, and without others."""
    reading = Reading(text=row.text, thread=row.thread, lang=row.lang)
    verdict = ensemble.judge([reading])[0].verdict
    if verdict.label is Label.ROUTINE:
        return []
    read = transformer.read([reading])[0]
    names = [each.name for each in verdict.signals if each.source is Source.MODEL]
    places = transformer.places(reading, read, names)
    draw = random.Random(row.id)
    falls = []
    for name, spans in places.items():
        others = [others_than(spans, row.text, draw) for _ in range(DRAWS)]
        if not spans or not all(others):
            continue
        texts = [row.text, *(without(row.text, each) for each in (spans, *others))]
        whole, cut, *chance = logits_of(texts, row, transformer, name)
        falls.append((whole - cut, whole - statistics.mean(chance)))
    return falls


def others_than(spans: Sequence[Span], text: str, draw: random.Random) -> list[Span]:
    """As many words as `spans` hold, by chance, from the rest of the text; none if too few."""
    words = [Span(start=each.start(), end=each.end()) for each in _WORD.finditer(text)]
    inside = [
        word for word in words if any(s.start < word.end and word.start < s.end for s in spans)
    ]
    rest = [word for word in words if word not in inside]
    return draw.sample(rest, len(inside)) if 0 < len(inside) <= len(rest) else []


def without(text: str, spans: Sequence[Span]) -> str:
    """The text with the spans cut out."""
    for span in sorted(spans, key=lambda each: -each.start):
        text = text[: span.start] + " " + text[span.end :]
    return text


def logits_of(
    texts: Sequence[str], row: Row, transformer: Transformer, name: SignalName
) -> list[float]:
    """A signal's highest logit over the windows of each text, after the same thread."""
    rows = transformer.rows([Reading(text=text, thread=row.thread) for text in texts])
    column = SIGNALS.start + list(SignalName).index(name)
    return [float(each[:, column].max()) for each in rows]


if __name__ == "__main__":
    main()
