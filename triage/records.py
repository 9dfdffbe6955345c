"""Citizen records and earlier links as JSON or CSV: the shapes of DESIGN.md section 3.

What is missing stays missing. What cannot be read is an error that names line and field,
because a record read half is a wrong link later.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from triage.errors import BadInput
from triage.model import Address, Handle, Need, Person, PriorLink, SafeContact
from triage.rows import (
    Raw,
    Row,
    day,
    flag,
    from_json,
    json_rows,
    listed,
    moment,
    objects,
    plain,
    required,
    rows,
    text,
    texts,
)

HOURS = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*-\s*(\d{1,2})(?::\d{2})?")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", re.IGNORECASE)


def read_people(lines: Iterable[str | bytes], name: str) -> Iterator[Person | BadInput]:
    """Each row of a file as a record, or as what is wrong with it.

    `name` is what errors call the file. JSON lines, or CSV with a header: there, lists are
    separated by `;` or written as JSON, and one address may stand in the columns `address` (or
    `address_line`) and `postcode`.
    """
    return _people(rows(lines, name))


def read_json_people(
    lines: Iterable[str | bytes], name: str, *, first: int
) -> Iterator[Person | BadInput]:
    """The same for a piece of a file of JSON lines, whose first line has this number."""
    return _people(json_rows(lines, name, first=first))


def _people(found: Iterable[Row]) -> Iterator[Person | BadInput]:
    for where, raw in found:
        try:
            yield raw if isinstance(raw, BadInput) else parse_person(raw, where)
        except BadInput as error:
            yield error


def read_prior_links(lines: Iterable[str | bytes], name: str) -> Iterator[PriorLink | BadInput]:
    """Each row of a file as a link that a human confirmed, or as what is wrong with it."""
    for where, raw in rows(lines, name):
        try:
            yield raw if isinstance(raw, BadInput) else parse_prior_link(raw, where)
        except BadInput as error:
            yield error


# --- one row --------------------------------------------------------------------------------------


def parse_person(raw: Raw, where: str) -> Person:
    """A decoded object or CSV row as a record. Unknown fields are passed over.

    Raises:
        BadInput: names `where` and the field.
    """
    return Person(
        record_id=required(raw, "record_id", where),
        forename=text(raw, "forename", where),
        middle_names=" ".join(texts(raw, "middle_names", where)),
        surname=text(raw, "surname", where),
        preferred_name=text(raw, "preferred_name", where),
        aliases=texts(raw, "aliases", where, inner=("name", "alias")),
        date_of_birth=day(raw, "date_of_birth", where),
        sex=text(raw, "sex", where),
        addresses=_addresses(raw, where),
        phones=texts(raw, "phones", where, inner=("number", "phone", "value")),
        emails=texts(raw, "emails", where, inner=("email", "address", "value")),
        handles=tuple(_handle(each, inner) for inner, each in _handles(raw, where)),
        vehicles=texts(raw, "vehicles", where, inner=("registration", "reg", "vrm", "plate")),
        markers=_markers(raw, where),
        safe_contact=_safe_contact(raw, where),
        cases=tuple(each for _, each in objects(raw, "cases", where, key="reference")),
        pronunciation=text(raw, "pronunciation", where),
        language=text(raw, "language", where),
        needs=_needs(raw, where),
        source=text(raw, "source", where),
        updated_at=moment(raw, "updated_at", where),
    )


def parse_prior_link(raw: Raw, where: str) -> PriorLink:
    """A decoded object as the link a human confirmed.

    Raises:
        BadInput: names `where` and the field.
    """
    confirmed_at = moment(raw, "confirmed_at", where)
    if confirmed_at is None:
        raise BadInput(f"{where}: confirmed_at", "missing")
    return PriorLink(
        platform=required(raw, "platform", where).casefold(),
        account_id=required(raw, "account_id", where),
        record_id=required(raw, "record_id", where),
        confirmed_by=required(raw, "confirmed_by", where),
        confirmed_at=confirmed_at,
        expires_at=moment(raw, "expires_at", where),
        display_name=text(raw, "display_name", where),
        language=text(raw, "language", where),
        seen_at=moment(raw, "last_seen", where),
    )


def person_json(person: Person) -> dict[str, Any]:
    """The record as a JSON object, from which `parse_person` makes it again. Empty is left out."""
    safe = person.safe_contact
    whole = {
        "record_id": person.record_id,
        "forename": person.forename,
        "middle_names": person.middle_names,
        "surname": person.surname,
        "preferred_name": person.preferred_name,
        "aliases": list(person.aliases),
        "date_of_birth": person.date_of_birth.isoformat() if person.date_of_birth else "",
        "sex": person.sex,
        "addresses": [
            {"line": each.line, "postcode": each.postcode, "current": each.current}
            for each in person.addresses
        ],
        "phones": list(person.phones),
        "emails": list(person.emails),
        "handles": [
            {"platform": each.platform, "handle": each.handle, "account_id": each.account_id}
            for each in person.handles
        ],
        "vehicles": list(person.vehicles),
        "markers": list(person.markers),
        "safe_contact": _safe_contact_json(safe) if safe else {},
        "cases": [dict(each) for each in person.cases],
        "pronunciation": person.pronunciation,
        "language": person.language,
        "needs": [_need_json(each) for each in person.needs],
        "source": person.source,
        "updated_at": person.updated_at.isoformat() if person.updated_at else "",
    }
    return {key: value for key, value in whole.items() if value}


def _need_json(need: Need) -> dict[str, Any]:
    at = need.updated_at.isoformat() if need.updated_at else ""
    whole = {"need": need.text, "source": need.source, "updated_at": at}
    return {key: value for key, value in whole.items() if value}


def _safe_contact_json(safe: SafeContact) -> dict[str, Any]:
    return {
        "channels": list(safe.channels),
        "days": list(safe.days),
        "from_hour": safe.from_hour,
        "to_hour": safe.to_hour,
        "codeword": safe.codeword,
        "public_reply": safe.public_reply,
        "note": safe.note,
        "set_by": safe.set_by,
        "set_at": safe.set_at.isoformat() if safe.set_at else None,
        "expires_at": safe.expires_at.isoformat() if safe.expires_at else None,
    }


# --- parts of a record ----------------------------------------------------------------------------


def _addresses(raw: Raw, where: str) -> tuple[Address, ...]:
    found = tuple(
        _address(each, inner) for inner, each in objects(raw, "addresses", where, key="whole")
    )
    line = text(raw, "address", where) or text(raw, "address_line", where)
    postcode = text(raw, "postcode", where)
    return (*found, Address(line=line, postcode=postcode)) if line or postcode else found


def _address(raw: Raw, where: str) -> Address:
    if "whole" in raw:
        whole = plain(raw["whole"], where)
        code = POSTCODE.search(whole)
        line = whole[: code.start()] + whole[code.end() :] if code else whole
        return Address(line=line.strip(" ,"), postcode=code[0].upper() if code else "")
    return Address(
        line=text(raw, "line", where),
        postcode=text(raw, "postcode", where),
        current=flag(raw, "current", where, default=True),
    )


def _needs(raw: Raw, where: str) -> tuple[Need, ...]:
    found = (_need(each, at) for at, each in objects(raw, "needs", where, key="need"))
    return tuple(need for need in found if need.text)


def _need(raw: Raw, where: str) -> Need:
    return Need(
        text=text(raw, "need", where),
        source=text(raw, "source", where),
        updated_at=moment(raw, "updated_at", where),
    )


def _handles(raw: Raw, where: str) -> list[tuple[str, Raw]]:
    return objects(raw, "handles", where, key="whole")


def _handle(raw: Raw, where: str) -> Handle:
    if "whole" in raw:
        platform, colon, handle = plain(raw["whole"], where).partition(":")
        if not colon:
            raise BadInput(where, "must be written platform:handle")
        return Handle(platform=platform.strip().casefold(), handle=handle.strip())
    return Handle(
        platform=required(raw, "platform", where).casefold(),
        handle=text(raw, "handle", where),
        account_id=text(raw, "account_id", where),
    )


def _markers(raw: Raw, where: str) -> tuple[str, ...]:
    """Markers as rules read them: `Domestic abuse` is `domestic_abuse`."""
    inner = ("kind", "marker", "type", "code", "name")
    return tuple(
        re.sub(r"[\s-]+", "_", each.casefold())
        for each in texts(raw, "markers", where, inner=inner)
    )


def _safe_contact(raw: Raw, where: str) -> SafeContact | None:
    place = f"{where}: safe_contact"
    value = from_json(raw.get("safe_contact"), place)
    if not value:
        return None
    if not isinstance(value, dict):
        raise BadInput(place, "must be an object")
    from_hour, to_hour = _hours(value, place)
    return SafeContact(
        channels=texts(value, "channels", place),
        days=tuple(_day(each, f"{place}: days") for each in listed(value, "days", place)),
        from_hour=from_hour,
        to_hour=to_hour,
        codeword=text(value, "codeword", place),
        public_reply=flag(value, "public_reply", place, default=False),
        note=_note(value, place),
        set_by=text(value, "set_by", place),
        set_at=moment(value, "set_at", place),
        expires_at=moment(value, "expires_at", place),
    )


def _note(raw: Raw, where: str) -> str:
    silent = not flag(raw, "leave_message", where, default=True)
    note = text(raw, "note", where)
    return "; ".join(part for part in (note, "leave no message" if silent else "") if part)


def _hours(raw: Raw, where: str) -> tuple[int | None, int | None]:
    """Whole hours inside which contact is safe: `09:30-14:30` is safe from 10 to 14."""
    written = text(raw, "hours", where)
    if not written:
        return _hour(raw, "from_hour", where), _hour(raw, "to_hour", where)
    match = HOURS.fullmatch(written)
    if match is None:
        raise BadInput(f"{where}: hours", "must be like 09:00-17:00")
    from_hour = int(match[1]) + (1 if match[2] and int(match[2]) else 0)
    if from_hour > 24 or int(match[3]) > 24:
        raise BadInput(f"{where}: hours", "must be hours from 0 to 24")
    return from_hour, int(match[3])


def _hour(raw: Raw, field: str, where: str) -> int | None:
    written = text(raw, field, where)
    if not written:
        return None
    if not written.isascii() or not written.isdigit() or int(written) > 24:
        raise BadInput(f"{where}: {field}", "must be an hour from 0 to 24")
    return int(written)


def _day(value: Any, where: str) -> int:
    written = plain(value, where)
    if written in {"0", "1", "2", "3", "4", "5", "6"}:
        return int(written)
    if written[:3].lower() in DAYS:
        return DAYS.index(written[:3].lower())
    raise BadInput(where, "must be mon to sun, or 0 (Monday) to 6")
