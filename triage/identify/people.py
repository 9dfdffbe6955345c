"""Names in a text: by introductions, signatures, relations, and two capitals in a row."""

import re
from collections.abc import Iterator

from triage.found import Trait, Whose
from triage.identify.lexicon import PLACE_WORDS, RELATION, RELATION_WORDS, words
from triage.identify.namelist import FORENAMES, RANKS, TITLES
from triage.identify.names import CLAUSE_ENDS, TOKEN, WORD, Cue, Spotted, known_first, name_at
from triage.identify.naming import fold
from triage.identify.pieces import Page, Piece, Taken

GREETING = (
    r"(?:hi|hello|hey|hiya|heya|dear|morning|afternoon|evening|yo|sir|madam|there|all|police|folks"
    r"|guys|team|officers?|sal+a+m|assalamu|alaikum|ok|okay|yes|yeah|sorry|please|so|and|but|again)"
)
CLAUSE_START = re.compile(rf"(?:[.!?\n,;:()\x1f–—-]|\b{GREETING})[ \t]*$|^[ \t]*$", re.IGNORECASE)

HEAD = re.compile(rf"\W*(?:@?(?:{GREETING}|help|urgent|emergency|pls)\W+){{0,4}}", re.IGNORECASE)
"""What may stand before a name that heads a message."""

GREETED = re.compile(
    r"\b(?:hi|hello|hey|hiya|heya|morning|afternoon|evening|sal+a+m|alaikum)[ \t,.!–-]*$",
    re.IGNORECASE,
)
MY_NAME = re.compile(
    r"(?:\bm[ye][ \t]+(?:full |first |real |given |own )?name(?:['’]?s)?(?:[ \t]+(?:is|was))?"
    r"|(?:^|[\n,.;\x1f])[ \t]*(?:full )?name"
    r"|\bmy (?:contact )?details(?: are)?(?=[ \t]*[:=-])"
    r"|\b(?:reporting|writing|messaging) as"
    r"|\bi(?:[ \t]am|['’]?m)[ \t]+(?:called|named)|\bnazywam się|\bmam na imię|\bpisze"
    r"|\bмене звати|\bменя зовут|\bme llamo|\bmi nombre es|\bmeu nome é|\bje m['’]appelle"
    r"|\bm[aă] numesc|\bnumele meu (?:este|e)|\bmi chiamo|\bich hei(?:ß|ss)e|\bmein name ist"
    r"|\bmera naa?m|\b(?:benim )?ad[ıi]m)[ \t]*[:=,-]?[ \t]+",
    re.IGNORECASE,
)
MY_NAME_HINTS = (
    "name", "ing as", "details", "called", "call me", "nazywam", "imię", "pisze", "зва", "зову",
    "llamo",
    "nombre",
    "nome", "appelle", "num", "chiamo", "ich hei", "naam", "mera nam", "adım", "adim",
)  # fmt: skip
CALL_ME = re.compile(r"\bcall me[ \t]+(?=[^\W\d_])", re.IGNORECASE)
I_AM = re.compile(
    r"\b(?:i[ \t]?am|i['’]m|im|this is|it['’]?s(?: only| just)?(?: me)?(?: again)?,?|it is|це|tu"
    r"|jestem|soy|sou|je suis|sunt|sono|ich bin)[ \t]+(?=[^\W\d_])",
    re.IGNORECASE,
)
HIS_NAME = re.compile(
    r"\b(?:his|her|their|whose|the|suspects?|offenders?|victims?|perpetrators?"
    rf"|{RELATION}['’]?s|\w{{2,20}}['’]s)[ \t]+(?:full |first |real )?"
    r"name(?:['’]?s)?(?:[ \t]+(?:is|was))?[ \t]*[:=]?[ \t]+",
    re.IGNORECASE,
)
CALLED = re.compile(
    r"\b(?:called|named|known as|by the name of|goes by|(?:s?he|who)(?:['’]?s| is| was))[ \t]+",
    re.IGNORECASE,
)
THE_ONE = re.compile(
    r"\b(?:man|woman|lad|boy|girl|person|guy|bloke|one|driver|attacker|offender|suspect|dealer)\b"
    r"[^.!?\n]{0,40}?\b(?:is|was)[ \t]+(?=[^\W\d_])",
    re.IGNORECASE,
)
ASK_FOR = re.compile(
    r"\b(?:call|ring|phone|text|contact|ask for|speak (?:to|with))[ \t]+(?=[^\W\d_])", re.IGNORECASE
)
MY_EX = re.compile(
    rf"\b{RELATION}[ \t]*[,:(–-]?[ \t]*(?:(?:is|was|called|named)[ \t]+)?(?=[^\W\d_])",
    re.IGNORECASE,
)
RANKED = re.compile(
    rf"\b(?:{'|'.join(sorted(RANKS, key=len, reverse=True))})\.?[ \t]+(?:\d{{1,6}}[ \t]+)?"
    r"[A-Z][\w'’-]{1,24}(?:[ \t]+[A-Z][\w'’-]{1,24})?",
    re.IGNORECASE,
)
HERE = re.compile(
    r"[ \t](?:here|speaking|again|calling|messaging|writing|typing|reporting|from)\b", re.IGNORECASE
)
HERE_WORDS = words("here speaking again calling messaging writing typing reporting from")
THEY_AFTER = re.compile(
    rf"[ \t]*[,(–-]?[ \t]*(?:(?:is|was)[ \t]+)?(?:my|his|her|our|the|an?)[ \t]+"
    rf"(?:\w{{1,20}}[ \t]+)?{RELATION}\b|[ \t]*[,.–-]?[ \t]*(?:s?he|who|they|lives|works|did)\b",
    re.IGNORECASE,
)
POINTING = re.compile(
    r"\b(?:who|know|knew|think|thought|reckon|sure|saw|seen|looks|left|right|photo|pic|video|cctv"
    r"|that|him|her|he|she)\b",
    re.IGNORECASE,
)
FIRST_PERSON = re.compile(r"\b(?:me|my|i|i['’]m|im|us|we|our)\b", re.IGNORECASE)
CLOSING = (
    r"(?:kind regards|best regards|warm regards|regards|many thanks|thanks(?: again| so much)?"
    r"|thank you|thankyou|thx|tnx|cheers|ta|yours(?: (?:sincerely|faithfully|truly))?"
    r"|best(?: wishes)?|sincerely|love|from|signed|kr|br|dzi[eę]kuj[eę]|pozdrawiam)"
)
SIGNED = re.compile(
    rf"\b{CLOSING}[ \t]*(?:[,.!\n–-][ \t\n]*){{1,4}}(?P<it>{WORD}(?:[ \t]{WORD}){{0,3}})"
    r"(?=[ \t]*(?:[x.,!❤\U0001f300-\U0001faff]|\([^)\n]{2,8}\)){0,4}[ \t]*(?:$|\n))",
    re.IGNORECASE,
)
LAST_WORDS = re.compile(
    rf"(?:^|[.!?,\n\d)\x1f–—~-])[ \t]*(?P<it>{WORD}(?:[ \t]{WORD}){{0,3}})"
    r"[ \t]*(?:x{1,3}|[.!❤\U0001f300-\U0001faff]){0,4}$"
)
CAPITAL = r"[A-ZÀ-ÖØ-ÞĀ-ŽЀ-Я][^\W\d_]{0,30}(?:['’.-][^\W\d_]{1,30}){0,3}"
FREE = re.compile(rf"(?<![\w@#'’-]){CAPITAL}\.?(?:[ \t]+{CAPITAL}\.?){{1,4}}")


