"""What is kept of one reading, so that any other line can be asked about it afterwards."""

from dataclasses import dataclass, replace

from triage.model import Decision, History, Item, Priority, Verdict
from triage.priority import prioritise
from triage.taxonomy import DISCLOSURE_SIGNALS, Audience, Label

ALWAYS = float("inf")
"""The reach of an item that a rule takes for an emergency wherever the line stands."""

LONGEST_WORD = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One reading of one item by one model.

    `danger` and `abuse` are the scores before any rule; `ruled` the gravest class a rule asked
    for. `under` is the priority it has, or would have, where its score stays under the emergency
    line: floors hold there too.
    """

    model: str
    danger: float
    abuse: float
    under: Priority
    ruled: Label | None = None
    lang: str = ""
    letters: int = 0
    dialect: str = ""

    def reach(self, of: Label) -> float:
        """The highest line at which it is of a class (or graver)."""
        if self.ruled is Label.EMERGENCY or self.ruled is of:
            return ALWAYS
        return self.danger if of is Label.EMERGENCY else self.abuse


def scored(
    item: Item,
    verdict: Verdict,
    decision: Decision,
    history: History,
    *,
    thread: tuple[str, ...] = (),
) -> Scored | None:
    """What is kept of a reading; None if nothing has read it.

    A verdict without grounds (of a classifier that does not say them) stands with its scores.
    """
    if verdict.degraded == "none" or not verdict.model:
        return None
    grounds = verdict.grounds
    scores = verdict.scores
    return Scored(
        model=verdict.model,
        danger=grounds.danger if grounds else scores.get(Label.EMERGENCY, 0.0),
        abuse=grounds.abuse if grounds else scores.get(Label.ABUSE, 0.0),
        ruled=grounds.ruled if grounds else None,
        under=_under(item, verdict, decision, history, thread),
        lang=verdict.lang,
        letters=len(item.text),
        dialect=_dialect(item),
    )


def _under(
    item: Item, verdict: Verdict, decision: Decision, history: History, thread: tuple[str, ...]
) -> Priority:
    """The priority without the emergency class. Floors do not ask for the class, so they stay."""
    if verdict.label is not Label.EMERGENCY:
        return decision.priority
    return prioritise(item, lower(verdict), history, thread=thread).priority


def lower(verdict: Verdict) -> Verdict:
    """A verdict as it would be under the line of its class: what is held next likeliest.

    What was an emergency is in doubt where its score lies over the line of doubt, as any other
    item there.
    """
    if verdict.label is not Label.EMERGENCY:
        return replace(verdict, label=Label.ROUTINE, audience=Audience.CONTACT)
    scores, grounds = verdict.scores, verdict.grounds
    likelier = scores.get(Label.ABUSE, 0.0) > scores.get(Label.ROUTINE, 0.0)
    audience = Audience.CONTACT
    if likelier:
        told = verdict.has(*DISCLOSURE_SIGNALS)
        audience = Audience.SAFEGUARDING if told else Audience.COMMS
    return replace(
        verdict,
        label=Label.ABUSE if likelier else Label.ROUTINE,
        audience=audience,
        unsure=grounds is not None and grounds.doubtful,
    )


def _dialect(item: Item) -> str:
    """The dialect where whoever sent the item on has named it; no model guesses one."""
    said = item.extra.get("dialect")
    return said.strip().lower()[:LONGEST_WORD] if isinstance(said, str) else ""
