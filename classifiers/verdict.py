"""One verdict out of scores and rule hits. Pure: no model, no clock, no I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

import numpy as np

from classifiers.calibrate import Calibration, Row, label_scores, softmax
from classifiers.guarantee import ALWAYS
from classifiers.heads import HEADS
from classifiers.language import language_of, name_of
from classifiers.rules import Hit
from config.taxonomy import label_says, signal_name
from triage.model import Grounds, Modifiers, Reason, Signal, Source, Span, Verdict
from triage.ports import Reading
from triage.taxonomy import (
    CONTENT_SIGNALS,
    DISCLOSURE_SIGNALS,
    Audience,
    Direction,
    Label,
    Literalness,
    SignalName,
    Voice,
    When,
)
from triage.thresholds import Thresholds, label_of, signals_on

Answer = TypeVar("Answer", bound=StrEnum)
RULE_SCORE = 0.9
TOP_SIGNALS = 3
# A rule does not raise an item the model is sure about: it reads the words as a joke, a film, a
# quotation, and sees next to no danger.
SURE_NOT_MEANT = 0.85
NO_DANGER = 0.03
_ORDER = {Label.ROUTINE: 0, Label.ABUSE: 1, Label.EMERGENCY: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """What the models say of a text: calibrated probabilities and the likeliest modifiers."""

    labels: Mapping[Label, float]
    signals: Mapping[SignalName, float]
    audience: Mapping[Audience, float]
    modifiers: Modifiers = field(default_factory=Modifiers)
    meant: float = 1.0  # probability that the words are meant literally


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict with what made it an emergency or not, wherever the emergency line stands.

    It is one where `danger`, the score before any rule, reaches the line, or where `by_rule`.
    """

    verdict: Verdict
    danger: float
    by_rule: bool = False

    @property
    def reach(self) -> float:
        """The highest line at which it is an emergency; at any, where a rule says so."""
        return ALWAYS if self.by_rule else self.danger


def scores_of(rows: Row | None, linear: Row | None, calibration: Calibration) -> Scores:
    """Scores of a text from its windows' logits, keeping the maximum over windows.

    `rows` (windows x columns) is None where only the linear model runs.
    """
    each = [calibration.probabilities(row, linear) for row in ([None] if rows is None else rows)]
    labels = _worst([label_scores(label) for label, _ in each])
    signals = np.max([found for _, found in each], axis=0)
    named = dict(zip(SignalName, map(float, signals), strict=True))
    if rows is None:
        return Scores(labels=labels, signals=named, audience={})
    row = rows[int(np.argmax([label[0] + label[1] for label, _ in each]))]
    literal = _chances(row, "literal", calibration)
    return Scores(
        labels=labels,
        signals=named,
        audience={Audience(k): v for k, v in _chances(row, "audience", calibration).items()},
        modifiers=Modifiers(
            time=_likeliest(row, "time", When),
            voice=_likeliest(row, "voice", Voice),
            literal=_likeliest(row, "literal", Literalness),
            direction=_likeliest(row, "direction", Direction),
        ),
        meant=literal[Literalness.LITERAL],
    )


def _worst(windows: Sequence[Mapping[Label, float]]) -> dict[Label, float]:
    """Of several windows the most alarming: each score the maximum, summing to one."""
    emergency = max(scores[Label.EMERGENCY] for scores in windows)
    abuse = min(max(scores[Label.ABUSE] for scores in windows), 1.0 - emergency)
    return {
        Label.EMERGENCY: emergency,
        Label.ABUSE: abuse,
        Label.ROUTINE: max(0.0, 1.0 - emergency - abuse),
    }


def _chances(row: Row, name: str, calibration: Calibration) -> dict[str, float]:
    head = HEADS[name]
    chances = softmax(row[head.columns] * calibration.scales.get(name, 1.0))
    return {
        str(answer): float(chance) for answer, chance in zip(head.answers, chances, strict=True)
    }


def _likeliest(row: Row, name: str, kind: type[Answer]) -> Answer:
    return kind(HEADS[name].answers[int(np.argmax(row[HEADS[name].columns]))])


def judgement_of(
    reading: Reading,
    scores: Scores | None,
    hits: Sequence[Hit],
    *,
    thresholds: Thresholds,
    covered: frozenset[str],
    model: str,
    degraded: str = "",
) -> Judgement:
    """The verdict on a reading, with the score and the rules behind its class.

    `scores` None means that only rules could be run.
    """
    lang = language_of(reading.text, hint=reading.lang)
    given = scores or _nothing_known()
    danger = given.labels[Label.EMERGENCY]
    readable = bool(reading.text.strip())
    known = readable and (not lang or lang in covered) and scores is not None
    heeded = [hit for hit in hits if not _not_meant(given, known=known, hit=hit)]
    labels = raised(given.labels, heeded, thresholds)
    label = label_of(labels, thresholds)
    signals = _signals(given.signals, hits, thresholds)
    verdict = Verdict(
        label=label,
        audience=audience_of(label, given.audience, [signal.name for signal in signals]),
        scores=labels,
        signals=signals,
        signal_scores={**given.signals, **{s.name: s.score for s in signals}},
        modifiers=given.modifiers,
        lang=lang,
        model=model,
        degraded=degraded,
        covered=known,
        # Not the raised scores: a rule that asks for abuse takes from the emergency's.
        unsure=label is not Label.EMERGENCY and thresholds.doubts(danger),
        grounds=Grounds(
            danger=danger,
            abuse=given.labels[Label.ABUSE],
            ruled=_gravest(heeded),
            doubtful=thresholds.unsure is not None and danger >= thresholds.unsure,
        ),
    )
    reasons = _reasons(verdict, hits, heeded, readable=readable)
    by_rule = any(hit.raises is Label.EMERGENCY for hit in heeded)
    return Judgement(verdict=replace(verdict, reasons=reasons), danger=danger, by_rule=by_rule)


