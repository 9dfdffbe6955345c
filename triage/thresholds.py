"""Where a score becomes a class or a signal."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from triage.taxonomy import Label, SignalName


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The lines in force. `signals` may name only some of the 25; the rest use `signal_default`.

    From `unsure` up to `emergency` an item may be one: it is no alarm, but a person looks soon.

    Raises:
        ValueError: a line lies outside [0, 1].
    """

    emergency: float = 0.5
    abuse: float = 0.5
    signals: Mapping[SignalName, float] = field(default_factory=dict)
    signal_default: float = 0.5
    unsure: float | None = None

    def __post_init__(self) -> None:
        lines = (self.emergency, self.abuse, self.signal_default, *self.signals.values())
        if self.unsure is not None:
            lines = (*lines, self.unsure)
        if not all(0.0 <= line <= 1.0 for line in lines):
            raise ValueError(f"thresholds lie in [0, 1]: {lines}")

    def doubts(self, emergency: float) -> bool:
        """Whether an emergency score lies in the band between no and yes."""
        return self.unsure is not None and self.unsure <= emergency < self.emergency

    def line(self, name: SignalName) -> float:
        """The score from which a signal is on."""
        return self.signals.get(name, self.signal_default)


def label_of(scores: Mapping[Label, float], thresholds: Thresholds) -> Label:
    """The class of an item: emergency first, then abuse, else routine.

    Lowering a line can only move items up to that line's class, never out of a higher one.
    """
    if scores.get(Label.EMERGENCY, 0.0) >= thresholds.emergency:
        return Label.EMERGENCY
    if scores.get(Label.ABUSE, 0.0) >= thresholds.abuse:
        return Label.ABUSE
    return Label.ROUTINE


def signals_on(
    scores: Mapping[SignalName, float], thresholds: Thresholds
) -> tuple[SignalName, ...]:
    """Signals at or over their line, strongest first."""
    on = [name for name, score in scores.items() if score >= thresholds.line(name)]
    return tuple(sorted(on, key=lambda name: -scores[name]))
