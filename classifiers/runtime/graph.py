"""The network as an ONNX graph, written by hand from plain arrays.

ONNX Runtime's own fused operators are used, so nothing has to be optimised afterwards. One
window goes in without padding, so there is no mask.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import onnx

Arrays = Mapping[str, npt.NDArray[np.float32]]
LAYERS, HEADS_PER_LAYER = 6, 12
EPSILON = 1e-12
FUSED = "com.microsoft"
PLAIN_NODES = ("heads.product",)  # kept in float when the rest is quantised


class _Drawing:
    """Nodes and stored arrays, collected in order."""

    def __init__(self) -> None:
        from onnx import helper, numpy_helper

        self._helper, self._numpy_helper = helper, numpy_helper
        self.nodes: list[onnx.NodeProto] = []
        self.stored: list[onnx.TensorProto] = []

    def keep(self, name: str, array: npt.NDArray[np.float32]) -> str:
        """Store an array under a name."""
        wanted = np.ascontiguousarray(array, dtype=np.float32)
        self.stored.append(self._numpy_helper.from_array(wanted, name))
        return name

    def node(self, kind: str, inputs: list[str], name: str, **attributes: object) -> str:
        """Add an operator with one output, which is returned."""
        domain = FUSED if kind in _FUSED_KINDS else ""
        made = self._helper.make_node(
            kind, inputs, [f"{name}.out"], name=name, domain=domain, **attributes
        )
        self.nodes.append(made)
        return f"{name}.out"


_FUSED_KINDS = frozenset({"EmbedLayerNormalization", "Attention", "SkipLayerNormalization", "Gelu"})


def draw(weights: Arrays) -> "onnx.ModelProto":
    """A model from ids and types (1 x tokens, int32) to logits (1 x WIDTH).

    `weights` bears the encoder's own names, plus `heads.weight` and `heads.bias`.
    """
    from onnx import TensorProto, helper

    drawing = _Drawing()
    states = _embed(drawing, weights)
    for index in range(LAYERS):
        states = _layer(drawing, weights, f"encoder.layer.{index}", states)
    logits = _heads(drawing, weights, states)
    shape = ["batch", "tokens"]
    width = len(weights["heads.bias"])
    graph = helper.make_graph(
        drawing.nodes,
        "firstcontact",
        [
            helper.make_tensor_value_info(name, TensorProto.INT32, shape)
            for name in ("ids", "types")
        ],
        [helper.make_tensor_value_info(logits, TensorProto.FLOAT, ["batch", width])],
        drawing.stored,
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(FUSED, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9)


def _embed(drawing: _Drawing, weights: Arrays) -> str:
    names = (
        "embeddings.word_embeddings.weight",
        "embeddings.position_embeddings.weight",
        "embeddings.token_type_embeddings.weight",
        "embeddings.LayerNorm.weight",
        "embeddings.LayerNorm.bias",
    )
    kept = [drawing.keep(name, weights[name]) for name in names]
    from onnx import helper

    out = ["embed.out", "embed.mask"]
    drawing.nodes.append(
        helper.make_node(
            "EmbedLayerNormalization",
            ["ids", "types", *kept],
            out,
            name="embed",
            domain=FUSED,
            epsilon=EPSILON,
        )
    )
    return out[0]


def _layer(drawing: _Drawing, weights: Arrays, at: str, states: str) -> str:
    query, key, value = (f"{at}.attention.self.{part}" for part in ("query", "key", "value"))
    packed = np.concatenate([weights[f"{part}.weight"].T for part in (query, key, value)], axis=1)
    biases = np.concatenate([weights[f"{part}.bias"] for part in (query, key, value)])
    inputs = [states, drawing.keep(f"{at}.qkv", packed), drawing.keep(f"{at}.qkv.bias", biases)]
    seen = drawing.node("Attention", inputs, f"{at}.attend", num_heads=HEADS_PER_LAYER)
    seen = _dense(drawing, weights, f"{at}.attention.output.dense", seen)
    states = _add_norm(drawing, weights, f"{at}.attention.output.LayerNorm", seen, states)
    wide = _dense(drawing, weights, f"{at}.intermediate.dense", states)
    wide = drawing.node("Gelu", [wide], f"{at}.gelu")
    narrow = _dense(drawing, weights, f"{at}.output.dense", wide)
    return _add_norm(drawing, weights, f"{at}.output.LayerNorm", narrow, states)


def _dense(drawing: _Drawing, weights: Arrays, at: str, states: str) -> str:
    weight = drawing.keep(f"{at}.weight", weights[f"{at}.weight"].T)
    bias = drawing.keep(f"{at}.bias", weights[f"{at}.bias"])
    product = drawing.node("MatMul", [states, weight], f"{at}.product")
    return drawing.node("Add", [product, bias], at)


def _add_norm(drawing: _Drawing, weights: Arrays, at: str, new: str, old: str) -> str:
    gain = drawing.keep(f"{at}.weight", weights[f"{at}.weight"])
    shift = drawing.keep(f"{at}.bias", weights[f"{at}.bias"])
    inputs = [new, old, gain, shift]
    return drawing.node("SkipLayerNormalization", inputs, at, epsilon=EPSILON)


def _heads(drawing: _Drawing, weights: Arrays, states: str) -> str:
    mean = drawing.node("ReduceMean", [states], "mean", axes=[1], keepdims=0)
    most = drawing.node("ReduceMax", [states], "most", axes=[1], keepdims=0)
    pooled = drawing.node("Concat", [mean, most], "pooled", axis=1)
    return _dense(drawing, weights, "heads", pooled)
