"""A card as a Microsoft Adaptive Card, within the 28 KB Teams takes, and neutral to markdown."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from notifier import words
from notifier.card import MORE, NOT_RISK, RESULT, Button, Card, Notice
from triage.lifecycle import RESULTS
from triage.model import Priority

CONTENT_TYPE = "application/vnd.microsoft.card.adaptive"
MAX_BYTES = 27_000  # Teams takes 28 KB, envelope included
LINE_CHARS = 1000
REF_CHARS = 60
REASON_CHARS = 500
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
    while size(body) > MAX_BYTES and excerpt:
        excerpt = excerpt[: len(excerpt) * 3 // 4]
        shorter = replace(card, excerpt=f"{excerpt}…" if excerpt else "")
        body = _card_body(shorter, buttons=buttons, note=note)
    return body


def size(value: object) -> int:
    """How many bytes a value takes on the wire, in the encoding that is sent."""
    return len(json.dumps(value))


def _card_body(card: Card, *, buttons: bool, note: str) -> Element:
    body = [_line(note, weight="bolder", color="attention")] if note else []
    body.append(_line(card.header, weight="bolder", size="medium", color=COLOURS[card.priority]))
    body.append(_line(card.source, isSubtle=True, size="small", spacing="none"))
    body += [_line(line) for line in card.lines]
    if card.excerpt:
        run = {"type": "TextRun", "text": f"“{neutral(card.excerpt)}”"}
        body.append({"type": "RichTextBlock", "separator": True, "inlines": [run]})
    state = card.state if buttons else f"When sent: {card.state}"
    body.append(_line(state, weight="bolder"))
    return _frame(body, _actions(card) if buttons else [_open(card.url)])


def notice_body(notice: Notice) -> Element:
    """The Adaptive Card of a notice."""
    body = [_line(notice.title or "firstcontact", weight="bolder"), _line(notice.text)]
    return _frame(body, [_open(notice.url)] if notice.ref else [])


def _frame(body: list[Element], actions: list[Element]) -> Element:
    return {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.5",
        "msteams": {"width": "Full"},
        "body": body,
        "actions": actions,
    }


def _line(text: str, **looks: Any) -> Element:
    inner = neutral(words.shorten(text, LINE_CHARS))
    return {"type": "TextBlock", "text": inner, "wrap": True, **looks}


def _open(url: str) -> Element:
    return {"type": "Action.OpenUrl", "title": "Open in console", "url": url[:2000]}


# --- actions: at most six on a card ------------------------------------------------------------


def _actions(card: Card) -> list[Element]:
    forms = [each for each in (*card.buttons, *card.more) if each.action in (RESULT, NOT_RISK)]
    direct = [each for each in card.buttons if each not in forms]
    more = [each for each in card.more if each not in forms]
    actions = [_action(each, card) for each in direct]
    actions += [_form(each, card) for each in forms]
    if more:
        inner = {
            "type": "AdaptiveCard",
            "body": [],
            "actions": [_action(each, card) for each in more],
        }
        actions.append({"type": "Action.ShowCard", "id": MORE, "title": "More", "card": inner})
    return actions


def _action(button: Button, card: Card) -> Element:
    if button.url:
        return _open(button.url)
    args = {f"{ARG}{name}": value for name, value in button.args.items()}
    execute = _execute(button.action, button.label, card, args)
    return execute | ({"style": "positive"} if button.main else {})


def _execute(action: str, title: str, card: Card, args: Mapping[str, str]) -> Element:
    data = {"ref": card.ref, SEEN: str(card.seen), **args}
    return {"type": "Action.Execute", "verb": action, "title": title, "data": data}


def _form(button: Button, card: Card) -> Element:
    fields = _result_fields() if button.action == RESULT else _reason_fields()
    inner = {
        "type": "AdaptiveCard",
        "body": fields,
        "actions": [_execute(button.action, "Save", card, {})],
    }
    return {"type": "Action.ShowCard", "title": button.label, "card": inner}


def _result_fields() -> list[Element]:
    choices = [{"title": text, "value": code} for code, text in RESULTS.items()]
    return [
        {
            "type": "Input.ChoiceSet",
            "id": f"{ARG}code",
            "label": "Result",
            "isRequired": True,
            "errorMessage": "Choose a result",
            "choices": choices,
        },
        {
            "type": "Input.Text",
            "id": f"{ARG}ref",
            "label": "Crime or incident number",
            "maxLength": REF_CHARS,
        },
    ]


def _reason_fields() -> list[Element]:
    return [
        {
            "type": "Input.Text",
            "id": f"{ARG}reason",
            "label": "Why is this not a risk?",
            "isMultiline": True,
            "isRequired": True,
            "errorMessage": "Say why",
            "maxLength": REASON_CHARS,
        }
    ]
