"""An ONNX Runtime session that answers one window at a time."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from classifiers.runtime.e5file import floats
from classifiers.runtime.graph import IDS, WORDS
from classifiers.runtime.tokens import Window
from triage.errors import BadInput, Unavailable

Row = npt.NDArray[np.float32]
SLOWER = ["SkipLayerNormFusion"]
"""What the runtime would do to the graph to its cost: on a processor its fused normalisation takes
four times as long as a sum and a normalisation, 1.4 ms of 5 for a message."""


class Words(Protocol):
    """A word table: rows by ids."""

    def __getitem__(self, ids: list[int], /) -> npt.NDArray[np.void]:
        """Rows (ids x blocks) as `floats` takes them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the network says of a window.

    `logits` (columns) are a bias more than the sum over tokens of `evidence` (tokens x columns).
    """

    logits: Row
    evidence: Row


class Session:
    """A model file ready to run. Safe to use from several threads.

    `words` is the table that ids are looked up in, or None for a model that takes the ids.
    """

    def __init__(self, path: Path, words: Words | None = None) -> None:
        import onnxruntime

        self._words = words

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # threads run windows side by side instead
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session: Any = onnxruntime.InferenceSession(
                str(path),
                options,
                providers=["CPUExecutionProvider"],
                disabled_optimizers=SLOWER,
            )
        except Exception as error:
            raise BadInput(str(path), f"model cannot be loaded: {error}") from error
        self._outputs = [each.name for each in self._session.get_outputs()]

    def logits(self, window: Window) -> Row:
        """One row of logits.

        Raises:
            Unavailable: the runtime failed (out of memory, a fault of its own).
        """
        return self.read(window).logits

    def read(self, window: Window) -> Answer:
        """Logits and evidence in one run.

        Raises:
            Unavailable: as `logits`.
        """
        try:
            logits, evidence = self._session.run(self._outputs, self.fed(window))
        except Exception as error:
            raise Unavailable(f"model cannot be run: {error}") from error
        return Answer(logits=logits[0], evidence=evidence[0])

    def fed(self, window: Window) -> dict[str, npt.NDArray[np.generic]]:
        """What the network is given for a window, by input."""
        ids = list(window.ids)
        if self._words is None:
            return {IDS: np.array([ids], dtype=np.int64)}
        return {WORDS: floats(self._words[ids])[None]}
