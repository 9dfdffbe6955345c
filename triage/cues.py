"""Words that floors and routing look for themselves, because a life or a trust hangs on them.

The classifier and its rules find signals; these few cues only sharpen a signal that is already
on (F3) or choose a restricted lane. They never lower anything.
"""

import re

_MEANS_PLACE_GOODBYE = re.compile(
    r"""
    \b(?:
        pills?|tablets?|overdos\w*|paracetamol|co-?codamol|insulin|bleach|rope|noose|ligature|
        hang(?:ing)?\s+myself|blade|razor|knife|gun|petrol|exhaust|gas|
        bridge|viaduct|cliffs?|roof|rooftop|ledge|multi-?storey|car\s*park|tracks?|rail(?:way|s)?|
        train|platform|motorway|river|canal|weir|pier|quarry|
        good-?bye|bye\s+(?:all|everyone|everybody|mum|dad)|farewell|
        last\s+(?:message|time|post|words?)|
        (?:look\s+after|take\s+care\s+of)\s+(?:my|the|him|her|them)|
        tell\s+(?:my|mum|dad|them|him|her|everyone)|
        won'?t\s+(?:be\s+here|see|wake)|not\s+be\s+here|(?:left|wrote|written)\s+(?:a\s+)?(?:note|letter)|
        forgive\s+me|sorry\s+(?:for|to)\s+(?:everything|all|everyone)|
        most|mosty|tabletki|torach|żegna\w*|pod\s+pociąg|pastile|podul|adio|
        pont|pastillas|puente|adiós|despedida|comprimidos|ponte|adeus|cachets|adieu|
        pont|tabledi|hwyl\s+fawr|таблетки|міст|мосту|прощавай\w*|köprü|hap(?:lar)?|elveda|
        goliyan|goliyaan|pul\s+par|alvida
    )\b
    | (?:الجسر|جسر|حبوب|وداعا|پل\s+پر|گولیاں|الوداع|ਪੁਲ|ਗੋਲੀਆਂ|ਅਲਵਿਦਾ|ব্রিজ|ওষুধ|বিদায়)
    """,
    re.IGNORECASE | re.VERBOSE,
)

_OFFICER_CONDUCT = re.compile(
    r"""
    \b(?:complain\w*|complaint|report(?:ing)?|misconduct|assault\w*|groom\w*|touch\w*|slept|sleeping|
       texts?\s+me|texting\s+me|messag\w+\s+me|racist|abus\w+|corrupt\w*|bullied|beat)\b
    .{0,60}?
    \b(?:officers?|constable|pc\s?\d+|sergeant|pcso|detective|policeman|policewoman|copper)\b
    | \b(?:officers?|constable|pc\s?\d+|sergeant|pcso|detective|policeman|policewoman|copper)\b
    .{0,60}?
    \b(?:assaulted|groped|groomed|touched|hit|punched|slapped|abused|misconduct|asked\s+for\s+(?:sex|nudes)|
       slept|sleeping|racially|racist|keeps?\s+(?:texting|messaging)|sexual\w*|took\s+a\s+bribe|corrupt\w*)\b
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)

_PRESS = re.compile(
    r"\b(?:journalist|reporter|news\s?desk|press\s+office|for\s+comment|broadcast\w*|"
    r"(?:can|could|may)\s+we\s+use\s+(?:your|this|the)\s+(?:photo|video|footage|pictures?))\b",
    re.IGNORECASE,
)


def means_place_or_goodbye(text: str) -> str:
    """The first words naming a means, a place or a goodbye, or "" (floor F3)."""
    found = _MEANS_PLACE_GOODBYE.search(text)
    return found.group(0) if found else ""


def officer_conduct(text: str) -> bool:
    """Whether the text complains about what an officer did (professional standards)."""
    return bool(_OFFICER_CONDUCT.search(text))


def press(text: str) -> bool:
    """Whether a journalist is asking."""
    return bool(_PRESS.search(text))
