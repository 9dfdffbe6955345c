"""Words to look for, out of what an officer typed, and the same words out of what was written.

Both sides are made here, so that every database finds the same: one case, no accents, no
invisible characters. Scripts without blanks between words are taken character by character.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from triage.folding import fold, words
from triage.model import Author, Officer, Priority, Role, State
from triage.taxonomy import Lane

LONGEST_WORD = 60
MOST_WORDS = 6000
"""Of a text; folding has left out the middle of a longer one."""

MOST_TERMS = 12
"""So many words of a question are looked for; the others are passed over."""

NUMBER = range(9, 16)
"""Digits of a telephone number: found however they are grouped."""

_WITHOUT_BLANKS = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x2E80, 0xABFF))


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """Words that stand one after the other. The last of them may go on, where `begins`."""

    words: tuple[str, ...]
    begins: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for and among which cases. None means any; newest are found first.

    `public_only` leaves private messages out before anything of them is read.
    """

    text: str
    states: tuple[State, ...] | None = None
    lanes: tuple[Lane, ...] | None = None
    claimed_by: str | None = None
    priorities: tuple[Priority, ...] | None = None
    public_only: bool = False


def public_only(officer: Officer) -> bool:
    """Whether an officer's roles show no private messages."""
    return not officer.roles - {Role.REVIEWER}


def terms_of(typed: str) -> tuple[Term, ...]:
    """What to look for: all of it must be there; words in quotes stand together.

    The last word may be the beginning of one, since people search while they type.
    """
    found: list[Term] = []
    for number, part in enumerate(typed.split('"')):
        pieces = [part] if number % 2 else _pieces(part)
        found += [Term(words=said) for said in map(_said, pieces) if said]
    open_end = not typed.rstrip().endswith('"')
    if found and open_end:
        last = found[min(len(found), MOST_TERMS) - 1]
        found[found.index(last)] = Term(words=last.words, begins=_begins(last.words[-1]))
    return tuple(found[:MOST_TERMS])


def words_to_find(texts: list[str], author: Author) -> list[str]:
    """Every word under which an item is found: its texts, earlier ones too, and its sender."""
    found: list[str] = []
    for text in (*dict.fromkeys(texts), author.handle, author.display_name, author.account_id):
        said = _words(text)
        found += [*said, *_numbers(said)]
    return found[:MOST_WORDS]


def _begins(word: str) -> bool:
    """Whether a word may be the beginning of one: two letters begin half of all that is written."""
    return len(word) > 2


def _pieces(part: str) -> list[str]:
    """What stands between blanks, but the groups of one number together."""
    pieces: list[str] = []
    for digits, group in groupby(part.split(), key=_is_number):
        run = list(group)
        whole = "".join(run)
        pieces += ["".join(_words(whole))] if digits and _as_digits(whole) in NUMBER else run
    return pieces


def _is_number(piece: str) -> bool:
    bare = piece.strip("+()-.,")
    return bool(bare) and bare.replace("-", "").isdecimal()


def _as_digits(text: str) -> int:
    return sum(char.isdecimal() for char in text)


def _said(piece: str) -> tuple[str, ...]:
    said = _words(piece)
    whole = "".join(said)
    joined = len(said) > 1 and whole.isdecimal() and len(whole) in NUMBER
    return (whole,) if joined else tuple(said)


def _words(text: str) -> list[str]:
    return [
        part[:LONGEST_WORD]
        for word in words(fold(text))
        for part in _parts(word.replace("'", ""))
        if part
    ]


def _parts(word: str) -> Iterator[str]:
    """The word; one character after the other where the script puts no blanks between words."""
    if word.isascii():
        yield word
        return
    for apart, group in groupby(word, key=_stands_alone):
        run = "".join(group)
        yield from run if apart else (run,)


def _stands_alone(char: str) -> bool:
    return any(first <= ord(char) <= last for first, last in _WITHOUT_BLANKS)


def _numbers(said: list[str]) -> list[str]:
    """Telephone numbers written in groups, as one word."""
    found = []
    for digits, group in groupby(said, key=str.isdecimal):
        run = list(group)
        whole = "".join(run)
        if digits and len(run) > 1 and len(whole) in NUMBER:
            found.append(whole)
    return found
