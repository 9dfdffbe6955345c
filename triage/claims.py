"""What is said about one person in an item: of the writer, and of each person mentioned."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from triage.found import Found, Identifiers, Place, Trait, Whose
from triage.identify.naming import Name, parse_name
from triage.identify.speaker import compatible
from triage.items import platform_of
from triage.model import Item

SUPPORTING = (Trait.ADDRESS, Trait.POSTCODE)
"""What may speak for a candidate found otherwise even if nobody says whose it is."""

MOST = 12
"""So many names, and so many values of a kind, are looked up for one person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Identifiers of one person.

    `names` are what the person is called in the text, `shown_names` what their account shows.
    `nearby` are places of the text that are nobody's in particular. `account_id` and `handle`
    are the account the item came from, empty where it is not this person's; `named_handles`
    were written in the text. `somebody_else` if the words say that it is not the writer.
    """

    names: tuple[Name, ...] = ()
    shown_names: tuple[Name, ...] = ()
    values: dict[Trait, tuple[str, ...]] = field(default_factory=dict)
    nearby: dict[Trait, tuple[str, ...]] = field(default_factory=dict)
    platform: str = ""
    account_id: str = ""
    handle: str = ""
    named_handles: tuple[str, ...] = ()
    somebody_else: bool = False

    def of(self, kind: Trait) -> tuple[str, ...]:
        """The values of a kind."""
        return self.values.get(kind, ())


def writer_claim(item: Item, identifiers: Identifiers) -> Claim:
    """What the writer says of themselves, and their account, unless they say it is not theirs."""
    voice = same_voice(identifiers.found)
    mine = [each for each in voice if each.role is Whose.WRITER]
    borrowed = bool(identifiers.not_owner)
    return Claim(
        names=_names(each for each in mine if each.place is not Place.DISPLAY_NAME),
        shown_names=_names(each for each in mine if each.place is Place.DISPLAY_NAME),
        values=_values(mine),
        nearby=_values(
            each for each in voice if each.role is Whose.UNKNOWN and each.kind in SUPPORTING
        ),
        platform=platform_of(item.channel),
        account_id="" if borrowed else stable_id(item),
        handle="" if borrowed else item.author.handle.lstrip("@").lower(),
        named_handles=tuple(each.value for each in mine if each.kind is Trait.HANDLE),
    )


def same_voice(found: Iterable[Found]) -> tuple[Found, ...]:
    """What was written by whoever writes now.

    An account may be shared: earlier texts count back to the one that was signed otherwise.
    """
    everything = tuple(found)
    told = [
        (each.index if each.place is Place.THREAD else None, parse_name(each.value))
        for each in everything
        if each.kind is Trait.NAME
        and each.role is Whose.WRITER
        and each.place in (Place.TEXT, Place.THREAD)
    ]
    voice = [name for index, name in told if index is None]
    first = 0
    for index, name in sorted(
        ((index, name) for index, name in told if index is not None),
        key=lambda each: -each[0],
    ):
        if voice and not any(compatible(name, own) for own in voice):
            first = index + 1
            break
        voice.append(name)
    return tuple(
        each for each in everything if each.place is not Place.THREAD or each.index >= first
    )


def mentioned_claims(item: Item, identifiers: Identifiers) -> tuple[Claim, ...]:
    """One claim per person mentioned: what follows a name belongs to it.

    A name or number alone makes a claim; a bare address does not: it names nobody.
    """
    groups: dict[tuple[Place, int], list[list[Found]]] = {}
    for each in identifiers.found:
        if each.role in (Whose.WRITER, Whose.OFFICER):
            continue
        persons = groups.setdefault((each.place, each.index), [[]])
        if each.kind is Trait.NAME and any(one.kind is Trait.NAME for one in persons[-1]):
            persons.append([])
        persons[-1].append(each)
    named = [
        person
        for persons in groups.values()
        for person in persons
        if any(each.kind not in (*SUPPORTING, Trait.AGE, Trait.DATE_OF_BIRTH) for each in person)
    ]
    return tuple(_mentioned(item, person) for person in named[:MOST])


def _mentioned(item: Item, person: list[Found]) -> Claim:
    return Claim(
        names=_names(person),
        values=_values(person),
        platform=platform_of(item.channel),
        named_handles=tuple(each.value for each in person if each.kind is Trait.HANDLE),
        somebody_else=any(each.role is Whose.OTHER for each in person),
    )


def stable_id(item: Item) -> str:
    """The platform's own id of the account; "" where only a handle stands, for handles change."""
    account_id = item.author.account_id
    if account_id.startswith("did:"):
        return account_id
    return account_id if account_id.isascii() and account_id.isdecimal() else ""


def _names(found: Iterable[Found]) -> tuple[Name, ...]:
    names = (parse_name(each.value) for each in found if each.kind is Trait.NAME)
    return tuple(dict.fromkeys(name for name in names if name.forename or name.surname))[:MOST]


def _values(found: Iterable[Found]) -> dict[Trait, tuple[str, ...]]:
    grouped: dict[Trait, dict[str, None]] = {}
    for each in found:
        if each.kind is not Trait.NAME:
            grouped.setdefault(each.kind, {})[each.value] = None
    return {kind: tuple(values)[:MOST] for kind, values in grouped.items()}
