"""An ONNX Runtime session that answers one window at a time."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers.runtime.e5file import floats
from classifiers.runtime.graph import WORDS
from classifiers.runtime.tokens import Window
from triage.errors import BadInput, Unavailable


class Session:
    """A model file ready to run over a table of words. Safe to use from several threads."""

    def __init__(self, path: Path, words: npt.NDArray[np.void]) -> None:
        import onnxruntime

        self._words = words

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # threads run windows side by side instead
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session: Any = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise BadInput(str(path), f"model cannot be loaded: {error}") from error

    def logits(self, window: Window) -> npt.NDArray[np.float32]:
        """One row of logits.

        Raises:
            Unavailable: the runtime failed (out of memory, a fault of its own).
        """
        words = floats(self._words[list(window.ids)])[None]
        try:
            row: npt.NDArray[np.float32] = self._session.run(None, {WORDS: words})[0][0]
        except Exception as error:
            raise Unavailable(f"model cannot be run: {error}") from error
        return row
