"""What may be somebody's name, age or account though no rule is sure of it.

Too many rather than too few: what they are is told by the words around them (`owned.py`).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from triage.found import Trait
from triage.identify.lexicon import NOT_NAMES, english_words
from triage.identify.namelist import (
    AMBIGUOUS_FORENAMES,
    FORENAMES,
    PARTICLES,
    RANKS,
    SURNAME_BITS,
    TITLES,
)
from triage.identify.naming import fold
from triage.identify.pieces import Page, Piece

WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*")
BETWEEN = re.compile(r"[ \t]{1,2}|\.[ \t]?")
MOST_WORDS = 5
SHOUTED = 0.6  # of the letters in capitals: then they tell nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word of a text: as it stands without a possessive, and folded."""

    text: str
    folded: str
    start: int
    end: int
    capital: bool
    possessive: bool


def name_pieces(page: Page) -> list[Piece]:
    """Stretches of up to five words that may be a name, apart from each other, in order."""
    words = _words(page)
    pieces, at = [], 0
    while at < len(words):
        last = _last(page.left, words, at) if _may_begin(page.left, words, at) else -1
        if last < 0:
            at += 1
            continue
        pieces.append(_piece(words[at : last + 1]))
        at = last + 1
    return pieces


_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SMALL = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
NUMBER_WORDS = {word: 20 + 10 * place for place, word in enumerate(_TENS)}
NUMBER_WORDS |= {word: place for place, word in enumerate(_SMALL, 1)}
LOOSE_AGE = re.compile(r"(?<![\w.,:/£$€#+-])(?P<it>\d{1,3})(?![\w%:/]|[.,]\d|-\d)")
SPOKEN_AGE = re.compile(
    rf"\b(?P<it>(?:{'|'.join(_TENS)})(?:[ -](?:{'|'.join(_SMALL[:9])}))?|{'|'.join(_SMALL[3:])})\b",
    re.IGNORECASE,
)
LOOSE_HANDLE = re.compile(
    r"(?<![\w@./])(?P<it>[a-z][a-z0-9]{0,20}(?:[._][a-z0-9]{1,20}){1,4}_?"
    r"|[a-z]{2,20}\d{1,8}[a-z_]{0,10})(?![\w@/])",
    re.IGNORECASE,
)
THREE_WORDS = re.compile(
    r"(?<![\w@.])(?:/{2,3})?(?P<it>[a-z]{3,20}\.[a-z]{3,20}\.[a-z]{3,20})(?![\w.@]|\.\w)",
    re.IGNORECASE,
)
YOUNGEST, OLDEST = 4, 110
ONCE = re.compile(r"\b(?:was|were|when|since|from)\b[^.!?\n]{0,14}$", re.IGNORECASE)


def dotted_pieces(page: Page) -> list[Piece]:
    """Places in three words, and accounts without a sign; they are taken out of the page."""
    first = len(page.pieces)
    if page.has("."):
        page.take(Trait.WHAT3WORDS, THREE_WORDS, lambda match: match["it"].lower(), sure=False)
    if page.has(*ACCOUNTS):
        page.take(Trait.HANDLE, LOOSE_HANDLE, lambda match: match["it"].lower(), sure=False)
    return _given_back(page, first)


def loose_ages(page: Page) -> list[Piece]:
    """Numbers that may be ages, also in words; they are taken out of the page."""
    first = len(page.pieces)
    page.take(Trait.AGE, LOOSE_AGE, lambda match: _an_age(match, int(match["it"])), sure=False)
    page.take(Trait.AGE, SPOKEN_AGE, lambda match: _an_age(match, _number(match["it"])), sure=False)
    return _given_back(page, first)


def _given_back(page: Page, first: int) -> list[Piece]:
    found = page.pieces[first:]
    del page.pieces[first:]
    return found


ACCOUNTS = (
    "insta", "snap", "tiktok", "tik tok", "account", "handle", "user", "profile", "telegram",
    "discord", "twitch", "xbox", "playstation", "psn", "gamer", "tag", "goes by", "onlyfans",
    "twitter", "facebook", "fb", "called", "name",
)  # fmt: skip


def _an_age(match: re.Match[str], number: int) -> str:
    """ "" also for what somebody once was: it is not how old they are."""
    before = match.string[max(0, match.start() - 24) : match.start()]
    possible = YOUNGEST <= number <= OLDEST and not ONCE.search(before)
    return str(number) if possible else ""


def _number(words: str) -> int:
    return sum(NUMBER_WORDS[word] for word in re.split(r"[ -]", words.lower()))


def _words(page: Page) -> list[Word]:
    letters = [letter for letter in page.text if letter.isalpha()]
    shouted = sum(map(str.isupper, letters)) > SHOUTED * len(letters)
    return [_word(match, shouted=shouted) for match in WORD.finditer(page.left)]


def _word(match: re.Match[str], *, shouted: bool) -> Word:
    text = match[0].removesuffix("'s").removesuffix("’s")
    return Word(
        text=text,
        folded=fold(text),
        start=match.start(),
        end=match.start() + len(text),
        capital=text[0].isupper() and not shouted,
        possessive=text != match[0],
    )


def _touches(text: str, one: Word, other: Word) -> bool:
    return not one.possessive and BETWEEN.fullmatch(text, one.end, other.start) is not None


def _may_begin(text: str, words: Sequence[Word], at: int) -> bool:
    word = words[at]
    followed = at + 1 < len(words) and _touches(text, word, words[at + 1])
    if word.folded in RANKS or word.folded in TITLES:
        return followed
    usual = word.folded in english_words()
    if word.folded in FORENAMES:
        return word.capital or not usual or word.folded not in AMBIGUOUS_FORENAMES
    if word.folded in NOT_NAMES:
        return False
    if word.capital:
        return not usual or (followed and words[at + 1].capital)
    return not usual and len(word.folded) > 2 and word.folded.isascii()


def _last(text: str, words: Sequence[Word], at: int) -> int:
    """The place of the last word of the name that begins at `at`; -1 if it is a title alone."""
    last = at
    while (
        last + 1 < len(words)
        and last - at < MOST_WORDS - 1
        and _touches(text, words[last], words[last + 1])
        and _may_follow(words[last + 1])
    ):
        last += 1
    while last > at and words[last].folded in PARTICLES:
        last -= 1
    alone = last == at and (words[at].folded in RANKS or words[at].folded in TITLES)
    return -1 if alone else last


def _may_follow(word: Word) -> bool:
    return (
        (word.capital and word.folded not in NOT_NAMES)
        or word.folded in PARTICLES
        or word.folded in SURNAME_BITS
        or word.folded in FORENAMES
        or (word.folded not in english_words() and len(word.folded) > 2)
    )


def _piece(words: Sequence[Word]) -> Piece:
    return Piece(
        kind=Trait.NAME,
        value=" ".join(_written(words)),
        start=words[0].start,
        end=words[-1].end,
    )


def _written(words: Sequence[Word]) -> Iterator[str]:
    """With capitals; a title or rank stays before a lone surname only."""
    titled = words[0].folded in TITLES or words[0].folded in RANKS
    for word in words[1:] if titled and len(words) > 2 else words:
        mixed = not word.text.isupper() and not word.text.islower()
        yield word.text if mixed or word.folded in RANKS else word.text.title()
