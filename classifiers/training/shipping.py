"""Turning a trained network into a model folder: calibrated on what is served, with its proof."""

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers.calibrate import calibration_json, load_calibration
from classifiers.ensemble import Models, load_ensemble, load_models
from classifiers.hashed import HashedLinear
from classifiers.runtime.artefact import Artefact, read_artefact, write_manifest
from classifiers.runtime.build import FP32, INT8, build_model, make_int8, make_network
from classifiers.runtime.encoder import FILES, WHEEL, WHEEL_SHA256
from classifiers.runtime.foreign import TOKENIZER
from classifiers.runtime.selftest import GOLDEN, golden_lines
from classifiers.runtime.session import Session, Words
from classifiers.runtime.smoothing import PEAKS, measured
from classifiers.runtime.tokens import Tokens
from classifiers.runtime.vocabulary import NETWORK
from classifiers.training.card import model_card
from classifiers.training.coverage import (
    covered_by,
    manifest_fields,
    shown_by,
    with_earlier,
)
from classifiers.training.data import Row
from classifiers.training.evaluate import evaluate, report_on
from classifiers.training.fitting import Seen, calibrated, cross_judged
from classifiers.training.report import Report
from config.settings import Classifier as ClassifierSettings
from triage.errors import BadInput
from triage.ports import Reading

