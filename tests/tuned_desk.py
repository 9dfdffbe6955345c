"""A console with two admins and a history of scores, so that lines can be tuned on it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from console.tuning.lines import LinesInForce
from console.web.app import create_app
from storage.store import SqlStore
from tests.browser.desk import PASSWORD, ConsoleDesk, console_desk
from tests.stores import SOURCE, a_harvest
from triage.judgement import CORRECT
from triage.model import (
    Author,
    Case,
    Decision,
    Event,
    Grounds,
    History,
    Item,
    Link,
    Officer,
    Role,
    Signal,
    Verdict,
)
from triage.ports import Clock, Reading, Triaged
from triage.priority import prioritise
from triage.sampling import DRAWN
from triage.taxonomy import Audience, Kind, Label, SignalName
from triage.thresholds import Thresholds, label_of
from triage.tuning.scores import scored

MODEL = "invented+12345678/int8"
ADMINS = (
    Officer(id="hale", name="Mina Hale", roles=frozenset({Role.ADMIN})),
    Officer(id="orme", name="Jude Orme", roles=frozenset({Role.ADMIN})),
)
DEFAULT = 0.5


class ReaderWithLines:
    """Reads a text by the number it holds ("… 0.72 …"), and has lines that can be drawn."""

    def __init__(self, name: str = MODEL, *, unsure: float | None = 0.1) -> None:
        self.name = name
        self.base = Thresholds(emergency=DEFAULT, abuse=DEFAULT, unsure=unsure)
        self.thresholds = self.base

    def draw(self, lines: Thresholds) -> None:
        self.thresholds = lines

    def read(self, readings: Sequence[Reading]) -> list[Verdict]:
        return [self._read(each.text) for each in readings]

    def _read(self, text: str) -> Verdict:
        score = next((float(word) for word in text.split() if word.startswith("0.")), 0.01)
        return a_reading(score, self.thresholds, model=self.name)


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """One invented item of a history: its score, what people say of it, and when it was sent."""

    score: float
    days_ago: float
    text: str = "my words"
    said: Label | None = None
    ruled: bool = False
    drawn: bool = False
    lang: str = "en"
    channel: str = "x_dm"
    kind: Kind = Kind.DM
    signals: tuple[SignalName, ...] = ()


def a_reading(
    score: float,
    lines: Thresholds,
    *,
    ruled: bool = False,
    lang: str = "en",
    signals: tuple[SignalName, ...] = (),
    model: str = MODEL,
) -> Verdict:
    """A verdict as a classifier gives it: scores, grounds, and a class by the lines."""
    rest = 1 - score
    scores = {Label.EMERGENCY: score, Label.ABUSE: rest * 0.2, Label.ROUTINE: rest * 0.8}
    label = Label.EMERGENCY if ruled else label_of(scores, lines)
    return Verdict(
        label=label,
        audience=Audience.CONTROL_ROOM if label is Label.EMERGENCY else Audience.CONTACT,
        scores=scores,
        signals=tuple(Signal(name=name, score=0.9) for name in signals),
        lang=lang,
        model=model,
        unsure=label is not Label.EMERGENCY and lines.doubts(score),
        grounds=Grounds(
            danger=score,
            abuse=rest * 0.2,
            ruled=Label.EMERGENCY if ruled else None,
            doubtful=lines.unsure is not None and score >= lines.unsure,
        ),
    )


def tuned_desk(clock: Clock, url: str = "sqlite://", **options: Any) -> ConsoleDesk:
    """A console whose classifier has lines, and whose two admins can sign in."""
    reader = ReaderWithLines()
    made = console_desk(clock, url, **options)
    lines = LinesInForce(made.store, reader, clock, node="one")
    lines.take_up()
    desk = replace(made.desk, classifier=reader)
    app = create_app(desk, made.accounts, made.app.state.site.settings, lines=lines)
    console = replace(made, desk=desk, app=app)
    for officer in ADMINS:
        console.store.save_officer(officer)
        console.accounts.set_password(officer.id, PASSWORD)
    return console


_numbers = iter(range(1, 10_000_000))


def remember(
    store: SqlStore,
    spoken: Sequence[Spoken],
    *,
    now: datetime,
    lines: Thresholds | None = None,
    model: str = MODEL,
) -> list[str]:
    """Take items in as the service does, and have people say what they are."""
    drawn_lines = lines or ReaderWithLines().base
    refs: list[str] = []
    for at in range(0, len(spoken), 500):
        refs += _some(store, spoken[at : at + 500], now, drawn_lines, model)
    return refs


def _some(
    store: SqlStore, spoken: Sequence[Spoken], now: datetime, lines: Thresholds, model: str
) -> list[str]:
    items = [_item(each, now) for each in spoken]
    by_id = {item.id: each for item, each in zip(items, spoken, strict=True)}
    taken = store.take_in(SOURCE, a_harvest(*items, cursor=items[-1].id), now=now)
    waiting = store.waiting(limit=len(taken.refs), refs=taken.refs)
    outcomes, events = [], []
    refs = {}
    for each in waiting:
        said = by_id[each.case.item.id]
        refs[each.case.item.id] = each.case.ref
        verdict = a_reading(
            said.score, lines, ruled=said.ruled, lang=said.lang, signals=said.signals, model=model
        )
        decision = prioritise(each.case.item, verdict, History())
        outcomes.append(_triaged(each.case, verdict, decision))
        events += _events(each.case.ref, said, now)
    store.settle(outcomes)
    if events:
        store.record(events)
    return [refs[item.id] for item in items]


def _item(each: Spoken, now: datetime) -> Item:
    number = next(_numbers)
    return Item(
        id=f"h{number}",
        channel=each.channel,
        account="westbridgepolice",
        sent_at=now - timedelta(days=each.days_ago),
        text=each.text,
        kind=each.kind,
        author=Author(account_id=f"a{number}", handle=f"handle{number}", display_name="Invented"),
        thread_id=f"h{number}",
    )


def _triaged(case: Case, verdict: Verdict, decision: Decision) -> Triaged:
    return Triaged(
        ref=case.ref,
        version=case.version,
        verdict=verdict,
        link=Link(),
        history=History(),
        decision=decision,
        cards=(),
        scored=scored(case.item, verdict, decision, History()),
    )


def _events(ref: str, said: Spoken, now: datetime) -> list[Event]:
    events = []
    if said.drawn:
        events.append(Event(at=now, actor="firstcontact", action=DRAWN, subject=ref))
    if said.said is not None:
        audience = {
            Label.EMERGENCY: Audience.CONTROL_ROOM,
            Label.ABUSE: Audience.SAFEGUARDING,
            Label.ROUTINE: Audience.CONTACT,
        }[said.said]
        detail = {"class": said.said.value, "audience": audience.value}
        events.append(Event(at=now, actor="okafor", action=CORRECT, subject=ref, detail=detail))
    return events


# --- a quarter of a year --------------------------------------------------------------------------

DANGER = (
    "hes outside my door again with a knife",
    "please come quick my brother cant breathe",
    "theyre trying to get in the back window now",
    "can you send someone, dont ring me, he is asleep next to me",
    "there is a lad on the bridge rail on the town side, not moving",
    "i have taken all of them and i am sorry",
    "he said he will do it tonight when the kids are in bed",
    "moja siostra nie oddycha",
    "ktoś próbuje wejść do mieszkania",
)
CHATTER = (
    "when does the fair open on saturday",
    "my bike was taken from loom street last week",
    "thanks for the quick answer yesterday",
    "people parking on the crossing again",
    "any update on my case please",
    "great work at the match",
)
LANGS = ("en", "en", "en", "en", "pl", "ur")
CHANNELS = (
    ("x_dm", Kind.DM),
    ("x_mention", Kind.MENTION),
    ("fb_message", Kind.DM),
    ("fb_comment", Kind.COMMENT),
)


def a_quarter(
    *, items: int = 3000, emergencies: int = 165, days: int = 90, seed: int = 7
) -> list[Spoken]:
    """Invented items over three months: few emergencies, most of them with high scores."""
    drawn = random.Random(seed)
    spoken = [_an_emergency(drawn, days) for _ in range(emergencies)]
    spoken += [_chatter(drawn, days) for _ in range(items - emergencies)]
    drawn.shuffle(spoken)
    return spoken


def _an_emergency(drawn: random.Random, days: int) -> Spoken:
    lang = drawn.choice(LANGS)
    score = drawn.betavariate(5, 1.2) if lang == "en" else drawn.betavariate(3, 1.4)
    channel, kind = drawn.choice(CHANNELS)
    return Spoken(
        score=round(min(0.999, score), 4),
        days_ago=drawn.uniform(0, days),
        text=drawn.choice(DANGER[7:] if lang == "pl" else DANGER[:7]),
        said=Label.EMERGENCY,
        ruled=drawn.random() < 0.12,
        lang=lang,
        channel=channel,
        kind=kind,
        signals=(SignalName.WEAPON, SignalName.OFFENDER_PRESENT) if drawn.random() < 0.3 else (),
    )


def _chatter(drawn: random.Random, days: int) -> Spoken:
    score = min(0.98, drawn.betavariate(0.5, 9))
    channel, kind = drawn.choice(CHANNELS)
    judged = drawn.random() < (0.85 if score > DEFAULT else 0.25)
    return Spoken(
        score=round(score, 4),
        days_ago=drawn.uniform(0, days),
        text=drawn.choice(CHATTER),
        said=(Label.ABUSE if drawn.random() < 0.1 else Label.ROUTINE) if judged else None,
        lang=drawn.choice(LANGS),
        channel=channel,
        kind=kind,
        drawn=judged and score < 0.1 and drawn.random() < 0.1,
    )
