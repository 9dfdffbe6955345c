"""An invented evening in the comms lane: a raid, abuse, the press, and people who say thank you."""

from tests.browser.desk import ConsoleDesk, Said, say
from triage.model import Case, Priority
from triage.taxonomy import Audience, Kind, Label, Lane, SignalName

RAID = "Westbridge police are a disgrace, share this before they delete it like everything else"


def a_post(console: ConsoleDesk, text: str, **changes: object) -> Case:
    """A public reply on X that comms has."""
    values = {
        "text": text,
        "priority": Priority.P5,
        "minutes": 12,
        "owner": Lane.COMMS,
        "kind": Kind.MENTION,
        "channel": "x_mention",
        "thread": "900",
        "fields": {"reply_to": "900"},
    }
    return say(console, Said(**(values | changes)))  # type: ignore[arg-type]


def abusive(console: ConsoleDesk, text: str, words: str, **changes: object) -> Case:
    """A post in which these words are abusive."""
    values = {
        "signals": ((SignalName.ABUSE_OF_STAFF, words),),
        "label": Label.ABUSE,
        "audience": Audience.COMMS,
        "priority": Priority.P4,
    }
    return a_post(console, text, **(values | changes))


def a_raid(console: ConsoleDesk) -> dict[str, Case]:
    """What waits for the reviewers."""
    cases = {
        "answered": a_post(
            console,
            "Is the road past the fair still shut? Your post says Saturday.",
            minutes=95,
            fields={},
            handle="osier_dad",
            account="31",
        ),
        "abuse": abusive(
            console,
            "Typical. PC Ferris is a worthless pig and you all know it, absolute clowns",
            "worthless pig",
            minutes=40,
            handle="angry_of_wb",
            account="32",
        ),
        "named": abusive(
            console,
            "Everyone knows the girl from the trial is Mira Holt of Loom Street",
            "Mira Holt of Loom Street",
            signals=((SignalName.IDENTIFIES_PERSON, "Mira Holt of Loom Street"),),
            minutes=30,
            handle="tellall",
            account="33",
        ),
        "threat": abusive(
            console,
            "I will be waiting outside the station for Ferris tonight, he is finished",
            "waiting outside the station",
            signals=((SignalName.THREATENING_CONTENT, "waiting outside the station"),),
            owner=Lane.DESK,
            copies=(Lane.COMMS,),
            priority=Priority.P2,
            minutes=4,
            handle="ghost77",
            account="34",
        ),
        "press": a_post(
            console,
            "Hi, I'm a journalist at the Westbridge Echo, could you comment on the fair?",
            handle="echo_news",
            account="35",
        ),
        "thanks": a_post(console, "Lovely to see officers at the fair", account="36", handle="jo"),
    }
    for number in range(5):
        cases[f"raid{number}"] = a_post(
            console,
            f"{RAID} @friend{number} {'!' * number}",
            account=f"8{number}",
            handle=f"raider{number}",
            minutes=8,
        )
    return cases
