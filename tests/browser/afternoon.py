"""An invented afternoon at a digital desk: what citizens wrote and who they are."""

from collections.abc import Mapping
from typing import Any

from tests.browser.desk import ConsoleDesk, Said, delete, edit, know, say
from triage.model import (
    Candidate,
    Case,
    Evidence,
    History,
    Link,
    LinkDecision,
    Mention,
    Priority,
    Reason,
)
from triage.taxonomy import Audience, Kind, Label, Lane, SignalName

PEOPLE: tuple[Mapping[str, Any], ...] = (
    {
        "record_id": "P000417",
        "forename": "Zelda",
        "surname": "Quill",
        "date_of_birth": "1991-04-12",
        "addresses": [{"line": "14 Osier Court", "postcode": "WB7 2LD", "current": True}],
        "phones": ["07700900142"],
        "markers": ["domestic_abuse", "high_risk"],
        "pronunciation": "ZEL-dah",
        "language": "Polish, reads English",
        "needs": [
            {
                "need": "BSL interpreter for her son",
                "source": "Adult social care",
                "updated_at": "2026-05-02",
            },
            "No telephone calls at work",
        ],
        "source": "Niche",
        "updated_at": "2026-10-14",
        "safe_contact": {
            "channels": ["x_dm"],
            "codeword": "bluebell",
            "note": "Weekdays 09:30 to 14:30 only",
            "set_by": "DC 3310 Lockyer",
            "set_at": "2026-11-09T09:00:00+00:00",
            "expires_at": "2030-01-01T00:00:00+00:00",
        },
        "cases": [
            {
                "reference": "WB/021874/26",
                "summary": "Assault and coercive control, ex-partner",
                "status": "open",
                "officer": "DC 3310 Lockyer",
            }
        ],
    },
    {"record_id": "P001288", "forename": "Kieran", "surname": "Doyle", "markers": ["warning"]},
)
QUILL_LINK = Link(
    decision=LinkDecision.SUGGESTED,
    candidates=(
        Candidate(
            record_id="P000417",
            probability=0.97,
            weight=5.1,
            evidence=(
                Evidence(field="prior", level="any resident", weight=-18.2),
                Evidence(field="name", level="exact, rare", weight=12.6),
                Evidence(field="postcode", level="same in text", weight=9.4),
                Evidence(field="date of birth", level="year differs", weight=-3.1),
                Evidence(field="handle", level="like a former one", weight=4.4),
            ),
        ),
    ),
    mentions=(Mention(record_id="P001288", probability=0.8),),
)


