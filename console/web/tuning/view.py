"""What the tuner's page says at one line: values for the template, a few milliseconds each."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from console.tuning.desk import Stand, Tuner
from console.tuning.windows import Window
from console.web.tuning import charts
from triage.model import Priority
from triage.ranges import wilson
from triage.taxonomy import Label
from triage.tuning import outcome as said
from triage.tuning.candidates import tidy
from triage.tuning.history import Judged
from triage.tuning.outcome import Outcome, Reviewed, number, percent, range_words
from triage.tuning.slices import Slice

LISTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One big figure with its range, and whether it is within bounds ("ok", "late", "unknown")."""

    name: str
    figure: str
    under: str
    state: str = ""


def answer(tuner: Tuner, window: Window, stand: Stand, line: float) -> dict[str, Any]:
    """All that hangs on where the line is put."""
    live, history, known = stand.line, window.history, window.known
    at = window.outcome(line, live=live)
    now = at if line == live else window.outcome(live, live=live)
    missed = known.missed(line)
    down, up = said.steps(known, line)
    return {
        "told": said.WORDS[stand.of],
        "priorities": stand.of is Label.EMERGENCY,
        "line": line,
        "line_words": said.line_words(line),
        "live": live,
        "live_words": said.line_words(live),
        "same": line == live,
        "at": at,
        "sentence": said.sentence(at),
        "short": _short(at),
        "tiles": tiles(at, window),
        "beside": said.sentence(now) if line != live else "",
        "down": _step(down),
        "up": _step(up),
        "missed": missed,
        "floors": floors(missed),
        "flips": flips(window, live, line),
        "newly": newly(tuner, window, live, line),
        "hours": charts.hours_of_week(history.hours(line)),
        "slices": window.slices.at(line),
        "x": charts.across(line),
        "x_live": charts.across(live),
    }


def _short(at: Outcome) -> str:
    """Beside the slider, and for whoever hears the page."""
    caught = f"caught {at.caught.hits} of {at.caught.of}, missed {at.missed}"
    return f"At {said.line_words(at.line)}: {caught}, {number(at.alerts_a_shift)} a shift"


def _step(line: float | None) -> str:
    return "" if line is None or math.isinf(line) else f"{min(1.0, line):.4f}"


def tiles(at: Outcome, window: Window) -> list[Tile]:
    """Caught, real, a shift against the limit, known misses."""
    limit = window.wishes.alerts_a_shift
    words, alerts = said.WORDS[at.of], at.of is Label.EMERGENCY
    over = alerts and at.alerts_a_shift > limit
    return [
        Tile(
            name=f"Known {words.many} caught",
            figure=percent(at.caught.share) if at.says_misses else "not known",
            under=range_words(at.caught) if at.says_misses else _why_unknown(at),
        ),
        Tile(
            name="Alerts that are real" if alerts else "Of those, real",
            figure=_one_in(at),
            under=f"{range_words(at.real)}; {at.real.of:,} judged",
        ),
        Tile(
            name="Alerts a shift" if alerts else "Items a shift",
            figure=number(at.alerts_a_shift),
            under=f"{'over' if over else 'within'} the desk's limit of {limit:g}"
            if alerts
            else "the desk's limit is of alerts",
            state="late" if over else "ok",
        ),
        Tile(
            name="Known misses",
            figure=f"{at.missed}",
            under=f"of {at.caught.of} in {at.days} days",
            state="late" if at.missed else "ok",
        ),
    ]


def _one_in(at: Outcome) -> str:
    if at.one_in is None:
        return "not known"
    return "nearly all" if at.one_in < 1.05 else f"1 in {number(at.one_in)}"


def _why_unknown(at: Outcome) -> str:
    if at.reviewed is Reviewed.ALERTS:
        return "only alerts were reviewed"
    if at.reviewed is Reviewed.NOTHING:
        return "nothing was judged yet"
    return "not enough to say"


# --- what else a line moves ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """So many items of the window would change from one priority to another."""

    before: Priority
    after: Priority
    count: int
    a_day: str


