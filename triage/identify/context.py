"""What stands around an identifier: the features by which its owner is told.

A message is read as words, each identifier standing as one of them. A feature is a short text such
as `b1=my` (the word before) or `contact last=HE` (who was spoken of last before a phone or mail).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from triage.found import Trait
from triage.identify.lexicon import PLACE_WORDS, RELATION_WORDS, english_words, words
from triage.identify.namelist import (
    AMBIGUOUS_FORENAMES,
    FORENAMES,
    RANKS,
    SURNAME_BITS,
    TITLES,
)
from triage.identify.naming import fold
from triage.identify.pieces import Piece
from triage.identify.spotting import WORD
from triage.model import Item

OPEN, CLOSE = "\x02", "\x03"
TOKEN = re.compile(rf"{OPEN}\d+{CLOSE}|[^\W\d_]+(?:['’][^\W\d_]+)*|\d+|[^\w\s]|\n")
MARKS = {"\n": "¶"}
STOPS = frozenset(".!?¶")
QUOTES = frozenset('"“”«»')
POSSESSIVE = ("'s", "’s")
LEFT, RIGHT, FAR, NEAR = 14, 12, 40, 5
"""How many words are looked at: before and behind in a sentence, beyond it, to a neighbour."""

GROUPS = {
    Trait.PHONE: "contact",
    Trait.EMAIL: "contact",
    Trait.ADDRESS: "place",
    Trait.POSTCODE: "place",
    Trait.WHAT3WORDS: "place",
    Trait.AGE: "birth",
    Trait.DATE_OF_BIRTH: "birth",
}
PERSONS = {
    word: person
    for person, listed in {
        "I": "i me my mine i'm im ive i've myself we us our we're i'll ill id i'd",
        "HE": "he him his himself he's hes he'll he'd",
        "SHE": "she her hers herself she's shes she'll she'd",
        "THEY": "they them their theirs they're someone somebody who who's whoever someone's",
        "YOU": "you your yours ur u you're yous",
        "OFFICER": " ".join((*RANKS, "police", "officers", "station", "desk", "101", "cops")),
        "PERSON": (
            "scam scammer scammers fraud fake suspect driver bloke man lad woman fella guy girl"
            " boy thief offender neighbour neighbor"
        ),
        "SAYS": "said says saying goes wrote reads read quote sent message text msg say",
    }.items()
    for word in words(listed)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is known of a message besides its text."""

    private: bool
    before: str = ""  # the sender's text before this one
    shown: str = ""  # the account's display name


