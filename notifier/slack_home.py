"""An officer's home and answers as Block Kit: within Slack's limits, and nothing in it pings."""

from collections.abc import Sequence

from notifier.asking import Told
from notifier.blocks import LINE_CHARS, Block, escape, fit, plain_text, unformatted
from notifier.card import CLAIM, OPEN
from notifier.home import Home, Line, Section
from notifier.limits import (
    CONTEXT_CHARS,
    HEADER_CHARS,
    LABEL_CHARS,
    MESSAGE_BLOCKS,
    SECTION_CHARS,
    URL_CHARS,
    VIEW_BLOCKS,
)
from notifier.press import carried

HOME = "fc_home"
NEXT = "fc_next"
"""Pressed on a home: draw it again, and show what is next."""

REST = "The rest stands in the console."


def home_view(told: Told) -> Block:
    """The Home tab of an officer; of anybody else one that says why there is nothing on it."""
    blocks = _home(told.home) if told.home else [_header("firstcontact"), _sentence(told.text)]
    return {"type": "home", "callback_id": HOME, "blocks": _cut(blocks, VIEW_BLOCKS)}


def sections_blocks(sections: Sequence[Section], *, limit: int = MESSAGE_BLOCKS) -> list[Block]:
    """Sections as the blocks of a message."""
    return _cut([block for section in sections for block in _section(section)], limit)


def _home(home: Home) -> list[Block]:
    blocks = [_header(home.title), _context(home.at)]
    if home.note:
        blocks.append(_sentence(home.note, bold=True))
    blocks.append(
        {
            "type": "actions",
            "block_id": HOME,
            "elements": [
                _button("Next", NEXT, main=True),
                _button("Refresh", HOME),
                _button("Open console", OPEN, url=home.url),
            ],
        }
    )
    for section in home.sections:
        blocks += [{"type": "divider"}, *_section(section)]
    return blocks


def _section(section: Section) -> list[Block]:
    blocks = []
    if section.title:
        mark = "⚠ " if section.warning else ""
        blocks.append(_sentence(f"{mark}{section.title}", bold=True))
    if section.facts:
        told = "\n".join(fit(unformatted(fact), LINE_CHARS) for fact in section.facts)
        blocks.append(_mrkdwn(told))
    return blocks + [_line(line) for line in section.lines]


def _line(line: Line) -> Block:
    """One item: its reference opens the console, its button claims it."""
    told = fit(unformatted(line.text), LINE_CHARS)
    head = f"*<{escape(line.url[:URL_CHARS])}|{escape(line.ref)}>* · {told}"
    details = [fit(unformatted(each), LINE_CHARS) for each in line.details]
    block = _mrkdwn("\n".join([head, *details]))
    if line.claimable:
        block["accessory"] = _button(line.label, CLAIM, value=carried(line.ref, line.seen))
    else:
        block["accessory"] = _button(line.label, OPEN, url=line.url)
    return block


def _cut(blocks: list[Block], limit: int) -> list[Block]:
    """At most so many blocks: one too many and Slack refuses them all."""
    return blocks if len(blocks) <= limit else [*blocks[: limit - 1], _context(REST)]


def _button(
    label: str, action: str, *, value: str = "", url: str = "", main: bool = False
) -> Block:
    block: Block = {"type": "button", "text": plain_text(label, LABEL_CHARS), "action_id": action}
    if value:
        block["value"] = value
    if url:
        block["url"] = url[:URL_CHARS]
    if main:
        block["style"] = "primary"
    return block


def _sentence(text: str, *, bold: bool = False) -> Block:
    inner = fit(unformatted(text), LINE_CHARS)
    return _mrkdwn(f"*{inner}*" if bold else inner)


def _mrkdwn(ready: str) -> Block:
    """Our own words, escaped already, cut as a last resort. Verbatim: nothing in them is linked."""
    text = {"type": "mrkdwn", "text": ready[:SECTION_CHARS] or " ", "verbatim": True}
    return {"type": "section", "text": text}


def _header(text: str) -> Block:
    return {"type": "header", "text": plain_text(text or "firstcontact", HEADER_CHARS)}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [plain_text(text or " ", CONTEXT_CHARS)]}
