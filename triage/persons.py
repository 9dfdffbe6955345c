"""The people on record, and what links an account to one of them: frozen values.

`triage.model` gives them on, for they are part of what a case is made of.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A place of a citizen record."""

    line: str = ""
    postcode: str = ""
    current: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Handle:
    """An account on a platform that a record names."""

    platform: str
    handle: str = ""
    account_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeContact:
    """How a person may be contacted without putting them at risk (docs/concepts/safe-contact.md).

    `channels` empty means none is known to be safe. Hours are local, `days` 0 = Monday.
    """

    channels: tuple[str, ...] = ()
    days: tuple[int, ...] = ()
    from_hour: int | None = None
    to_hour: int | None = None
    codeword: str = ""
    public_reply: bool = False
    note: str = ""
    set_by: str = ""
    set_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What somebody needs to be able to talk to the police, who noted it and when."""

    text: str
    source: str = ""
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A citizen record. What is missing is missing, never invented.

    `source` and `updated_at` say where the record comes from and how old it is.
    """

    record_id: str
    forename: str = ""
    middle_names: str = ""
    surname: str = ""
    preferred_name: str = ""
    aliases: tuple[str, ...] = ()
    date_of_birth: date | None = None
    sex: str = ""
    addresses: tuple[Address, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    handles: tuple[Handle, ...] = ()
    vehicles: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()
    safe_contact: SafeContact | None = None
    cases: tuple[Mapping[str, Any], ...] = ()
    pronunciation: str = ""
    language: str = ""
    needs: tuple[Need, ...] = ()
    source: str = ""
    updated_at: datetime | None = None

    @property
    def name(self) -> str:
        """The name to call them by."""
        return " ".join(
            part for part in (self.preferred_name or self.forename, self.surname) if part
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorLink:
    """A person confirmed by a human for an account, good until it expires or is revoked.

    `display_name` and `language` are what the account showed and wrote then, `seen_at` when it
    last wrote as this person, `ref` the case on which it was confirmed; empty if not known.
    `doubted_at` is when something it sent first contradicted the link.
    """

    platform: str
    account_id: str
    record_id: str
    confirmed_by: str
    confirmed_at: datetime
    expires_at: datetime | None = None
    display_name: str = ""
    language: str = ""
    seen_at: datetime | None = None
    ref: str = ""
    doubted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPast:
    """What people settled about an account before.

    `links` are the confirmations that nobody took back: the one in force, and those that another
    took the place of. `notes` are what officers wrote down about its latest items.
    """

    links: tuple[PriorLink, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A human's word that an account does not belong to a person."""

    platform: str
    account_id: str
    record_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One row of the waterfall: a field, how well it agrees, and its weight in bits (log2)."""

    field: str
    level: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A person who may be writing; `weight` is the sum of the evidence, prior included."""

    record_id: str
    probability: float
    weight: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A person the text speaks about: never the writer."""

    record_id: str
    probability: float


class LinkDecision(StrEnum):
    """How sure we are who is writing. Only a human, now or before, makes it `CONFIRMED`."""

    NONE = "none"
    SUGGESTED = "suggested"
    CONFIRMED = "confirmed"