def flips(window: Window, live: float, line: float) -> list[Flip]:
    """What changes its priority. Floors hold under the line: what they raise stays raised."""
    low, high = min(live, line), max(live, line)
    found = window.history.flips(low, high)
    lowered = line > live
    return [
        Flip(
            before=Priority.P1 if lowered else under,
            after=under if lowered else Priority.P1,
            count=count,
            a_day=number(count / window.history.days),
        )
        for under, count in found.items()
        if under is not Priority.P1
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """An item that would alert, or no longer would. Its text is on its own page."""

    ref: str
    score: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Newly:
    """The items between the line in force and another one: how many, and the first of them."""

    more: bool
    count: int
    first: Sequence[Moved]


def newly(tuner: Tuner, window: Window, live: float, line: float) -> Newly:
    """What would newly alert, or no longer alert."""
    low, high = min(live, line), max(live, line)
    history = window.history
    return Newly(
        more=line < live,
        count=history.alerts(low) - history.alerts(high),
        first=moved(tuner, window, history.between(low, high, most=LISTED)),
    )


def moved(tuner: Tuner, window: Window, rows: Sequence[tuple[int, float]]) -> list[Moved]:
    """Rows of scores as a list of items."""
    refs = tuner.store.refs_of_scores([number for number, _ in rows])
    labels = window.labels
    return [
        Moved(
            ref=refs[each],
            score="by rule" if math.isinf(reach) else f"{reach:.3f}",
            label=labels[refs[each]].value if refs[each] in labels else "",
        )
        for each, reach in rows
        if each in refs
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Floors:
    """Of the missed ones, how many a floor raises all the same."""

    soon: int  # to P1 or P2
    later: int  # to P3
    never: int


def floors(missed: Sequence[Judged]) -> Floors:
    """What becomes of known emergencies under the line without the alert."""
    soon = sum(each.under <= Priority.P2 for each in missed)
    later = sum(each.under is Priority.P3 for each in missed)
    return Floors(soon=soon, later=later, never=len(missed) - soon - later)


# --- what does not hang on the line --------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A candidate with what it would bring."""

    words: str
    line: str
    href: str
    caught: str
    caught_range: str
    shift: str
    one_in: str
    why_not: str


def choices(window: Window, stand: Stand) -> list[Choice]:
    """The candidates, each with its outcome."""
    found = []
    for each in window.candidates(stand.line):
        if each.line is None:
            found.append(_no_choice(each.words, each.why_not))
            continue
        line = each.line if each.name == "current" else tidy(window.history, each.line)
        at = window.outcome(line, live=stand.line)
        found.append(
            Choice(
                words=each.words,
                line=said.line_words(line),
                href=f"/tuner?of={stand.of.value}&line={line:.6g}",
                caught=f"{at.caught.hits} of {at.caught.of}",
                caught_range=range_words(at.caught) if at.says_misses else _why_unknown(at),
                shift=number(at.alerts_a_shift),
                one_in=_one_in(at),
                why_not="",
            )
        )
    return found


def _no_choice(words: str, why_not: str) -> Choice:
    return Choice(
        words=words,
        line="",
        href="",
        caught="",
        caught_range="",
        shift="",
        one_in="",
        why_not=why_not,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Honesty:
    """What the figures rest on."""

    model: str
    first: str
    last: str
    items: int
    judged: int
    judged_share: str
    emergencies: int
    stated: int
    drawn: int
    drawn_found: int
    unseen: str
    reviewed: str
    by_rule: int
    models: Sequence[tuple[str, int]]


def honesty(tuner: Tuner, window: Window, stand: Stand) -> Honesty:
    """Model, dates, label coverage, and what that allows to say."""
    history, known = window.history, window.known
    drawn = known.drawn
    zone = tuner.zone
    return Honesty(
        model=history.model or "none",
        first=f"{history.first.astimezone(zone):%-d %B %Y}",
        last=f"{history.last.astimezone(zone):%-d %B %Y, %H:%M}",
        items=history.total,
        judged=len(history.judged),
        judged_share=percent(len(history.judged) / history.total) if history.total else "0 %",
        emergencies=known.count,
        stated=sum(each.basis.value == "stated" for each in history.judged),
        drawn=len(drawn),
        drawn_found=sum(each.label is stand.of for each in drawn),
        unseen=unseen(window, stand.line),
        reviewed=window.outcome(stand.line, live=stand.line).reviewed.value,
        by_rule=history.alerts(1.0 + 1e-9),
        models=[each for each in tuner.store.models_read() if each[0] != history.model],
    )


def unseen(window: Window, live: float) -> str:
    """What chance has shown about the items under the line that nobody judged."""
    known, history = window.known, window.history
    checked = len(known.drawn)
    found = sum(each.label is known.of for each in known.drawn)
    left = history.total - history.alerts(live) - known.judged_under(live)
    if not checked or left <= 0:
        return ""
    low, high = wilson(found, checked)
    least, most = round(low * left), math.ceil(high * left)
    return (
        f"By {found} in {checked}, between {least:,} and {most:,} of the {left:,} items under the "
        f"line that nobody judged may be {said.WORDS[known.of].many} nobody knows of"
    )


def slice_words(part: Slice) -> str:
    """A difference in points, or why there is none to tell."""
    if part.difference is None:
        return "not enough to say"
    points = part.difference * 100
    return f"{points:+.1f} points beside the others"
