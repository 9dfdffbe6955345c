"""Whether the name of the person confirmed for an account stands in a text as somebody else's.

"Liam is in hospital", "who is Liam?" and "tell Liam" are another's words. Only the ways in which
people write their own name pass: behind "I'm", at the head, in a list, as a signature.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from triage.found import Found, Trait, Whose
from triage.identify.lexicon import english_words
from triage.identify.namelist import AMBIGUOUS_FORENAMES, FORENAMES, TITLES
from triage.identify.naming import fold, parse_name, similar, stands_for
from triage.identify.people import CLOSING, MY_NAME
from triage.identify.quoting import is_quoted
from triage.model import Person

WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]{2,})*")
BEFORE = 32
"""Characters before a name that say whose it is."""

I_AM = (
    r"(?:\bi['’]?m|\bi am|\bim|\bit['’]?s(?: only)?|\bit is|\bthis is|\bmy name(?:['’]?s| is)?"
    r"|\bname(?:['’]?s)?|\bcall me|\bme again,?"
    r"|\b(?:me(?: down)?|reporting|writing|texting) as|\bunder|\bcontact)"
)
OWN_WORDS = re.compile(
    rf"(?:{I_AM}|\bask for|\bme(?: again)?,?|\bname,?|\bsurname|\bforename|\bcalled"
    rf"|\b(?:known as|short for|i['’]?m still|still|yours in hope)"
    r"|[-–:/(])[ \t]*:?[ \t]*$",
    re.IGNORECASE,
)
_AFTER_OWN = re.compile(
    r"\s+(?:here|speaking|again|too|is (?:my|the) name|is me)\b|['’]s me\b"
    r"|[ \t]*\(me\)|[ \t]*[,(–-]?[ \t]*(?:that['’]?s|that is|it['’]?s) my\b",
    re.IGNORECASE,
)
NOT_OWN = re.compile(
    r"\b(?:not|isn['’]?t|no|for|behalf of|instead of|about|with|to|than|(?<!name )of)[ \t]+$",
    re.IGNORECASE,
)
_TITLED = re.compile(
    rf"\b(?:{'|'.join(sorted(TITLES, key=len, reverse=True))}|pastor|father|fr|sister|sr|brother"
    r"|imam|rabbi|col|maj|capt|cpl|sgt)\.?[ \t]+$",
    re.IGNORECASE,
)
AFTER_HEAD = re.compile(
    r"[ \t]*[,(:/–-][ \t]*(?!(?:my|his|her|our|the|an?|who)\b)"
    r"|[ \t]+(?:on|from|for|at|covering|writing|calling|with)\b",
    re.IGNORECASE,
)
_CLOSED = re.compile(rf"(?:{CLOSING}|\blove|\bmany thanks)[ \t,.!-]*$", re.IGNORECASE)

TOLD_OF = re.compile(
    r"['’]s\b(?! me\b)|\s+(?:is|was|are|has|had|isn['’]?t|wasn['’]?t|hasn['’]?t|can['’]?t|cannot"
    r"|could|can not|doesn['’]?t|does not|didn['’]?t|won['’]?t|will|needs|wants|asked|told|said"
    r"|says|left|died|passed|lives|lived|used|moved|went|got|gave|lost|lent|doesn|don['’]?t|never"
    r"|no longer|asks|let|lets|sent|wanted|needed|thinks|thought|knows|keeps|goes|works|uses)\b"
    r"(?!\s+(?:my|the)\s+name\b)(?!\s+me\s*[.!,]?\s*$)",
    re.IGNORECASE,
)
"""What follows the name of somebody who is told of. "Liam is my name" is no such thing."""

_DOING_FOR = re.compile(
    r"\b(?:on behalf of|in place of|instead of|who(?:['’]?s| is)|don['’]?t know (?:an?|any|who)"
    r"|(?:typing|writing|messaging|texting|posting|speak|speaking|reply|replying|here|acting)"
    r"\s+(?:this\s+)?for|no|no ?(?:one|body) called"
    r"|calling me|wrong person[^\w\n]{1,3}not)\s+$",
    re.IGNORECASE,
)
"""What stands before the name of somebody whom the writer is not."""

_TELLS = re.compile(
    r"(?:\bi['’]?m|\bi am|\bim|\bit['’]?s|\bit is|\bthis is|\bname(?:['’]?s| is)?|\bme"
    r"|\bcalled|[-–:])\s*$",
    re.IGNORECASE,
)
_IS_NOT = re.compile(
    r"\b(?:this is(?: not|n['’]?t)|(?:it|that) (?:is not|isn['’]?t)|i['’]?m not|i am not"
    r"|not)[ \t]+$",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"(?:^|[.!?,;:\n–-]|\b(?:and|but|that|because|cos|hi|hello|since|when))\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spot:
    """A place of the person's name: of its first word, with the surname behind it or not.

    `plain` if it may be a word as well: "the mark on the door".
    """

    start: int
    end: int
    full: bool
    plain: bool


def names_person(text: str, found: Sequence[Found], person: Person) -> bool:
    """Whether a name of theirs stands in the text where nobody writes their own."""
    told = [each for each in found if _is_told(text, each, person)]
    small = text.islower()
    return any(_somebody_elses(text, spot, told, small=small) for spot in _spots(text, person))


def _spots(text: str, person: Person) -> Iterator[_Spot]:
    firsts, lasts = _firsts(person), set(fold(person.surname).split())
    shouted = text.isupper()
    for word in WORD.finditer(text):
        folded = fold(word[0])
        before = text[max(0, word.start() - BEFORE) : word.start()]
        if folded in lasts and _TITLED.search(before):
            yield _Spot(start=word.start(), end=word.end(), full=True, plain=False)
            continue
        if folded not in firsts and not (len(folded) > 2 and _is_form(folded, firsts)):
            continue
        after = WORD.match(text, word.end() + 1)
        full = after is not None and bool(lasts & set(fold(after[0]).split()))
        yield _Spot(
            start=word.start(),
            end=after.end() if after and full else word.end(),
            full=full,
            plain=not full and _may_be_word(text, word, shouted=shouted),
        )


def _firsts(person: Person) -> frozenset[str]:
    names = [fold(each).split() for each in (person.forename, person.preferred_name)]
    return frozenset(name[0] for name in names if name and len(name[0]) > 1)


def _is_form(word: str, firsts: frozenset[str]) -> bool:
    """A nickname, or a first name with a slip of the pen on record or in the text."""
    if firsts & stands_for(word):
        return True
    known = word in FORENAMES or word not in english_words()
    return known and any(word[0] == each[0] and similar(word, each) for each in firsts)


def _may_be_word(text: str, word: re.Match[str], *, shouted: bool) -> bool:
    """ "the bill is too high", "Will you come": no name without a capital inside a sentence."""
    if len(word[0]) > 2 and fold(word[0]) not in AMBIGUOUS_FORENAMES:
        return False
    if not word[0][0].isupper() or shouted:
        return True
    before = text[max(0, word.start() - BEFORE) : word.start()]
    opens = before.rstrip(" \t\"“'‘(")[-1:] in ("", ".", "!", "?", "\n")
    goes_on = re.match(r"[ \t]+[a-zI]", text[word.end() : word.end() + 4])
    return opens and goes_on is not None


def _is_told(text: str, name: Found, person: Person) -> bool:
    """The writer's own, an officer's, or somebody's who only shares the first name."""
    if name.kind in (Trait.EMAIL, Trait.HANDLE) or name.role is Whose.OFFICER:
        return True
    if name.kind is not Trait.NAME:
        return False
    if name.role is Whose.WRITER:
        return not NOT_OWN.search(text[max(0, name.span.start - 24) : name.span.start])
    parsed = parse_name(name.value)
    return bool(set(parsed.surname) - english_words()) and not any(
        set(parsed.surname) & set(fold(each).split()) for each in (person.surname, *person.aliases)
    )


