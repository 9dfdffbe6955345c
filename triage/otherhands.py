"""Signs in a text that somebody else than the person confirmed for the account may be writing.

None proves anything, and few writers say outright that they are somebody else. A sign costs one
question; a sign overlooked shows one person's life to another.
"""

import re
from collections.abc import Iterator, Sequence

from triage.blocking import names_of
from triage.found import Found, Identifiers, Place, Trait, Whose
from triage.identify.lexicon import KIN, NOT_NAMES, english_words
from triage.identify.namelist import AMBIGUOUS_FORENAMES, FORENAMES, RANKS, SURNAME_BITS
from triage.identify.naming import fold, parse_name
from triage.identify.people import starts_clause
from triage.identify.quoting import is_quoted
from triage.identify.speaker import compatible
from triage.model import Person

NAMED = "the text names this person, and not as its writer"
UNCLAIMED = "a name stands in the text that may be the writer's"
RELATIVE = "the writer says to be somebody's relative or to stand in for them"
ACCOUNT = "the text speaks of the account or device it came from"
DENIED = "the writer says not to be the one we take them for"

OTHER_HANDS = (NAMED, UNCLAIMED, RELATIVE, ACCOUNT, DENIED)

_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]{2,})*")
_I_AM = (
    r"(?:\bi['’]?m|\bi am|\bim|\bit['’]?s(?: only)?|\bit is|\bthis is|\bmy name(?:['’]?s| is)?"
    r"|\bname(?:['’]?s)?|\bcall me"
    r"|\b(?:me(?: down)?|reporting|writing|texting) as|\bunder|\bcontact)"
)
_OWN_WORDS = re.compile(rf"{_I_AM}[ \t]*:?[ \t]*$", re.IGNORECASE)
_SAYS_I_AM = re.compile(
    rf"(?:^|[.!?,;\n(–-]|\b(?:hi|hello|and|but|details))[ \t]*{_I_AM}[ \t]*:?[ \t]+"
    r"([^\W\d_]+[ \t]+[^\W\d_]+(?:[-'’][^\W\d_]+)*)",
    re.IGNORECASE,
)
_INTRODUCED = re.compile(
    rf"{_I_AM}[ \t]*:?[ \t]+([^\W\d_]+[ \t]+[^\W\d_]+(?:[-'’][^\W\d_]+)*)", re.IGNORECASE
)
_OTHERS_WORD = re.compile(
    r"\b(?:think|thought|reckon|says?|said|sure|believe|guess|maybe|told me)[^.!?\n]{0,12}$",
    re.IGNORECASE,
)
_TWO_CAPITALS = r"[A-ZÀ-ÖØ-ÞĀ-Ž][^\W\d_]+(?:[ \t]+[A-ZÀ-ÖØ-ÞĀ-Ž][^\W\d_]+(?:[-'’][^\W\d_]+)*){1,2}"
_TWO_WORDS = re.compile(r"\W*([^\W\d_]+[ \t]+[^\W\d_]+(?:[-'’][^\W\d_]+)*)")
MOST_LINES = 40
_BEGINS = re.compile(rf"\W*({_TWO_CAPITALS})")
_ENDS = re.compile(rf"(?:[.!?,;\n–-][ \t]*)({_TWO_CAPITALS})[ \t.!x]*$")
_AFTER_OWN = re.compile(r"\s+(?:here|speaking|again|is (?:my|the) name)\b", re.IGNORECASE)
_NOT_OWN = re.compile(
    r"\b(?:not|isn['’]?t|no|for|behalf of|instead of|about|with|to|than|(?<!name )of)[ \t]+$",
    re.IGNORECASE,
)
_HEADS = re.compile(
    r"\W*(?:(?:hi|hello|hey|hiya|morning|afternoon|evening|good)\W+){0,3}", re.IGNORECASE
)
_AFTER_HEAD = re.compile(
    r"[ \t]*[,(:/–-][ \t]*(?!(?:my|his|her|our|the|an?|who)\b)"
    r"|[ \t]+(?:on|from|for|at|covering|writing|calling|with)\b",
    re.IGNORECASE,
)
_DOES = re.compile(
    r"[^.!?\n]{0,60}\b(?:is|was|has|had|keeps|lives|won['’]?t|owes|he|she|who)\b", re.IGNORECASE
)
_DEVICE = (
    r"(?:account|acc|acct|profile|page|login|phone|mobile|handset|tablet|ipad|laptop|computer|number"
    r"|sim)\b"
)
_ACCOUNT = re.compile(
    r"\bthis (?:old )?(?:account|acc|acct|profile|page|login|handset|tablet|ipad|laptop)\b"
    rf"|\b(?:had|got|bought|given|have|use|using) (?:this|the same) (?:\w+ )?{_DEVICE}"
    r"[^.!?\n]{0,20}\b(?:since|from|off|for|until|now)\b"
    rf"|\b(?:lent|lend|borrow(?:s|ed|ing)?|shares?|sharing|picked up|logged|took over"
    r"|taken over|found|handed|new owner|previous owner|passed)\b[^.!?\n]{0,25}"
    rf"\b(?:this|the|her|his|their|s|on) (?:\w+ )?{_DEVICE}"
    r"|\b(?:account|number|sim) (?:was|went|came) (?:up )?(?:for sale|sold|with the phone)\b"
    r"|\b(?:bought|inherited) this (?:account|number|sim)\b"
    r"|\bleft (?:this|it|me|himself|herself|themselves) (?:logged|signed)\b",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    rf"(?:^|[.!?,;\n]|\b(?:hi|hello|sorry|and|but))[ \t]*\b(?:i['’]?m|i am|this is|it['’]?s)[ \t]+"
    rf"(?:only[ \t]+)?(?:(?:the|his|her|their|your)[ \t]+)?{KIN}\b(?![ \t]+(?:of|to|and)\b)"
    r"|\bi (?:speak|write|am writing|am speaking) for (?:him|her|them|my)\b",
    re.IGNORECASE,
)
_STILL = re.compile(r"\bstill (?:me|mine)\b", re.IGNORECASE)
_DENIED = re.compile(
    r"\bwrong (?:person|account|number|one|lad|lass|girl|boy|man|woman|guy|bloke|name)\b"
    r"|\b(?:mixed|mixing) (?:me|us) up\b|\bnot the (?:person|one|man|woman)\b"
    r"|\b(?:someone|somebody) else(?:['’]s)? (?:account|profile|phone|number|name|details)\b"
    r"|\b(?:that|it) (?:wasn['’]?t|was not|isn['’]?t|is not) me\b|\bthat is not my name\b"
    r"|\bi never (?:reported|spoke|wrote|contacted|gave|said|asked)\b"
    r"|\bnever (?:contacted|messaged|written to|spoken to) (?:you|the police)\b"
    r"|\b(?:ignore|forget|never mind) the (?:name|picture|photo) (?:at|on|up)\b"
    r"|\bconfus(?:ed|ing) me with\b|\bno idea who (?:that|this) is\b"
    r"|\bfirst time (?:i['’]?ve|i have|i|writing|messaging|contacting)\b",
    re.IGNORECASE,
)


