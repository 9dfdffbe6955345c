"""Text as the classifiers read it: disguises undone, with a way back to the original characters.

Every step is linear in the length of the text.
"""

import re
import unicodedata
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from triage.model import Span

MAX_CHARS = 100_000
REMEMBERED = 8  # texts

# Letters of other scripts that are drawn like Latin ones.
LOOKALIKES = dict(
    zip(
        "аеорсхуіјѕԁһԛԝАВЕКМНОРСТУХІЈЅαεορυνικτχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
        "aeopcxyijsdhqwABEKMHOPCTYXIJSaeopuviktxABEZHIKMNOPTYX",
        strict=True,
    )
)
LEET = str.maketrans({"0": "o", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s"})
# Only these words are read out of leetspeak, spacing or stretched letters: anything wider would
# turn postcodes, registrations and times into nonsense.
_DANGER = (
    "help kill killed killing knife knives gun guns shoot shooting shot stab stabbed stabbing "
    "die dead dying death suicide suicidal rape raped raping murder bomb bombs blade machete "
    "acid police weapon attack attacked fire hostage trapped bleeding overdose pills jump "
    "hang hanging hit hits hitting hurt hurting beat beating abuse abused stalker stalking "
    "threat threatening please scared missing kidnapped bastard bitch cunt nigger paki faggot "
    "tranny me now is he has a i my we in the send need "
)
DANGER_WORDS = frozenset(_DANGER.split())

_INVISIBLE = frozenset({"Cf", "Cs", "Co"})
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_CODED = re.compile(r"[A-Za-z0-9@$!]+")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_SPACED = re.compile(r"(?<!\w)[^\W\d_](?:([ .\-_*·])[^\W\d_](?!\w))(?:\1[^\W\d_](?!\w)){1,80}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """Normalised text. `origin[i]` is where character i began in the original, if it moved."""

    text: str
    origin: "array[int] | None" = None
    length: int = 0

    def span(self, start: int, end: int) -> Span:
        """Characters [start, end) of `text` as characters of the original."""
        if self.origin is None:
            return Span(start=start, end=end)
        if start >= len(self.origin):
            return Span(start=self.length, end=self.length)
        last = self.origin[end - 1] if end > start else self.origin[start]
        return Span(start=self.origin[start], end=min(last + 1, self.length))


@lru_cache(REMEMBERED)
def plain(text: str) -> Plain:
    """Text with compatibility forms, invisible characters and disguises undone.

    Letters keep their case. Texts over 100,000 characters are cut. Several readers ask for a text
    in a row, so the last few are remembered.
    """
    text = text[:MAX_CHARS]
    if text.isascii() and not _needs_repair(text):
        return Plain(text=text, length=len(text))
    chars, origin = _compose(text)
    for repair in (_unmix, _unspace, _unstretch, _unleet):
        chars, origin = repair(chars, origin)
    return Plain(text=chars, origin=origin, length=len(text))


def folded(source: Plain) -> Plain:
    """Lower case without accents and apostrophes: what rules and the linear model read.

    Vowel signs of Indic scripts stay: they are letters.
    """
    lowered = source.text.lower()
    if lowered.isascii() and "'" not in lowered and len(lowered) == len(source.text):
        return Plain(text=lowered, origin=source.origin, length=source.length)
    pieces: list[str] = []
    origin = array("l")
    for index, char in enumerate(source.text):
        bare = fold_char(char)
        pieces.append(bare)
        origin.extend([index if source.origin is None else source.origin[index]] * len(bare))
    return Plain(text="".join(pieces), origin=origin, length=source.length)


@lru_cache(REMEMBERED)
def flat(text: str) -> Plain:
    """A text plain and folded; remembered as `plain` is."""
    return folded(plain(text))


def _needs_repair(text: str) -> bool:
    if _STRETCHED.search(text) or _SPACED.search(text):
        return True
    return any(_spelt_out(match) != match.group() for match in _CODED.finditer(text))


def _compose(text: str) -> tuple[str, "array[int]"]:
    pieces: list[str] = []
    origin = array("l")
    for start, cluster in _clusters(text):
        formed = unicodedata.normalize("NFKC", cluster)
        formed = "".join(c for c in formed if unicodedata.category(c) not in _INVISIBLE)
        formed = formed.replace("\ufe0f", "").replace("’", "'").replace("‘", "'")
        pieces.append(formed)
        origin.extend([start] * len(formed))
    return "".join(pieces), origin


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """Each character with at most 8 combining marks that follow it."""
    start = 0
    for index in range(1, len(text) + 1):
        joins = index < len(text) and unicodedata.combining(text[index]) and index - start < 9
        if not joins:
            if index > start:
                yield start, text[start:index]
            start = index


def _unmix(text: str, origin: "array[int]") -> tuple[str, "array[int]"]:
    """Turn look-alike letters to Latin in words that mix scripts, or all words of a Latin text."""
    if text.isascii() or not any(char in LOOKALIKES for char in text):
        return text, origin
    latin_text = sum("a" <= c.lower() <= "z" for c in text) * 2 > sum(c.isalpha() for c in text)
    out = list(text)
    for word in _WORD.finditer(text):
        letters = word.group()
        disguised = any(char in LOOKALIKES for char in letters)
        if disguised and _reads_as_latin(letters, latin_text=latin_text):
            out[word.start() : word.end()] = [LOOKALIKES.get(char, char) for char in letters]
    return "".join(out), origin


def _reads_as_latin(word: str, *, latin_text: bool) -> bool:
    foreign = [c for c in word if not c.isascii()]
    if not all(c in LOOKALIKES for c in foreign):
        return False
    return latin_text or len(foreign) < len(word)


def _unspace(text: str, origin: "array[int]") -> tuple[str, "array[int]"]:
    return _rewrite(text, origin, _SPACED.finditer(text), _joined)


def _joined(match: re.Match[str]) -> str:
    letters = match.group()[::2]
    words = split_words(letters.lower())
    return " ".join(words) if words else match.group()


def split_words(letters: str) -> list[str]:
    """Letters without spaces as danger words ("helpme" is help, me), or [] if they are not."""
    best: list[list[str] | None] = [[]] + [None] * len(letters)
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - 12), end):
            before = best[start]
            if before is not None and letters[start:end] in DANGER_WORDS:
                best[end] = [*before, letters[start:end]]
                break
    words = best[-1] or []
    return words if any(len(word) > 2 for word in words) else []


def _unstretch(text: str, origin: "array[int]") -> tuple[str, "array[int]"]:
    return _rewrite(text, origin, _words_with(_STRETCHED, text), _shortened)


def _words_with(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    return (word for word in _WORD.finditer(text) if pattern.search(word.group()))


def _shortened(match: re.Match[str]) -> str:
    once = _STRETCHED.sub(r"\1", match.group())
    return once if once.lower() in DANGER_WORDS else _STRETCHED.sub(r"\1\1", match.group())


def _unleet(text: str, origin: "array[int]") -> tuple[str, "array[int]"]:
    return _rewrite(text, origin, _CODED.finditer(text), _spelt_out)


def _spelt_out(match: re.Match[str]) -> str:
    word = match.group().lower()
    if 2 < len(word) <= 20 and not word.isalpha() and not word.isdigit():
        for one in "il":
            guess = word.translate(LEET).replace("1", one).replace("!", one)
            if guess in DANGER_WORDS and len(guess) > 2:
                return guess
    return match.group()


def _rewrite(
    text: str,
    origin: "array[int]",
    matches: Iterable[re.Match[str]],
    new: Callable[[re.Match[str]], str],
) -> tuple[str, "array[int]"]:
    """Replace matches; every new character points into the characters it came from."""
    pieces: list[str] = []
    moved = array("l")
    at = 0
    for match in matches:
        replacement = new(match)
        if replacement == match.group():
            continue
        pieces += [text[at : match.start()], replacement]
        moved.extend(origin[at : match.start()])
        scale = (match.end() - match.start()) / max(1, len(replacement))
        moved.extend(origin[match.start() + int(i * scale)] for i in range(len(replacement)))
        at = match.end()
    if not pieces:
        return text, origin
    pieces.append(text[at:])
    moved.extend(origin[at:])
    return "".join(pieces), moved


@lru_cache(4096)
def fold_char(char: str) -> str:
    """One character as `folded` writes it: none, one or more characters."""
    if char in _FOLDS:
        return _FOLDS[char]
    decomposed = unicodedata.normalize("NFD", char.lower())
    return "".join(c for c in decomposed if not unicodedata.combining(c) or ord(c) >= 0x0900)


_FOLDS = {
    "'": "",
    "ʼ": "",
    "`": "",
    **dict.fromkeys("أإآٱ", "ا"),
    "ى": "ي",
    "ی": "ي",
    "ک": "ك",
    "ة": "ه",
    "ہ": "ه",
    "ھ": "ه",
    "ؤ": "و",
    "ئ": "ي",
    "ł": "l",
    "Ł": "l",
    "ø": "o",
    "đ": "d",
    "ı": "i",
    "İ": "i",
    "ß": "ss",
    "й": "й",
    "Й": "й",
    "ї": "ї",
    "Ї": "ї",
}

# --- what the models are shown ---------------------------------------------------------------

_SWAPS = (
    (re.compile(r"https?://\S{1,2000}|www\.\S{1,2000}", re.IGNORECASE), " "),
    (re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+"), " [email] "),
    (re.compile(r"(?<!\w)@\w{2,50}"), " @user "),
    (re.compile(r"(?<!\d)\+?\d[\d -]{8,14}\d(?!\d)"), " [phone] "),
    (re.compile(r"\s+"), " "),
)


def for_model(text: str) -> str:
    """Normalised text without what names somebody: handles, links, mail addresses, numbers."""
    for pattern, swap in _SWAPS:
        text = pattern.sub(swap, text)
    return text.strip()