def an_afternoon(console: ConsoleDesk) -> dict[str, Case]:
    """Items as a desk has them on a busy afternoon, by what they are."""
    know(console.store, PEOPLE, console.clock())
    spoken: dict[str, Said] = {
        "knife": Said(
            text="hes outside my flat with a knife and hes trying the door please come 14 Osier "
            "Court WB7 2LD i cant ring he will hear me",
            priority=Priority.P1,
            minutes=1.2,
            owner=Lane.CONTROL_ROOM,
            copies=(Lane.DESK, Lane.SAFEGUARDING),
            label=Label.EMERGENCY,
            audience=Audience.CONTROL_ROOM,
            signals=(
                (SignalName.WEAPON, "with a knife"),
                (SignalName.OFFENDER_PRESENT, "hes outside my flat"),
                (SignalName.DOMESTIC_ABUSE, ""),
            ),
            why=(
                Reason(rule="F4", text="weapon and present"),
                Reason(rule="class", text="danger now"),
            ),
            history=History(contacts_7d=1, contacts_30d=2, contacts_90d=3, disclosed_before=True),
            link=QUILL_LINK,
            thread="dm-77",
        ),
        "bridge": Said(
            text="tell my mum I'm sorry. I'm on the viaduct, it's quiet up here",
            priority=Priority.P1,
            minutes=3.5,
            owner=Lane.CONTROL_ROOM,
            copies=(Lane.DESK,),
            label=Label.EMERGENCY,
            audience=Audience.CONTROL_ROOM,
            signals=((SignalName.SUICIDE_RISK, "tell my mum I'm sorry. I'm on the viaduct"),),
            why=(Reason(rule="F3", text="suicide risk with means, place or goodbye (“viaduct”)"),),
            channel="fb_message",
            handle="",
            name="Ollie Marsh",
            account="100077001",
        ),
        "child": Said(
            text="im 14. a boy i sent pics to says hell send them to everyone at school unless i "
            "send more. i dont know what to do",
            priority=Priority.P2,
            minutes=6,
            owner=Lane.SAFEGUARDING,
            copies=(Lane.DESK,),
            label=Label.ABUSE,
            audience=Audience.SAFEGUARDING,
            signals=(
                (SignalName.IMAGE_ABUSE, "send them to everyone at school"),
                (SignalName.CHILD_AT_RISK, "im 14"),
            ),
            why=(Reason(rule="F1", text="a child may be at risk"),),
            channel="webhook",
            handle="",
            name="",
            account="953087",
        ),
        "threat": Said(
            text="@westbridgepolice if you lot won't sort him out I will. he'll be in the ground "
            "by friday",
            priority=Priority.P2,
            minutes=9,
            copies=(Lane.COMMS,),
            label=Label.ABUSE,
            audience=Audience.COMMS,
            signals=((SignalName.THREATENING_CONTENT, "he'll be in the ground by friday"),),
            why=(Reason(rule="threat", text="a threat is made"),),
            kind=Kind.MENTION,
            channel="x_mention",
            handle="baz_wb4",
            name="Baz",
            account="5501",
        ),
        "follow": Said(
            text="My ex keeps turning up at work. Third time this week. Is there somebody I can "
            "talk to who isn't going to ring my house phone?",
            priority=Priority.P3,
            minutes=18,
            owner=Lane.SAFEGUARDING,
            label=Label.ABUSE,
            audience=Audience.SAFEGUARDING,
            signals=((SignalName.STALKING_HARASSMENT, "keeps turning up at work"),),
            why=(Reason(rule="class", text="somebody tells of abuse"),),
            channel="ig_dm",
            handle="jp_bakes",
            name="Jade P",
            account="8801",
        ),
        "polish": Said(
            text="Dzień dobry, ktoś ukradł mój rower spod dworca. Gdzie mogę to zgłosić?",
            priority=Priority.P4,
            minutes=35,
            signals=((SignalName.CRIME_REPORT, "ukradł mój rower"),),
            channel="fb_message",
            handle="",
            name="Ewa Nowicka",
            account="100077932",
        ),
        "arabic": Said(
            text="سرقوا سيارتي الليلة الماضية من أمام المنزل",
            priority=Priority.P4,
            minutes=52,
            signals=((SignalName.CRIME_REPORT, ""),),
            channel="x_dm",
            handle="noor_wb",
            name="نور",
            account="9107",
        ),
        "hate": Said(
            text="typical. you people only care about vermin like them, send them all back",
            priority=Priority.P4,
            minutes=64,
            owner=Lane.COMMS,
            label=Label.ABUSE,
            audience=Audience.COMMS,
            signals=((SignalName.HATE, "vermin like them, send them all back"),),
            why=(Reason(rule="class", text="abusive post"),),
            kind=Kind.COMMENT,
            channel="fb_comment",
            handle="",
            name="Dave C",
            account="100070012",
        ),
        "officer": Said(
            text="I want to complain. The officer who took my statement keeps texting me.",
            priority=Priority.P3,
            minutes=28,
            owner=Lane.STANDARDS,
            why=(Reason(rule="class", text="about an officer's conduct"),),
            handle="mim_w",
            name="Mim W",
            account="4402",
        ),
        "parking": Said(
            text="vans parked on the pavement outside Loom Street primary AGAIN. prams in the road",
            priority=Priority.P4,
            minutes=80,
            signals=((SignalName.NUISANCE, "parked on the pavement"),),
            kind=Kind.MENTION,
            channel="x_mention",
            handle="pram_pushing_pat",
            name="Pat",
            account="3301",
        ),
        "cctv": Said(
            text="Got him on the doorbell camera, grey hoodie, 02:14 this morning. Where do I send "
            "it?",
            priority=Priority.P4,
            minutes=95,
            signals=((SignalName.INFORMATION_SIGHTING, "Got him on the doorbell camera"),),
            channel="fb_message",
            handle="",
            name="Terry Holt",
            account="100070444",
            fields={"attachments": ()},
        ),
        "thanks": Said(
            text="Massive thank you to the two officers who found our dog on Peat Lane 🐕 you made "
            "three kids very happy",
            priority=Priority.P5,
            minutes=120,
            owner=Lane.COMMS,
            signals=((SignalName.GENERAL, ""),),
            why=(Reason(rule="class", text="no report in it"),),
            kind=Kind.COMMENT,
            channel="fb_comment",
            handle="",
            name="Priya N",
            account="100070550",
        ),
        "weird": Said(
            text="@westbridgepolice " + "AAAA" * 60 + " <script>alert(1)</script>",
            priority=Priority.P5,
            minutes=150,
            owner=Lane.COMMS,
            why=(Reason(rule="class", text="no report in it"),),
            kind=Kind.MENTION,
            channel="x_mention",
            handle="<b>bold</b>",
            name="<img src=x onerror=alert(2)>",
            account="6601",
        ),
    }
    before = Said(
        text="is there someone i can talk to without it showing on my phone bill",
        priority=Priority.P3,
        minutes=2900,
        owner=Lane.SAFEGUARDING,
        thread="dm-77",
        why=(Reason(rule="class", text="somebody tells of abuse"),),
    )
    earlier = say(console, before)
    cases = {name: say(console, said) for name, said in spoken.items()}
    cases["earlier"] = delete(console, edit(console, earlier, "doesnt matter sorry"))
    return cases
