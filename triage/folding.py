"""Text as cues are looked for in it: one case, no accents, no invisible characters; as words.

Every step is linear in the length of the text, whatever it holds: texts come from strangers.
"""

import re
import unicodedata

_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[.,;:!?\n](?![.,;:!?\n])")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_ACCENTS = range(0x300, 0x370)
_WITHOUT_CASE = range(0x2E80, 0xD800)  # ideographs and syllables: nothing to fold
LONGEST_FORM = 4  # characters: some ligatures stand for a whole sentence
END_CHARS = 15_000
"""Of a longer text only so much of its beginning and of its end is looked through."""


class _Folded(dict[int, str]):
    """One character at a time, because composing long runs of marks costs quadratic time."""

    def __missing__(self, code: int) -> str:
        if code in _WITHOUT_CASE:
            return chr(code)
        parts = unicodedata.normalize("NFKD", chr(code))
        if len(parts) > LONGEST_FORM:
            return chr(code)
        kept = (
            char
            for char in parts
            if ord(char) not in _ACCENTS and unicodedata.category(char) not in ("Cf", "Cs")
        )
        self[code] = folded = "".join(kept).casefold()
        return folded


def ends(text: str) -> str:
    """The text, or the beginning and the end of a very long one."""
    if len(text) <= 2 * END_CHARS:
        return text
    return f"{text[:END_CHARS]}\n{text[-END_CHARS:]}"


def fold(text: str) -> str:
    """Lower case without accents or invisible characters; typographic apostrophes made plain.

    Of a very long text, its beginning and its end.
    """
    text = ends(text)
    if text.isascii():
        return text.lower()
    return text.replace("’", "'").replace("‘", "'").translate(_Folded())


def words(text: str) -> list[str]:
    """The words of folded text, without punctuation. Marks of Indic scripts part words."""
    return _WORD.findall(text)


def tokens(text: str) -> list[str]:
    """The words of folded text with the punctuation that ends clauses."""
    return _TOKEN.findall(text)


class Phrases:
    """A set of phrases to look for among words, in time linear in the number of words."""

    def __init__(self, *phrases: str) -> None:
        self._tails: dict[str, list[tuple[str, ...]]] = {}
        for phrase in phrases:
            first, *rest = words(fold(phrase))
            self._tails.setdefault(first, []).append(tuple(rest))
        for tails in self._tails.values():
            tails.sort(key=len, reverse=True)

    def first(self, among: list[str]) -> str:
        """The first phrase found, "" if there is none."""
        for place, word in enumerate(among):
            if word not in self._tails:
                continue
            for tail in self._tails[word]:
                if tuple(among[place + 1 : place + 1 + len(tail)]) == tail:
                    return " ".join((word, *tail))
        return ""
