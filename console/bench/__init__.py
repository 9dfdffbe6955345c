"""The benchmark tables of `firstcontact bench`: ratios measured side by side in one run."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from importlib import import_module


class Table(StrEnum):
    """The tables, each a module here."""

    INGEST = "ingest"
    CLASSIFY = "classify"
    START = "start"
    LATENCY = "latency"
    GROWTH = "growth"


def run(tables: Iterable[Table], *, quick: bool) -> Iterator[str]:
    """The lines of the tables, each as soon as it is measured. Nothing is kept."""
    for table in tables:
        yield from import_module(f"console.bench.{table.value}").measure(quick=quick)
        yield ""
