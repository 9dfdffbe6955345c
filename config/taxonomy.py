"""The words people read for classes and signals (taxonomy.toml)."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from triage.taxonomy import Label, SignalName

FILE = Path(__file__).with_name("taxonomy.toml")


def label_name(label: Label) -> str:
    """A class as a heading: "Emergency"."""
    return str(words()["class"][label.value]["name"])


def signal_name(signal: SignalName) -> str:
    """A signal as a heading: "Offender present"."""
    return str(words()["signal"][signal.value]["name"])


def label_says(label: Label) -> str:
    """A class within a sentence: "an emergency"."""
    return str(words()["class"][label.value]["says"])


def signal_says(signal: SignalName) -> str:
    """A signal within a sentence: "an offender who is there"."""
    return str(words()["signal"][signal.value]["says"])


@cache
def words() -> dict[str, Any]:
    """The whole file: tables `class` and `signal`."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
