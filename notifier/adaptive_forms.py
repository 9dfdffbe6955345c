"""A form as an Adaptive Card, shown in place of the card to whoever pressed, and to nobody else.

Teams would open a dialog too, but the playground that the tests use knows none: this way both
are the same.
"""

from collections.abc import Callable, Iterator, Mapping

from notifier.adaptive import ARG, Element, execute, frame, line, quote, size
from notifier.card import BACK
from notifier.forms import Field, FieldKind, Form, Group
from notifier.limits import CARD_BYTES
from notifier.press import MAX_ARG

ROW = 3
"""So many buttons side by side: more are hard to tell apart, and do not fit a telephone."""


def form_card(form: Form) -> Element:
    """The Adaptive Card of a form. Quoted text is cut until everything fits."""
    quotes = list(form.quotes)
    card = _card(form, quotes)
    while size(card) > CARD_BYTES and quotes:
        last = quotes.pop()
        if len(last) > 100:
            quotes.append(f"{last[: len(last) * 3 // 4]}…")
        card = _card(form, quotes)
    return card


def _card(form: Form, quotes: list[str]) -> Element:
    body: list[Element] = [line(form.title, weight="bolder", size="medium")]
    body += [line(each, isSubtle=place == 0) for place, each in enumerate(form.lines)]
    body += [quote(each) for each in quotes]
    body += [element for field in form.fields for element in _input(field)]
    body += [element for group in form.groups for element in _group(group, form)]
    back = execute(BACK, "Back", form.ref, form.seen, {}) | {"associatedInputs": "none"}
    if not form.submit:
        return frame(body, [back])
    save = execute(form.action, form.submit, form.ref, form.seen, form.args)
    return frame(body, [save | {"style": "positive"}, back])


def _group(group: Group, form: Form) -> Iterator[Element]:
    if group.title:
        yield line(group.title, weight="bolder", spacing="medium")
    for each in group.lines:
        yield line(each)
    # What is typed goes with the form's own button alone.
    apart = {"associatedInputs": "none"} if form.fields else {}
    presses = [
        execute(each.action, each.label, form.ref, form.seen, each.args) | apart
        for each in group.buttons
    ]
    for at in range(0, len(presses), ROW):
        yield {"type": "ActionSet", "actions": presses[at : at + ROW]}


def _input(field: Field) -> list[Element]:
    element: Element = {"id": f"{ARG}{field.name}", "label": field.label}
    if field.required:
        element |= {
            "isRequired": True,
            "errorMessage": field.missing or f"{field.label} is missing",
        }
    element |= _KINDS[field.kind](field)
    hint = [line(field.hint, isSubtle=True, size="small")] if field.hint else []
    return [*hint, element]


def _text(field: Field) -> Element:
    limit = min(field.limit, MAX_ARG)
    multiline = {"isMultiline": True} if field.kind is FieldKind.MULTILINE else {}
    value = {"value": field.value[:limit]} if field.value else {}
    return {"type": "Input.Text", "maxLength": limit, **multiline, **value}


def _choice(field: Field) -> Element:
    choices = [{"title": each.label, "value": each.value} for each in field.options]
    value = {"value": field.value} if field.value else {}
    return {"type": "Input.ChoiceSet", "choices": choices, **value}


def _check(field: Field) -> Element:
    (option, *_) = field.options
    return {
        "type": "Input.Toggle",
        "title": option.label,
        "valueOn": option.value,
        "valueOff": "",
        "value": field.value if field.value == option.value else "",
    }


_KINDS: Mapping[FieldKind, Callable[[Field], Element]] = {
    FieldKind.TEXT: _text,
    FieldKind.MULTILINE: _text,
    FieldKind.CHOICE: _choice,
    FieldKind.CHECK: _check,
}