_OF_OTHERS = (
    (words("called named known by goes he she hes shes who whos he's she's who's"), CALLED),
    (words("call ring phone text contact ask speak"), ASK_FOR),
    (words("is was"), THE_ONE),
    (RELATION_WORDS, MY_EX),
)
"""Patterns of whom is spoken of, each with the words one of which stands in every match."""


def spot_names(page: Page) -> list[Piece]:
    """Names with the role that the words around them give; None where they give none."""
    text = page.left
    taken = Taken(len(text))
    if page.words & RANKS:
        for match in RANKED.finditer(text):
            taken.take(*match.span())
    found: list[Piece] = []
    for source in (_introduced, _related, _signed, _speaking, _listed, _heading, _free):
        for piece in source(page, text):
            if taken.free(piece):
                found.append(piece)
                taken.take(piece.start, piece.end)
    return found


def starts_clause(text: str, start: int) -> bool:
    """Whether nothing but a greeting stands between the last stop and `start`."""
    return CLAUSE_START.search(text[max(0, start - 16) : start]) is not None


# --- who speaks -----------------------------------------------------------------------------------


def _introduced(page: Page, text: str) -> Iterator[Piece]:
    """ "My name is", "I'm", "this is"."""
    if page.has(*MY_NAME_HINTS):
        for match in MY_NAME.finditer(text):
            spotted = name_at(text, match.end(), Cue.SURE)
            if spotted:
                yield spotted.piece(Whose.WRITER)
    for match in CALL_ME.finditer(text) if page.has("call me") else ():
        spotted = name_at(text, match.end(), Cue.LOOSE)
        if spotted:
            yield spotted.piece(Whose.WRITER)
    for match in I_AM.finditer(text):
        spotted = name_at(text, match.end(), _cue(text, match))
        if spotted and _says_i(match):
            yield spotted.piece(Whose.WRITER)
        elif spotted and starts_clause(text, match.start()):
            yield spotted.piece(_pointed_at(text, match, spotted))


def _cue(text: str, match: re.Match[str]) -> Cue:
    """After a greeting, "this is" and a capital promise a name we need not know."""
    greeted = GREETED.search(text[max(0, match.start() - 16) : match.start()])
    return Cue.GREETED if greeted else Cue.LOOSE


