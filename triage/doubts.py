"""What about an account speaks against the person whom a human confirmed for it.

Accounts are sold, shared, left to a child or taken over. None of this proves anything; each is
reason enough to ask once more.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta

from triage.blocking import names_of
from triage.identify.account import speaker_of
from triage.identify.lexicon import PLACE_WORDS
from triage.identify.namelist import FORENAMES, SURNAME_BITS
from triage.identify.naming import Name, fold, forenames_agree
from triage.model import AccountPast, Author, Item, Person, PriorLink

IDLE = timedelta(days=180)
"""A silence after which an account is asked about again."""

IDLE_TOO_LONG = "nothing had come from the account for {days} days"
CONTRADICTED = "an earlier message spoke against it, and nobody has confirmed it since"
RENAMED = "the account shows another person's name now"
SEVERAL = "people have confirmed the account for {records}"
SHARED_BY_NAME = "the account's name is that of several people or an organisation"
SHARED_BY_NOTE = "an officer noted that the account is shared"

_GROUP_WORDS = frozenset(
    "family household ltd limited plc llp cic committee association charity".split()  # noqa: SIM905
)
_MET_AT = frozenset(
    "allotment shop store branch society group team league trust foundation tenants".split()  # noqa: SIM905
)
_SLOGAN = frozenset("for is it my to save no not".split())  # noqa: SIM905
_JOINED = re.compile(r"\s*(?:&|\+|\band\b|\bn\b)\s*", re.IGNORECASE)
_HELD = r"(?:account|profile|page|login|phone|handset|tablet|device)"
_SHARED = re.compile(
    rf"\b(?:shared|joint|family|household|company|work|charity|club)(?:'s)?\s+{_HELD}\b"
    rf"|\b{_HELD}\s+(?:is|was|seems|looks)\s+(?:also\s+)?(?:shared|used\s+by)\b"
    rf"|\b(?:shares?|sharing)\s+(?:an?|the|this|his|her|their)\s+{_HELD}\b"
    rf"|\b(?:several|other)\s+people\s+use\s+(?:the|this)\s+{_HELD}\b",
    re.IGNORECASE,
)
_DENIED = re.compile(r"\b(?:not|isn't|isn’t|no longer|never|no)\b[^.\n]{0,20}$", re.IGNORECASE)


def doubts(
    item: Item, prior: PriorLink, person: Person, past: AccountPast, idle: timedelta
) -> tuple[str, ...]:
    """Reasons to ask again although nothing in the text contradicts; empty if there are none.

    `past` holds what is still in force. What was not known when the link was confirmed (an
    import may not say) raises no doubt.
    """
    return tuple(_reasons(item, prior, person, past, idle))


def _reasons(
    item: Item, prior: PriorLink, person: Person, past: AccountPast, idle: timedelta
) -> Iterator[str]:
    if prior.seen_at is not None and item.sent_at - prior.seen_at > idle:
        yield IDLE_TOO_LONG.format(days=(item.sent_at - prior.seen_at).days)
    if prior.doubted_at is not None and prior.doubted_at < item.sent_at:
        yield CONTRADICTED
    if _renamed(item, prior, person):
        yield RENAMED
    records = {prior.record_id, *(each.record_id for each in past.links)}
    if len(records) > 1:
        yield SEVERAL.format(records=" and ".join(sorted(records)))
    if shared_by_name(item.author.display_name):
        yield SHARED_BY_NAME
    if says_shared(past.notes):
        yield SHARED_BY_NOTE


def shared_by_name(display_name: str) -> bool:
    """Whether a display name is a family's, a couple's or an organisation's."""
    words = fold(display_name).split()
    if _GROUP_WORDS & set(words) or _is_a_place(words):
        return True
    firsts = [fold(part).split() for part in _JOINED.split(display_name)]
    named = [part[0] in FORENAMES for part in firsts if part]
    return len(named) > 1 and all(named)


def _is_a_place(words: list[str]) -> bool:
    """ "Corner Shop", "Food Bank", but not "Amy Church"."""
    if len(words) < 2:
        return False
    last = words[-1].removesuffix("s")
    if words[0] in FORENAMES or last in SURNAME_BITS or _SLOGAN & set(words):
        return False
    return last in PLACE_WORDS | _MET_AT


def says_shared(notes: Iterable[str]) -> bool:
    """Whether officers' notes call the account, or the device behind it, a shared one."""
    return any(
        not _DENIED.search(note, 0, found.start())
        for note in notes
        for found in _SHARED.finditer(note)
    )


def _renamed(item: Item, prior: PriorLink, person: Person) -> bool:
    """Whether it shows a person's name that is neither the record's nor the one shown before.

    Nicknames, married names, slogans and decorations are the same person's.
    """
    if not prior.display_name or item.author.display_name == prior.display_name:
        return False
    before = replace(item, author=Author(display_name=prior.display_name))
    known = (*names_of(person), *speaker_of(before).names)
    return any(
        not any(_same(name, own) for own in known)
        for name in speaker_of(item).names
        if name.forename in FORENAMES
    )


def _same(name: Name, own: Name) -> bool:
    one, other = name.forename, own.forename
    if not one or not other:
        return False
    if 1 in (len(one), len(other)):
        return one[0] == other[0]
    return forenames_agree(one, other) or one in own.middles or other in name.middles
