"""What `firstcontact doctor` is told about a collector."""

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was checked. `text` says what was found and, unless ok, what to mend."""

    level: Level
    text: str


@runtime_checkable
class Checkable(Protocol):
    """A collector that can check its own settings, tokens and scopes."""

    def check(self) -> list[Finding]:
        """Everything that was checked, worst first. Reads only, and never raises our errors."""
        ...


def worst_first(findings: list[Finding]) -> list[Finding]:
    """Failures, then warnings, then what is well."""
    order: dict[Level, int] = {"fail": 0, "warn": 1, "ok": 2}
    return sorted(findings, key=lambda finding: order[finding.level])
