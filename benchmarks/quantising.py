"""What int8 loses against fp32, by how much of each outlier goes over to the weights.

The network alone, of the shipped model or of `--model`, on some of the rows of each file.

    python benchmarks/quantising.py classifiers/training/data/dev-[dkz]-*.jsonl
"""

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from classifiers.calibrate import LABELS, softmax
from classifiers.runtime.artefact import SHIPPED, read_artefact
from classifiers.runtime.build import FP32, build_model, quantise
from classifiers.runtime.session import Session
from classifiers.runtime.smoothing import PEAKS, smooth
from classifiers.runtime.vocabulary import read_vocabulary, vocabulary_file
from classifiers.training.data import Row, own_rows
from triage.taxonomy import Label

STRENGTHS = (None, 0.5, 0.7, 0.75, 0.8, 0.9)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--model", type=Path, default=SHIPPED)
    parser.add_argument("--rows", type=int, default=600, help="so many, drawn from all files")
    asked = parser.parse_args()
    rows = own_rows(sorted(asked.files))
    rows = random.Random(7).sample(rows, min(asked.rows, len(rows)))
    artefact = read_artefact(asked.model)
    built = build_model(model_dir=asked.model)
    read_with = read_vocabulary(built / vocabulary_file(artefact.files))
    windows = [read_with.tokens.windows(row.text, row.thread)[0] for row in rows]

    def chances(network: Path) -> np.ndarray:
        session = Session(network, read_with.words)
        return np.array([softmax(session.logits(each)[LABELS]) for each in windows])

    exact = chances(built / FP32)
    print(f"{len(rows)} rows, model {artefact.name}, network alone, first window")
    print(f"{'strength':<10}{'mean off':>10}{'95 within':>11}{'macro-F1':>10}")
    print(f"{'fp32':<10}{'':>21}{macro_f1(exact, rows):>10.3f}")
    with TemporaryDirectory() as folder:
        for strength in STRENGTHS:
            source, served = built / FP32, Path(folder) / "int8.onnx"
            if strength is not None:
                source = Path(folder) / "smooth.onnx"
                smooth(built / FP32, artefact.file(PEAKS), source, strength=strength)
            quantise(source, served)
            told = chances(served)
            off = np.abs(told - exact).max(axis=1)
            name = "none" if strength is None else f"{strength}"
            cells = f"{off.mean():>10.3f}{np.quantile(off, 0.95):>11.3f}"
            print(f"{name:<10}{cells}{macro_f1(told, rows):>10.3f}", flush=True)


def macro_f1(chances: np.ndarray, rows: Sequence[Row]) -> float:
    """Mean F1 of the classes by the likeliest."""
    labels = list(Label)
    said = [labels[place] for place in chances.argmax(axis=1)]
    scores = []
    for label in labels:
        both = sum(one is row.label is label for one, row in zip(said, rows, strict=True))
        either = said.count(label) + sum(row.label is label for row in rows)
        scores.append(2 * both / either)
    return float(np.mean(scores))


if __name__ == "__main__":
    main()
