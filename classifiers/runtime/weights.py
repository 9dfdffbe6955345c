"""The encoder's weights with the shipped low-rank adapters merged into them."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifiers.runtime.e5file import E5File
from triage.errors import BadInput

Arrays = dict[str, npt.NDArray[np.float32]]


def merged(encoder: E5File, adapter: Path, *, scale: float) -> Arrays:
    """Weights by the names of transformers' BertModel, with the heads' added; no word table.

    Raises:
        BadInput: a file is damaged, or they do not belong together.
    """
    weights = dict(encoder.weights())
    learned = read_arrays(adapter)
    for name, down in learned.items():
        if not name.endswith(".down"):
            continue
        layer = name.removesuffix(".down")
        base, up = weights.get(f"{layer}.weight"), learned.get(f"{layer}.up")
        if base is None or up is None or base.shape != (up.shape[0], down.shape[1]):
            raise BadInput(str(adapter), f"does not fit the encoder at {layer}")
        weights[f"{layer}.weight"] = base + scale * (up @ down)
    for name in ("heads.weight", "heads.bias"):
        if name not in learned:
            raise BadInput(str(adapter), f"has no {name}")
        weights[name] = learned[name]
    return weights


def read_arrays(path: Path, what: str = "weights") -> Arrays:
    """Arrays of a safetensors file by name, in fp32. `what` is how an error calls them.

    Raises:
        BadInput: the file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return {name: array.astype(np.float32) for name, array in load_file(path).items()}
    except (OSError, SafetensorError) as error:
        raise BadInput(str(path), f"{what} cannot be read: {error}") from error
