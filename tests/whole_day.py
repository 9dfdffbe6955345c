"""What must hold of the whole service, whichever Slack and Teams it speaks to.

A desk reads X, Facebook, a file and a webhook; cards stand in both tools; officers press in
both and look at the console. The tools are loopback servers or real counterparts.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.servers.chat_vendor import eventually
from tests.servers.facebook import FacebookServer
from tests.servers.x import XServer
from tests.service_rig import Browser, Running, sent

SECONDS = 30.0

SAID: Mapping[str, Mapping[str, Any]] = {
    "x_mention": {"text": "what time does the front desk open", "author": {"account_id": "11"}},
    "x_dm": {"text": "my bike was stolen from the station", "author": {"account_id": "12"}},
    "fb_comment": {"text": "there is broken glass all over Mill Lane"},
    "fb_message": {"text": "can somebody call me about my crime number please"},
    "webhook": {"id": "w1", "text": "I lost my wallet in the market"},
    "email": {"id": "r1", "text": "a van is parked across the school gate every day"},
}
"""One item of every kind of source, by channel; `email` stands in the file."""

KNIFE = "there is a man with a knife outside my house right now"


class Tool(Protocol):
    """A chat tool as officers see it."""

    presser: str  # the name of who presses here, as others read it

    def cards(self, ref: str) -> list[list[str]]:
        """For each place where a case has cards, the lines of each card there."""
        ...

    def notices(self) -> list[str]:
        """The texts of what is no card."""
        ...

    def claim(self, ref: str) -> None:
        """Press Claim on the card of a case."""
        ...


@dataclass(frozen=True, kw_only=True)
class Day:
    """A running service with everything around it."""

    running: Running
    x: XServer
    facebook: FacebookServer
    slack: Tool
    teams: Tool
    browsers: list[Browser] = field(default_factory=list)

    def browser(self) -> Browser:
        """PC Lind at the console, who signs in once and stays signed in over a restart."""
        if not self.browsers:
            self.browsers.append(Browser(self.running.url, "lind"))
        return self.browsers[0]

    def say_everywhere(self) -> None:
        """One item of every kind of source."""
        self.x.feed([SAID[name] | {"channel": name} for name in ("x_mention", "x_dm")])
        self.facebook.feed(
            [SAID[name] | {"channel": name} for name in ("fb_comment", "fb_message")]
        )
        line = json.dumps(SAID["email"] | {"channel": "email"}) + "\n"
        (self.running.folder / "items.jsonl").write_text(line)
        assert self.running.push(SAID["webhook"]).status_code == 202

    def ref_of(self, text: str) -> str:
        """The reference of the item with this text, as an officer finds it in the queue."""
        browser = self.browser()

        def found() -> str:
            return next((ref for ref, words in browser.queue().items() if text in words), "")

        ref = eventually(found, SECONDS)
        assert ref, f"not in the queue: {text}"
        return str(ref)

    def shown(self, ref: str) -> bool:
        """Whether both tools have cards of a case."""
        return bool(eventually(lambda: self.slack.cards(ref) and self.teams.cards(ref), SECONDS))


def every_source_reaches_both_tools(day: Day) -> None:
    """Items of all sources become cards in both tools, one in each place, and console pages."""
    day.say_everywhere()
    for said in SAID.values():
        ref = day.ref_of(said["text"])
        assert day.shown(ref), f"{ref} {said['text']}"
        for tool in (day.slack, day.teams):
            assert all(len(place) == 1 for place in tool.cards(ref)), ref
        assert said["text"] in day.browser().item(ref)


def a_claim_is_seen_everywhere(day: Day, pressed_in: Tool, text: str) -> None:
    """Claim pressed in one tool changes the cards of both tools and the console."""
    assert day.running.push({"id": text, "text": text}).status_code == 202
    ref, name = day.ref_of(text), pressed_in.presser
    assert day.shown(ref)

    pressed_in.claim(ref)

    _is_claimed_everywhere(day, ref, name)


def a_claim_at_the_console_is_seen_everywhere(day: Day, text: str) -> None:
    """Claim pressed at the console changes the cards of both tools."""
    assert day.running.push({"id": text, "text": text}).status_code == 202
    ref = day.ref_of(text)
    assert day.shown(ref)

    assert "It is yours" in day.browser().act(ref, "claim")

    _is_claimed_everywhere(day, ref, "Ruth Lind")


def of_three_who_claim_at_once_one_has_it(day: Day, text: str) -> None:
    """Claim pressed in both tools and at the console at the same moment: one name everywhere."""
    assert day.running.push({"id": text, "text": text}).status_code == 202
    ref = day.ref_of(text)
    assert day.shown(ref)
    browser = day.browser()
    presses: list[Callable[[], object]] = [
        lambda: day.slack.claim(ref),
        lambda: day.teams.claim(ref),
        lambda: browser.act(ref, "claim"),
    ]
    threads = [threading.Thread(target=press) for press in presses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    names = (day.slack.presser, day.teams.presser, "Ruth Lind")
    winner = str(eventually(lambda: next((n for n in names if n in browser.queue()[ref]), "")))
    _is_claimed_everywhere(day, ref, winner)
    trail = day.running.run("audit", "export").lines
    claims = [each for each in trail if (each["subject"], each["action"]) == (ref, "claim")]
    assert len(claims) == 1


def words_that_turn_dangerous_raise_their_card(day: Day) -> None:
    """A text that comes again with a knife in it raises the card that is there already."""
    calm = "the man from the garage is here about the car"
    assert day.running.push({"id": "turns", "text": calm}).status_code == 202
    ref = day.ref_of(calm)
    assert day.shown(ref)
    again = day.running.push({"id": "turns", "text": f"{calm} and he has a knife, help me now"})
    assert again.json()["changed"] == 1
    for tool in (day.slack, day.teams):
        raised = eventually(
            lambda tool=tool: all(
                len(place) == 1 and place[0].startswith("P1") for place in tool.cards(ref)
            ),
            SECONDS,
        )
        assert raised, tool.cards(ref)


def _is_claimed_everywhere(day: Day, ref: str, name: str) -> None:
    for tool in (day.slack, day.teams):
        claimed = eventually(
            lambda tool=tool: all(
                "Claimed by" in line and name in line for place in tool.cards(ref) for line in place
            ),
            SECONDS,
        )
        assert claimed, tool.cards(ref)
    assert name in day.browser().queue()[ref]
    assert f"{name} · " in day.browser().item(ref), day.browser().item(ref)


def an_unclaimed_p1_escalates(day: Day) -> None:
    """A P1 that was sent over a minute ago and that nobody has is told by the second route."""
    late = {"id": "late", "channel": "x_dm", "text": KNIFE, "sent_at": sent(70)}
    assert day.running.push(late).status_code == 202
    ref = day.ref_of(KNIFE)
    for tool in (day.slack, day.teams):
        told = eventually(
            lambda tool=tool: [each for each in tool.notices() if ref in each], SECONDS
        )
        assert told, tool.notices()
        assert all("unclaimed, sent" in each for each in told)
    assert "escalated to second route" in day.browser().item(ref)


def a_kill_loses_and_doubles_nothing(day: Day, *, name: str) -> None:
    """kill -9 while items are being read: after the restart each is there once, in every place.

    `name` has claimed an item before; it is still theirs.
    """
    mine = day.ref_of("the shutters of the bakery")
    texts = [f"somebody dumped {number} mattresses in Loom Street" for number in range(12)]
    items = [{"id": f"kill-{number}", "text": text} for number, text in enumerate(texts)]
    day.x.feed([{"channel": "x_dm", "text": "mattresses too, by message"}])
    assert day.running.push(*items).json()["new"] == 12
    day.running.kill()
    day.x.feed([{"channel": "x_dm", "text": "sent while nobody listened"}])

    day.running.start()

    assert day.running.push(*items).json() == {"new": 0, "changed": 0, "repeated": 12}
    for text in (*texts, "mattresses too, by message", "sent while nobody listened"):
        ref = day.ref_of(text)
        assert day.shown(ref), text
        for tool in (day.slack, day.teams):
            assert all(len(place) == 1 for place in tool.cards(ref)), (text, tool.cards(ref))
    queue = list(day.browser().queue().values())
    assert all(sum(text in words for words in queue) == 1 for text in texts)
    assert name in day.browser().queue()[mine]
    verified = day.running.run("audit", "verify")
    assert verified.code == 0, verified.err
