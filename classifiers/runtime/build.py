"""Building what is run from what is shipped: encoder + adapter -> ONNX -> int8, in the cache.

The result is written beside its final place and moved there whole; a second builder waits.
"""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from classifiers.runtime.artefact import SHIPPED, Artefact, read_artefact
from classifiers.runtime.e5file import E5File
from classifiers.runtime.encoder import ENCODER, encoder_folder, fetch_encoder, sha256_of
from classifiers.runtime.selftest import GOLDEN, self_test
from classifiers.runtime.session import Session
from classifiers.runtime.vocabulary import (
    NETWORK,
    Vocabulary,
    own_encoder,
    read_vocabulary,
    vocabulary_file,
)
from triage.errors import BadInput, Unavailable

Progress = Callable[[str], None]
INT8, FP32, STAMP = "int8.onnx", "fp32.onnx", "built.json"
LOCK_SECONDS = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A built model: which files passed the self-test on this machine, best first."""

    folder: Path
    usable: tuple[str, ...]
    hashes: dict[str, str]


def default_cache() -> Path:
    """`$XDG_CACHE_HOME/firstcontact`, or `~/.cache/firstcontact`."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "firstcontact"


def build_model(
    cache_dir: Path | None = None,
    progress: Progress = lambda line: None,
    *,
    model_dir: Path | None = None,
) -> Path:
    """Make sure that the shipped (or given) model is built; returns the folder it lies in.

    Raises:
        Unavailable: the encoder cannot be downloaded, or another build does not end.
        BadInput: a file is damaged, or the built model does not give the expected scores.
    """
    cache = cache_dir or default_cache()
    artefact = read_artefact(model_dir or SHIPPED)
    target = built_folder(cache, artefact)
    if _is_built(target):
        progress(f"model {artefact.name} is built: {target}")
        return target
    with _only_builder(cache, progress):
        if not _is_built(target):
            began = time.monotonic()
            brings_own = own_encoder(artefact.files)
            encoder = None if brings_own else fetch_encoder(cache, progress)
            _build(artefact, encoder, target, progress)
            progress(f"model {artefact.name} built in {time.monotonic() - began:.0f} s: {target}")
    return target


def built_folder(cache: Path, artefact: Artefact) -> Path:
    """Where the build of this very model belongs."""
    return cache / "models" / artefact.digest