def other_hands(text: str, identifiers: Identifiers, person: Person) -> Iterator[str]:
    """What makes one ask who is writing; nothing of what was written is repeated."""
    told = [
        each
        for each in identifiers.found
        if each.place is Place.TEXT and not is_quoted(text, each.span.start)
    ]
    names = [each for each in told if each.kind is Trait.NAME]
    written = [each for each in told if each.kind in (Trait.EMAIL, Trait.HANDLE)]
    if _names_person(
        text, [*written, *(one for one in names if _is_told(text, one, person))], person
    ):
        yield NAMED
    maybe = [each.value for each in names if _may_be_writers(text, each)]
    if any(not _is_theirs(each, person) for each in (*maybe, *_written_as_names(text))):
        yield UNCLAIMED
    if _says(_ACCOUNT, text) and not _STILL.search(text):
        yield ACCOUNT
    if _says(_RELATIVE, text):
        yield RELATIVE
    if _says(_DENIED, text):
        yield DENIED


def _says(pattern: re.Pattern[str], text: str) -> bool:
    return any(not is_quoted(text, match.start()) for match in pattern.finditer(text))


# --- the person's own name ------------------------------------------------------------------------


def _names_person(text: str, told: Sequence[Found], person: Person) -> bool:
    """Whether a first name of theirs stands where nobody writes their own."""
    firsts, lasts = _firsts(person), set(fold(person.surname).split())
    for word in _WORD.finditer(text):
        if fold(word[0]) not in firsts:
            continue
        after = _WORD.match(text, word.end() + 1)
        full = after is not None and bool(lasts & set(fold(after[0]).split()))
        denied = _NOT_OWN.search(text[max(0, word.start() - 24) : word.start()])
        plain = not (word[0][0].isupper() or full or denied)
        if plain and fold(word[0]) in AMBIGUOUS_FORENAMES:
            continue
        if any(each.span.start <= word.start() < each.span.end for each in told):
            continue
        end = after.end() if after and full else word.end()
        if not _as_own(text, word.start(), end) and not is_quoted(text, word.start()):
            return True
    return False