def setting_of(item: Item, thread: Sequence[str]) -> Setting:
    """What is known of an item; `thread` are earlier texts of its sender."""
    return Setting(
        private=item.private,
        before=thread[-1] if thread else "",
        shown=item.author.display_name,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A message as words in lower case, `<phone>` and the like in place of its pieces."""

    text: str
    pieces: Sequence[Piece]
    setting: Setting
    words: Sequence[str]
    persons: Sequence[str]
    quoted: Sequence[bool]
    at: Sequence[int]
    told: Mapping[str, object]
    earlier: Sequence[str]  # the features of the text before, the same for every piece


def line_of(text: str, pieces: Sequence[Piece], setting: Setting) -> Line:
    """The message of `pieces`, which are in order and apart from each other."""
    parts, last = [], 0
    for index, piece in enumerate(pieces):
        parts += [_plain(text[last : piece.start]), f" {OPEN}{index}{CLOSE} "]
        last = piece.end
    tokens = TOKEN.findall("".join([*parts, _plain(text[last:])]).lower())
    read, at, quoted, inside = [], [], [], False
    for place, token in enumerate(tokens):
        if token[0] == OPEN:
            at.append(place)
            read.append(f"<{pieces[int(token[1:-1])].kind}>")
        else:
            inside ^= token in QUOTES
            read.append("<n>" if token.isdigit() else _written(token))
        quoted.append(inside)
    persons = [person_of(word) for word in read]
    return Line(
        text=text,
        pieces=pieces,
        setting=setting,
        words=read,
        persons=persons,
        quoted=quoted,
        at=at,
        told={
            "me": "I" in persons,
            "private": setting.private,
            "rest": min(sum(word[0].isalnum() for word in read), 6),
            "pieces": min(len(pieces), 4),
            "case": f"{text.islower()}{text.isupper()}",
        },
        earlier=tuple(_earlier(setting)),
    )


def _plain(text: str) -> str:
    """Without the marks that stand for identifiers here."""
    return text.replace(OPEN, " ").replace(CLOSE, " ")


def _written(token: str) -> str:
    """A token as it stands in a feature."""
    return MARKS.get(token, token.replace("’", "'"))


def person_of(word: str) -> str:
    """Of whom a word speaks: I, HE, SHE, THEY, YOU, RELATION, OFFICER, PERSON; or that it SAYS."""
    if word in RELATION_WORDS or word.rstrip("s").rstrip("'") in RELATION_WORDS:
        return "RELATION"
    return PERSONS.get(word, "")


def features(line: Line, index: int) -> list[str]:
    """The features of a piece."""
    piece = line.pieces[index]
    group = GROUPS.get(piece.kind, str(piece.kind))
    ruled = piece.role or "nothing"
    found = [f"kind={piece.kind}", f"{piece.kind} sure={piece.sure}"]
    found += [f"rule={ruled}", f"{piece.kind} rule={ruled}", f"{group} rule={ruled}"]
    for source in (_near, _sentence, _message):
        found += source(line, line.at[index], group)
    found += _neighbours(line, index)
    found += _itself(line, index)
    found += line.earlier
    return found


def _near(line: Line, at: int, group: str) -> Iterator[str]:
    """The three words on either side, by place, and some of them together."""
    before = [line.words[at - n] if at >= n else "<s>" for n in (1, 2, 3)]
    size = len(line.words)
    behind = [line.words[at + n] if at + n < size else "</s>" for n in (1, 2, 3)]
    for side, near in (("b", before), ("a", behind)):
        for n, word in enumerate(near, 1):
            yield f"{side}{n}={word}"
            yield f"{group} {side}{n}={word}"
            person = person_of(word)
            if person:
                yield f"{side}{n}:{person}"
                yield f"{group} {side}{n}:{person}"
    pairs = {
        "b21": f"{before[1]} {before[0]}",
        "a12": f"{behind[0]} {behind[1]}",
        "around": f"{before[0]} {behind[0]}",
    }
    for name, pair in pairs.items():
        yield f"{name}={pair}"
        yield f"{group} {name}={pair}"
    yield f"b321={before[2]} {before[1]} {before[0]}"


def _sentence(line: Line, at: int, group: str) -> Iterator[str]:
    """The words and persons of the sentence, on either side, and the last person before it."""
    left, right = _reach(line, at, -1, LEFT), _reach(line, at, 1, RIGHT)
    for side, places in (("L", left), ("R", right)):
        for place in places:
            yield f"{side}={line.words[place]}"
            yield f"{group} {side}={line.words[place]}"
    past = [line.persons[place] for place in left if line.persons[place]]
    coming = [line.persons[place] for place in right if line.persons[place]]
    last, following = (past or ["-"])[0], (coming or ["-"])[0]
    yield from (f"last={last}", f"{group} last={last}", f"last2={'>'.join(past[:2])}")
    yield from (f"next={following}", f"{group} next={following}", f"both={last}|{following}")
    far = next(
        (line.persons[n] for n in range(at - 1, max(-1, at - 1 - FAR), -1) if line.persons[n]), "-"
    )
    yield from (f"far={far}", f"{group} far={far} {len(left) < 2}")


def _reach(line: Line, at: int, step: int, most: int) -> list[int]:
    """Places from next to `at` to the end of its sentence, nearest first."""
    found: list[int] = []
    place = at + step
    while 0 <= place < len(line.words) and len(found) < most and line.words[place] not in STOPS:
        found.append(place)
        place += step
    return found


def _message(line: Line, at: int, group: str) -> Iterator[str]:
    """What kind of message it is, and where in it the piece stands."""
    told = {
        **line.told,
        "quoted": line.quoted[at],
        "to end": min(len(line.words) - 1 - at, 3),
        "from start": min(at, 3),
    }
    for name, value in told.items():
        yield f"{name}={value} {group}"
    yield f"quoted={line.quoted[at]}"


def _neighbours(line: Line, index: int) -> Iterator[str]:
    """The pieces before and behind, and the words between."""
    kind, at = line.pieces[index].kind, line.at
    for side, other in (("prev", index - 1), ("next", index + 1)):
        if not 0 <= other < len(at):
            yield f"{side}=none"
            continue
        first, second = sorted((at[index], at[other]))
        theirs, far = line.pieces[other].kind, second - first
        yield f"{side}={theirs} {min(far, 6)}"
        yield f"{kind} {side}={theirs} {min(far, 4)}"
        if far <= NEAR:
            between = " ".join(line.words[first + 1 : second])
            yield f"{side} gap={between}"
            yield f"{side} {theirs} {between} {kind}"


def _itself(line: Line, index: int) -> Iterator[str]:
    piece = line.pieces[index]
    match piece.kind:
        case Trait.NAME:
            yield from _name(line, index)
        case Trait.AGE:
            yield f"age={piece.value}"
        case Trait.ADDRESS:
            yield f"numbered={piece.value[0].isdigit() or piece.value.startswith('flat')}"
            yield f"street={piece.value.split()[-1]}"
        case Trait.HANDLE:
            own = "polic" in piece.value or "cop" in piece.value
            yield f"force={own} {line.setting.private}"
            yield f"heads={line.at[index] < 2}"
        case _:
            pass


def _name(line: Line, index: int) -> Iterator[str]:
    """How a name is written, and what the tables know of its words."""
    piece, at = line.pieces[index], line.at[index]
    written = [match[0] for match in WORD.finditer(line.text, piece.start, piece.end)]
    folded = [fold(word) for word in written]
    shape = "".join(map(_shape, written))
    known = "".join(map(_known, folded))
    before = line.words[at - 1] if at else "<s>"
    behind = line.words[at + 1] if at + 1 < len(line.words) else "</s>"
    yield from (f"shape={shape} {line.told['case']}", f"known={known}", f"{shape} {known}")
    yield from (f"words={len(written)}", f"first={folded[0]}", f"last={folded[-1]}")
    yield from (f"first:{known[0]}", f"last:{known[-1]}", f"{shape} {known} {before}")
    yield from (f"begins={folded[0][:3]}", f"ends={folded[-1][-3:]}")
    yield from (f"{known} b1={before}", f"{known} a1={behind}")
    yield f"opens={before == '<s>' or before in STOPS} {shape} {known[0]}"
    tail = line.text[piece.end : piece.end + 2]
    yield f"possessive={tail in POSSESSIVE}"
    if line.setting.shown:
        shown = {fold(match[0]) for match in WORD.finditer(line.setting.shown)}
        yield f"shown={not shown.isdisjoint(folded)}"


def _shape(word: str) -> str:
    if word.isupper() and len(word) > 1:
        return "U"
    return "T" if word[0].isupper() else "l"


_TABLES = (
    ("R", RANKS),
    ("M", TITLES),
    ("A", AMBIGUOUS_FORENAMES),
    ("F", FORENAMES),
    ("S", SURNAME_BITS),
    ("P", PLACE_WORDS),
)


def _known(word: str) -> str:
    """One letter for the first table that has the word: c for common English, o for none."""
    found = next((letter for letter, table in _TABLES if word in table), "")
    return found or ("c" if word in english_words() else "o")


def _earlier(setting: Setting) -> Iterator[str]:
    """The last words of the sender's text before."""
    if not setting.before:
        yield "before=none"
        return
    tokens = TOKEN.findall(setting.before.lower())[-12:]
    last = [_written(token) for token in tokens]
    yield from (f"before={word}" for word in last)
    persons = [person_of(word) for word in last]
    yield f"before:{'>'.join([each for each in persons if each][-2:])}"
