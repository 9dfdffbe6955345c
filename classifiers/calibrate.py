"""From raw logits to probabilities that mean what they say: mixing, scaling and lines.

Fitted on the dev rows with the very files that are served; stored in calibration.json.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers.guarantee import Promise
from classifiers.heads import HEADS
from triage.errors import BadInput
from triage.taxonomy import Label, SignalName
from triage.thresholds import Thresholds

Row = npt.NDArray[np.float32]
LABELS = HEADS["label"].columns
SIGNALS = HEADS["signals"].columns
SCALED = ("audience", "time", "voice", "literal", "direction")
"""Heads that only the network has: each has one scale, a temperature turned round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """How the two models' logits are added: `net * a + linear * b + shift`."""

    net: float = 1.0
    linear: float = 0.0
    shift: tuple[float, ...] = ()

    def of(self, net: Row | None, linear: Row | None) -> Row:
        """The mixed logits; a missing model counts as nothing."""
        parts = [
            part * weight for part, weight in ((net, self.net), (linear, self.linear))
            if part is not None
        ]  # fmt: skip
        shift = np.array(self.shift or 0.0, dtype=np.float32)
        total: Row = (np.sum(parts, axis=0) + shift).astype(np.float32)
        return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Mixes for both models and for the linear one alone, and the lines chosen on dev.

    `scales` are those of the heads in `SCALED`. `promises` were found on rows that nothing here
    was fitted to, and hold while both models run.
    """

    label: Mix = Mix()
    signals: Mix = Mix()
    label_linear: Mix = Mix(net=0.0, linear=1.0)
    signals_linear: Mix = Mix(net=0.0, linear=1.0)
    scales: Mapping[str, float] = field(default_factory=dict)
    thresholds: Thresholds = field(default_factory=Thresholds)
    thresholds_linear: Thresholds = field(default_factory=Thresholds)
    promises: tuple[Promise, ...] = ()

    def probabilities(self, net: Row | None, linear: Row | None) -> tuple[Row, Row]:
        """Class and signal probabilities of one row of each model (either may be missing)."""
        label, signals = self.label, self.signals
        if net is None:
            label, signals = self.label_linear, self.signals_linear
        return (
            softmax(label.of(_part(net, LABELS), _part(linear, LABELS))),
            sigmoid(signals.of(_part(net, SIGNALS), _part(linear, SIGNALS))),
        )

    def lines(self, *, with_net: bool) -> Thresholds:
        """The thresholds that belong to what is running."""
        return self.thresholds if with_net else self.thresholds_linear


def _part(row: Row | None, columns: slice) -> Row | None:
    return None if row is None else row[columns]


def softmax(row: Row) -> Row:
    """Exclusive probabilities."""
    raised = np.exp(row - row.max())
    out: Row = raised / raised.sum()
    return out


def sigmoid(row: Row) -> Row:
    """Independent probabilities."""
    out: Row = (1.0 / (1.0 + np.exp(-np.clip(row, -30, 30)))).astype(np.float32)
    return out


def calibration_json(calibration: Calibration) -> str:
    """As the text of calibration.json."""
    return json.dumps(asdict(calibration), indent=1, sort_keys=True) + "\n"


def load_calibration(path: Path) -> Calibration:
    """Read calibration.json.

    Raises:
        BadInput: it is missing, damaged or of another layout.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return Calibration(
            label=_mix(raw["label"]),
            signals=_mix(raw["signals"]),
            label_linear=_mix(raw["label_linear"]),
            signals_linear=_mix(raw["signals_linear"]),
            scales={name: float(scale) for name, scale in raw.get("scales", {}).items()},
            thresholds=thresholds_from(raw["thresholds"]),
            thresholds_linear=thresholds_from(raw["thresholds_linear"]),
            promises=tuple(Promise(**promise) for promise in raw.get("promises", ())),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(str(path), f"calibration cannot be read: {error}") from error


def _mix(raw: Mapping[str, Any]) -> Mix:
    return Mix(net=raw["net"], linear=raw["linear"], shift=tuple(raw["shift"]))


def thresholds_from(raw: Mapping[str, Any]) -> Thresholds:
    """Thresholds from their JSON form. Raises KeyError, ValueError."""
    return Thresholds(
        emergency=raw["emergency"],
        abuse=raw["abuse"],
        signals={SignalName(name): line for name, line in raw["signals"].items()},
        signal_default=raw["signal_default"],
        unsure=raw.get("unsure"),
    )


def label_scores(probabilities: Row) -> dict[Label, float]:
    """Class probabilities by class."""
    return dict(zip(Label, map(float, probabilities), strict=True))
