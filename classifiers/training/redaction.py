"""Texts without what names somebody, before they leave the store for training.

It would rather take a place name for a person's than leave a person's name: what is learnt from
a message is seldom a name. Nothing here proves that a text is anonymous; docs/howto says so.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from classifiers.language import common_words
from classifiers.normalise import plain
from triage.found import Trait
from triage.identify.contacts import URL
from triage.identify.forms import scan
from triage.identify.lexicon import NOT_NAMES, STREET_TYPES, SURNAMES_TOO, english_words
from triage.identify.lexicon import words as lexicon_words
from triage.identify.namelist import AMBIGUOUS_FORENAMES, FORENAMES, RANKS, SURNAME_BITS, TITLES
from triage.identify.naming import fold
from triage.identify.people import spot_names
from triage.identify.pieces import Page

NAME, ADDRESS, NUMBER, LINK, HANDLE = "[name]", "[address]", "[number]", "[link]", "@user"

TOKENS: dict[Trait, str] = {
    Trait.PHONE: "[phone]",
    Trait.EMAIL: "[email]",
    Trait.POSTCODE: ADDRESS,
    Trait.ADDRESS: ADDRESS,
    Trait.DATE_OF_BIRTH: "[date]",
    Trait.VEHICLE: "[plate]",
    Trait.CRIME_REF: NUMBER,
    Trait.HANDLE: HANDLE,
    Trait.NAME: NAME,
}
"""What stands for each kind of identifier; an age alone names nobody and stays."""

_LINKS = re.compile(rf"{URL.pattern}|\b[a-z0-9-]{{1,40}}\.[a-z]{{2,10}}/\S{{1,500}}", re.IGNORECASE)
_PLACES = re.compile(
    r"/{3}[a-z]{2,30}\.[a-z]{2,30}\.[a-z]{2,30}|-?\d{1,3}\.\d{3,8}[, ]{1,3}-?\d{1,3}\.\d{3,8}"
    r"|\b(?:what3words|w3w)\W+(?:\w{1,12}\W+){0,3}[a-z]{2,30}\.[a-z]{2,30}\.[a-z]{2,30}"
    r"|\b(?:number|no\.?|flat|house|door|room|unit|plot)[ \t]*\d{1,4}[a-z]?\b",
    re.IGNORECASE,
)
_ACCOUNTS = re.compile(
    r"\b(?:insta(?:gram)?|ig|snap(?:chat)?|tik[ -]?tok|telegram|discord|facebook|fb|twitter|kik"
    r"|whatsapp|xbox|psn|gamertag|username|user name|screen name|handle)"
    r"(?:[ \t]+(?:name|account|handle|page))?(?:[ \t]+is|['’]s)?[ \t]*[:=-]?[ \t]*@?"
    r"(?P<it>(?=[\w.]{0,30}[\d_.]\w)[A-Za-z_][\w.]{2,30})",
    re.IGNORECASE,
)
_NUMBERS = re.compile(r"\b(?:[A-Z]{1,3}[ /-]?)?\d(?:[ /-]?[A-Za-z]?\d){4,20}[A-Za-z]?\b")
_COLLAR = re.compile(
    rf"\b(?:{'|'.join(sorted(RANKS, key=len, reverse=True))})\.?[ \t]+(?P<it>\d{{2,6}})\b",
    re.IGNORECASE,
)
_FORMS = (
    (_LINKS, LINK),
    (_PLACES, ADDRESS),
    (_ACCOUNTS, HANDLE),
    (_COLLAR, NUMBER),
    (_NUMBERS, NUMBER),
)
_CALENDAR = lexicon_words(
    "january february march april may june july august september october november december monday"
    " tuesday wednesday thursday friday saturday sunday easter christmas xmas halloween bonfire"
    " ramadan eid diwali vaisakhi hanukkah"
)
_WORD = re.compile(r"[^\W\d_]{1,40}(?:['’-][^\W\d_]{1,40}){0,3}")
_CAPITALLESS = ("ARABIC", "HEBREW", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "TAMIL",
    "TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "THAI", "CJK", "HIRAGANA", "KATAKANA", "HANGUL",
    "ETHIOPIC", "GEORGIAN")  # fmt: skip
_STILL = (Trait.PHONE, Trait.EMAIL, Trait.POSTCODE, Trait.VEHICLE)
_ENDING = re.compile(r"['’](?:s|d|m|t|ll|re|ve)?$", re.IGNORECASE)
FEW_LETTERS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Words that name the people of an item, folded: never left standing."""

    words: frozenset[str] = frozenset()


