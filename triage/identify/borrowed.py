"""Where writers say that the account or phone is not theirs, or that they are not who it says."""

import re
from collections.abc import Iterator

from triage.identify.lexicon import RELATION

_DEVICE = (
    r"(?:phone|mobile|account|acc|acct|profile|facebook|fb|insta(?:gram)?|twitter|x|messenger"
    r"|whatsapp|tablet|ipad|laptop|computer|page|login|number)"
)
_WHO = (
    rf"(?:(?:my|his|her|their|our|a|the)[ \t]+(?:\w{{2,15}}[ \t]+)?{RELATION}|[A-Za-z]\w{{2,20}})"
)
_THEIR_DEVICE = rf"({_WHO}(?:['’]s?|s)[ \t]+(?:\w{{1,15}}[ \t]+)?{_DEVICE})\b"
_I_WRITE = (
    r"(?:\b(?:i['’]?m|i am|im|am|me|this is|it['’]?s|writing|messaging|texting|posting|sent|send"
    r"|typing|contacting|have to|had to|got to)\b[^.!?\n]{0,15}"
    r"|(?:^|[.!?,(\n])[ \t]*(?:sorry[, ]*)?)"
)
_CAPITAL = r"(?-i:[A-Z][\w'’-]{1,24})"

DEVICES = (
    # "I'm on my mum's phone", "writing from my sister's account", "using Dave's facebook"
    _I_WRITE + r"\b(?:on|using|use|from|via|off|borrow(?:ed|ing)?)[ \t]+" + _THEIR_DEVICE,
    # "this is my sister's account", "(my mum's phone)"
    r"(?:\b(?:this is|it['’]?s|it is)[ \t]+|\()" + _THEIR_DEVICE,
    r"\b((?:this is(?:n['’]?t| not)|not) (?:actually )?my (?:own )?" + _DEVICE + r")\b",
    r"\b((?:i have|i['’]?ve|just) (?:just )?(?:bought|got|been given) this"
    r" (?:phone|number|account))\b",
    r"\b((?:this|the) (?:account|phone|number) (?:belongs to|is registered to|used to be))\b",
)
DENIALS = (
    # "this is not Liam", "I'm not Liam", "it isn't her"
    r"((?:\b(?:this is(?:n['’]?t| not)|it['’]?s not|it isn['’]?t)|\bi['’]?m not|\bi am not)"
    rf"[ \t]+(?:actually[ \t]+)?(?:{_CAPITAL}(?:[ \t]+{_CAPITAL})?"
    r"|him|her|(?:the )?(?:account (?:holder|owner)|owner)))\b",
)
RELATIVES = (
    # "this is his wife", "I'm Dean's mum", "dean's mum here"
    rf"\b((?:this is|it['’]?s|i['’]?m|i am|im)[ \t]+"
    rf"(?:his|her|their|(?-i:[A-Z])\w{{1,20}}['’]s)[ \t]+{RELATION})\b",
    r"(?:^|[.!?,\n]|\b(?:hi|hello|hey)\b)[ \t]*"
    rf"(\w{{2,20}}['’]?s[ \t]+{RELATION}[ \t]+here)\b",
)
GROUPS = tuple(
    (hints, tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns))
    for hints, patterns in (
        (
            ("phone", "mobile", "acc", "profile", "facebook", "fb", "insta", "twitter", "messenger",
             "whatsapp", "tablet", "ipad", "laptop", "computer", "page", "login", "number", "s x"),
            DEVICES,
        ),
        ((" not ", "n't", "isnt", "n’t"), DENIALS),
        (("his ", "her ", "their ", "'s ", "’s ", "here"), RELATIVES),
    )
)  # fmt: skip


def not_owner(text: str) -> Iterator[str]:
    """The words that say so, as they stand in the text."""
    lower = text.lower()
    for hints, patterns in GROUPS:
        if any(hint in lower for hint in hints):
            for pattern in patterns:
                for match in pattern.finditer(text):
                    yield " ".join(match[1].split()).strip(" .,!?")
