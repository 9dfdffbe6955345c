"""What can be read out of a message about people: identifiers, and whose they are."""

from dataclasses import dataclass
from enum import StrEnum

from triage.model import Span


class Trait(StrEnum):
    """The kinds of identifier that are looked for."""

    PHONE = "phone"
    EMAIL = "email"
    POSTCODE = "postcode"
    ADDRESS = "address"
    DATE_OF_BIRTH = "date_of_birth"
    AGE = "age"
    VEHICLE = "vehicle"
    CRIME_REF = "crime_ref"
    HANDLE = "handle"
    WHAT3WORDS = "what3words"
    NAME = "name"


class Whose(StrEnum):
    """Whom an identifier belongs to, as far as the words say."""

    WRITER = "writer"
    OTHER = "other"  # victim, suspect, witness, child: anybody spoken about
    OFFICER = "officer"  # of the police, or the police's own
    QUOTED = "quoted"  # in words that somebody else wrote
    UNKNOWN = "unknown"


class Place(StrEnum):
    """Where an identifier was read."""

    TEXT = "text"
    THREAD = "thread"
    DISPLAY_NAME = "display_name"
    PROFILE = "profile"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One identifier.

    `value` is normalised: phones in E.164, e-mails in lower case, postcodes `WB4 7QT`, dates of
    birth `1994-08-21` (or `1994` where only the year was given), ages in digits, vehicles
    `AB12CDE`, references in upper case without blanks, handles without `@` in lower case, names
    `Jade Pemberton` (a title is kept only before a lone surname: `Mrs Pemberton`).

    `span` are the characters of the place it was read in: of the item's text, of the
    `index`-th text of the thread, of the display name, profile or account id; `raw` is what
    stands there.
    """

    kind: Trait
    value: str
    raw: str
    span: Span
    role: Whose
    place: Place = Place.TEXT
    index: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifiers:
    """All identifiers of an item, in the order of the text.

    `not_owner` holds the words by which the writer says that the account or phone is somebody
    else's, or that they are not who we may think ("on my mum's phone", "this is not Liam").
    `kin_of` are names of people whose relative the writer says to be ("Dean's mum here").
    """

    found: tuple[Found, ...] = ()
    not_owner: tuple[str, ...] = ()
    kin_of: tuple[str, ...] = ()

    def of(self, kind: Trait, role: Whose | None = None) -> tuple[Found, ...]:
        """Those of one kind, of one role where given."""
        return tuple(each for each in self.found if each.kind is kind and role in (None, each.role))

    def values(self, kind: Trait, role: Whose | None = None) -> tuple[str, ...]:
        """Their values, each once, in order."""
        return tuple(dict.fromkeys(each.value for each in self.of(kind, role)))
