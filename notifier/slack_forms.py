"""Modals that ask the presser for a result or a reason."""

import json
from typing import Any

from notifier.blocks import Block, escape
from notifier.card import NOT_RISK, RESULT
from notifier.press import Press, clean_args, valid_ref
from triage.lifecycle import RESULTS

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
    carried = {"ref": press.ref, "action": press.action, **press.reply}
    carried.pop("trigger_id", None)
    return {
        "type": "modal",
        "callback_id": press.action,
        "title": _text(TITLES[press.action]),
        "close": _text("Cancel"),
        "private_metadata": json.dumps(carried)[:3000],
        "blocks": blocks,
    }


def submitted(view: dict[str, Any]) -> tuple[str, str, dict[str, str], dict[str, str]]:
    """Action, reference, arguments and reply context of a filled form; "" where unreadable."""
    try:
        carried = json.loads(view.get("private_metadata") or "{}")
    except ValueError:
        carried = {}
    if not isinstance(carried, dict):
        carried = {}
    reply = {name: str(carried[name]) for name in ("channel", "message") if name in carried}
    args = clean_args(
        {
            name: _value(element)
            for block in ((view.get("state") or {}).get("values") or {}).values()
            for name, element in block.items()
        }
    )
    return str(carried.get("action", "")), valid_ref(carried.get("ref")), args, reply


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
