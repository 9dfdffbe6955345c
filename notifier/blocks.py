"""A card as Slack Block Kit. One violation makes Slack refuse the whole message, so everything
is cut to its limit here, and citizen text can neither mention, link nor format."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from notifier.card import HAND_OVER, Button, Card
from notifier.limits import (
    ACTION_ID_CHARS,
    BLOCK_ID_CHARS,
    CONTEXT_CHARS,
    HEADER_CHARS,
    LABEL_CHARS,
    SECTION_CHARS,
    TEXT_CHARS,
    URL_CHARS,
    VALUE_CHARS,
    units,
)
from notifier.notices import Called, Notice
from notifier.press import carried
from triage.seen import Seen

LINE_CHARS = 600

_LABEL = re.compile(r"^(Why:|Safe contact:)")
_FORMATTING = str.maketrans({"*": "∗", "_": "＿", "~": "∼", "`": "ˋ"})

_USER = re.compile(r"[UW][A-Z0-9]{1,30}")

Block = dict[str, Any]


def escape(text: str) -> str:
    """Text in which Slack sees no mention, link or command."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def fit(text: str, limit: int) -> str:
    """The text escaped and at most `limit` UTF-16 units long, cut between characters."""
    escaped = escape(text)
    if units(escaped) <= limit:
        return escaped
    kept, used = [], 1  # one for the ellipsis
    for character in text:
        piece = escape(character)
        used += units(piece)
        if used > limit:
            break
        kept.append(piece)
    return "".join(kept) + "…"


def card_blocks(card: Card, *, key: str, version: int) -> list[Block]:
    """The blocks of a card. The actions block carries the key, so that the card can be found
    where metadata is not kept; its id changes with the version, as Slack asks."""
    blocks = [_header(card.header), _context(card.source)]
    if card.lines:
        blocks.append(_section("\n".join(_labelled(line) for line in card.lines)))
    if card.excerpt:
        blocks.append({"type": "section", "text": plain_text(f"“{card.excerpt}”", SECTION_CHARS)})
    blocks.append(
        {
            "type": "actions",
            "block_id": block_id(key, version),
            "elements": [button_block(each, card.ref, card.seen) for each in card.buttons],
        }
    )
    blocks.append(_context(card.state, bold=True))
    return blocks


def notice_blocks(notice: Notice, *, key: str) -> list[Block]:
    """The blocks of a notice, with a link to the console where it is about a case."""
    title = unformatted(notice.title) or "firstcontact"
    lines = [fit(unformatted(line), LINE_CHARS) for line in (notice.text, *notice.lines)]
    section = _section(_joined(f"*{fit(title, LINE_CHARS)}*", lines, _calls(notice.to)))
    section["block_id"] = block_id(key, 0)
    if notice.label:
        link = {"type": "button", "text": plain_text(notice.label, LABEL_CHARS)}
        section["accessory"] = link | {"action_id": "fc_open", "url": notice.url[:URL_CHARS]}
    if not notice.buttons:
        return [section]
    buttons = [_plain_button(each, notice) for each in notice.buttons]
    return [section, {"type": "actions", "elements": buttons}]


def _joined(title: str, lines: Sequence[str], calls: str) -> str:
    """Lines of a section, the last of them left out that do not fit."""
    kept = [line for line in lines if line]
    while kept and units("\n".join((title, *kept, calls))) > SECTION_CHARS:
        kept.pop()
    return "\n".join(part for part in (title, *kept, calls) if part)


def _calls(people: Sequence[Called]) -> str:
    """Staff by name; those whom Slack knows are called."""
    named = (
        f"<@{each.slack}>" if _USER.fullmatch(each.slack) else fit(unformatted(each.name), 80)
        for each in people
    )
    return ", ".join(dict.fromkeys(named))


def _plain_button(button: Button, notice: Notice) -> Block:
    """A button that carries the reference alone: a notice shows nothing of its case."""
    return {
        "type": "button",
        "text": plain_text(button.label, LABEL_CHARS),
        "action_id": _action_id(button),
        "value": notice.ref,
        **({"style": "primary"} if button.main else {}),
    }


def line_blocks(notice: Notice, *, key: str) -> list[Block]:
    """One line in a thread: nothing but its words."""
    section = _section(fit(unformatted(notice.text), LINE_CHARS) or " ")
    return [section | {"block_id": block_id(key, 0)}]


def block_id(key: str, version: int) -> str:
    """A block id that names the message by its key."""
    return f"{key[: BLOCK_ID_CHARS - 12]}#{version}"


def has_key(blocks: object, key: str) -> bool:
    """Whether the blocks of a message were made for `key`."""
    if not isinstance(blocks, list):
        return False
    ids = (block.get("block_id", "") for block in blocks if isinstance(block, dict))
    return any(str(each).rpartition("#")[0] == key[: BLOCK_ID_CHARS - 12] for each in ids)


def _header(text: str) -> Block:
    return {"type": "header", "text": plain_text(text, HEADER_CHARS)}


def _section(ready: str) -> Block:
    """Our own words, escaped already. Verbatim: Slack looks for no links or names in them."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": ready, "verbatim": True}}


def said(lines: Sequence[str], *, title: str = "") -> Block:
    """Lines of our own words as they are, under a title in bold. There is at least one."""
    shown = [f"*{_own(title)}*"] if title else []
    room = SECTION_CHARS - sum(units(each) + 1 for each in shown)
    for line in lines:
        own = _own(line)
        room -= units(own) + 1
        if room < 0:
            break
        shown.append(own)
    return _section("\n".join(shown))


def _own(line: str) -> str:
    return fit(unformatted(line), LINE_CHARS)


def _labelled(line: str) -> str:
    """`*Why:* possible weapon`: the label in bold, the rest as it is."""
    return _LABEL.sub(r"*\1*", _own(line))


def unformatted(text: str) -> str:
    """Text without the characters that format in mrkdwn."""
    return text.translate(_FORMATTING)


def _context(text: str, *, bold: bool = False) -> Block:
    mark = "*" if bold else ""
    inner = fit(unformatted(text), CONTEXT_CHARS)
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": f"{mark}{inner}{mark}"}]}


def plain_text(text: str, limit: int) -> Block:
    """Plain text: Slack formats nothing in it and makes no links of it."""
    return {"type": "plain_text", "text": fit(text, limit), "emoji": False}


def button_block(button: Button, ref: str, seen: Seen) -> Block:
    """A button that brings back the reference, the mark of what was shown, and its arguments."""
    block: Block = {
        "type": "button",
        "text": plain_text(button.label, LABEL_CHARS),
        "action_id": _action_id(button),
        "value": carried(ref, seen, _packed(button))[:VALUE_CHARS],
    }
    if button.url:
        block["url"] = button.url[:URL_CHARS]
    if button.main:
        block["style"] = "primary"
    return block


def _packed(button: Button) -> Mapping[str, str]:
    """Arguments that travel in the value; a hand-over's lane stands in the action's id."""
    return {} if button.action == HAND_OVER else button.args


def _action_id(button: Button) -> str:
    """`fc_hand_over:comms`: Slack wants the ids of a block to differ."""
    return ":".join((button.action, *button.args.values()))[:ACTION_ID_CHARS]


def split_action_id(action_id: str) -> tuple[str, Sequence[str]]:
    """The action and its argument values."""
    action, *values = action_id.split(":")
    return action, values


__all__ = [
    "TEXT_CHARS",
    "Block",
    "block_id",
    "button_block",
    "card_blocks",
    "escape",
    "fit",
    "has_key",
    "notice_blocks",
    "plain_text",
    "said",
    "split_action_id",
]