def placed(verdict: Verdict, places: Mapping[SignalName, tuple[Span, ...]]) -> Verdict:
    """A verdict with places in the text for signals that had none, and a reason for each."""
    signals = tuple(
        replace(each, spans=each.spans or places.get(each.name, ())) for each in verdict.signals
    )
    reasons = tuple(
        Reason(rule=f"words:{name}", text=f"{signal_name(name).lower()} is read at {_said(where)}")
        for name, where in places.items()
        if where
    )
    return replace(verdict, signals=signals, reasons=verdict.reasons + reasons[:TOP_SIGNALS])


def _said(where: Sequence[Span]) -> str:
    return "characters " + ", ".join(f"{span.start} to {span.end}" for span in where)


def _nothing_known() -> Scores:
    return Scores(
        labels={Label.EMERGENCY: 0.0, Label.ABUSE: 0.0, Label.ROUTINE: 1.0},
        signals=dict.fromkeys(SignalName, 0.0),
        audience={},
    )


def _not_meant(scores: Scores, *, known: bool, hit: Hit) -> bool:
    """Whether the model, in a language it reads, is sure that a phrase is not meant."""
    if not known or hit.raises is not Label.EMERGENCY:
        return False
    danger = scores.labels[Label.EMERGENCY]
    return danger < NO_DANGER and scores.meant < 1.0 - SURE_NOT_MEANT


def raised(
    labels: Mapping[Label, float], hits: Sequence[Hit], thresholds: Thresholds
) -> dict[Label, float]:
    """Class scores after the rules: never lower for the class a rule asks for, summing to one."""
    top = _gravest(hits)
    scores = {label: float(labels.get(label, 0.0)) for label in Label}
    if top is None:
        return scores
    line = thresholds.emergency if top is Label.EMERGENCY else thresholds.abuse
    if _ORDER[label_of(scores, thresholds)] >= _ORDER[top]:
        return scores
    target = max(scores[top], line, 0.5 + scores[top] / 2)
    rest = sum(value for label, value in scores.items() if label is not top)
    shrink = (1.0 - target) / rest if rest > 0 else 0.0
    return {label: target if label is top else scores[label] * shrink for label in Label}


def _gravest(hits: Sequence[Hit]) -> Label | None:
    """The gravest class that a rule asks for."""
    wanted = [hit.raises for hit in hits if hit.raises is not None]
    return max(wanted, key=lambda label: _ORDER[label], default=None)


def audience_of(
    label: Label, chances: Mapping[Audience, float], signals: Sequence[SignalName]
) -> Audience:
    """Who should look: fixed for emergencies and routine, weighed for abuse."""
    if label is Label.EMERGENCY:
        return Audience.CONTROL_ROOM
    if label is Label.ROUTINE:
        return Audience.CONTACT
    fitting = (Audience.SAFEGUARDING, Audience.COMMS, Audience.BOTH)
    if chances:
        return max(fitting, key=lambda audience: chances.get(audience, 0.0))
    told, written = DISCLOSURE_SIGNALS & set(signals), CONTENT_SIGNALS & set(signals)
    if told and written:
        return Audience.BOTH
    return Audience.COMMS if written else Audience.SAFEGUARDING


def _signals(
    scores: Mapping[SignalName, float], hits: Sequence[Hit], thresholds: Thresholds
) -> tuple[Signal, ...]:
    """Signals that are on, strongest first; what a rule found is on whatever the score."""
    spans: dict[SignalName, list[Span]] = {}
    for hit in hits:
        spans.setdefault(hit.signal, []).extend(hit.spans)
    found = [
        Signal(
            name=name,
            score=max(RULE_SCORE, scores.get(name, 0.0)),
            source=Source.RULE,
            spans=tuple(sorted(set(where), key=lambda span: (span.start, span.end))),
        )
        for name, where in spans.items()
    ]
    by_model = [name for name in signals_on(scores, thresholds) if name not in spans]
    found += [Signal(name=name, score=scores[name]) for name in by_model]
    return tuple(sorted(found, key=lambda signal: -signal.score))


def _reasons(
    verdict: Verdict, hits: Sequence[Hit], heeded: Sequence[Hit], *, readable: bool
) -> tuple[Reason, ...]:
    """Reasons without any of the sender's words: they are shown where the text is not."""
    reasons = [_main_reason(verdict)] if verdict.model != "rules" else []
    for hit in hits:
        place = f"characters {hit.spans[0].start} to {hit.spans[0].end}"
        doubt = "" if hit in heeded else "; the model is sure that it is not meant"
        text = f"phrase at {place}: {hit.reason}{doubt}"
        reasons.append(Reason(rule=f"rule:{hit.rule}", text=text))
    if not readable:
        reasons.append(Reason(rule="unreadable", text="there is no text to read"))
    elif not verdict.covered and verdict.lang:
        text = f"language not covered: {name_of(verdict.lang)}; a person must read it"
        reasons.append(Reason(rule="language", text=text))
    if verdict.degraded:
        reasons.append(Reason(rule="degraded", text=f"read by a fall-back: {verdict.degraded}"))
    return tuple(reasons)


def _main_reason(verdict: Verdict) -> Reason:
    shown = [signal_name(signal.name).lower() for signal in verdict.signals[:TOP_SIGNALS]]
    score = verdict.scores[verdict.label]
    about = f": {', '.join(shown)}" if shown else ""
    return Reason(rule="model", text=f"reads as {label_says(verdict.label)} ({score:.2f}){about}")
