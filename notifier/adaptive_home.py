"""An officer's home and answers as Adaptive Cards, within the 28 KB that Teams takes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from notifier import words
from notifier.adaptive import COLOURS, SEEN, Element, frame, neutral, size
from notifier.asking import Told
from notifier.card import CLAIM
from notifier.home import Line, Section
from notifier.limits import CARD_BYTES

HOME = "fc_home"
NEXT = "fc_next"
"""Pressed on a home: show it again as it is now, and with what is next."""

ON_HOME = "home"
"""In the data of a button: the answer is the home, and not the card of the item."""

LINE_CHARS = 200
ROOM = CARD_BYTES - 4000
"""For the sections: title, note, buttons and the call to look again need the rest."""

REST = "more stand in the console"


def home_body(told: Told, *, account: str = "") -> Element:
    """The personal card of an officer; of anybody else one line that says why there is none.

    Teams asks for it anew by itself when the `account` (their `29:…`) looks at it again.
    """
    if told.home is None:
        return frame([_text(told.text, weight="bolder")], [])
    home = told.home
    body = [_text(home.title, weight="bolder", size="large"), _text(home.at, isSubtle=True)]
    if home.note:
        body.append(_text(home.note, weight="bolder", color="accent"))
    for section in _fitting(home.sections):
        body += _section(section, separated=True)
    actions = [
        _execute(NEXT, "Next", {}) | {"style": "positive"},
        _execute(HOME, "Refresh", {}),
        _open(home.url, "Open console"),
    ]
    card = frame(body, actions)
    if account:
        card["refresh"] = {"action": _execute(HOME, "Refresh", {}), "userIds": [account]}
    return card


def answer_body(told: Told) -> Element:
    """Sections, or one sentence, as a card."""
    body = [part for section in _fitting(told.sections) for part in _section(section)]
    return frame(body or [_text(told.text)], [])


def _fitting(sections: Sequence[Section]) -> Sequence[Section]:
    """Sections with as many lines as fit: the last of every list go first."""
    while size([part for section in sections for part in _section(section)]) > ROOM:
        shorter = [_shorter(section) for section in sections]
        if shorter == list(sections):
            break
        sections = shorter
    return sections


def _shorter(section: Section) -> Section:
    """The section with a line fewer, or a sentence where it has no lines, and it says so."""
    facts = tuple(fact for fact in section.facts if fact != REST)
    if section.lines:
        return replace(section, lines=section.lines[:-1], facts=(*facts, REST))
    return replace(section, facts=(*facts[:-1], REST)) if len(facts) > 1 else section


def _section(section: Section, *, separated: bool = False) -> list[Element]:
    parts: list[Element] = []
    if section.title:
        colour = {"color": "attention"} if section.warning else {}
        parts.append(_text(section.title, weight="bolder", separator=separated, **colour))
    parts += [_text(fact, spacing="small") for fact in section.facts]
    return parts + [_line(line) for line in section.lines]


def _line(line: Line) -> Element:
    """One item: what it is at the left, which opens the console, its button at the right."""
    texts = [_text(f"{line.ref} · {line.text}", color=COLOURS[line.priority])]
    texts += [_text(each, spacing="none", size="small") for each in line.details]
    if line.claimable:
        data = {"ref": line.ref, SEEN: str(line.seen), ON_HOME: "1"}
        action = _execute(CLAIM, line.label, data)
    else:
        action = _open(line.url, line.label)
    button = {"type": "ActionSet", "actions": [action]}
    columns = [
        {
            "type": "Column",
            "width": "stretch",
            "items": texts,
            "selectAction": _open(line.url, "Open in console"),
        },
        {"type": "Column", "width": "auto", "items": [button]},
    ]
    return {"type": "ColumnSet", "spacing": "small", "columns": columns}


def _execute(verb: str, title: str, data: Mapping[str, str]) -> Element:
    return {"type": "Action.Execute", "verb": verb, "title": title, "data": {ON_HOME: "1", **data}}


def _open(url: str, title: str) -> Element:
    return {"type": "Action.OpenUrl", "title": title, "url": url}


def _text(text: str, **looks: Any) -> Element:
    inner = neutral(words.shorten(text, LINE_CHARS))
    return {"type": "TextBlock", "text": inner or " ", "wrap": True, **looks}