def _somebody_elses(text: str, spot: _Spot, told: Sequence[Found], *, small: bool) -> bool:
    if is_quoted(text, spot.start):
        return False
    before = text[max(0, spot.start - BEFORE) : spot.start]
    inside = next((one for one in told if one.span.start <= spot.start < one.span.end), None)
    end = max(spot.end, inside.span.end) if inside else spot.end
    if inside and (inside.kind is not Trait.NAME or inside.role is not Whose.WRITER):
        return False
    if spot.plain:
        if _IS_NOT.search(before):
            return True
        named = small or text[spot.start].isupper()
        return named and bool(_CLAUSE.search(before)) and _is_told_of(text, before, end)
    if _DOING_FOR.search(before) or _is_told_of(text, before, end):
        return True
    denied = NOT_OWN.search(before) and not re.search(r"\bask for[ \t]+$", before, re.IGNORECASE)
    return bool(denied) or (inside is None and not _as_own(text, spot, before))


def _is_told_of(text: str, before: str, end: int) -> bool:
    surname = re.match(r"[ \t]+[A-Z][\w'’-]+", text[end : end + 30])
    ends = (end, end + surname.end()) if surname else (end,)
    for each in ends:
        found = TOLD_OF.match(text, each)
        if found and (found[0][0] in "'’" or not _TELLS.search(before)):
            return True
    return False


def _as_own(text: str, spot: _Spot, before: str) -> bool:
    """ "It's Liam", "Liam here", "name: Liam", or with nothing behind it, as people sign."""
    titled = _TITLED.search(before)
    before = before[: titled.start()] if titled else before
    if OWN_WORDS.search(before) or _AFTER_OWN.match(text, spot.end):
        return True
    own = list(MY_NAME.finditer(text, max(0, spot.start - BEFORE), spot.start))
    if own and own[-1].end() == spot.start - (len(titled[0]) if titled else 0):
        return True
    opens = before.rstrip(" \t")[-1:] in ("", ".", "!", "?", ",", "\n", "-", "–", ":")
    closes = text[spot.end : spot.end + 1] in (".", "!", "\n")
    closes = closes or not text[spot.end :].strip(" ?xX,)")
    if closes and _CLOSED.search(before):
        return True
    return opens and (closes or AFTER_HEAD.match(text, spot.end) is not None)
