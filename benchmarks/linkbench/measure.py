"""What linking made of stories, counted."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.linkbench.stories import NOW, Story
from triage.linking import SUGGEST_AT, link
from triage.model import Item, Link, LinkDecision, Person, PriorLink
from triage.recordbook import RecordBook
from triage.taxonomy import Kind

BINS = 10
NOTHING = Item(id="0", channel="x_dm", account="", sent_at=NOW, text="Hello", kind=Kind.DM)
TOP = 3


class Desk(RecordBook):
    """The records, and what is remembered of the account of the story at hand."""

    def __init__(self, people: Iterable[Person]) -> None:
        super().__init__(people)
        self.story: Story | None = None

    def prior_link(self, platform: str, account_id: str) -> PriorLink | None:
        """What the story says."""
        return self.story.prior if self.story else None

    def rejected_records(self, platform: str, account_id: str) -> frozenset[str]:
        """What the story says."""
        return self.story.refused if self.story else frozenset()


@dataclass(kw_only=True)
class Count:
    """Of one scenario, or of all."""

    messages: int = 0
    confirmed_right: int = 0
    confirmed_wrong: int = 0
    wrong_on_shared: int = 0
    known: int = 0
    known_linked: int = 0
    linkable: int = 0
    in_top: int = 0
    traps: int = 0
    harmful_first: int = 0

    def add(self, other: "Count") -> None:
        """Sum up."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def line(self, name: str) -> str:
        """One row of the table."""
        return (
            f"{name:<62}{self.messages:>7}{self.confirmed_right:>7}{self.confirmed_wrong:>6}"
            f"{_share(self.known_linked, self.known):>8}{_share(self.in_top, self.linkable):>8}"
            f"{_share(self.harmful_first, self.traps):>8}"
        )


@dataclass(kw_only=True)
class Figures:
    """Counts by scenario, how probabilities turned out, seconds of processor, and what was wrong.

    `shown` holds for every candidate shown its probability and whether it was the writer.
    """

    counts: dict[str, Count] = field(default_factory=dict)
    shown: list[tuple[float, bool]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def total(self) -> Count:
        """All scenarios together."""
        whole = Count()
        for each in self.counts.values():
            whole.add(each)
        return whole

    def calibration_error(self) -> float:
        """Expected calibration error over ten bins of equal width."""
        bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
        for each in self.shown:
            bins[min(int(each[0] * BINS), BINS - 1)].append(each)
        gaps = (abs(sum(p for p, _ in one) - sum(right for _, right in one)) for one in bins)
        return sum(gaps) / max(1, len(self.shown))

    def reliability(self) -> list[tuple[str, int, float, float]]:
        """Each bin: bounds, candidates, mean probability, share that was the writer."""
        rows = []
        for at in range(BINS):
            inside = [one for one in self.shown if min(int(one[0] * BINS), BINS - 1) == at]
            if inside:
                mean = sum(p for p, _ in inside) / len(inside)
                right = sum(right for _, right in inside) / len(inside)
                rows.append((f"{at / BINS:.1f}-{(at + 1) / BINS:.1f}", len(inside), mean, right))
        return rows

    def at(self, share: float) -> float:
        """Milliseconds of processor that this share of the messages took at most."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(int(share * len(ordered)), len(ordered) - 1)]

    def table(self) -> str:
        """For people."""
        head = f"{'':<62}{'n':>7}{'right':>7}{'wrong':>6}{'known':>8}{'top 3':>8}{'harm':>8}"
        lines = [head, *(count.line(name) for name, count in self.counts.items())]
        whole = self.total()
        lines += [
            whole.line("in all"),
            f"confirmed wrong on shared accounts: {whole.wrong_on_shared}",
        ]
        lines.append(f"expected calibration error: {self.calibration_error():.4f}")
        for bounds, count, mean, right in self.reliability():
            lines.append(f"  {bounds}{count:>8} candidates{mean:>8.3f} said{right:>8.3f} true")
        lines.append(f"milliseconds of processor: p50 {self.at(0.5):.2f}, p99 {self.at(0.99):.2f}")
        return "\n".join(lines)

    def as_json(self, **about: Any) -> dict[str, Any]:
        """For machines."""
        return about | {
            "in_all": vars(self.total()),
            "scenarios": {name: vars(count) for name, count in self.counts.items()},
            "calibration_error": round(self.calibration_error(), 4),
            "p50_ms": round(self.at(0.5), 3),
            "p99_ms": round(self.at(0.99), 3),
        }


def measured(people: Iterable[Person], stories: Iterable[Story], figures: Figures) -> None:
    """Link every story and count what came of it."""
    desk = Desk(people)
    link(NOTHING, desk, now=NOW)  # what is read once is read now
    for story in stories:
        desk.story = story
        started = time.process_time()
        found = link(story.item, desk, thread=story.thread, now=story.item.sent_at)
        figures.seconds.append(time.process_time() - started)
        count = counted(story, found)
        figures.counts.setdefault(story.scenario, Count()).add(count)
        figures.shown += [
            (each.probability, each.record_id in story.right) for each in found.candidates
        ]
        fault = _fault(count)
        if fault:
            figures.faults.append(f"{fault} | {_told(story, found)}")


def counted(story: Story, found: Link) -> Count:
    """One story."""
    shown = [each.record_id for each in found.candidates[:TOP]]
    confirmed = found.decision is LinkDecision.CONFIRMED
    right = bool(shown) and shown[0] in story.right
    count = Count(messages=1, known=int(story.known), traps=int(bool(story.near)))
    count.confirmed_right = int(confirmed and right)
    count.confirmed_wrong = int(confirmed and not right)
    count.wrong_on_shared = int(confirmed and not right and story.shared)
    count.known_linked = int(story.known and confirmed and right)
    count.linkable = int(story.linkable and not story.known)
    count.in_top = int(count.linkable and bool(story.right & set(shown)))
    count.harmful_first = int(_harmful(story, found))
    return count


def _harmful(story: Story, found: Link) -> bool:
    """Whether somebody else's record is suggested first.

    The record an account was confirmed for stays in sight when the text contradicts it, with the
    note that says so: below the line of suggestions (`SUGGEST_AT`) that is none.
    """
    first = found.candidates[0] if found.candidates else None
    if first is None or first.probability < SUGGEST_AT or first.record_id not in story.near:
        return False
    shown = {each.record_id for each in found.candidates[:TOP]}
    said = any(first.record_id in note for note in found.notes)
    return not (story.tie and story.right & shown and said)


def _fault(count: Count) -> str:
    if count.confirmed_wrong:
        return "confirmed wrongly"
    if count.harmful_first:
        return "somebody else first"
    if count.known > count.known_linked:
        return "known, but asked"
    return "missed" if count.linkable > count.in_top else ""


def _told(story: Story, found: Link) -> str:
    shown = ", ".join(
        f"{each.record_id} {each.probability:.2f}"
        f"{' (right)' if each.record_id in story.right else ''}"
        for each in found.candidates
    )
    text = " || ".join((*story.thread, story.item.text)).replace("\n", "⏎")
    by = story.item.author.display_name
    return f"{story.scenario} | {text!r} by {by!r} | {shown or 'nobody'} | {' '.join(found.notes)}"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "-"
