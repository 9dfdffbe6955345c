"""The network as an ONNX graph, written by hand from plain arrays.

ONNX Runtime's own fused operators are used, so nothing has to be optimised afterwards. One
window goes in without padding, so there is no mask. The word table stays outside: a window brings
the rows of its words.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import onnx

Arrays = Mapping[str, npt.NDArray[np.float32]]
HEAD_SIZE = 32
EPSILON = 1e-12
FUSED = "com.microsoft"
WORDS = "words"
IDS = "ids"
STATES = "states"
OPSET = 17
EVEN, HIGHEST, EVIDENCE = "even.part", "highest.part", "evidence"
PLAIN_NODES = (EVEN, HIGHEST)  # kept in float when the rest is quantised


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

    def numbers(self, name: str, values: list[int]) -> str:
        """Store whole numbers."""
        self.stored.append(self._numpy_helper.from_array(np.array(values), name))
        return name

    def as_float(self, source: str) -> str:
        """The same values as floating-point numbers."""
        kind = self._helper.np_dtype_to_tensor_dtype(np.dtype(np.float32))
        return self.node("Cast", [source], f"{source}.float", to=kind)

    def node(self, kind: str, inputs: list[str], name: str, **attributes: object) -> str:
        """Add an operator with one output, which is returned."""
        domain = FUSED if kind in _FUSED_KINDS else ""
        made = self._helper.make_node(
            kind, inputs, [f"{name}.out"], name=name, domain=domain, **attributes
        )
        self.nodes.append(made)
        return f"{name}.out"


_FUSED_KINDS = frozenset({"Attention", "Gelu"})


def draw(weights: Arrays) -> "onnx.ModelProto":
    """A model from rows of the word table (1 x tokens x hidden) to logits (1 x WIDTH).

    Its second output is what they are the sum of: the evidence (1 x tokens x WIDTH).

    `weights` bears the encoder's own names, plus `heads.weight` and `heads.bias`.
    """
    from onnx import TensorProto, helper

    drawing = _Drawing()
    states = _embed(drawing, weights)
    for index in range(layers_of(weights)):
        states = _layer(drawing, weights, f"encoder.layer.{index}", states)
    logits, evidence = _heads(drawing, weights, states)
    shape = ["batch", "tokens", len(weights["embeddings.LayerNorm.bias"])]
    graph = helper.make_graph(
        drawing.nodes,
        "firstcontact",
        [helper.make_tensor_value_info(WORDS, TensorProto.FLOAT, shape)],
        _answers(logits, evidence, len(weights["heads.bias"])),
        drawing.stored,
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9)


def with_heads(encoder: "onnx.ModelProto", weights: Arrays) -> "onnx.ModelProto":
    """A graph from `ids` (1 x tokens) to `states` that ends in our heads; changed in place.

    Its outputs are those of `draw`. `weights` are `heads.weight` and `heads.bias`.
    """
    drawing = _Drawing()
    one, two = (drawing.numbers(f"heads.{at}", [at]) for at in (1, 2))
    size = drawing.node("Shape", [IDS], "shape")
    drawing.node("Slice", [size, one, two], "tokens")
    logits, evidence = _heads(drawing, weights, STATES)
    graph = encoder.graph
    graph.node.extend(drawing.nodes)
    graph.initializer.extend(drawing.stored)
    del graph.output[:]
    graph.output.extend(_answers(logits, evidence, len(weights["heads.bias"])))
    return encoder


def _answers(logits: str, evidence: str, width: int) -> "list[onnx.ValueInfoProto]":
    from onnx import TensorProto, helper

    return [
        helper.make_tensor_value_info(logits, TensorProto.FLOAT, ["batch", width]),
        helper.make_tensor_value_info(evidence, TensorProto.FLOAT, ["batch", "tokens", width]),
    ]


def layers_of(weights: Arrays) -> int:
    """How many layers the weights of an encoder have."""
    return sum(name.endswith(".attention.self.query.bias") for name in weights)


def _embed(drawing: _Drawing, weights: Arrays) -> str:
    """Words, their places and the one kind of text there is, added and normalised."""
    places = (
        weights["embeddings.position_embeddings.weight"]
        + weights["embeddings.token_type_embeddings.weight"][:1]
    )
    kept = drawing.keep("places", places[None])
    zero, one, two = (drawing.numbers(str(at), [at]) for at in range(3))
    size = drawing.node("Shape", [WORDS], "shape")
    count = drawing.node("Slice", [size, one, two], "tokens")
    here = drawing.node("Slice", [kept, zero, count, one], "here")
    return _add_norm(drawing, weights, "embeddings.LayerNorm", here, WORDS)


def _layer(drawing: _Drawing, weights: Arrays, at: str, states: str) -> str:
    query, key, value = (f"{at}.attention.self.{part}" for part in ("query", "key", "value"))
    packed = np.concatenate([weights[f"{part}.weight"].T for part in (query, key, value)], axis=1)
    biases = np.concatenate([weights[f"{part}.bias"] for part in (query, key, value)])
    inputs = [states, drawing.keep(f"{at}.qkv", packed), drawing.keep(f"{at}.qkv.bias", biases)]
    heads = len(biases) // 3 // HEAD_SIZE
    seen = drawing.node("Attention", inputs, f"{at}.attend", num_heads=heads)
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
    both = drawing.node("Add", [new, old], f"{at}.sum")
    return drawing.node("LayerNormalization", [both, gain, shift], at, epsilon=EPSILON, axis=-1)


def _heads(drawing: _Drawing, weights: Arrays, states: str) -> tuple[str, str]:
    """Logits, and the evidence they are the sum of: what each token brings to each answer.

    The heads were trained on the mean and the maximum over tokens, so a logit is a sum over tokens:
    of a share of each one's state, and of the state where it is the highest.
    """
    wide = weights["heads.weight"].shape[1] // 2
    share, peak = weights["heads.weight"][:, :wide].T, weights["heads.weight"][:, wide:].T
    over_tokens = drawing.numbers("over_tokens", [1])
    even = drawing.node("Div", [states, drawing.as_float("tokens.out")], "even")
    most = drawing.node("ReduceMax", [states], "most", axes=[1], keepdims=1)
    is_most = drawing.as_float(drawing.node("Equal", [states, most], "is_most"))
    ties = drawing.node("ReduceSum", [is_most, over_tokens], "ties")
    highest = drawing.node("Div", [drawing.node("Mul", [states, is_most], "high"), ties], "highest")
    parts = [
        drawing.node("MatMul", [even, drawing.keep("heads.share", share)], EVEN),
        drawing.node("MatMul", [highest, drawing.keep("heads.peak", peak)], HIGHEST),
    ]
    evidence = drawing.node("Add", parts, EVIDENCE)
    total = drawing.node("ReduceSum", [evidence, over_tokens], "total", keepdims=0)
    bias = drawing.keep("heads.bias", weights["heads.bias"])
    return drawing.node("Add", [total, bias], "heads"), evidence
