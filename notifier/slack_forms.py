"""A form as a Slack modal, and what a filled modal says."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from notifier.blocks import Block, button_block, plain_text, said
from notifier.card import MORE, Button
from notifier.forms import Field, FieldKind, Form, Group
from notifier.limits import (
    CONTEXT_CHARS,
    INPUT_LABEL_CHARS,
    OPTION_LABEL_CHARS,
    SECTION_CHARS,
    VIEW_TITLE_CHARS,
)
from notifier.press import MAX_ARG, Press, carried, clean_args, pressed_on
from triage.seen import Seen

PLACE_CHARS = 200


def loading_view(press: Press) -> Block:
    """What is shown at once, before the trigger dies."""
    return _view("firstcontact", [said([f"Loading {press.ref} …"])], {})


def told_view(text: str, press: Press) -> Block:
    """What became of a press in a modal, with the way back to everything else."""
    again = Button(action=MORE, label="What to do")
    told = Form(
        action=MORE,
        ref=press.ref,
        seen=press.seen,
        title="firstcontact",
        groups=(Group(title="", lines=(text,), buttons=(again,)),),
    )
    return form_view(told, press.reply)


def form_view(form: Form, reply: Mapping[str, str]) -> Block:
    """A form as a modal. `reply` says where its press came from, for when it is sent."""
    kept = {name: reply[name][:PLACE_CHARS] for name in ("channel", "message") if name in reply}
    kept |= {"ref": carried(form.ref, form.seen, form.args), "action": form.action}
    view = _view(form.title, list(_blocks(form)), kept)
    if not form.submit:
        return view
    sent = {"submit": plain_text(form.submit, VIEW_TITLE_CHARS)}
    return view | sent | {"close": plain_text("Cancel", VIEW_TITLE_CHARS)}


def _view(title: str, blocks: list[Block], kept: Mapping[str, str]) -> Block:
    return {
        "type": "modal",
        "callback_id": "firstcontact",
        "title": plain_text(title, VIEW_TITLE_CHARS),
        "close": plain_text("Close", VIEW_TITLE_CHARS),
        "private_metadata": json.dumps(kept),
        "blocks": blocks,
    }


def _blocks(form: Form) -> Iterator[Block]:
    if form.lines:
        first, *rest = form.lines
        yield {"type": "context", "elements": [plain_text(first, CONTEXT_CHARS)]}
        yield from [said(rest)] if rest else []
    for quote in form.quotes:
        yield {"type": "section", "text": plain_text(f"“{quote}”", SECTION_CHARS)}
    for field in form.fields:
        yield _input(field)
    for number, group in enumerate(form.groups):
        yield from _group(group, form, number)


def _group(group: Group, form: Form, number: int) -> Iterator[Block]:
    if group.title or group.lines:
        yield said(group.lines, title=group.title)
    if group.buttons:
        elements = [button_block(each, form.ref, form.seen) for each in group.buttons]
        yield {"type": "actions", "block_id": f"group-{number}", "elements": elements}


# --- fields ---------------------------------------------------------------------------------------


def _input(field: Field) -> Block:
    block: Block = {
        "type": "input",
        "block_id": _block_id(field),
        "optional": not field.required,
        "label": plain_text(field.label, INPUT_LABEL_CHARS),
        "element": _element(field),
    }
    return block | ({"hint": plain_text(field.hint, INPUT_LABEL_CHARS)} if field.hint else {})


def _block_id(field: Field) -> str:
    """Another one for another first value: Slack keeps what stands in a block of the same id."""
    typed = field.kind in (FieldKind.TEXT, FieldKind.MULTILINE)
    return f"{field.name}-{crc32(field.value.encode())}" if typed and field.value else field.name


def _element(field: Field) -> Block:
    if field.kind in (FieldKind.TEXT, FieldKind.MULTILINE):
        return _written(field)
    options = [
        {"text": plain_text(each.label, OPTION_LABEL_CHARS), "value": each.value}
        for each in field.options
    ]
    chosen = [each for each in options if field.value and each["value"] == field.value]
    if field.kind is FieldKind.CHECK:
        ticked = {"initial_options": chosen} if chosen else {}
        return {"type": "checkboxes", "action_id": field.name, "options": options} | ticked
    first = {"initial_option": chosen[0]} if chosen else {}
    return {"type": "static_select", "action_id": field.name, "options": options} | first


def _written(field: Field) -> Block:
    limit = min(field.limit, MAX_ARG)
    element: Block = {"type": "plain_text_input", "action_id": field.name, "max_length": limit}
    if field.kind is FieldKind.MULTILINE:
        element["multiline"] = True
    if field.value:
        element["initial_value"] = field.value[:limit]
    return element


# --- what was filled in -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A filled form, with what the button that opened it carried."""

    action: str
    ref: str
    seen: Seen
    args: Mapping[str, str]
    reply: Mapping[str, str]


def submitted(view: Mapping[str, Any]) -> Submitted | None:
    """What a filled form says; None if it was not opened by a button of ours."""
    kept = kept_in(view)
    pressed = pressed_on(kept.get("ref"))
    if pressed is None:
        return None
    return Submitted(
        action=str(kept.get("action", "")),
        ref=pressed.ref,
        seen=pressed.seen,
        args={**pressed.args, **_filled(view)},
        reply=place_in(kept),
    )


def kept_in(view: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a modal of ours keeps; empty for another's."""
    try:
        kept = json.loads(view.get("private_metadata") or "{}")
    except (ValueError, RecursionError):
        return {}
    return kept if isinstance(kept, dict) else {}


def place_in(kept: Mapping[str, Any]) -> dict[str, str]:
    """Where the press came from that opened a modal."""
    return {name: str(kept[name]) for name in ("channel", "message") if name in kept}


def _filled(view: Mapping[str, Any]) -> dict[str, str]:
    values = (view.get("state") or {}).get("values") or {}
    fields = {name: element for block in values.values() for name, element in block.items()}
    return clean_args({name: _value(element) for name, element in fields.items()})


def _value(element: dict[str, Any]) -> object:
    ticked = element.get("selected_options") or [{}]
    option = element.get("selected_option") or ticked[0]
    return element.get("value") or option.get("value")