def _says_i(match: re.Match[str]) -> bool:
    """ "I'm" says who speaks wherever it stands; "it's" and "this is" where a clause starts."""
    return match[0][0] in "iI" and match[0][:2].lower() != "it"


def _pointed_at(text: str, match: re.Match[str], spotted: Spotted) -> Whose:
    """ "This is" may introduce the writer, or point at somebody: "it's Corey Vane, he lives at".

    With a first name alone it is the writer who is in a hurry: "its jade hes at the door".
    """
    sentence = re.split(r"[.!?\n]", text[max(0, match.start() - 60) : match.start()])[-1]
    if POINTING.search(sentence):
        return Whose.OTHER
    told = THEY_AFTER.match(text, spotted.end)
    if told is None or " " not in spotted.value:
        return Whose.WRITER
    of_me = FIRST_PERSON.search(text, told.end(), told.end() + 60)
    return Whose.WRITER if of_me else Whose.OTHER


def _signed(page: Page, text: str) -> Iterator[Piece]:
    """ "Thanks, Jade x", or a name alone at the end."""
    tail = max(0, len(text) - 400)
    for match in SIGNED.finditer(text, tail):
        spotted = name_at(text, match.start("it"), Cue.SURE)
        if spotted and match.end("it") - spotted.end <= 2:
            yield spotted.piece(Whose.WRITER)
            return
    stripped = text[tail:].rstrip()
    last = LAST_WORDS.search(stripped, max(0, len(stripped) - 80))
    if last and stripped[last.start("it")].isupper():
        spotted = name_at(text, tail + last.start("it"), Cue.LOOSE)
        if spotted and spotted.end >= tail + last.end("it") - 2:
            yield spotted.piece(None)


def _speaking(page: Page, text: str) -> Iterator[Piece]:
    """ "Harjit Gill here"; "Lucy from the Courier" at the beginning."""
    if page.words & HERE_WORDS:
        for match in HERE.finditer(text):
            spotted = _name_before(text, match.start(), least=1)
            from_there = match[0].lower().endswith("from")
            if spotted is None or not known_first(spotted.value):
                continue
            if not from_there or HEAD.fullmatch(text, 0, spotted.start):
                yield spotted.piece(Whose.WRITER)


def _listed(page: Page, text: str) -> Iterator[Piece]:
    """A full name right before a phone, a date or an address, where a clause begins with it."""
    for piece in page.pieces:
        if piece.kind is not Trait.HANDLE:
            before = text[max(0, piece.start - 6) : piece.start]
            gap = len(before) - len(before.rstrip(" \t,:;(–-"))
            spotted = _name_before(text, piece.start - gap, least=2)
            if spotted:
                yield spotted.piece(None)


def _heading(page: Page, text: str) -> Iterator[Piece]:
    """A full name that heads a message, in small letters too."""
    start = HEAD.match(text)
    spotted = name_at(text, start.end(), Cue.LOOSE) if start else None
    if spotted and " " in spotted.value and CLAUSE_ENDS.match(text, spotted.end):
        yield spotted.piece(None)


def _name_before(text: str, end: int, *, least: int) -> Spotted | None:
    """The name of `least` to three words that ends at `end` and begins a clause."""
    tokens = list(TOKEN.finditer(text, max(0, end - 60), end))
    for token in tokens[-3 : len(tokens) - least + 1]:
        if starts_clause(text, token.start()):
            spotted = name_at(text, token.start(), Cue.LOOSE)
            if spotted and spotted.end >= end - 1:
                return spotted
    return None


# --- who is spoken of -----------------------------------------------------------------------------


def _related(page: Page, text: str) -> Iterator[Piece]:
    """ "My ex Darren Pike", "his name is", "a man called"."""
    if page.has("name"):
        for match in HIS_NAME.finditer(text):
            spotted = name_at(text, match.end(), Cue.SURE)
            if spotted:
                yield spotted.piece(Whose.OTHER)
    for pattern in (pattern for hints, pattern in _OF_OTHERS if page.words & hints):
        for match in pattern.finditer(text):
            spotted = name_at(text, match.end(), Cue.LOOSE)
            if spotted:
                yield spotted.piece(Whose.OTHER)


def _free(page: Page, text: str) -> Iterator[Piece]:
    """Two capitals in a row of which the first is a first name or a title."""
    for match in FREE.finditer(text):
        words = list(TOKEN.finditer(text, match.start(), match.end()))
        for word in words[:-1]:
            if fold(word[0]) not in FORENAMES and fold(word[0]) not in TITLES:
                continue
            spotted = name_at(text, word.start(), Cue.LOOSE)
            if spotted and " " in spotted.value and not _a_place(spotted.value):
                yield spotted.piece(None)
            break


def _a_place(value: str) -> bool:
    return fold(value.rsplit(maxsplit=1)[-1]) in PLACE_WORDS