@dataclass(slots=True, kw_only=True)
class _Marks:
    """Spans to be replaced; the first to claim a character keeps it."""

    text: str
    taken: bytearray = field(default_factory=bytearray)
    spans: list[tuple[int, int, str]] = field(default_factory=list)

    def add(self, start: int, end: int, token: str) -> None:
        if end > start and not any(self.taken[start:end]):
            self.taken[start:end] = b"\1" * (end - start)
            self.spans.append((start, end, token))

    def take(self, pattern: re.Pattern[str], token: str) -> None:
        group = "it" if "it" in pattern.groupindex else 0
        for match in pattern.finditer(self.text):
            self.add(*match.span(group), token)

    def replaced(self) -> str:
        parts, last = [], 0
        for start, end, token in sorted(self.spans):
            parts += [self.text[last:start], token]
            last = end
        return "".join([*parts, self.text[last:]])


def known_words(names: Iterable[str]) -> Known:
    """The words of names, handles and the like that an item's people are known by."""
    parts = (part for name in names for part in re.split(r"[\W\d_]+", name))
    folded = {fold(part).replace(" ", "") for part in parts}
    return Known(words=frozenset(each for each in folded if len(each) > 2) - NOT_NAMES)


def redacted(text: str, known: Known, *, today: date) -> str | None:
    """The text with placeholders for what names somebody; None if that cannot be done.

    It cannot where the script has no capitals, since names are then not to be told from words,
    and where an identifier can still be read out of the result.
    """
    shown = unicodedata.normalize("NFC", plain(text).text)
    if without_capitals(shown):
        return None
    marks = _Marks(text=shown, taken=bytearray(len(shown)))
    page = scan(shown, today)
    for piece in (*page.pieces, *spot_names(page)):
        if piece.kind is not Trait.AGE:
            at = shown[piece.start - 1 : piece.start] == "@" and piece.kind is Trait.HANDLE
            marks.add(piece.start - at, piece.end, TOKENS[piece.kind])
    for pattern, token in _FORMS:
        marks.take(pattern, token)
    for start, end in _names(shown, known):
        marks.add(start, end, NAME)
    done = re.sub(r"\[name\](?:[ \t]+\[name\])+", NAME, marks.replaced())
    return None if _names_somebody(done, today) else done


def without_capitals(text: str) -> bool:
    """Whether more than a word or two is in a script that marks no names."""
    letters = sum(
        unicodedata.name(char, "").startswith(_CAPITALLESS) for char in text if char.isalpha()
    )
    return letters > FEW_LETTERS


def _names_somebody(text: str, today: date) -> bool:
    page: Page = scan(text.replace(HANDLE, ""), today)
    return any(piece.kind in _STILL for piece in page.pieces)


# --- names that no introduction gives away --------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    """A word where it stands: folded, and what its capital says."""

    start: int
    end: int
    folded: str
    capital: bool
    first: bool  # of its sentence, where a capital says nothing
    foreign: bool  # written with letters that English has not


def _names(text: str, known: Known) -> Iterator[tuple[int, int]]:
    """Words that are, or may well be, somebody's name."""
    words = list(_read_words(text))
    shouting = sum(each.capital for each in words) * 2 > len(words) and len(words) > 2
    before: _Word | None = None
    named = False
    for word in words:
        gap = text[before.end : word.start] if before else ""
        title = before is not None and gap in (" ", ". ") and before.folded in TITLES | RANKS
        behind = title or (named and gap in (" ", "  ", "-"))
        named = _is_name(word, known, shouting=shouting, behind=behind)
        if named:
            yield word.start, word.end
        before = word


def _read_words(text: str) -> Iterator[_Word]:
    for match in _WORD.finditer(text):
        start, shown = match.start(), match[0]
        ending = _ENDING.search(shown)
        end = start + (ending.start() if ending else len(shown))
        before = text[:start].rstrip(" \t\"'“‘(*-–")
        yield _Word(
            start=start,
            end=end,
            folded=fold(text[start:end]).replace(" ", ""),
            capital=shown[0].isupper() and not (len(shown) > 1 and shown.isupper()),
            foreign=not shown.isascii(),
            first=not before
            or before[-1] in ".!?\n:;•>…"
            or unicodedata.category(before[-1]).startswith("S"),
        )


def _is_name(word: _Word, known: Known, *, shouting: bool, behind: bool) -> bool:
    """`behind` says that a name or title stands right before the word."""
    name = word.folded
    common = _common(name) and not (word.foreign and word.capital)
    told = word.capital and not shouting
    if name in known.words and (told or not common or name in FORENAMES):
        return True
    if len(name) < 2 or name in TITLES | RANKS | _CALENDAR:
        return False
    if name in FORENAMES and name not in AMBIGUOUS_FORENAMES:
        return not common or told
    if behind and (word.foreign or name not in NOT_NAMES - SURNAMES_TOO):
        return told or name in SURNAME_BITS or not common
    if not told or word.first:
        return False
    return name in FORENAMES or name in SURNAME_BITS or not common


def _common(name: str) -> bool:
    return name in english_words() or name in common_words() or name in NOT_NAMES | STREET_TYPES
