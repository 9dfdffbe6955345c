"""What the account itself tells of its owner: display name, profile, number or mailbox."""

import re
from datetime import date

from triage.found import Found, Place, Trait, Whose
from triage.identify.contacts import EMAIL, phone_key
from triage.identify.forms import scan
from triage.identify.lexicon import NOT_NAMES, PLACE_WORDS
from triage.identify.namelist import FORENAMES, TITLES
from triage.identify.names import Cue, name_at
from triage.identify.naming import fold, parse_name
from triage.identify.speaker import Speaker
from triage.items import platform_of
from triage.model import Item, Span

NOT_LETTERS = re.compile(r"[^\w'’.\s-]+|[\d_]+")


def speaker_of(item: Item) -> Speaker:
    """Whom names in the text are held against."""
    names = [parse_name(found.value) for found in _display_name(item, Whose.WRITER)]
    return Speaker(names=tuple(names), private=item.private)


def account_finds(item: Item, today: date, *, borrowed: bool) -> list[Found]:
    """Identifiers of whoever owns the account; not the writer's where it is `borrowed`."""
    role = Whose.OTHER if borrowed else Whose.WRITER
    return [
        *_display_name(item, role),
        *_profile(item, today, role),
        *_account(item, role),
    ]


def _display_name(item: Item, role: Whose) -> list[Found]:
    """A display name that is a person's name. Nicknames and slogans are not."""
    shown = item.author.display_name
    plain = NOT_LETTERS.sub(lambda match: " " * len(match[0]), shown)
    start = len(plain) - len(plain.lstrip())
    spotted = name_at(plain, start, Cue.LOOSE)
    if spotted is None or not _a_person(plain.split()):
        return []
    return [
        Found(
            kind=Trait.NAME,
            value=spotted.value,
            raw=shown[spotted.start : spotted.end],
            span=Span(start=spotted.start, end=spotted.end),
            role=role,
            place=Place.DISPLAY_NAME,
        )
    ]


def _a_person(words: list[str]) -> bool:
    folded = [fold(word) for word in words if fold(word)]
    named = [word for word in folded if word not in TITLES]
    return (
        1 <= len(named) <= 4
        and not any(word in NOT_NAMES or word in {"and", "family"} for word in named)
        and (named[0] in FORENAMES or not any(word in PLACE_WORDS for word in named))
    )


def _profile(item: Item, today: date, role: Whose) -> list[Found]:
    """Phones and e-mails that the owner put on the profile."""
    profile = item.author.profile
    if not profile:
        return []
    return [
        Found(
            kind=piece.kind,
            value=piece.value,
            raw=profile[piece.start : piece.end],
            span=Span(start=piece.start, end=piece.end),
            role=role,
            place=Place.PROFILE,
        )
        for piece in scan(profile, today).pieces
        if piece.kind in (Trait.PHONE, Trait.EMAIL)
    ]


def _account(item: Item, role: Whose) -> list[Found]:
    """On WhatsApp the account is the phone number, in mail it is the address."""
    platform, account_id = platform_of(item.channel), item.author.account_id
    if platform == "whatsapp" and account_id.lstrip("+").isdecimal():
        value, kind = phone_key("+" + account_id.lstrip("+")), Trait.PHONE
    elif platform == "email":
        account_id = account_id if "@" in account_id else item.author.handle
        value = account_id.lower() if EMAIL.fullmatch(account_id) else ""
        kind = Trait.EMAIL
    else:
        return []
    if not value:
        return []
    span = Span(start=0, end=len(account_id))
    return [
        Found(kind=kind, value=value, raw=account_id, span=span, role=role, place=Place.ACCOUNT)
    ]
