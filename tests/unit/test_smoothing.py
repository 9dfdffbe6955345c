"""Smoothing leaves what a network computes as it is, and takes its outliers out of the way."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from classifiers.runtime.smoothing import PEAKS, measured, smooth
from triage.errors import BadInput

CHANNELS, OUT = 16, 8


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """x, one of whose channels reaches far, times stored weights."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weight = np.random.default_rng(3).normal(size=(CHANNELS, OUT)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"], name="layer.product")],
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, "tokens", CHANNELS])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, "tokens", OUT])],
        [numpy_helper.from_array(weight, "w")],
    )
    opsets = [helper.make_opsetid("", 17)]
    path = tmp_path / "network.onnx"
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), str(path))
    return path


def states(seed: int) -> npt.NDArray[np.float32]:
    found = np.random.default_rng(seed).normal(size=(1, 5, CHANNELS)).astype(np.float32)
    found[..., 4] *= 40
    return found


def run(path: Path, x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    out: npt.NDArray[np.float32] = session.run(None, {"x": x})[0]
    return out


def saved(peaks: dict[str, npt.NDArray[np.float32]], folder: Path) -> Path:
    from safetensors.numpy import save_file

    save_file(peaks, folder / PEAKS)
    return folder / PEAKS


def test_peaks_are_the_farthest_that_any_message_reaches(network: Path) -> None:
    peaks = measured(network, [{"x": states(1)}, {"x": states(2)}])
    wanted = np.maximum(*(np.abs(states(seed)).max(axis=(0, 1)) for seed in (1, 2)))
    assert peaks["layer.product"] == pytest.approx(wanted)


def test_a_smoothed_network_computes_the_same(network: Path, tmp_path: Path) -> None:
    peaks = dict(measured(network, [{"x": states(seed)} for seed in range(9)]))
    smooth(network, saved(peaks, tmp_path), tmp_path / "smooth.onnx")
    assert run(tmp_path / "smooth.onnx", states(77)) == pytest.approx(
        run(network, states(77)), rel=1e-4, abs=1e-4
    )


def test_a_smoothed_network_loses_less_in_int8(network: Path, tmp_path: Path) -> None:
    from classifiers.runtime.build import quantise

    peaks = dict(measured(network, [{"x": states(seed)} for seed in range(9)]))
    smooth(network, saved(peaks, tmp_path), tmp_path / "smooth.onnx")
    errors = []
    for name in ("network", "smooth"):
        quantise(tmp_path / f"{name}.onnx", tmp_path / f"{name}8.onnx")
        wrong = run(tmp_path / f"{name}8.onnx", states(77)) - run(network, states(77))
        errors.append(float(np.abs(wrong).mean()))
    assert errors[1] < 0.7 * errors[0]


def test_peaks_of_another_network_and_damaged_ones_are_refused(
    network: Path, tmp_path: Path
) -> None:
    other = {"layer.product": np.ones(CHANNELS + 1, dtype=np.float32)}
    with pytest.raises(BadInput, match=r"does not fit the network at layer\.product"):
        smooth(network, saved(other, tmp_path), tmp_path / "out.onnx")
    (tmp_path / PEAKS).write_bytes(b"no peaks")
    with pytest.raises(BadInput, match="peaks cannot be read"):
        smooth(network, tmp_path / PEAKS, tmp_path / "out.onnx")
