"""Where writers say that the account or phone is not theirs, or that they are not who it says."""

import re
from collections.abc import Iterator

from triage.identify.lexicon import RELATION
from triage.identify.namelist import AMBIGUOUS_FORENAMES, FORENAMES
from triage.identify.naming import fold
from triage.identify.quoting import is_quoted

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

DEVICES = (
    # I'm on my mum's phone; writing from my sister's account; using Dave's facebook
    _I_WRITE + r"\b(?:on|using|use|from|via|off|borrow(?:ed|ing)?)[ \t]+" + _THEIR_DEVICE,
    # this is my sister's account; (my mum's phone)
    r"(?:\b(?:this is|it['’]?s|it is)[ \t]+|\()" + _THEIR_DEVICE,
    r"\b((?:this is(?:n['’]?t| not)|not) (?:actually )?my (?:own )?" + _DEVICE + r")\b",
    (
        r"\b((?:i have|i['’]?ve|just) (?:just )?(?:bought|got|been given) this"
        r" (?:number|account))\b"
    ),
    r"\b(this (?:account|phone|number) (?:belongs to|is registered to|used to be))\b",
    # I found this phone on the bus; the new owner of this number; I've taken over this account
    r"\b((?:found|picked up|handed) this (?:phone|mobile|tablet|ipad|laptop))\b",
    r"\b((?:new|current) owner of (?:this|the) " + _DEVICE + r")\b",
    r"\b((?:taken|took|taking) over (?:this|his|her|their) " + _DEVICE + r")\b",
    (
        r"\b(left (?:himself|herself|themselves) (?:logged|signed) (?:in|on))\b[^.!?\n]{0,20}"
        rf"\b{_DEVICE}\b"
    ),
)
DENIALS = (  # "this is not Liam", "I'm not Liam", "it isn't her"
    (
        r"((?:\b(?:this is(?:n['’]?t| not)|it['’]?s not|it isn['’]?t)|\bi['’]?m not|\bi am not)"
        r"[ \t]+(?:actually[ \t]+)?(?:(?P<name>[^\W\d_][\w'’-]{1,24})(?:[ \t]+[A-Z][\w'’-]{1,24})?"
        r"|(?:the )?(?:account (?:holder|owner)|owner)))\b"
    ),
)
HIS = (rf"\b((?:this is|it['’]?s)[ \t]+(?:his|her|their)[ \t]+{RELATION})\b",)
KIN = (
    re.compile(
        r"(?:\b(?:this is|it['’]?s|i['’]?m|i am|im)[ \t]+)"
        rf"(?:([^\W\d_]\w{{1,20}})['’]?s)[ \t]+{RELATION}\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:^|[.!?,\n]|\b(?:hi|hello|hey)\b)[ \t]*"
        rf"(?:([^\W\d_]\w{{1,20}})['’]?s)[ \t]+{RELATION}[ \t]+here\b",
        re.IGNORECASE,
    ),
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
        (("his ", "her ", "their "), HIS),
    )
)  # fmt: skip


def not_owner(text: str) -> Iterator[str]:
    """The words that say so, as they stand in the text."""
    lower = text.lower()
    for hints, patterns in GROUPS:
        if any(hint in lower for hint in hints):
            for pattern in patterns:
                for match in pattern.finditer(text):
                    if is_quoted(text, match.start(1)):
                        continue
                    if _somebody(match.groupdict().get("name")):
                        yield " ".join(match[1].split()).strip(" .,!?")


def kin_of(text: str) -> Iterator[str]:
    """First names of whose relative the writer says to be."""
    for pattern in KIN:
        for match in pattern.finditer(text):
            if fold(match[1]) in FORENAMES and not is_quoted(text, match.start(1)):
                yield match[1]


def _somebody(denied: str | None) -> bool:
    """ "I'm not Liam" denies a person, "I'm not happy" does not."""
    if denied is None:
        return True
    word = fold(denied)
    if word in {"him", "her"}:
        return True
    return word in FORENAMES and (denied[0].isupper() or word not in AMBIGUOUS_FORENAMES)