def _firsts(person: Person) -> frozenset[str]:
    names = [fold(each).split() for each in (person.forename, person.preferred_name)]
    return frozenset(name[0] for name in names if name and len(name[0]) > 2)


def _is_told(text: str, name: Found, person: Person) -> bool:
    """The writer's own, an officer's, or somebody's who only shares the first name."""
    if name.role is Whose.OFFICER:
        return True
    if name.role is Whose.WRITER:
        return not _NOT_OWN.search(text[max(0, name.span.start - 24) : name.span.start])
    parsed = parse_name(name.value)
    return bool(set(parsed.surname) - english_words()) and not any(
        set(parsed.surname) & set(fold(each).split()) for each in (person.surname, *person.aliases)
    )


def _as_own(text: str, start: int, end: int) -> bool:
    """ "It's Liam", "Liam here", "name: Liam", or with nothing behind it, as people sign."""
    before = text[max(0, start - 24) : start]
    if _NOT_OWN.search(before):
        return False
    if _OWN_WORDS.search(before) or _AFTER_OWN.match(text, end):
        return True
    opens = before.rstrip(" \t")[-1:] in ("", ".", "!", "?", ",", "\n", "-", "–", ":")
    closes = text[end : end + 1] in (".", "!", "\n") or not text[end:].strip(" ?xX,")
    return opens and (closes or _AFTER_HEAD.match(text, end) is not None)


# --- another name ---------------------------------------------------------------------------------


def _may_be_writers(text: str, name: Found) -> bool:
    """A name that is nobody's in particular, or that stands where people write their own."""
    if name.role is Whose.UNKNOWN:
        return True
    if name.role is not Whose.OTHER or " " not in name.value:
        return False
    if _HEADS.fullmatch(text, 0, name.span.start) and _AFTER_HEAD.match(text, name.span.end):
        return _DOES.match(text, name.span.end) is None
    before = text[max(0, name.span.start - 24) : name.span.start]
    said = _OWN_WORDS.search(before)
    return said is not None and starts_clause(before, said.start())


def _introduced(text: str) -> Iterator[str]:
    """What stands behind "I'm" or "name:" at the head of a clause; a first name's, anywhere."""
    for match in _SAYS_I_AM.finditer(text):
        if is_quoted(text, match.start(1)):
            continue
        words = match[1].split() if match[1].istitle() else [match[1]]
        if _begins_with_name(match[1]) or not _english(words[0]):
            yield match[1]
    for match in _INTRODUCED.finditer(text):
        said = text[max(0, match.start() - 24) : match.start()]
        theirs = is_quoted(text, match.start(1)) or _OTHERS_WORD.search(said)
        if _begins_with_name(match[1]) and not theirs:
            yield match[1]


def _written_as_names(text: str) -> Iterator[str]:
    """What nobody knows as a name, but stands where people write theirs."""
    yield from _introduced(text)
    for line in text.split("\n", MOST_LINES)[:MOST_LINES]:
        words = line.strip(" .,!x").split()
        if len(words) in (2, 3) and _begins_with_name(" ".join(words)):
            yield " ".join(words)
    head = _TWO_WORDS.match(text)
    if head and _begins_with_name(head[1]) and _AFTER_HEAD.match(text, head.end()):
        yield from [] if _DOES.match(text, head.end()) else [head[1]]
    first = _BEGINS.match(text)
    if first and _AFTER_HEAD.match(text, first.end()) and not _DOES.match(text, first.end()):
        named = not _english(first[1].split()[0]) and not text.isupper()
        yield from [first[1]] if named else []
    last = _ENDS.search(text, max(0, len(text) - 80))
    if last and not _english(last[1]) and not text.isupper() and not is_quoted(text, last.start(1)):
        yield last[1]


def _begins_with_name(words: str) -> bool:
    """Whether a first name that is no word stands before what may be a surname."""
    first, *rest = fold(words).split() or [""]
    if first not in FORENAMES or first in AMBIGUOUS_FORENAMES or not rest:
        return False
    return rest[0] in SURNAME_BITS or not _english(rest[0])


def _english(words: str) -> bool:
    return bool(set(fold(words).split()) & (english_words() | NOT_NAMES | RANKS))


def _is_theirs(value: str, person: Person) -> bool:
    """Whether a name may be this person's."""
    return any(compatible(parse_name(value), known) for known in names_of(person))
