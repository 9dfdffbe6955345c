"""Shares with their range, and when there is too little to say one."""

from dataclasses import asdict, dataclass
from typing import Any

from triage.ranges import ENOUGH, wilson

__all__ = ["ENOUGH", "Share", "wilson"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """`hits` of `of`, with the Wilson 95 % range."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        """The plain share; 0 of nothing."""
        return self.hits / self.of if self.of else 0.0

    @property
    def range(self) -> tuple[float, float]:
        """Wilson's 95 % interval."""
        return wilson(self.hits, self.of)

    @property
    def enough(self) -> bool:
        """Whether there are enough to say a share at all."""
        return self.of >= ENOUGH

    @property
    def text(self) -> str:
        """For people: "0.94 (0.89 to 0.97), 141 of 150", or that it is too little to say."""
        if not self.enough:
            return f"not enough to say ({self.hits} of {self.of})"
        low, high = self.range
        return f"{self.value:.3f} ({low:.3f} to {high:.3f}), {self.hits} of {self.of}"

    def as_json(self) -> dict[str, Any]:
        """Plain values for a JSON object."""
        return {**asdict(self), "value": self.value, "range": self.range, "enough": self.enough}
