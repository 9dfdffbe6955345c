"""Whether a known account suddenly writes in another way. Shown to people, never decisive.

Someone in distress writes otherwise, too: this asks for the codeword and decides nothing.
"""

import re
from collections.abc import Callable, Sequence

NOT_THE_SAME = "May not be the same person. Use the codeword."
OTHER_LANGUAGE = f"{NOT_THE_SAME} The language is another ({{now}}, before {{before}})."
OTHER_STYLE = f"{NOT_THE_SAME} The writing is another: {{habits}}."

LEAST_LETTERS = 40
"""A shorter text shows no habits."""

LEAST_TEXTS, LEAST_HABITS = 3, 3
"""So many earlier texts are needed, and so many habits that all of them had and this has not."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_SENTENCE = re.compile(r"(?:^|[.!?\n]\s+)([^\W\d_])")
_LONE_I = re.compile(r"\b[iI]\b(?!\.)")
_SHORT = frozenset("u ur r pls plz thx ty cos coz cuz bc tho thru gonna wanna m8 wiv n".split())  # noqa: SIM905
_DROPPED = frozenset("dont cant wont im ive id didnt doesnt isnt wasnt hes shes thats".split())  # noqa: SIM905
_KEPT = re.compile(r"\b\w+n['’]t\b|\b(?:i|he|she|that|it)['’](?:m|ve|d|s)\b", re.IGNORECASE)

Habit = Callable[[str], bool | None]
"""Whether a text has a habit; None if it does not show."""


def other_language(now: str, before: str) -> str:
    """The note that a language is another than when the account was confirmed; "" if it is not."""
    known = {"", "und"}
    if now in known or before in known or now == before:
        return ""
    return OTHER_LANGUAGE.format(now=now, before=before)


def other_style(text: str, thread: Sequence[str]) -> str:
    """The note that a text is written otherwise than those of the thread before; "" if not."""
    earlier = [each for each in thread if _letters(each) >= LEAST_LETTERS]
    if _letters(text) < LEAST_LETTERS or len(earlier) < LEAST_TEXTS:
        return ""
    changed = [name for name, habit in _HABITS.items() if _flipped(habit, text, earlier)]
    return OTHER_STYLE.format(habits=", ".join(changed)) if len(changed) >= LEAST_HABITS else ""


def _flipped(habit: Habit, text: str, earlier: Sequence[str]) -> bool:
    """Whether all earlier texts that show a habit agree on it, and this one does the opposite."""
    now = habit(text)
    before = [has for has in map(habit, earlier) if has is not None]
    return now is not None and len(before) >= 2 and all(has is not now for has in before)


def _letters(text: str) -> int:
    return sum(each.isalpha() for each in text)


def _capitals(text: str) -> bool | None:
    starts = _SENTENCE.findall(text)
    return sum(map(str.isupper, starts)) * 2 > len(starts) if starts else None


def _shouts(text: str) -> bool | None:
    return sum(map(str.isupper, text)) * 2 > _letters(text)


def _ends(text: str) -> bool | None:
    return text.rstrip()[-1:] in (".", "!", "?")


def _small_i(text: str) -> bool | None:
    lone = _LONE_I.findall(text)
    return lone.count("i") * 2 > len(lone) if lone else None


def _short_words(text: str) -> bool | None:
    return bool(_SHORT & {word.casefold() for word in _WORD.findall(text)})


def _no_apostrophes(text: str) -> bool | None:
    dropped = sum(word.casefold() in _DROPPED for word in _WORD.findall(text))
    kept = len(_KEPT.findall(text))
    return dropped > kept if dropped or kept else None


def _pictures(text: str) -> bool | None:
    return any(ord(each) >= 0x1F300 for each in text)


_HABITS: dict[str, Habit] = {
    "capitals": _capitals,
    "shouting": _shouts,
    "how sentences end": _ends,
    "the word I": _small_i,
    "short forms": _short_words,
    "apostrophes": _no_apostrophes,
    "emoji": _pictures,
}
