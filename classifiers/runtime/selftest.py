"""Golden messages: texts whose logits are known, run to see that a build computes rightly."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifiers.runtime.session import Session
from classifiers.runtime.tokens import Tokens
from triage.errors import BadInput

GOLDEN = "golden.jsonl"
SHOWN = 28  # label and signals: what decisions rest on
# How far a class or signal probability may lie from the golden one. Processors without VNNI
# saturate in int8 and land far outside; other rounding stays well within.
TOLERANCE = {"fp32": 0.01, "int8": 0.08}


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """A text with the logits it must give, by kind of session."""

    text: str
    thread: tuple[str, ...]
    logits: dict[str, npt.NDArray[np.float32]]


def read_golden(path: Path) -> list[Golden]:
    """Golden messages of a model.

    Raises:
        BadInput: the file is missing or damaged.
    """
    try:
        raws = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return [
            Golden(
                text=raw["text"],
                thread=tuple(raw["thread"]),
                logits={
                    kind: np.array(row, dtype=np.float32) for kind, row in raw["logits"].items()
                },
            )
            for raw in raws
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(str(path), f"golden messages cannot be read: {error}") from error


def self_test(session: Session, tokens: Tokens, golden: Path, *, column: str) -> str:
    """What is wrong with a session, in words; "" if nothing is.

    Raises:
        BadInput: the golden messages cannot be read.
    """
    worst = 0.0
    messages = read_golden(golden)
    for each in messages:
        row = session.logits(tokens.windows(each.text, each.thread)[0])
        worst = max(worst, apart(row, each.logits[column]))
    if not messages:
        return "there are no golden messages"
    if worst <= TOLERANCE[column]:
        return ""
    return f"scores differ by up to {worst:.3f} from the golden ones"


def apart(row: npt.NDArray[np.float32], wanted: npt.NDArray[np.float32]) -> float:
    """Largest difference in class or signal probability."""
    return float(np.abs(_odds(row) - _odds(wanted)).max())


def _odds(row: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    label = np.exp(row[:3] - row[:3].max())
    signals = 1.0 / (1.0 + np.exp(-row[3:SHOWN]))
    both: npt.NDArray[np.float32] = np.concatenate([label / label.sum(), signals])
    return both


def golden_lines(
    texts: Sequence[tuple[str, tuple[str, ...]]],
    logits: Mapping[str, Sequence[npt.NDArray[np.float32]]],
) -> str:
    """Golden messages as the JSON lines `read_golden` reads."""
    lines = []
    for index, (text, thread) in enumerate(texts):
        rows = {
            kind: [round(float(value), 4) for value in rows[index][:SHOWN]]
            for kind, rows in logits.items()
        }
        raw = {"text": text, "thread": list(thread), "logits": rows}
        lines.append(json.dumps(raw, ensure_ascii=False))
    return "\n".join(lines) + "\n"
