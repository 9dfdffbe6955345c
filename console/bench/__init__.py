"""The benchmark tables of `firstcontact bench`: ratios measured side by side in one run."""

from collections.abc import Iterator


def run_all(*, quick: bool) -> Iterator[str]:
    """The lines of every table, each as soon as it is measured. Nothing is kept."""
    from console.bench import classify, growth, ingest, latency, start

    for part in (ingest, classify, start, latency, growth):
        yield from part.measure(quick=quick)
        yield ""
