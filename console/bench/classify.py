"""The classifier alone: items a second and the time of one."""

import time
from collections.abc import Iterator

from classifiers.ensemble import Ensemble, load_ensemble
from config.settings import Classifier
from console.bench.parts import percentile, texts
from triage.ports import Reading


def measure(*, quick: bool) -> Iterator[str]:
    """Throughput on one and two threads, and single-item percentiles."""
    readings = [Reading(text=text) for text in texts()][: 100 if quick else 1000]
    one = load_ensemble(Classifier(threads=1))
    yield f"Classifying {len(readings)} messages of the demo day with {one.name}"
    one.read(readings[:16])
    times = []
    for reading in readings[:300]:
        began = time.perf_counter()
        one.read([reading])
        times.append((time.perf_counter() - began) * 1000)
    middle, slow = percentile(times, 0.5), percentile(times, 0.99)
    yield f"  one by one          p50 {middle:6.1f} ms, p99 {slow:6.1f} ms"
    alone = _rate(one, readings)
    two = load_ensemble(Classifier(threads=2))
    two.read(readings[:16])
    both = _rate(two, readings)
    yield f"  one thread          {alone:8.0f} items/s"
    yield f"  two threads         {both:8.0f} items/s, {both / alone:.2f} x"


def _rate(classifier: Ensemble, readings: list[Reading]) -> float:
    began = time.perf_counter()
    for at in range(0, len(readings), 32):
        classifier.read(readings[at : at + 32])
    return len(readings) / (time.perf_counter() - began)
