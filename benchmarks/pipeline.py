"""Serving against the usual way: `transformers.pipeline` with the same encoder on the same texts.

The pipeline runs in fp32 with batches of 32 and default padding; ours as served. Both use as many
threads, take turns, and the middle of several rounds counts. The int8 peak of one thread is
measured in the same run by one large product of matrices in the same runtime.

Needs the `train` extra (torch):
python benchmarks/pipeline.py [--items 320] [--rounds 5] [--threads 1]
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.ensemble import load_ensemble
from classifiers.runtime.build import default_cache
from classifiers.runtime.e5file import E5File, tokens_of
from classifiers.runtime.encoder import ENCODER, fetch_encoder
from config.settings import Classifier
from console.bench.parts import texts
from triage.ports import Reading

BATCH = 32
PEAK = (512, 1536, 1536)  # rows, depth and columns of the product that shows the peak


def main() -> None:
    """Print items a second of both, their ratio, and the share of the int8 peak."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--items", type=int, default=320)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--threads", type=int, default=1)
    options = asked.parse_args()
    lines = texts()[: options.items]
    file = E5File(fetch_encoder(default_cache(), print) / ENCODER)
    threads = options.threads
    ours, usual = _ours(lines, threads), _usual(lines, file, threads)
    ours(), usual()
    seconds: dict[str, list[float]] = {"ours": [], "pipeline": []}
    for _ in range(options.rounds):
        seconds["ours"].append(_timed(ours))
        seconds["pipeline"].append(_timed(usual))
    rates = {name: len(lines) / statistics.median(times) for name, times in seconds.items()}
    work, peak = _operations(lines, file), _peak() * threads
    print(f"{len(lines)} messages of the demo's day, threads: {threads}, rounds: {options.rounds}")
    print(f"  transformers.pipeline, fp32, batch {BATCH}: {rates['pipeline']:6.0f} items/s")
    print(f"  as served:                            {rates['ours']:6.0f} items/s")
    print(f"  ratio: {rates['ours'] / rates['pipeline']:.1f}")
    reached = rates["ours"] * work / len(lines)
    print(f"  int8 peak {peak / 1e9:.0f} GOP/s, reached {reached / 1e9:.0f}: {reached / peak:.0%}")


def _timed(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _ours(lines: Sequence[str], threads: int) -> Callable[[], object]:
    """The whole classifier: rules, linear model, network and reasons, in chunks of a batch."""
    ensemble = load_ensemble(Classifier(threads=threads))
    readings = [Reading(text=line) for line in lines]
    return lambda: [
        ensemble.read(readings[at : at + BATCH]) for at in range(0, len(readings), BATCH)
    ]


def _usual(lines: Sequence[str], file: E5File, threads: int) -> Callable[[], object]:
    """A text-classification pipeline over the same encoder, tokenizer included."""
    import torch
    from transformers import BertForSequenceClassification, pipeline

    from classifiers.training.network import load_encoder

    torch.set_num_threads(threads)
    encoder = load_encoder(file)
    encoder.config.num_labels = 3
    encoder.config._attn_implementation = "sdpa"  # the default of transformers
    model = BertForSequenceClassification(encoder.config)
    model.bert.load_state_dict(encoder.state_dict(), strict=False)
    made = pipeline(
        "text-classification", model=model.eval(), tokenizer=_tokenizer(file), batch_size=BATCH
    )
    return lambda: made(list(lines), truncation=True)


def _tokenizer(file: E5File) -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    pieces, scores = file.vocabulary()
    pairs = list(zip(pieces, scores, strict=True))
    made = Tokenizer(models.Unigram(pairs, unk_id=file.unknown))
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    marks = [(pieces[mark], mark) for mark in (file.start, file.end)]
    made.post_processor = processors.TemplateProcessing(
        single=f"{marks[0][0]} $A {marks[1][0]}", special_tokens=marks
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token="<pad>",  # noqa: S106  a mark, no password
        unk_token="<unk>",  # noqa: S106
        model_max_length=512,
    )


def _operations(lines: Sequence[str], file: E5File) -> float:
    """Multiplications and additions that the encoder's layers need for the texts."""
    sizes, tokens = file.sizes, tokens_of(file)
    linear = 4 * sizes.hidden**2 + 2 * sizes.hidden * sizes.wide
    lengths = [len(window.ids) for line in lines for window in tokens.windows(line)]
    return sum(
        2 * sizes.layers * (count * linear + 2 * count**2 * sizes.hidden) for count in lengths
    )


def _peak() -> float:
    """Operations a second of one large int8 product, one thread, the best of many."""
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    rows, depth, columns = PEAK
    weight = np.random.default_rng(7).integers(-90, 90, (depth, columns), dtype=np.int8)
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["x", "w"], ["y"])],
        "peak",
        [helper.make_tensor_value_info("x", TensorProto.UINT8, [rows, depth])],
        [helper.make_tensor_value_info("y", TensorProto.INT32, [rows, columns])],
        [numpy_helper.from_array(weight, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    fed = {"x": np.ones((rows, depth), dtype=np.uint8)}
    best = min(_timed(lambda: session.run(None, fed)) for _ in range(60))
    return 2.0 * rows * depth * columns / best


if __name__ == "__main__":
    Path(default_cache()).mkdir(parents=True, exist_ok=True)
    main()
