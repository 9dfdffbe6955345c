"""What in a text somebody else wrote: inside quotation marks, or in a line that is passed on."""

import re

_QUOTES = re.compile(r"[\"“”«»]|(?<!\w)['‘]|['’](?!\w)")


FAR = 1000
"""So many characters back a quotation may begin: texts may be long, and come from strangers."""


def is_quoted(text: str, at: int) -> bool:
    """Whether this place is somebody else's words."""
    line = max(0, at - FAR, text.rfind("\n", max(0, at - FAR), at) + 1)
    return text[line : line + 1] == ">" or len(_QUOTES.findall(text, line, at)) % 2 == 1
