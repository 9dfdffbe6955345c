"""Small factories of domain values, and strategies that draw them, for all tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from triage.actions import Command
from triage.lifecycle import Verb
from triage.model import (
    Attachment,
    Author,
    Candidate,
    Case,
    Decision,
    Due,
    Evidence,
    History,
    Item,
    Link,
    LinkDecision,
    Modifiers,
    Officer,
    Person,
    Priority,
    Role,
    Signal,
    State,
    Verdict,
)
from triage.priority import prioritise
from triage.taxonomy import (
    Audience,
    Direction,
    Kind,
    Label,
    Lane,
    Literalness,
    Marker,
    SignalName,
    Voice,
    When,
)

SENT = datetime(2026, 11, 23, 9, 41, tzinfo=UTC)
NOW = SENT + timedelta(minutes=1)
REF = "FC-26-1123-0041"

ALICE = Officer(id="alice", name="Alice Ames")
BOB = Officer(id="bob", name="Bob Birch")
SUE = Officer(id="sue", name="Sue Sharp", roles=frozenset({Role.SUPERVISOR}))
REX = Officer(id="rex", name="Rex Rowe", roles=frozenset({Role.REVIEWER}))
ADA = Officer(id="ada", name="Ada Ash", roles=frozenset({Role.ADMIN}))
OTTO = Officer(id="otto", name="Otto Orr", roles=frozenset({Role.AUDITOR}))
NOBODY = Officer(id="nobody", name="Nan Noone", roles=frozenset())


def an_item(text: str = "My bike was stolen from Castle Street", **fields: Any) -> Item:
    """A direct message on X, sent at 09:41."""
    values: dict[str, Any] = {
        "id": "1",
        "channel": "x_dm",
        "account": "westbridgepolice",
        "sent_at": SENT,
        "text": text,
        "kind": Kind.DM,
        "author": Author(account_id="77", handle="@zeldaq", display_name="Zelda Quill"),
    }
    return Item(**(values | fields))


def a_post(text: str = "Well done all at the station today", **fields: Any) -> Item:
    """A public mention on X, sent at 09:41."""
    return an_item(text, **({"channel": "x_mention", "kind": Kind.MENTION} | fields))


def a_verdict(*signals: SignalName, **fields: Any) -> Verdict:
    """A routine verdict with these signals on."""
    values: dict[str, Any] = {
        "label": Label.ROUTINE,
        "audience": Audience.CONTACT,
        "scores": {Label.EMERGENCY: 0.02, Label.ABUSE: 0.04, Label.ROUTINE: 0.94},
        "signals": tuple(Signal(name=name, score=0.9) for name in signals),
        "lang": "en",
        "model": "invented",
    }
    return Verdict(**(values | fields))


def an_emergency(*signals: SignalName, **fields: Any) -> Verdict:
    """A verdict of danger now."""
    return a_verdict(
        *signals, **({"label": Label.EMERGENCY, "audience": Audience.CONTROL_ROOM} | fields)
    )


def a_disclosure(*signals: SignalName, **fields: Any) -> Verdict:
    """A verdict on somebody telling of abuse."""
    names = signals or (SignalName.DOMESTIC_ABUSE,)
    return a_verdict(*names, **({"label": Label.ABUSE, "audience": Audience.SAFEGUARDING} | fields))


def an_abusive_post(*signals: SignalName, **fields: Any) -> Verdict:
    """A verdict on a post that is itself abusive."""
    names = signals or (SignalName.HATE,)
    return a_verdict(*names, **({"label": Label.ABUSE, "audience": Audience.COMMS} | fields))


def a_case(
    item: Item | None = None,
    verdict: Verdict | None = None,
    history: History | None = None,
    **fields: Any,
) -> Case:
    """An open case, decided as the rules decide it, one minute old."""
    item, verdict, history = item or an_item(), verdict or a_verdict(), history or History()
    decision = prioritise(item, verdict, history)
    values: dict[str, Any] = {
        "ref": REF,
        "item": item,
        "received_at": item.sent_at + timedelta(seconds=30),
        "state": State.OPEN,
        "verdict": verdict,
        "history": history,
        "decision": decision,
        "priority": decision.priority,
        "lane": decision.owner,
    }
    return Case(**(values | fields))


def a_candidate(record_id: str = "R1", probability: float = 0.9) -> Candidate:
    """A person who may be writing, on the evidence of a name."""
    evidence = (Evidence(field="name", level="exact", weight=3.0),)
    return Candidate(record_id=record_id, probability=probability, weight=3.0, evidence=evidence)


def suggested(*record_ids: str) -> Link:
    """A link that suggests these persons, best first."""
    candidates = tuple(
        a_candidate(each, 0.9 - number / 10) for number, each in enumerate(record_ids)
    )
    return Link(decision=LinkDecision.SUGGESTED, candidates=candidates)


def a_person(record_id: str = "R1", *markers: str, **fields: Any) -> Person:
    """A citizen record with a name."""
    values: dict[str, Any] = {"forename": "Zelda", "surname": "Quill", "markers": markers}
    return Person(record_id=record_id, **(values | fields))


def a_command(verb: Verb, officer: Officer = ALICE, *, on: str = REF, **fields: Any) -> Command:
    """An officer's wish; keyword arguments other than `version` and `tool` are its args."""
    own = {name: fields.pop(name) for name in ("version", "tool") if name in fields}
    return Command(verb=verb, ref=on, officer=officer, args=fields, **own)


# --- strategies -----------------------------------------------------------------------------------

signal_names = st.sampled_from(SignalName)

texts = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "",
            "🆘🆘",
            "https://pics.example/1",
            "he has a knife",
            "goodbye everyone, tell my mum",
            "the officer keeps texting me for nudes",
            "I'm a reporter with the Westbridge Echo",
            "my husband is a police officer",
        ]
    ),
)

modifiers = st.builds(
    Modifiers,
    time=st.sampled_from(When),
    voice=st.sampled_from(Voice),
    literal=st.sampled_from(Literalness),
    direction=st.sampled_from(Direction),
)

items = st.builds(
    an_item,
    texts,
    kind=st.sampled_from(Kind),
    attachments=st.lists(
        st.builds(Attachment, kind=st.sampled_from(["image", "audio", "video"])), max_size=2
    ).map(tuple),
)


def _verdict(
    names: frozenset[SignalName],
    label: Label,
    audience: Audience,
    meant: Modifiers,
    degraded: str,
    covered: bool,
) -> Verdict:
    return a_verdict(
        *sorted(names),
        label=label,
        audience=audience,
        modifiers=meant,
        degraded=degraded,
        covered=covered,
    )


verdicts = st.builds(
    _verdict,
    st.frozensets(signal_names, max_size=5),
    st.sampled_from(Label),
    st.sampled_from(Audience),
    modifiers,
    st.sampled_from(["", "", "", "fp32", "linear", "rules", "none", "stale"]),
    st.booleans(),
)

_some_priority = st.none() | st.sampled_from(Priority)

histories = st.builds(
    History,
    contacts_7d=st.integers(0, 3),
    contacts_30d=st.integers(0, 5),
    contacts_90d=st.integers(0, 9),
    disclosed_before=st.booleans(),
    open_thread=_some_priority,
    held=_some_priority,
    markers=st.frozensets(st.sampled_from(Marker)),
    incident=_some_priority,
)

due_times = st.builds(Due, seen_by=st.just(SENT), decide_by=st.just(SENT))
decisions = st.builds(
    Decision, priority=st.sampled_from(Priority), due=due_times, owner=st.sampled_from(Lane)
)
