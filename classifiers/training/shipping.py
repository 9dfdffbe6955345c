"""Turning a trained network into a model folder: calibrated on what is served, with its proof."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers.calibrate import calibration_json, load_calibration
from classifiers.ensemble import load_ensemble
from classifiers.hashed import HashedLinear
from classifiers.runtime.artefact import Artefact, read_artefact, write_manifest
from classifiers.runtime.build import FP32, INT8, build_model, make_sessions
from classifiers.runtime.encoder import FILES, WHEEL, WHEEL_SHA256
from classifiers.runtime.selftest import GOLDEN, golden_lines
from classifiers.runtime.session import Session
from classifiers.runtime.tokens import Tokens
from classifiers.training.card import model_card
from classifiers.training.data import Row
from classifiers.training.evaluate import evaluate
from classifiers.training.fitting import fitted
from config.settings import Classifier as ClassifierSettings

Logits = npt.NDArray[np.float32]
Progress = Callable[[str], None]
GOLDEN_COUNT = 64
CARD = "MODEL_CARD.md"
FILE_NAMES = ("adapter.safetensors", "linear.npz", "calibration.json", GOLDEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What training hands over: learned arrays by name and the linear model."""

    adapter: Mapping[str, npt.NDArray[np.float16]]
    linear: HashedLinear
    rank: int
    scale: float


def ship(
    trained: Trained,
    out: Path,
    *,
    encoder: Path,
    dev: Sequence[Row],
    golden: Sequence[Row],
    about: Mapping[str, Any],
    progress: Progress,
) -> Path:
    """Write a model folder: adapter, linear model, calibration, golden messages, manifest.

    Calibration and thresholds are fitted on `dev` with the int8 file that will be served, so
    numbers on the same rows flatter a little. `about` goes into the manifest (name, recipe,
    covered_languages, data).
    """
    from safetensors.numpy import save_file

    out.mkdir(parents=True, exist_ok=True)
    save_file(dict(trained.adapter), out / "adapter.safetensors")
    (out / "linear.npz").write_bytes(trained.linear.to_bytes())
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        draft = Artefact(
            folder=out,
            name="draft",
            digest="draft",
            scale=trained.scale,
            covered=frozenset(),
            manifest={},
        )
        make_sessions(draft, encoder, folder, progress)
        tokens = Tokens.from_file(encoder / "tokenizer.json")
        sessions = {name: Session(folder / f"{name}.onnx") for name in ("int8", "fp32")}
        progress(f"calibrating on {len(dev)} dev rows with the int8 file")
        net = served_logits(dev, tokens, sessions["int8"])
        linear = np.stack([trained.linear.logits(row.text, row.thread) for row in dev])
        calibration = fitted(net, linear, dev)
        (out / "calibration.json").write_text(calibration_json(calibration), encoding="utf-8")
        _write_golden(out, _spread(golden), tokens, sessions)
    fields = {
        **about,
        "adapter": {"rank": trained.rank, "scale": trained.scale},
        "encoder": {"wheel": WHEEL, "wheel_sha256": WHEEL_SHA256, "files": FILES},
        "served": [INT8, FP32],
    }
    write_manifest(out, fields, FILE_NAMES)
    return out


def served_logits(rows: Sequence[Row], tokens: Tokens, session: Session) -> Logits:
    """Logits (rows x WIDTH) of each row's first window, as served."""
    return np.stack([session.logits(tokens.windows(row.text, row.thread)[0]) for row in rows])


def _spread(rows: Sequence[Row]) -> list[Row]:
    """Golden rows drawn evenly from all labels and lengths, in a fixed order."""
    ordered = sorted(rows, key=lambda row: (str(row.label), len(row.text), row.id))
    step = max(1, len(ordered) // GOLDEN_COUNT)
    return ordered[::step][:GOLDEN_COUNT]


def _write_golden(
    out: Path, rows: Sequence[Row], tokens: Tokens, sessions: Mapping[str, Session]
) -> None:
    texts = [(row.text, row.thread) for row in rows]
    logits = {
        name: list(served_logits(rows, tokens, session)) for name, session in sessions.items()
    }
    (out / GOLDEN).write_text(golden_lines(texts, logits), encoding="utf-8")


def write_card(out: Path, *, cache: Path, dev: Sequence[Row], progress: Progress) -> None:
    """Build the model folder, measure it as it will be served, and write MODEL_CARD.md into it."""
    build_model(cache, progress, model_dir=out)
    served = load_ensemble(ClassifierSettings(model_dir=out, threads=1), cache=cache)
    report = evaluate(dev, served)
    manifest = read_artefact(out).manifest
    card = model_card(manifest, load_calibration(out / "calibration.json"), report)
    (out / CARD).write_text(card, encoding="utf-8")
    progress(f"dev macro-F1 {report.macro_f1:.3f} as served; card written")
