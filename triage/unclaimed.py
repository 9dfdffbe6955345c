"""Names in a text that may be the writer's, and are not those of the person confirmed.

The usual caution is turned round: what stands where people write their own name is doubted, also
if nobody knows it as a name.
"""

import re
from collections.abc import Iterator, Sequence

from triage.blocking import names_of
from triage.found import Found, Whose
from triage.identify.lexicon import NOT_NAMES, english_words
from triage.identify.namelist import AMBIGUOUS_FORENAMES, FORENAMES, RANKS, SURNAME_BITS, TITLES
from triage.identify.naming import fold, parse_name
from triage.identify.people import CLOSING, MY_NAME, starts_clause
from triage.identify.quoting import is_quoted
from triage.identify.speaker import compatible
from triage.model import Person
from triage.own_name import AFTER_HEAD, I_AM

MOST_LINES = 40
_PART = r"[^\W\d_]+(?:[-'’][^\W\d_]+)*"
_TWO = rf"(?:[^\W\d_]\.|{_PART})[ \t]+{_PART}"
_CAPITAL = r"[^\W\d_a-zß-öø-ÿ][^\W\d_]+(?:[-'’][^\W\d_]+)*"
_TWO_CAPITALS = rf"{_CAPITAL}(?:[ \t]+{_CAPITAL}){{1,2}}"
_SAYS_I_AM = re.compile(
    rf"(?:^|[.!?,;\n(–-]|\b(?:hi|hello|and|but|details))[ \t]*{I_AM}[ \t]*:?[ \t]+({_TWO})",
    re.IGNORECASE,
)
_INTRODUCED = re.compile(rf"{I_AM}[ \t]*:?[ \t]+({_TWO})", re.IGNORECASE)
_NAMED = re.compile(
    rf"(?:\bmy name(?:['’]?s| is)?|\bcall me|\bask for|\bi['’]?m called|\bi am called|\bme llamo"
    rf"|\bje m['’]appelle|\bmi chiamo|\bich hei(?:ß|ss)e)[ \t]*:?[ \t]+({_PART})",
    re.IGNORECASE,
)
_OWN_TONGUE = re.compile(rf"(?:{MY_NAME.pattern})({_PART})", re.IGNORECASE)
_OTHERS_WORD = re.compile(
    r"\b(?:think|thought|reckon|says?|said|sure|believe|guess|maybe|told me)[^.!?\n]{0,12}$",
    re.IGNORECASE,
)
_HERE = re.compile(
    rf"(?:^|[.!?,\n–-]|\b(?:hi|hello|hey))[ \t]*({_PART}(?:[ \t]+{_PART})?)[ \t]+"
    r"(?:here|speaking|writing|typing)\b",
    re.IGNORECASE,
)
_SAYS_ONE = re.compile(
    r"(?:^|[.!?,;\n–-]|\b(?:hi|hello|hey|hiya|yo|ok|alright|evening|morning))[ \t]*"
    r"(?:i['’]?m|i am|this is|it['’]?s|my names?(?: is)?)[ \t]+(?:me[ \t]+)?(?:again,?[ \t]+)?"
    rf"({_PART})\b(?!['’])(?=[ \t]*(?:[.,!;:\n(–-]|$|(?:from|at|again|here|on)\b|x+\b))",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[ \t.,:]*(?:$|\d|x+[ \t]*$)")
_TWO_WORDS = re.compile(rf"\W*({_TWO})")
_BEGINS = re.compile(rf"\W*({_TWO_CAPITALS})")
_ENDS = re.compile(rf"(?:[.!?,;\n–-][ \t]*)({_TWO_CAPITALS})[ \t.!x]*$")
_ENDS_SMALL = re.compile(rf"(?:[.!?,;\n–-][ \t]*)({_TWO})[ \t.!x]*$")
_ALONE = re.compile(rf"(?:[.!?\n–-][ \t]*)({_PART})[ \t.!x]*$")
_SIGNED = re.compile(
    rf"\b(?:{CLOSING}|cheers|from|love)[ \t]*[,.!–-]*\s*\b({_PART}(?:[ \t]+{_PART}){{0,2}})"
    r"[ \t.!x]*(?:\([^)\n]{1,60}\)?)?[ \t.!x]*$",
    re.IGNORECASE,
)
_HEADS = re.compile(
    r"\W*(?:(?:hi|hello|hey|hiya|morning|afternoon|evening|good)\W+){0,3}", re.IGNORECASE
)
_DOES = re.compile(
    r"[^.!?\n]{0,60}\b(?:is|was|has|had|keeps|lives|won['’]?t|owes|he|she|who)\b", re.IGNORECASE
)
_NOBODY = (
    NOT_NAMES
    | RANKS
    | frozenset(
        "advance lads guys folks gents ladies sir madam kind regards much many mate lot".split()  # noqa: SIM905
    )
)


def unclaimed(text: str, names: Sequence[Found], person: Person) -> bool:
    """Whether a name stands in the text that may be the writer's, and not this person's.

    Who has given the person's own name has no other: then only an introduction counts.
    """
    given = any(
        each.role is Whose.WRITER and " " in each.value and _is_theirs(each.value, person)
        for each in names
    )
    maybe = [] if given else [each.value for each in names if _may_be_writers(text, each)]
    written = _introduced(text) if given else _written(text)
    return any(not _is_theirs(each, person) for each in (*maybe, *written))


def _may_be_writers(text: str, name: Found) -> bool:
    """A name that is nobody's in particular, or that stands where people write their own."""
    if name.role is Whose.UNKNOWN:
        return True
    if name.role is not Whose.OTHER or " " not in name.value:
        return False
    if _HEADS.fullmatch(text, 0, name.span.start) and AFTER_HEAD.match(text, name.span.end):
        return _DOES.match(text, name.span.end) is None
    before = text[max(0, name.span.start - 24) : name.span.start]
    said = re.search(rf"{I_AM}[ \t]*:?[ \t]*$", before, re.IGNORECASE)
    return said is not None and starts_clause(before, said.start())


def _introduced(text: str) -> Iterator[str]:
    """What stands behind "I'm" or "name:" at the head of a clause; a likely name, anywhere."""
    for match in _SAYS_I_AM.finditer(text):
        if not is_quoted(text, match.start(1)) and (
            _begins_with_name(match[1]) or not _english(_first_if_titled(match[1]))
        ):
            yield match[1]
    for match in _INTRODUCED.finditer(text):
        said = text[max(0, match.start() - 24) : match.start()]
        theirs = is_quoted(text, match.start(1)) or _OTHERS_WORD.search(said)
        if not theirs and _like_a_name(match[1]):
            yield match[1]


def _introduced_alone(text: str) -> Iterator[str]:
    """One name behind "call me" or "it's", or before "here"."""
    small = _caseless(text)
    for match in (*_NAMED.finditer(text), *_OWN_TONGUE.finditer(text)):
        if (match[1][0].isupper() and not small) or _called_so(match[1]):
            yield from _if_own(text, match)
    for match in (*_SAYS_ONE.finditer(text), *_HERE.finditer(text)):
        if _called_so(match[1]):
            yield from _if_own(text, match)


def _if_own(text: str, match: re.Match[str]) -> Iterator[str]:
    if not is_quoted(text, match.start(1)) and not _nobody(match[1].split()[0]):
        yield match[1]


def _called_so(words: str) -> bool:
    """Whether somebody may be called by this: a first name, or no word at all."""
    first, *rest = fold(words).split() or [""]
    if first in FORENAMES:
        return not rest or not _english(" ".join(rest)) or rest[0] in SURNAME_BITS
    return not first or not _english(words)


def _first_if_titled(words: str) -> str:
    return words.split()[0] if words.istitle() else words


def _written(text: str) -> Iterator[str]:
    """What nobody knows as a name, but stands where people write theirs."""
    yield from _introduced(text)
    yield from _introduced_alone(text)
    lines = [line.strip(" .,!x") for line in text.split("\n", MOST_LINES)[:MOST_LINES]]
    for at, line in enumerate(lines):
        words = line.split()
        if len(words) not in (2, 3):
            continue
        capital = all(each[0].isupper() for each in words) and not _caseless(text)
        alone = (at or len(lines) == 1) and (_like(words) if capital else _like_a_name(line))
        if _begins_with_name(line) or alone:
            yield line
    yield from _at_head(text)
    yield from _at_end(text)


def _at_head(text: str) -> Iterator[str]:
    head = _TWO_WORDS.match(text)
    goes_on = head and AFTER_HEAD.match(text, head.end()) and not _DOES.match(text, head.end())
    if head and goes_on and (_begins_with_name(head[1]) or _unknown(head[1])):
        yield head[1]
    if _caseless(text):
        bare = head and _NUMBER.match(text, head.end())
        if head and (goes_on or bare) and _like_a_name(head[1]):
            yield head[1]
        return
    first = _BEGINS.match(text)
    if first and AFTER_HEAD.match(text, first.end()) and not _DOES.match(text, first.end()):
        yield from [] if _english(first[1].split()[0]) else [first[1]]


def _at_end(text: str) -> Iterator[str]:
    """The last words, as people sign: two behind a stop, or any behind "thanks"."""
    tail, small = max(0, len(text) - 140), _caseless(text)
    last = (_ENDS_SMALL if small else _ENDS).search(text, tail)
    if last and not is_quoted(text, last.start(1)):
        named = _like_a_name(last[1]) if small else not _english(last[1])
        yield from [last[1]] if named else []
    signed = _SIGNED.search(text, tail)
    if signed and not is_quoted(text, signed.start(1)):
        words = signed[1].split()
        capital = all(each[0].isupper() for each in words) and not small
        known = fold(words[0]) in FORENAMES - (frozenset() if small else AMBIGUOUS_FORENAMES)
        if (capital or known or _unknown(signed[1])) and not _nobody(words[0]):
            yield signed[1]
    alone = _ALONE.search(text, tail)
    if alone and fold(alone[1]) in FORENAMES - AMBIGUOUS_FORENAMES:
        yield from [] if is_quoted(text, alone.start(1)) else [alone[1]]


def _caseless(text: str) -> bool:
    """Whether capitals tell nothing: all small letters, or all large."""
    return text.islower() or text.isupper()


def _begins_with_name(words: str) -> bool:
    """Whether a first name that is no word stands before what may be a surname."""
    first, *rest = fold(words).split() or [""]
    if first not in FORENAMES or first in AMBIGUOUS_FORENAMES or not rest:
        return False
    return rest[0] in SURNAME_BITS or not _english(rest[0])


def _like_a_name(words: str) -> bool:
    """Whether two words where a name may stand are likelier one than anything else."""
    first, *rest = fold(words).split() or [""]
    if not rest or (first in NOT_NAMES | RANKS and first not in FORENAMES):
        return False
    unknown = any(not _english(each) for each in rest)
    surname = unknown or any(each in SURNAME_BITS for each in rest)
    if first in NOT_NAMES or len(first) == 1:
        return unknown
    known = first in FORENAMES or first in TITLES or not _english(first)
    return (known and surname) or (words.istitle() and not _english(first))


def _like(words: Sequence[str]) -> bool:
    first = fold(words[0])
    return first in TITLES or first in FORENAMES or not _english(first)


def _unknown(words: str) -> bool:
    """Whether neither of two words is English: "wei yilmaz, ring me"."""
    parts = fold(words).split()
    return len(parts) > 1 and len(parts[0]) > 1 and not _english(words)


def _english(words: str) -> bool:
    return bool(set(fold(words).split()) & (english_words() | NOT_NAMES | RANKS))


def _nobody(word: str) -> bool:
    """ "Thanks all": a word that nobody is called by."""
    folded = fold(word)
    return folded in _NOBODY or (folded in english_words() and folded not in FORENAMES)


def _is_theirs(value: str, person: Person) -> bool:
    """Whether a name may be this person's, in whatever order its parts are written."""
    known, words = names_of(person), fold(value).split()
    parts = {part for own in known for part in (own.forename, *own.middles, *own.surname)}
    return bool(words and parts.issuperset(words)) or any(
        compatible(parse_name(value), own) for own in known
    )
