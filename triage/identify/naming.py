"""Names of people: taken apart, folded to plain letters, and compared."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from triage.identify.namelist import NICKNAMES, PARTICLES, TITLES

_LETTERS = str.maketrans(
    {
        "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th",
        "ı": "i", "ħ": "h", "ŋ": "n",
        "а": "a", "б": "b", "в": "v", "г": "h", "ґ": "g", "д": "d", "е": "e", "є": "ie",
        "ж": "zh", "з": "z", "и": "y", "і": "i", "ї": "i", "й": "i", "к": "k", "л": "l",
        "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u",
        "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ь": "", "ъ": "",
        "ы": "y", "э": "e", "ю": "iu", "я": "ia", "ё": "e",
        "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th",
        "ι": "i", "κ": "k", "λ": "l", "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p",
        "ρ": "r", "σ": "s", "ς": "s", "τ": "t", "υ": "y", "φ": "f", "χ": "ch", "ψ": "ps",
        "ω": "o",
    }
)  # fmt: skip
_APOSTROPHES = re.compile(r"['’‘`ʼ´.]")
_NOT_LETTERS = re.compile(r"[^a-z]+")
_SOUND_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"^(?:mac|mc)(?=[^aeiou]|[aeiou])", "mk"),
        (r"^(?:kn|gn|pn)", "n"),
        (r"^wr", "r"),
        (r"^(?:al|el)(?=[bcdfgjkmnpqrstvwz])", ""),
        (r"s?ch|s[zh]|c[zh]", "s"),
        (r"ph|v", "f"),
        (r"gh|(?<=[aeiou])w|(?<=.)h", ""),
        (r"ck|q|c(?![eiy])", "k"),
        (r"x", "ks"),
        (r"[cz]", "s"),
        (r"m[pb](?=[^aeiou])", "m"),
        (r"(?<=.)[aeiouy]+", ""),
        (r"^[aeiouy]+", "a"),
        (r"(.)\1+", r"\1"),
    )
)

_PET_FORM = re.compile(r"(?:y|ie|ey)$")
"""Of "Gurpy" for Gurpreet, "Terry" for Terence."""

SIMILAR = 0.92
FEWEST_SHARED = 1.599
"""Of the letters of both: with fewer in common, closeness stays under `SIMILAR` in any order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name in parts, folded: lower case, plain letters, no apostrophes or hyphens.

    `surname` has the parts of a double name (`("doyle", "marsh")`); any part may be missing.
    """

    title: str = ""
    forename: str = ""
    middles: tuple[str, ...] = ()
    surname: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        """The surname in one word, as keys write it."""
        return "".join(self.surname)

    @property
    def full(self) -> bool:
        """Whether there is a first name and a surname."""
        return bool(self.forename and self.surname)


@lru_cache(maxsize=20_000)
def fold(text: str) -> str:
    """Lower case in plain Latin letters, words one blank apart: `Łukasz O'Neill` → `lukasz oneill`.

    Cyrillic and Greek are transliterated; what cannot be written in Latin letters is left out.
    """
    plain = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS)).translate(_LETTERS)
    plain = "".join(each for each in plain if not unicodedata.combining(each))
    return _NOT_LETTERS.sub(" ", _APOSTROPHES.sub("", plain)).strip()


@lru_cache(maxsize=20_000)
def parse_name(text: str) -> Name:
    """A written name in parts. One word is a first name, unless a title stands before it."""
    if text.count(",") == 1:
        last, first = text.split(",")
        text = f"{first} {last}" if fold(first) else last
    words = [fold(word) for word in text.split()]
    words = [word for word in words if word]
    title = words.pop(0) if words and words[0] in TITLES else ""
    while words and words[0] in TITLES:
        words.pop(0)
    if not words:
        return Name(title=title)
    if len(words) == 1:
        parts = tuple(words[0].split())
        return Name(title=title, surname=parts) if title else Name(forename=words[0])
    start = _surname_start(words)
    return Name(
        title=title,
        forename=words[0],
        middles=tuple(words[1:start]),
        surname=tuple(part for word in words[start:] for part in word.split()),
    )


def _surname_start(words: list[str]) -> int:
    """Where the surname begins: at a particle (`de Souza`), else at the last word."""
    for index in range(1, len(words) - 1):
        if words[index] in PARTICLES:
            return index
    return len(words) - 1


@lru_cache(maxsize=20_000)
def stands_for(forename: str) -> frozenset[str]:
    """The first names a folded one may stand for: `mo` → mohammed, maureen."""
    return NICKNAMES.get(forename, frozenset({forename}))


def forenames_agree(one: str, other: str) -> bool:
    """Whether two folded first names may be one person's: the same, a nickname, a short form."""
    if one == other or stands_for(one) & stands_for(other):
        return True
    short, long = sorted((one, other), key=len)
    if 3 <= len(short) <= 4 and len(long) - len(short) >= 2 and long.startswith(short):
        return True
    stem = _PET_FORM.sub("", short)
    return 4 <= len(stem) < len(short) and long.startswith(stem)


@lru_cache(maxsize=20_000)
def sound(word: str) -> str:
    """How a folded surname sounds, roughly: `thompson` and `thomson` are the same."""
    key = word.replace(" ", "")
    for pattern, replacement in _SOUND_RULES:
        key = pattern.sub(replacement, key)
    return key


def similar(one: str, other: str) -> bool:
    """Whether two folded names may be one name with a slip of the pen."""
    if min(len(one), len(other)) < 4 or abs(len(one) - len(other)) > 2:
        return False
    shared = sum([min(one.count(letter), other.count(letter)) for letter in set(one)])
    if shared / len(one) + shared / len(other) < FEWEST_SHARED:
        return False
    return closeness(one, other) >= SIMILAR


@lru_cache(maxsize=20_000)
def closeness(one: str, other: str) -> float:
    """Jaro-Winkler similarity in [0, 1]. For short words: the cost is the product of lengths."""
    if one == other:
        return 1.0
    if not one or not other:
        return 0.0
    mine, theirs = _common(one, other), _common(other, one)
    if not mine:
        return 0.0
    crossed = sum(a != b for a, b in zip(mine, theirs, strict=False)) / 2
    count = len(mine)
    jaro = (count / len(one) + count / len(other) + (count - crossed) / count) / 3
    prefix = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 4)
    return jaro + min(prefix, 4) * 0.1 * (1 - jaro)


def _common(one: str, other: str) -> str:
    reach = max(max(len(one), len(other)) // 2 - 1, 0)
    left = list(other)
    found = []
    for index, letter in enumerate(one):
        start = max(0, index - reach)
        for place in range(start, min(index + reach + 1, len(left))):
            if left[place] == letter:
                found.append(letter)
                left[place] = ""
                break
    return "".join(found)
