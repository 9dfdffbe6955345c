"""A card as a Microsoft Adaptive Card, within the 28 KB Teams takes, and neutral to markdown."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from notifier import words
from notifier.card import Button, Card
from notifier.limits import CARD_BYTES
from notifier.notices import Called, Notice
from triage.model import Priority
from triage.seen import Seen

CONTENT_TYPE = "application/vnd.microsoft.card.adaptive"
LINE_CHARS = 1000
ARG = "arg_"
"""Teams merges inputs into an action's data: the prefix keeps them from what we put there."""
SEEN = "seen"

COLOURS: Mapping[Priority | None, str] = {
    Priority.P1: "attention",
    Priority.P2: "attention",
    Priority.P3: "warning",
    Priority.P4: "accent",
    Priority.P5: "default",
    None: "default",
}

_MARKDOWN = str.maketrans(
    {
        "*": "∗",
        "_": "＿",
        "`": "ˋ",
        "[": "［",
        "]": "］",
        "<": "‹",
        ">": "›",
        "#": "＃",
        "~": "∼",
        "|": "∣",
        "{": "｛",
        "}": "｝",
        "\\": "＼",
    }
)
_BULLETS = str.maketrans({"-": "–", "+": "＋", ".": "\u2024", ")": "）"})
_SCHEME = re.compile(r"\b(?:https?|ftp|mailto|tel|data|javascript|msteams)(?=:)", re.IGNORECASE)
_WWW = re.compile(r"\bwww\.", re.IGNORECASE)
_LIST = re.compile(r"(?m)^(\s*)([-+]|\d+[.)])(?=\s)")

Element = dict[str, Any]


def neutral(text: str) -> str:
    """Text that is no markdown, no link and no mention wherever Teams shows it."""
    text = words.visible(text).translate(_MARKDOWN)
    text = _SCHEME.sub(lambda match: match.group().replace("tt", "xx") + "\u2024", text)
    text = _WWW.sub("www\u2024", text)
    return _LIST.sub(lambda match: match[1] + match[2].translate(_BULLETS), text)


def card_body(card: Card, *, buttons: bool = True, note: str = "") -> Element:
    """The Adaptive Card of a card.

    Without `buttons` only the console can be opened (a Workflows webhook brings no press back),
    and the state is marked as that of the moment it was sent. `note` is a line on top, for the
    presser alone. The excerpt is cut until everything fits.
    """
    body = _card_body(card, buttons=buttons, note=note)
    excerpt = card.excerpt
    while size(body) > CARD_BYTES and excerpt:
        excerpt = excerpt[: len(excerpt) * 3 // 4]
        shorter = replace(card, excerpt=f"{excerpt}…" if excerpt else "")
        body = _card_body(shorter, buttons=buttons, note=note)
    return body


def size(value: object) -> int:
    """How many bytes a value takes on the wire, in the encoding that is sent."""
    return len(json.dumps(value))


def _card_body(card: Card, *, buttons: bool, note: str) -> Element:
    body = [line(note, weight="bolder", color="attention")] if note else []
    body.append(line(card.header, weight="bolder", size="medium", color=COLOURS[card.priority]))
    body.append(line(card.source, isSubtle=True, size="small", spacing="none"))
    body += [line(each) for each in card.lines]
    if card.excerpt:
        body.append(quote(card.excerpt))
    state = card.state if buttons else f"When sent: {card.state}"
    body.append(line(state, weight="bolder"))
    actions = [_action(each, card) for each in card.buttons] if buttons else [_open(card.url)]
    return frame(body, actions)


def notice_body(notice: Notice, *, buttons: bool = True) -> Element:
    """The Adaptive Card of a notice. Whom Teams knows is called."""
    body = [line(notice.title or "firstcontact", weight="bolder")]
    body += [line(notice.text)] if notice.text else []
    body += [line(each, spacing="small") for each in notice.lines]
    if notice.to:
        called = ", ".join(_at(each) if each.teams else neutral(each.name) for each in notice.to)
        body.append({"type": "TextBlock", "text": called, "wrap": True})
    actions = [_open(notice.url, notice.label)] if notice.label else []
    if buttons:
        asked = [_execute(each.action, each.label, {"ref": notice.ref}) for each in notice.buttons]
        actions += [each | {"style": "positive"} for each in asked]
    card = frame(body, actions)
    known = [_mention(each) for each in notice.to if each.teams]
    return card | {"msteams": {**card["msteams"], "entities": known}} if known else card


def line_body(notice: Notice) -> Element:
    """One line in a thread: nothing but its words."""
    return frame([line(notice.text)], [])


def _at(person: Called) -> str:
    return f"<at>{neutral(person.name)}</at>"


def _mention(person: Called) -> Element:
    mentioned = {"id": person.teams, "name": neutral(person.name)}
    return {"type": "mention", "text": _at(person), "mentioned": mentioned}


def frame(body: list[Element], actions: list[Element]) -> Element:
    """A card around its body and its row of actions."""
    return {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.5",
        "msteams": {"width": "Full"},
        "body": body,
        "actions": actions,
    }


def line(text: str, **looks: Any) -> Element:
    """A line of text in which nothing formats, links or mentions."""
    inner = neutral(words.shorten(text, LINE_CHARS))
    return {"type": "TextBlock", "text": inner, "wrap": True, **looks}


def quote(text: str) -> Element:
    """What a citizen wrote: a run of text, which Teams neither formats nor links."""
    run = {"type": "TextRun", "text": f"“{neutral(text)}”"}
    return {"type": "RichTextBlock", "separator": True, "inlines": [run]}


def _open(url: str, title: str = "Open in console") -> Element:
    return {"type": "Action.OpenUrl", "title": title, "url": url[:2000]}


# --- actions --------------------------------------------------------------------------------------


def _action(button: Button, card: Card) -> Element:
    if button.url:
        return _open(button.url)
    pressed = execute(button.action, button.label, card.ref, card.seen, button.args)
    return pressed | ({"style": "positive"} if button.main else {})


def execute(action: str, title: str, ref: str, seen: Seen, args: Mapping[str, str]) -> Element:
    """A button that brings back the reference, the mark of what was shown, and its arguments."""
    given = {f"{ARG}{name}": value for name, value in args.items()}
    return _execute(action, title, {"ref": ref, SEEN: str(seen), **given})


def _execute(action: str, title: str, data: Mapping[str, str]) -> Element:
    return {"type": "Action.Execute", "verb": action, "title": title, "data": dict(data)}
