"""What the desk would see at a line, and what it would have missed: in figures and a sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from triage.ranges import Range
from triage.taxonomy import Label
from triage.tuning.history import History, Known

GRID = 10_000
"""Lines are written to four places."""


class Reviewed(Enum):
    """What people have looked at, and so what can be said about misses; the value is how people
    are told."""

    NOTHING = "Nobody has judged anything yet: nothing is known about misses."
    ALERTS = "Only alerts were reviewed: how many emergencies are missed is not known."
    FOUND = (
        "Under the line items were judged as officers came to them, none drawn at random: "
        "emergencies that nobody recognised are not in these figures."
    )
    SAMPLED = "Items under the line were drawn at random and judged."


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is caught and seen at the line of a class, as people say it."""

    one: str
    many: str
    seen: str
    seen_many: str

    def real(self, count: int) -> str:
        """So many of what is caught."""
        return f"{count} known {self.one if count == 1 else self.many}"


WORDS: Mapping[Label, Words] = {
    Label.EMERGENCY: Words(one="emergency", many="emergencies", seen="alert", seen_many="alerts"),
    Label.ABUSE: Words(
        one="case of abuse",
        many="cases of abuse",
        seen="item as abuse or worse",
        seen_many="items as abuse or worse",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A line over a window. `caught` counts the known emergencies, `real` the judged alerts.

    For another class than emergency: its known items, and those that reach its line or are graver.
    """

    of: Label
    line: float
    alerts: int
    days: int
    shifts_a_day: int
    caught: Range
    real: Range
    reviewed: Reviewed

    @property
    def missed(self) -> int:
        """Known emergencies under the line."""
        return self.caught.of - self.caught.hits

    @property
    def alerts_a_day(self) -> float:
        """On average."""
        return self.alerts / self.days

    @property
    def alerts_a_shift(self) -> float:
        """On average; shifts are taken to be equally busy."""
        return self.alerts_a_day / self.shifts_a_day

    @property
    def one_in(self) -> float | None:
        """One alert in so many is real, by those that were judged; None if none was."""
        return self.real.of / self.real.hits if self.real.hits else None

    @property
    def says_misses(self) -> bool:
        """Whether a share of caught emergencies means anything."""
        return self.caught.enough and self.reviewed not in (Reviewed.NOTHING, Reviewed.ALERTS)


def outcome(
    history: History, known: Known, line: float, *, shifts_a_day: int, live: float
) -> Outcome:
    """A line measured. `live` is the line in force: what lies under it nobody was alerted to."""
    return Outcome(
        of=known.of,
        line=line,
        alerts=history.alerts(line),
        days=history.days,
        shifts_a_day=max(1, shifts_a_day),
        caught=known.caught(line),
        real=known.alarms(line),
        reviewed=reviewed(known, live),
    )


def reviewed(known: Known, live: float) -> Reviewed:
    """What the labels rest on."""
    if not known.real and not known.others:
        return Reviewed.NOTHING
    if known.drawn:
        return Reviewed.SAMPLED
    return Reviewed.FOUND if known.judged_under(live) else Reviewed.ALERTS


def snapped(history: History, line: float) -> float:
    """The line with the same outcome that is easiest to write: outcomes change only at scores.

    The next score at or over it, rounded down to four places unless that would let others in.
    """
    score = history.up(line)
    if score is None or score > 1.0:
        return line
    short = int(score * GRID) / GRID
    return short if history.alerts(short) == history.alerts(score) else score


def steps(known: Known, line: float) -> tuple[float | None, float | None]:
    """The next lines down and up at which a known emergency is won or lost."""
    misses = known.misses(line)
    down = known.scores[misses - 1] if misses else None
    here = [score for score in known.scores[misses:] if score <= 1.0]
    up = next((after for after in here if after > line), None)
    return down, up


# --- in words -------------------------------------------------------------------------------------


def sentence(at: Outcome) -> str:
    """The one sentence an admin reads first."""
    seen = (
        f"At {line_words(at.line)} the desk would see {number(at.alerts_a_day)} "
        f"{_seen(at)} a day, {number(at.alerts_a_shift)} a shift."
    )
    return " ".join(part for part in (seen, _misses(at), _real(at)) if part)


def _misses(at: Outcome) -> str:
    over = f"Over {at.days} {_plural('day', at.days)}"
    words = WORDS[at.of]
    if not at.caught.of:
        return f"{over} no {words.one} is known, so what it would miss cannot be said."
    known = words.real(at.caught.of)
    said = f"{over} it would have caught {at.caught.hits} of {known} and missed {at.missed}."
    if not at.says_misses:
        return f"{said} {_why_not(at)}"
    return said


def _why_not(at: Outcome) -> str:
    if at.reviewed in (Reviewed.NOTHING, Reviewed.ALERTS):
        return str(at.reviewed.value)
    return "That is not enough to say how many it misses."


def _real(at: Outcome) -> str:
    if at.one_in is None:
        judged = at.real.of
        return f"None of the {judged} that were judged was real." if judged else ""
    if at.one_in < 1.05:
        return "Nearly every one is real."
    one = "alert" if at.of is Label.EMERGENCY else "item"
    return f"About 1 {one} in {number(at.one_in)} is real."


def _seen(at: Outcome) -> str:
    words = WORDS[at.of]
    return words.seen if at.alerts_a_day == 1 else words.seen_many


def line_words(line: float) -> str:
    """A line with two places at least."""
    whole = f"{line:.4f}".rstrip("0")
    return f"{line:.2f}" if len(whole.partition(".")[2]) < 2 else whole


def number(value: float) -> str:
    """A rate as people say it: 22, 3.4, 0.03."""
    if value >= 5:
        return f"{value:,.0f}"
    if value >= 1:
        return f"{value:.1f}".removesuffix(".0")
    return f"{value:.2g}" if value else "0"


def percent(share: float) -> str:
    """A share in per cent; never rounded up to all of them."""
    return "100 %" if share >= 1 else f"{int(share * 1000 + 1e-9) / 10:.1f} %"


def range_words(share: Range) -> str:
    """Between what a share lies."""
    if not share.enough:
        return "not enough to say"
    return f"{percent(share.low)} to {percent(share.high)}"


def _plural(word: str, count: float) -> str:
    return word if count == 1 else f"{word}s"


def even(count: int) -> Sequence[float]:
    """So many lines from 0 to 1, ends included."""
    return [place / (count - 1) for place in range(count)]
