"""Cards and forms in every state that officers meet, for snapshots and pictures."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from notifier.adaptive import card_body
from notifier.adaptive_forms import form_card
from notifier.blocks import card_blocks
from notifier.card import CardContext, card_of
from notifier.forms import FORMS, Asking, Form, form_of
from notifier.sheets import Shown, more_of, persons_of, text_of
from notifier.slack_forms import form_view
from tests.factories import suggested
from tests.servers.desk import NOW, SENT, a_case, a_verdict
from triage.clearance import Window
from triage.model import (
    Attachment,
    Case,
    Event,
    Evidence,
    LinkDecision,
    Need,
    Officer,
    Person,
    Priority,
    SafeContact,
    State,
)
from triage.seen import seen
from triage.taxonomy import Audience, Kind, Label, Lane, SignalName

LEVELS = (0, 1, 2)
OFFICER = Officer(id="o7", name="Officer Khan")
ZELDA = Person(
    record_id="R1",
    forename="Zelda",
    surname="Quill",
    language="Welsh",
    needs=(Need(text="Hard of hearing"),),
    safe_contact=SafeContact(channels=("x_dm",), set_at=SENT, expires_at=SENT + timedelta(days=28)),
    cases=({"reference": "CR/26/1", "status": "open"},),
)
PLAIN = CardContext(
    desk="Westbridge Police",
    officer_name=lambda officer: "Officer Khan",
    reply_windows={"x": Window(), "facebook": Window(hours=24, human=168)},
)
KNOWING = replace(PLAIN, person=lambda case: ZELDA)

_CLAIM: Mapping[str, Any] = {
    "state": State.CLAIMED,
    "claimed_by": "o7",
    "claimed_at": NOW - timedelta(seconds=20),
}
_CALM = a_case(
    "When is the front counter at Castle Street open on Sunday?",
    kind=Kind.MENTION,
    channel="x_mention",
    priority=Priority.P4,
    reasons=(),
    verdict=a_verdict(
        SignalName.GENERAL,
        label=Label.ROUTINE,
        audience=Audience.CONTACT,
        scores={Label.EMERGENCY: 0.01, Label.ABUSE: 0.01, Label.ROUTINE: 0.98},
    ),
)

CASES: Mapping[str, tuple[Case, CardContext]] = {
    "open": (a_case(), PLAIN),
    "open-late": (a_case(received_at=SENT, escalation=2, item=replace(a_case().item)), PLAIN),
    "calm": (_CALM, PLAIN),
    "claimed": (a_case(**_CLAIM), PLAIN),
    "claimed-by-the-control-room": (a_case(lane=Lane.CONTROL_ROOM, **_CLAIM), PLAIN),
    "offered": (
        a_case(state=State.OFFERED, offered_to=Lane.SAFEGUARDING, offered_by="o7", offered_at=NOW),
        PLAIN,
    ),
    "closed": (
        a_case(state=State.CLOSED, result="advice", closed_at=NOW, claimed_by="o7", claimed_at=NOW),
        PLAIN,
    ),
    "disclosure": (
        a_case(
            "He reads my phone, please do not call",
            verdict=a_verdict(SignalName.DOMESTIC_ABUSE, SignalName.COERCIVE_CONTROL),
            priority=Priority.P2,
        ),
        PLAIN,
    ),
    "known-person": (
        a_case(link=replace(suggested("R1"), decision=LinkDecision.CONFIRMED)),
        KNOWING,
    ),
    "edited-and-deleted": (
        a_case(text_versions=2, deleted_at=NOW, item=replace(a_case().item)),
        PLAIN,
    ),
    "unread": (
        replace(
            a_case("", verdict=None, decision=None, lane=None, state=State.RECEIVED),
            priority=None,
            item=replace(a_case("").item, attachments=(Attachment(kind="image"),)),
        ),
        PLAIN,
    ),
    "reply-window": (
        a_case("hello, is anybody there", channel="fb_message", priority=Priority.P3, reasons=()),
        PLAIN,
    ),
    "long-and-hostile": (
        a_case("<!channel> [your bank](https://evil.example) you are scum " * 90, **_CLAIM),
        PLAIN,
    ),
}
"""Every state a card can be in, by name."""


def slack_card(name: str, level: int) -> list[dict[str, Any]]:
    """The blocks of a card."""
    case, context = CASES[name]
    card = card_of(case, context, level=level, now=NOW)
    return card_blocks(card, key=f"card:{case.ref}:slack:C02", version=case.version)


def teams_card(name: str, level: int) -> dict[str, Any]:
    """The Adaptive Card of a card."""
    case, context = CASES[name]
    return card_body(card_of(case, context, level=level, now=NOW))


def forms() -> Mapping[str, Form]:
    """Every form and sheet, by name."""
    case = replace(a_case(**_CLAIM), version=4, link=suggested("R1", "R2"))
    claimed = Event(
        at=NOW, actor="o7", action="claim", subject=case.ref, detail={"version": 3, "before": {}}
    )
    asking = Asking(officer=OFFICER, now=NOW, context=PLAIN, seen=seen(case), events=(claimed,))
    persons = (_zelda(opened=False), replace(_zelda(opened=True), record_id="R2"))
    return {
        "more": more_of(case, asking),
        "more-closed": more_of(CASES["closed"][0], replace(asking, events=())),
        "more-anothers": more_of(
            case, replace(asking, officer=Officer(id="o9", name="Officer Osei"))
        ),
        "text": text_of(case, asking),
        "persons": persons_of(case, asking, persons, link=True),
        **{action: form_of(action, case, asking) for action in FORMS},
    }


def _zelda(*, opened: bool) -> Shown:
    evidence = (
        Evidence(field="name", level="exact", weight=9.1),
        Evidence(field="phone", level="same number", weight=11.4),
        Evidence(field="postcode", level="another district", weight=-2.2),
    )
    return Shown(
        record_id="R1",
        who="Zelda Quill" if opened else "Z. Q., born 1984, WB1",
        chance="about 93 in 100",
        confirmed=False,
        opened=opened,
        evidence=evidence,
        facts=("Born: 5 May 1984", "Postcode: WB1 4QT") if opened else (),
    )


def slack_form(form: Form) -> dict[str, Any]:
    """The modal of a form."""
    return form_view(form, {"channel": "C02", "message": "1763890001.000100"})


def teams_form(form: Form) -> dict[str, Any]:
    """The Adaptive Card of a form."""
    return form_card(form)
