"""What admins do about lines, the same from the page and the command line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from typing import Any

from config.settings import Settings
from console.tuning.lines import LinesInForce
from console.tuning.neighbours import Alike, Kept
from console.tuning.windows import Window, Windows
from storage.store import SqlStore
from triage.errors import Refused
from triage.model import Event, Officer, Role
from triage.ports import Clock
from triage.taxonomy import Label
from triage.thresholds import Thresholds
from triage.tuning import gate
from triage.tuning.candidates import tidy
from triage.tuning.gate import Facts, Mark, Sort
from triage.tuning.outcome import Outcome
from triage.tuning.versions import (
    TUNED,
    Frozen,
    Move,
    Step,
    Version,
    before,
    draft_step,
    event_of,
    live_of,
    same_model,
    step_of,
)

SUBJECT = "thresholds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """The line in force for a class: its version, or the default it has without one."""

    of: Label
    line: float
    default: float
    version: Version | None


class Tuner:
    """Lines over a store: measured, drafted, approved, put in force.

    Args:
        lines: the lines of the classifier of this process. Without one the model is the one that
            gave most scores, and only what is stored can be shown.
    """

    def __init__(
        self,
        store: SqlStore,
        settings: Settings,
        clock: Clock,
        zone: tzinfo,
        lines: LinesInForce | None = None,
    ) -> None:
        self.store = store
        self.settings = settings
        self.clock = clock
        self.zone = zone
        self.lines = lines
        self._windows = Windows(store, settings, zone)
        self._alike = Kept()

    @property
    def model(self) -> str:
        """The model that reads now; "" if nothing ever did."""
        if self.lines is not None:
            return self.lines.reader.name
        read = self.store.models_read()
        return read[0][0] if read else ""

    @property
    def defaults(self) -> Thresholds:
        """The lines without any version."""
        if self.lines is not None:
            return self.lines.reader.base
        said = self.settings.classifier
        plain = Thresholds()
        return Thresholds(
            emergency=plain.emergency if said.emergency is None else said.emergency,
            abuse=plain.abuse if said.abuse is None else said.abuse,
        )

    # --- looking ---------------------------------------------------------------------------------

    def versions(self) -> list[Version]:
        """Every version, the newest first."""
        return self.store.threshold_versions()

    def version(self, number: int) -> Version:
        """One version.

        Raises:
            Refused: there is none of that number.
        """
        found = next((each for each in self.versions() if each.number == number), None)
        if found is None:
            raise Refused(f"there is no version {number}")
        return found

    def stand(self, of: Label = Label.EMERGENCY) -> Stand:
        """The line in force for a class on the model that reads now."""
        version = live_of(self.versions(), of)
        if version is not None and not same_model(version.model, self.model):
            version = None
        default = self.defaults.emergency if of is Label.EMERGENCY else self.defaults.abuse
        return Stand(
            of=of, line=version.line if version else default, default=default, version=version
        )

    def window(self, of: Label = Label.EMERGENCY, *, fresh: bool = False) -> Window:
        """What lines are measured on."""
        over = self.stand(Label.EMERGENCY).line
        return self._windows.window(self.model, of, over=over, now=self.clock(), fresh=fresh)

    def alike(self, text: str, *, most: int = 5) -> list[Alike]:
        """The judged items most like a text, emergencies among them for certain."""
        known = self.window().known
        refs = [each.ref for each in (*known.others, *known.real)]
        return self._alike.index(refs, self.store.texts_of).nearest(text, most=most)

    def look_again(self) -> None:
        """Measure anew what is asked next, instead of up to half a minute later."""
        self._windows.forget()

    def facts(self, version: Version, *, fresh: bool = False) -> Facts:
        """What an approval of a version rests on now."""
        window = self.window(version.of, fresh=fresh)
        return Facts(
            missed=[each.ref for each in window.known.missed(version.line)],
            slices=window.slices.at(version.line),
            marks=self.store.threshold_marks(version.number),
            live=self.stand(version.of).line,
            model=self.model,
            frozen=self.store.frozen(),
            shadow=timedelta(hours=self.settings.tuner.shadow_hours),
        )

    def objections(self, version: Version, move: Move, officer: Officer) -> list[str]:
        """Why a move may not be made now."""
        return gate.objections(version, move, officer.id, self.facts(version), now=self.clock())

    # --- acting ----------------------------------------------------------------------------------

    def draft(self, officer: Officer, line: float, *, of: Label, reason: str, tool: str) -> Version:
        """Draft a line, snapped to where the outcome changes.

        Raises:
            Refused: no admin, no line between 0 and 1, the line in force, or nothing has read yet.
        """
        if of not in TUNED:
            raise Refused(f"there is no line for {of.value}")
        if not 0.0 <= line <= 1.0:
            raise Refused("a line lies between 0 and 1")
        if not self.model:
            raise Refused("no model has read anything yet")
        window = self.window(of, fresh=True)
        line = tidy(window.history, line)
        live = self.stand(of).line
        if line == live:
            raise Refused(f"{line:g} is the line in force")
        detail = as_known_now(window, line, live=live)
        step = draft_step(officer, reason=reason, at=self.clock(), detail=detail)
        version = Version(number=0, of=of, line=line, model=self.model, steps=(step,))
        event = event_of(version, step, tool=tool)
        return self.store.add_version(of, line, self.model, step, events=[event])

    def move(
        self, number: int, move: Move, officer: Officer, *, reason: str = "", tool: str
    ) -> Version:
        """Move a version on; what goes live is taken up here at once, elsewhere within seconds.

        Raises:
            Refused: the officer may not, the stage does not allow it, or something speaks against
                it: the message names all of it.
            Stale: somebody else moved it meanwhile.
        """
        seen = self.store.threshold_mark()
        now, version = self.clock(), self.version(number)
        facts = self.facts(version, fresh=True)
        detail = self._detail(version, move, facts)
        step = step_of(version, move, officer, at=now, reason=reason, detail=detail)
        gate.check(version, move, officer.id, facts, now=now)
        steps = [(version, step), *self._with_it(version, step)]
        events = [event_of(each, made, tool=tool) for each, made in steps]
        self.store.add_steps(steps, events=events, seen=seen)
        if self.lines is not None:
            self.lines.take_up()
        self._windows.forget(Label.ABUSE)  # measured under the emergency line, which may have moved
        return self.version(number)

    def _detail(self, version: Version, move: Move, facts: Facts) -> Mapping[str, Any]:
        """The figures as they are known at an important step."""
        if move not in (Move.PROPOSE, Move.APPROVE, Move.GO_LIVE):
            return {}
        return as_known_now(self.window(version.of), version.line, live=facts.live)

    def _with_it(self, version: Version, step: Step) -> list[tuple[Version, Step]]:
        """What else a step moves: the version whose place is taken, or that comes back."""
        versions = self.versions()
        if step.move is Move.GO_LIVE:
            live, move = live_of(versions, version.of), Move.SUPERSEDE
        elif step.move is Move.ROLL_BACK:
            live, move = before(versions, version), Move.RESTORE
        else:
            return []
        if live is None:
            return []
        officer = Officer(id=step.by, name="", roles=frozenset({Role.ADMIN}))
        why = f"version {version.number}: {step.move.words}"
        return [(live, step_of(live, move, officer, at=step.at, reason=why))]

    def mark(
        self,
        number: int,
        officer: Officer,
        noted: Sequence[tuple[str, Sort, str]],
        *,
        tool: str,
    ) -> None:
        """Note that missed items were read, are not acceptable, or that a difference is known.

        Raises:
            Refused: no admin, the version is over, or words are missing.
        """
        version, now = self.version(number), self.clock()
        marks = [
            gate.mark_of(version, subject, sort, officer, at=now, text=text)
            for subject, sort, text in noted
        ]
        self.store.add_marks(marks, events=[_mark_event(version, each, tool) for each in marks])

    def freeze(self, officer: Officer, frozen: bool, *, reason: str, tool: str) -> Frozen:
        """Forbid that any line changes, or allow it again.

        Raises:
            Refused: no admin, or no reason.
        """
        if Role.ADMIN not in officer.roles:
            raise Refused("only admins freeze thresholds")
        if not reason.strip():
            raise Refused("say why")
        now = self.clock()
        said = Frozen(frozen=frozen, by=officer.id, at=now, reason=reason.strip()[:2000])
        action = "threshold.frozen" if frozen else "threshold.thawed"
        detail = {"reason": said.reason, "tool": tool}
        event = Event(at=now, actor=officer.id, action=action, subject=SUBJECT, detail=detail)
        self.store.freeze(said, events=[event])
        return said


def as_known_now(window: Window, line: float, *, live: float) -> dict[str, Any]:
    """A line's figures as plain values, kept with a step: what was known then."""
    at: Outcome = window.outcome(line, live=live)
    history = window.history
    return {
        "live": live,
        "model_items": history.total,
        "first": history.first.isoformat(timespec="seconds"),
        "last": history.last.isoformat(timespec="seconds"),
        "days": at.days,
        "alerts_a_day": round(at.alerts_a_day, 4),
        "known": at.caught.of,
        "caught": at.caught.hits,
        "caught_range": [round(at.caught.low, 4), round(at.caught.high, 4)],
        "judged_alerts": at.real.of,
        "real_alerts": at.real.hits,
        "judged": len(history.judged),
        "reviewed": at.reviewed.name.lower(),
    }


def _mark_event(version: Version, mark: Mark, tool: str) -> Event:
    return Event(
        at=mark.at,
        actor=mark.by,
        action=f"threshold.{mark.sort.value}",
        subject=f"threshold:{version.number}",
        detail={
            "about": mark.subject,
            "tool": tool,
            **({"reason": mark.text} if mark.text else {}),
        },
    )
