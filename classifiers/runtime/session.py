"""An ONNX Runtime session that answers one window at a time."""

from pathlib import Path
from typing import Any

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


class Session:
    """A model file ready to run. Safe to use from several threads.

    `words` is the table that ids are looked up in, or None for a model that takes the ids.
    """

    def __init__(self, path: Path, words: npt.NDArray[np.void] | None = None) -> None:
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
        row: Row = self._run(window, 0)[0]
        return row

    def evidence(self, window: Window) -> Row:
        """What each token adds to each logit (tokens x columns); the bias is all that is missing.

        Raises:
            Unavailable: as `logits`.
        """
        rows: Row = self._run(window, 1)[0]
        return rows

    def _run(self, window: Window, output: int) -> Row:
        try:
            out: Row = self._session.run([self._outputs[output]], self.fed(window))[0]
        except Exception as error:
            raise Unavailable(f"model cannot be run: {error}") from error
        return out

    def fed(self, window: Window) -> dict[str, npt.NDArray[np.generic]]:
        """What the network is given for a window, by input."""
        ids = list(window.ids)
        if self._words is None:
            return {IDS: np.array([ids], dtype=np.int64)}
        return {WORDS: floats(self._words[ids])[None]}