def read_built(folder: Path) -> Built:
    """What was built there.

    Raises:
        BadInput: nothing, or not completely.
    """
    try:
        stamp = json.loads((folder / STAMP).read_text(encoding="utf-8"))
        return Built(folder=folder, usable=tuple(stamp["usable"]), hashes=dict(stamp["files"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(str(folder), "no built model there") from error


def verified(built: Built, name: str) -> Path:
    """The path of a built file whose hash is what it was when it was built.

    Raises:
        BadInput: it is missing or damaged.
    """
    path = built.folder / name
    if sha256_of(path) != built.hashes.get(name):
        raise BadInput(str(path), "built model is damaged: run `firstcontact model build` again")
    return path


def _is_built(folder: Path) -> bool:
    try:
        built = read_built(folder)
        for name in built.hashes:
            verified(built, name)
    except BadInput:
        return False
    return True


def _build(artefact: Artefact, encoder: Path | None, target: Path, progress: Progress) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="building-") as work:
        new = Path(work) / "model"
        new.mkdir()
        make_network(artefact, encoder, new, progress)
        make_int8(artefact, new, progress)
        usable = _tested(artefact, new, progress)
        names = (INT8, FP32, vocabulary_file(artefact.files))
        stamp = {"usable": usable, "files": {name: sha256_of(new / name) for name in names}}
        (new / STAMP).write_text(json.dumps(stamp), encoding="utf-8")
        if target.exists():
            shutil.rmtree(target)
        new.replace(target)


def make_network(
    artefact: Artefact, encoder: Path | None, new: Path, progress: Progress
) -> Vocabulary:
    """Write fp32.onnx and what texts are cut with into an empty folder.

    `encoder` is the folder of the pinned one, or None for a model that brings its own.

    Raises:
        BadInput: the adapter is damaged or of another encoder.
    """
    name = vocabulary_file(artefact.files)
    if encoder is None:
        shutil.copyfile(artefact.file(NETWORK), new / FP32)
        shutil.copyfile(artefact.file(name), new / name)
    else:
        progress("merging the adapter and writing the graph")
        _draw(artefact, encoder / ENCODER, new / FP32)
        _linked(encoder / ENCODER, new / name)
    return read_vocabulary(new / name)


def make_int8(artefact: Artefact, new: Path, progress: Progress) -> None:
    """Quantise the fp32.onnx of a folder to int8.onnx, outliers smoothed if the model knows them.

    Raises:
        BadInput: the model's peaks are damaged.
    """
    from classifiers.runtime.smoothing import PEAKS, smooth

    progress("quantising to int8")
    source = new / FP32
    if PEAKS in artefact.files:
        source = new / "smooth.onnx"
        smooth(new / FP32, artefact.file(PEAKS), source)
    quantise(source, new / INT8)
    if source.name != FP32:
        source.unlink()


def _draw(artefact: Artefact, encoder: Path, target: Path) -> None:
    import onnx

    from classifiers.runtime.graph import draw
    from classifiers.runtime.weights import merged

    adapter = artefact.file("adapter.safetensors")
    onnx.save(draw(merged(E5File(encoder), adapter, scale=artefact.scale)), str(target))


def _linked(source: Path, target: Path) -> None:
    """The same file under a second name, or a copy where the disk allows no second name."""
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def quantise(source: Path, target: Path) -> None:
    """Write a network with its weights in int8; what goes in is cut into steps as it comes."""
    import logging

    from onnx import TensorProto
    from onnxruntime.quantization import QuantType, quantize_dynamic

    from classifiers.runtime.graph import PLAIN_NODES

    root = logging.getLogger()
    held, root.level = root.level, logging.ERROR  # the quantiser advises at WARNING, on the root
    try:
        quantize_dynamic(
            str(source),
            str(target),
            weight_type=QuantType.QInt8,
            per_channel=True,
            nodes_to_exclude=list(PLAIN_NODES),
            extra_options={"DefaultTensorType": TensorProto.FLOAT},
        )
    finally:
        root.level = held


def _tested(artefact: Artefact, new: Path, progress: Progress) -> list[str]:
    """Files that give the golden scores on this machine, best first."""
    usable = []
    vocabulary = read_vocabulary(new / vocabulary_file(artefact.files))
    for name in (INT8, FP32):
        problem = self_test(
            Session(new / name, vocabulary.words),
            vocabulary.tokens,
            artefact.file(GOLDEN),
            column=name.removesuffix(".onnx"),
        )
        progress(f"self-test of {name}: {problem or 'passed'}")
        if not problem:
            usable.append(name)
    if not usable:
        raise BadInput(str(artefact.folder), f"the built model fails its self-test: {problem}")
    return usable


@contextmanager
def _only_builder(cache: Path, progress: Progress) -> Iterator[None]:
    """Hold the cache's build lock; the system frees it if the holder dies."""
    import fcntl

    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "build.lock").open("w") as lock:
        until = time.monotonic() + LOCK_SECONDS
        told = False
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > until:
                    raise Unavailable("another model build has not ended in 15 minutes") from error
                if not told:
                    progress("waiting for another process that builds the model")
                    told = True
                time.sleep(0.2)
        yield


__all__ = [
    "FP32",
    "INT8",
    "Built",
    "build_model",
    "built_folder",
    "default_cache",
    "encoder_folder",
    "make_int8",
    "make_network",
    "quantise",
    "read_built",
    "verified",
]
