"""How long the service takes to be ready, and one item to be classified, from a cold process."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

COMMAND = "from console.cli import main; main()"
ROOT = Path(__file__).parents[2]


def measure(*, quick: bool) -> Iterator[str]:
    """Seconds from exec to the first answered /readyz and to the first classified line."""
    yield "Cold start (a new process, best of 3)"
    rounds = 1 if quick else 3
    with TemporaryDirectory() as folder:
        ready = min(_ready(Path(folder)) for _ in range(rounds))
        one = min(_classified(Path(folder)) for _ in range(rounds))
    yield f"  run to /readyz      {ready:8.2f} s   (target 5)"
    yield f"  classify one item   {one:8.2f} s"


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def _ready(folder: Path) -> float:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = folder / "bench.toml"
    config.write_text(
        f'[storage]\nurl = "sqlite:///{folder / "start.db"}"\n'
        f'[console]\nbind = "127.0.0.1:{port}"\n[[sink]]\nkind = "terminal"\n'
    )
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-c", COMMAND, "run", "--config", str(config)],
        env=_environment(),
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(f"http://127.0.0.1:{port}/readyz")
        return time.perf_counter() - began
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def _wait(url: str) -> None:
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310 - loopback
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.02)
    raise TimeoutError(url)


def _classified(folder: Path) -> float:
    began = time.perf_counter()
    subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", COMMAND, "classify", "-"],
        input=json.dumps({"text": "when does the front desk open?"}).encode(),
        env=_environment(),
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
        timeout=60,
    )
    return time.perf_counter() - began
