"""What Slack and Teams take, in numbers, and a check of a message before it is sent.

The layouts cut to these; the check is the second line: one violation makes a vendor refuse a
whole message, so what does not pass is sent as one plain line instead, and people are told.
Sources: Slack's Block Kit and modal reference, Microsoft's notes on cards in Teams.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Block = Mapping[str, Any]

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
HEADER_CHARS = 150
SECTION_CHARS = 3000
CONTEXT_CHARS = 2000
CONTEXT_ELEMENTS = 10
ACTIONS_ELEMENTS = 25
BLOCK_ID_CHARS = 255
ACTION_ID_CHARS = 255
LABEL_CHARS = 75
OPTION_LABEL_CHARS = 75
OPTION_VALUE_CHARS = 150
OPTIONS = 100
CHECKS = 10
VALUE_CHARS = 2000
URL_CHARS = 3000
INPUT_CHARS = 3000
INPUT_LABEL_CHARS = 2000
VIEW_TITLE_CHARS = 24
METADATA_CHARS = 3000
TEXT_CHARS = 3000
"""Of Slack. Lengths are UTF-16 units, as its clients count."""

CARD_BYTES = 27_000
"""Teams takes 28 KB, envelope included."""

CARD_ACTIONS = 6
"""More than six actions in a row are not shown in Teams."""


def units(text: str) -> int:
    """The length of a text as Slack counts it."""
    return len(text) + sum(character > "\uffff" for character in text)


# --- Slack ----------------------------------------------------------------------------------------


def slack_message(blocks: Sequence[Block]) -> list[str]:
    """What Slack would refuse in a message, in words; empty if nothing."""
    return list(_blocks(blocks, MESSAGE_BLOCKS))


def slack_view(view: Mapping[str, Any]) -> list[str]:
    """What Slack would refuse in a modal, in words; empty if nothing."""
    found = list(_blocks(view["blocks"], VIEW_BLOCKS))
    for name in ("title", "close", "submit"):
        if name in view:
            found += _text(view[name], VIEW_TITLE_CHARS, name)
    found += _most(units(view.get("private_metadata", "")), METADATA_CHARS, "private_metadata")
    asks = any(block["type"] == "input" for block in view["blocks"])
    return [*found, "inputs without submit"] if asks and "submit" not in view else found


def _blocks(blocks: Sequence[Block], most: int) -> Iterator[str]:
    yield from _most(len(blocks), most, "blocks")
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        yield "block ids repeat"
    for block in blocks:
        yield from _most(units(block.get("block_id", "")), BLOCK_ID_CHARS, "block_id")
        yield from _BLOCKS[block["type"]](block)


def _header(block: Block) -> Iterator[str]:
    yield from _text(block["text"], HEADER_CHARS, "header")


def _section(block: Block) -> Iterator[str]:
    yield from _text(block["text"], SECTION_CHARS, "section")
    yield from _elements([block["accessory"]] if "accessory" in block else [])


def _context(block: Block) -> Iterator[str]:
    yield from _between(len(block["elements"]), CONTEXT_ELEMENTS, "context elements")
    for element in block["elements"]:
        yield from _text(element, CONTEXT_CHARS, "context")


def _actions(block: Block) -> Iterator[str]:
    yield from _between(len(block["elements"]), ACTIONS_ELEMENTS, "actions elements")
    yield from _elements(block["elements"])


def _input(block: Block) -> Iterator[str]:
    yield from _text(block["label"], INPUT_LABEL_CHARS, "input label")
    if "hint" in block:
        yield from _text(block["hint"], INPUT_LABEL_CHARS, "input hint")
    yield from _elements([block["element"]])


_BLOCKS: Mapping[str, Callable[[Block], Iterator[str]]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
    "input": _input,
}


def _elements(elements: Sequence[Block]) -> Iterator[str]:
    ids = [element["action_id"] for element in elements]
    if len(ids) != len(set(ids)):
        yield "action ids repeat"
    for element in elements:
        yield from _between(units(element["action_id"]), ACTION_ID_CHARS, "action_id")
        if element["type"] == "button":
            yield from _text(element["text"], LABEL_CHARS, "button")
            yield from _most(units(element.get("value", "")), VALUE_CHARS, "button value")
            yield from _most(units(element.get("url", "")), URL_CHARS, "button url")
        yield from _most(element.get("max_length", 1), INPUT_CHARS, "max_length")
        yield from _options(element)


def _options(element: Block) -> Iterator[str]:
    if "options" not in element:
        return
    most = CHECKS if element["type"] == "checkboxes" else OPTIONS
    yield from _between(len(element["options"]), most, "options")
    for option in element["options"]:
        yield from _text(option["text"], OPTION_LABEL_CHARS, "option")
        yield from _between(units(option["value"]), OPTION_VALUE_CHARS, "option value")


def _text(text: Block, most: int, what: str) -> Iterator[str]:
    yield from _between(units(text["text"]), most, what)


def _between(count: int, most: int, what: str) -> Iterator[str]:
    if count < 1:
        yield f"{what}: empty"
    yield from _most(count, most, what)


def _most(count: int, most: int, what: str) -> Iterator[str]:
    if count > most:
        yield f"{what}: {count}, and {most} are allowed"


# --- Teams ----------------------------------------------------------------------------------------


def teams_card(card: Mapping[str, Any]) -> list[str]:
    """What Teams would refuse or hide of a card, in words; empty if nothing."""
    found = list(_most(len(json.dumps(card)), CARD_BYTES, "bytes"))
    for row in _rows(card):
        found += _most(len(row), CARD_ACTIONS, "actions")
    return found


def _rows(element: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
    actions = element.get("actions", [])
    yield actions
    for action in actions:
        yield from _rows(action.get("card", {}))
    for inner in element.get("body", []):
        yield from _rows(inner)
