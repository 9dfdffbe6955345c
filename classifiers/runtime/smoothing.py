"""Outliers moved out of the way before the network is quantised.

Served in int8, a layer's input is cut into 256 steps between its least and its greatest number.
In this encoder a few of hundreds of channels reach twenty times as far as the others, which then
share a dozen steps. So each channel is divided by what it reaches, and the weights it meets are
multiplied by the same: the product is what it was. Method: SmoothQuant, Xiao et al., ICML 2023;
how far each channel reaches is measured once, on messages, when the model is made.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from classifiers.runtime.weights import read_arrays
from triage.errors import BadInput

if TYPE_CHECKING:
    import onnx

Peaks = Mapping[str, npt.NDArray[np.float32]]
PEAKS = "peaks.safetensors"
STRENGTH = 0.75
"""How much of an outlier goes over to the weights: of 0.5 to 0.9 this left the smallest error."""

_KINDS = frozenset({"MatMul", "Attention"})
LEAST = 1e-4


def measured(network: Path, feeds: Iterable[Mapping[str, npt.NDArray[Any]]]) -> Peaks:
    """How far each input channel of each layer reaches over some messages, by layer."""
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper

    model = onnx.load(str(network))
    inputs = {node.name: node.input[0] for node in _layers(model)}
    names = sorted(set(inputs.values()))
    for name in names:
        model.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    reached: dict[str, npt.NDArray[np.float32]] = {}
    for fed in feeds:
        for name, values in zip(names, session.run(names, dict(fed)), strict=True):
            highest = np.abs(values).reshape(-1, values.shape[-1]).max(axis=0)
            reached[name] = np.maximum(reached.get(name, highest), highest)
    return {layer: reached[name] for layer, name in inputs.items()}


def smooth(network: Path, peaks: Path, target: Path, *, strength: float = STRENGTH) -> None:
    """Write a network that computes the same with its outliers moved into the weights.

    Raises:
        BadInput: the peaks are damaged or of another network.
    """
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(str(network))
    weights = {stored.name: stored for stored in model.graph.initializer}
    reached, nodes = read_arrays(peaks, "peaks"), []
    for node in model.graph.node:
        if node.name in reached:
            stored = weights[node.input[1]]
            weight = numpy_helper.to_array(stored)
            if len(weight) != len(reached[node.name]):
                raise BadInput(str(peaks), f"does not fit the network at {node.name}")
            by = _scale(reached[node.name], weight, strength)
            stored.CopyFrom(numpy_helper.from_array(weight * by[:, None], stored.name))
            inverse, calm = f"{node.name}.inverse", f"{node.name}.calm"
            model.graph.initializer.append(numpy_helper.from_array(1.0 / by, inverse))
            nodes.append(helper.make_node("Mul", [node.input[0], inverse], [calm], name=calm))
            node.input[0] = calm
        nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, str(target))


def _layers(model: "onnx.ModelProto") -> "Sequence[onnx.NodeProto]":
    """Nodes that multiply what comes in by stored weights and will be quantised."""
    from classifiers.runtime.graph import PLAIN_NODES

    stored = {each.name for each in model.graph.initializer}
    used = Counter(name for node in model.graph.node for name in node.input)
    return [
        node
        for node in model.graph.node
        if node.op_type in _KINDS
        and node.input[1] in stored
        and used[node.input[1]] == 1  # what two layers share cannot follow both
        and node.name not in PLAIN_NODES
    ]


def _scale(
    reached: npt.NDArray[np.float32], weight: npt.NDArray[np.float32], strength: float
) -> npt.NDArray[np.float32]:
    """What each channel is divided by: around one, more where it reaches further."""
    own = np.maximum(np.abs(weight).max(axis=1), LEAST)
    by = np.maximum(reached, LEAST) ** strength / own ** (1 - strength)
    scale: npt.NDArray[np.float32] = (by / np.exp(np.log(by).mean())).astype(np.float32)
    return scale