Logits = npt.NDArray[np.float32]
Progress = Callable[[str], None]
GOLDEN_COUNT = 64
CARD = "MODEL_CARD.md"
CALIBRATION = "calibration.json"
PEAK_COUNT = 256
FILE_NAMES = ("adapter.safetensors", "linear.npz", PEAKS, CALIBRATION, GOLDEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What training hands over: learned arrays by name and the linear model.

    `own` says which encoder of somebody's own it was, if not the pinned one; then the exported
    network and its tokenizer lie in the model folder already.
    """

    adapter: Mapping[str, npt.NDArray[np.float16]]
    linear: HashedLinear
    rank: int
    scale: float
    own: Mapping[str, Any] | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the model's files."""
        return FILE_NAMES if self.own is None else (*FILE_NAMES, NETWORK, TOKENIZER)

    @property
    def encoder(self) -> Mapping[str, Any]:
        """What the manifest says of the encoder."""
        pinned = {"wheel": WHEEL, "wheel_sha256": WHEEL_SHA256, "files": FILES}
        return pinned if self.own is None else self.own


def ship(
    trained: Trained,
    out: Path,
    *,
    encoder: Path | None,
    dev: Sequence[Row],
    golden: Sequence[Row],
    about: Mapping[str, Any],
    progress: Progress,
    judge: Sequence[Row] = (),
) -> Path:
    """Write a model folder: adapter, linear model, calibration, golden messages, manifest.

    Calibration and thresholds are fitted on `dev` with the int8 file that will be served; to
    `judge` nothing is fitted, and what the lines may promise is found on it. Which languages
    are covered is found on both. `about` goes into the manifest (name, recipe, data).
    `encoder` is the folder of the pinned one, or None for one of somebody's own.
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
            manifest={"files": dict.fromkeys(trained.files, "")},
        )
        read_with = make_network(draft, encoder, folder, progress)
        tokens = read_with.tokens
        _write_peaks(out, _spread(golden, PEAK_COUNT), tokens, folder / FP32, read_with.words)
        make_int8(draft, folder, progress)
        sessions = {
            name: Session(folder / f"{name}.onnx", read_with.words) for name in ("int8", "fp32")
        }
        progress(f"calibrating on {len(dev)} dev rows with the int8 file")
        seen, judged = (
            _seen(rows, tokens, sessions["int8"], trained.linear) for rows in (dev, judge)
        )
        languages = shown_by(seen, judged)
        calibration = calibrated(seen, judged, covered_by(languages))
        (out / CALIBRATION).write_text(calibration_json(calibration), encoding="utf-8")
        _write_golden(out, _spread(golden), tokens, sessions)
    fields = {
        **about,
        **manifest_fields(languages),
        "judge_rows": len(judge),
        "adapter": {"rank": trained.rank, "scale": trained.scale},
        "encoder": trained.encoder,
        "served": [INT8, FP32],
    }
    write_manifest(out, fields, trained.files)
    return out


def _seen(
    rows: Sequence[Row], tokens: Tokens, session: Session, linear: HashedLinear
) -> list[Seen]:
    return [
        Seen(
            row=row,
            windows=np.stack(
                [session.logits(each) for each in tokens.windows(row.text, row.thread)]
            ),
            linear=linear.logits(row.text, row.thread),
        )
        for row in rows
    ]


def served_logits(rows: Sequence[Row], tokens: Tokens, session: Session) -> Logits:
    """Logits (rows x WIDTH) of each row's first window, as served."""
    return np.stack([session.logits(tokens.windows(row.text, row.thread)[0]) for row in rows])


def _spread(rows: Sequence[Row], count: int = GOLDEN_COUNT) -> list[Row]:
    """Rows drawn evenly from all labels and lengths, in a fixed order."""
    ordered = sorted(rows, key=lambda row: (str(row.label), len(row.text), row.id))
    step = max(1, len(ordered) // count)
    return ordered[::step][:count]


def _write_peaks(
    out: Path,
    rows: Sequence[Row],
    tokens: Tokens,
    network: Path,
    words: Words | None,
) -> None:
    """Measure how far each layer's inputs reach on some of the rows that were learned."""
    from safetensors.numpy import save_file

    session = Session(network, words)
    feeds = [session.fed(tokens.windows(row.text, row.thread)[0]) for row in rows]
    peaks = measured(network, feeds)
    save_file({name: reach.astype(np.float16) for name, reach in peaks.items()}, out / PEAKS)


def _write_golden(
    out: Path, rows: Sequence[Row], tokens: Tokens, sessions: Mapping[str, Session]
) -> None:
    texts = [(row.text, row.thread) for row in rows]
    logits = {
        name: list(served_logits(rows, tokens, session)) for name, session in sessions.items()
    }
    (out / GOLDEN).write_text(golden_lines(texts, logits), encoding="utf-8")


def refit(
    model: Path,
    out: Path,
    *,
    cache: Path,
    dev: Sequence[Row],
    judge: Sequence[Row] = (),
    progress: Progress,
) -> Path:
    """Write the model in the folder `model` to `out`, its calibration and lines fitted to `dev`.

    What was learned stays as it is, so this takes a minute and no torch; so does what the rows
    say nothing about, as the lines of signals that nobody labelled, and languages of too few rows.

    Raises:
        BadInput: `model` is no model, or cannot be run here.
        Unavailable: the encoder cannot be downloaded.
    """
    build_model(cache, progress, model_dir=model)
    models = load_models(model, cache)
    if models.artefact is None or models.transformer is None or models.linear is None:
        raise BadInput(str(model), models.problem)
    progress(f"calibrating on {len(dev)} rows")
    before, seen, judged = models.artefact, _read(dev, models), _read(judge, models)
    languages = with_earlier(
        shown_by(seen, judged, models.calibration),
        before.manifest.get("languages", {}),
        before.covered,
    )
    calibration = calibrated(seen, judged, covered_by(languages), start=models.calibration)
    out.mkdir(parents=True, exist_ok=True)
    for name in before.files:
        if name != CALIBRATION:
            shutil.copyfile(before.file(name), out / name)
    (out / CALIBRATION).write_text(calibration_json(calibration), encoding="utf-8")
    fields = {
        **before.manifest,
        **manifest_fields(languages),
        "dev_rows": len(dev),
        "judge_rows": len(judge),
    }
    write_manifest(out, fields, tuple(before.files))
    return out


def _read(rows: Sequence[Row], models: Models) -> list[Seen]:
    """Rows with their logits, as a loaded model gives them."""
    if models.transformer is None or models.linear is None:
        return []
    readings = [Reading(text=row.text, thread=row.thread) for row in rows]
    return [
        Seen(row=row, windows=windows, linear=models.linear.logits(row.text, row.thread))
        for row, windows in zip(rows, models.transformer.rows(readings), strict=True)
    ]


def write_card(
    out: Path,
    *,
    cache: Path,
    dev: Sequence[Row],
    judge: Sequence[Row] = (),
    progress: Progress,
) -> Report:
    """Build the model folder, measure it as it will be served, and write MODEL_CARD.md into it.

    Returns the report on `judge`, or on `dev` if nothing only judges. The figures are those of
    rows that nothing was fitted to: of `judge`, and of each part of `dev` with a calibration
    fitted to the other parts.
    """
    build_model(cache, progress, model_dir=out)
    served = load_ensemble(ClassifierSettings(model_dir=out, threads=1), cache=cache)
    crossed = _crossed(out, dev, cache)
    judged = evaluate(judge, served) if judge else None
    manifest = read_artefact(out).manifest
    card = model_card(manifest, load_calibration(out / CALIBRATION), crossed, judged)
    (out / CARD).write_text(card, encoding="utf-8")
    return judged or crossed


def _crossed(out: Path, dev: Sequence[Row], cache: Path) -> Report:
    models = load_models(out, cache)
    if models.artefact is None or models.transformer is None:
        raise BadInput(str(out), models.problem)
    judged = cross_judged(_read(dev, models), models.artefact.covered)
    return report_on(
        list(zip(dev, judged, strict=True)),
        model=models.artefact.name,
        thresholds=models.calibration.thresholds,
    )
