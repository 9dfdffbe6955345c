"""Small seeded changes to a training text, as hurried thumbs make them."""

import random


def varied(text: str, draw: random.Random) -> str:
    """The text, three times in ten with slips, missing marks or another greeting."""
    roll = draw.random()
    if roll < 0.14:
        return _slipped(text, draw)
    if roll < 0.2:
        return "".join(char for char in text if char not in ".,!?'’\"-")
    if roll < 0.25:
        return f"@user {text}"
    if roll < 0.3:
        return text.removeprefix("@WestbridgePolice ")
    return text


def _slipped(text: str, draw: random.Random) -> str:
    """One slip in every 40 letters or so: a letter swapped, doubled or dropped."""
    letters = list(text)
    for _ in range(1 + len(text) // 40):
        at = draw.randrange(max(1, len(letters) - 1))
        if at + 1 < len(letters) and letters[at].isalpha() and letters[at + 1].isalpha():
            kind = draw.randrange(3)
            if kind == 0:
                letters[at], letters[at + 1] = letters[at + 1], letters[at]
            elif kind == 1:
                del letters[at]
            else:
                letters.insert(at, letters[at])
    return "".join(letters)
