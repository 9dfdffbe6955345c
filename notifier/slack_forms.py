"""Modals that ask the presser for a result or a reason."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from notifier.blocks import Block, escape
from notifier.card import NOT_RISK, RESULT
from notifier.press import Press, carried, clean_args, pressed_on
from triage.lifecycle import RESULTS
from triage.seen import Seen

TITLES = {RESULT: "Record a result", NOT_RISK: "Not a risk"}
REF_CHARS = 60
REASON_CHARS = 500


def loading_view(press: Press) -> Block:
    """What is shown at once, before the trigger dies."""
    return _view(press, [{"type": "section", "text": _text(f"Loading {press.ref} …")}])


def form_view(press: Press) -> Block:
    """The form of a press that needs one."""
    fields = _result_fields() if press.action == RESULT else _reason_fields()
    head = {"type": "context", "elements": [_text(press.ref)]}
    return _view(press, [head, *fields]) | {"submit": _text("Save")}


def _view(press: Press, blocks: list[Block]) -> Block:
    kept = {name: value for name, value in press.reply.items() if name != "trigger_id"}
    kept |= {"ref": carried(press.ref, press.seen), "action": press.action}
    return {
        "type": "modal",
        "callback_id": press.action,
        "title": _text(TITLES[press.action]),
        "close": _text("Cancel"),
        "private_metadata": json.dumps(kept)[:3000],
        "blocks": blocks,
    }


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
    try:
        kept = json.loads(view.get("private_metadata") or "{}")
    except (ValueError, RecursionError):
        return None
    pressed = pressed_on(kept.get("ref")) if isinstance(kept, dict) else None
    if pressed is None:
        return None
    ref, seen = pressed
    reply = {name: str(kept[name]) for name in ("channel", "message") if name in kept}
    action = str(kept.get("action", ""))
    return Submitted(action=action, ref=ref, seen=seen, args=_filled(view), reply=reply)


def _filled(view: Mapping[str, Any]) -> dict[str, str]:
    values = (view.get("state") or {}).get("values") or {}
    fields = {name: element for block in values.values() for name, element in block.items()}
    return clean_args({name: _value(element) for name, element in fields.items()})


def _value(element: dict[str, Any]) -> object:
    option = element.get("selected_option") or {}
    return element.get("value") or option.get("value")


def _result_fields() -> list[Block]:
    options = [{"text": _text(words), "value": code} for code, words in RESULTS.items()]
    choice = {"type": "static_select", "action_id": "code", "options": options}
    reference = {"type": "plain_text_input", "action_id": "ref", "max_length": REF_CHARS}
    return [
        {"type": "input", "block_id": "code", "label": _text("Result"), "element": choice},
        {
            "type": "input",
            "block_id": "ref",
            "optional": True,
            "label": _text("Crime or incident number"),
            "element": reference,
        },
    ]


def _reason_fields() -> list[Block]:
    reason = {
        "type": "plain_text_input",
        "action_id": "reason",
        "multiline": True,
        "max_length": REASON_CHARS,
    }
    label = _text("Why is this not a risk?")
    return [{"type": "input", "block_id": "reason", "label": label, "element": reason}]


def _text(text: str) -> Block:
    return {"type": "plain_text", "text": escape(text), "emoji": False}
