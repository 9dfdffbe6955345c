"""What is a name: the words at a place of a text that can be one."""

import re
from dataclasses import dataclass
from enum import Enum

from triage.found import Trait, Whose
from triage.identify.lexicon import NOT_NAMES, PLACE_WORDS, RELATION, SURNAMES_TOO
from triage.identify.namelist import AMBIGUOUS_FORENAMES, FORENAMES, PARTICLES, RANKS, TITLES
from triage.identify.naming import fold
from triage.identify.pieces import Piece

WORD = r"[^\W\d_]{1,30}(?:['’.-][^\W\d_]{1,30}){0,3}\.?"
RUN = re.compile(rf"{WORD}(?:[ \t]{{1,3}}{WORD}){{0,5}}")
TOKEN = re.compile(WORD)
RELATED = re.compile(rf"{RELATION}s?", re.IGNORECASE)
VERBAL = re.compile(r"(?:[a-z]{3}ing|ed|ly)$")
SPEAKS = re.compile(r"[ \t]+(?:here(?=[ \t]*(?:$|[,.!\n]))|(?:speaking|calling|from)\b)")
CLAUSE_ENDS = re.compile(r"[ \t]*(?:$|[,.!\n\x1f]|here\b|from\b)")


class Cue(Enum):
    """How much the words before a name promise."""

    SURE = "sure"  # "my name is": whatever comes
    GREETED = "greeted"  # "Hi, this is": a capital is enough if the clause ends behind it
    LOOSE = "loose"  # "I'm", "this is", "my ex": only what looks like a name


@dataclass(frozen=True, slots=True, kw_only=True)
class Spotted:
    """A name as it stands in a text. `possessive` if something of theirs follows: "Dean's mum"."""

    value: str
    start: int
    end: int
    possessive: bool = False

    def piece(self, role: Whose | None) -> Piece:
        """The name as a piece of somebody; what belongs to a name is not the name's owner."""
        whose = Whose.OTHER if self.possessive else role
        return Piece(kind=Trait.NAME, value=self.value, start=self.start, end=self.end, role=whose)


def name_at(text: str, start: int, cue: Cue) -> Spotted | None:
    """The name that begins at `start`, if the words there make one."""
    run = RUN.match(text, start)
    if run is None:
        return None
    tokens = list(TOKEN.finditer(text, run.start(), run.end()))
    taken = _take(tokens, shouting=_shouting(text, run))
    if not taken or not _plausible(taken, cue, text):
        return None
    last = taken[-1]
    possessive = last[0].endswith(("'s", "’s", "'", "’"))
    end = last.end() - (len(last[0]) - len(_bare(last[0])))
    return Spotted(value=_written(taken), start=taken[0].start(), end=end, possessive=possessive)


def _shouting(text: str, run: re.Match[str]) -> bool:
    """Whether everything around is in capitals, so that capitals say nothing."""
    around = text[max(0, run.start() - 30) : run.end() + 30]
    return around.isupper() and len(around) > 20


def _take(tokens: list[re.Match[str]], *, shouting: bool) -> list[re.Match[str]]:
    """The tokens that belong to the name."""
    taken: list[re.Match[str]] = []
    for index, token in enumerate(tokens[:5]):
        capital = token[0][0].isupper() and not shouting
        if not _belongs(token, taken, capital=capital, shouting=shouting, rest=tokens[index + 1 :]):
            break
        taken.append(token)
        if token[0] != _bare(token[0]) and fold(token[0]) not in TITLES and len(token[0]) > 2:
            break
    while taken and fold(taken[-1][0]) in PARTICLES and len(taken) > 1:
        taken.pop()
    return taken


def _belongs(
    token: re.Match[str],
    taken: list[re.Match[str]],
    *,
    capital: bool,
    shouting: bool,
    rest: list[re.Match[str]],
) -> bool:
    word = fold(_bare(token[0]))
    first = not [each for each in taken if fold(each[0]) not in TITLES]
    if not word or word in RANKS or (RELATED.fullmatch(word) and not capital):
        return False
    if word in TITLES:
        return not taken
    if len(word) == 1:
        initial = token[0].endswith(".") or word not in "aio"
        return capital and token[0][0].isascii() and initial
    if word in NOT_NAMES and not (not first and capital and word in SURNAMES_TOO):
        return False
    if first or capital:
        return True
    if taken[-1][0][0].isupper() and not shouting:
        return word in PARTICLES and bool(rest) and rest[0][0][0].isupper()
    return _lower_surname(token, taken, rest)


def _lower_surname(
    token: re.Match[str], taken: list[re.Match[str]], rest: list[re.Match[str]]
) -> bool:
    """Whether a small word behind a small first name is a surname: the clause ends behind it."""
    word = fold(_bare(token[0]))
    if len(taken) >= 3 or len(word) < 2 or VERBAL.search(word):
        return word.endswith("ly") and fold(taken[0][0]) in FORENAMES and not rest
    if word in PARTICLES:
        return bool(rest)
    if not rest or token.end() < rest[0].start() - 1 or token[0].endswith("."):
        return True
    following = fold(rest[0][0])
    return following in NOT_NAMES or following in {"here", "dob", "speaking"}


def _plausible(taken: list[re.Match[str]], cue: Cue, text: str) -> bool:
    words = [fold(_bare(token[0])) for token in taken]
    if words[0] in TITLES:
        return len(words) > 1
    if cue is Cue.SURE:
        return True
    if words[0].split()[0] in FORENAMES:
        capital = taken[0][0][0].isupper()
        return capital or words[0] not in AMBIGUOUS_FORENAMES or _stands_alone(taken, text)
    capitals = all(token[0][0].isupper() for token in taken)
    if len(words) == 1 and capitals and len(words[0]) > 2 and words[0] not in PLACE_WORDS:
        ends = cue is Cue.GREETED and CLAUSE_ENDS.match(text, taken[-1].end())
        return bool(ends) or SPEAKS.match(text, taken[-1].end()) is not None
    return len(words) > 1 and capitals and not any(word in PLACE_WORDS for word in words)


def _stands_alone(taken: list[re.Match[str]], text: str) -> bool:
    return CLAUSE_ENDS.match(text, taken[-1].end()) is not None


def _bare(token: str) -> str:
    """A word without the dot or the possessive at its end."""
    for ending in (".", "'s", "’s", "'", "’"):
        token = token.removesuffix(ending)
    return token


def _written(taken: list[re.Match[str]]) -> str:
    words = [_bare(token[0]) for token in taken]
    if fold(words[0]) in TITLES and len(words) > 2:
        words = words[1:]
    if any(not word.isupper() and not word.islower() for word in words):
        return " ".join(word.title() if word.isupper() else word for word in words)
    return " ".join(word.title() for word in words)


def known_first(value: str) -> bool:
    """Whether a name begins with a first name we know, or a title."""
    first = fold(value.split()[0]).split()
    return bool(first) and (first[0] in FORENAMES or first[0] in TITLES)
