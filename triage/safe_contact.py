"""Rules the sender enforces so that an answer cannot put the writer at risk."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from triage.errors import Refused
from triage.model import Case, Person, SafeContact
from triage.routing import discloses


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How a human means to answer.

    `channel` is a name of `triage.items.CHANNELS`, `public` whether others could see it, and
    `safe_to_send` that the officer ticked it although abuse is disclosed.
    """

    channel: str
    public: bool = False
    safe_to_send: bool = False


def guard_reply(
    case: Case, person: Person | None, route: Route, *, now: datetime, zone: tzinfo
) -> None:
    """Let a human's reply pass, or refuse it. Nothing is ever sent without a human.

    `zone` is the local zone in which safe hours are meant.

    Raises:
        Refused: says which rule forbids it.
    """
    disclosed = case.verdict is not None and discloses(case.verdict)
    if disclosed and route.public:
        raise Refused(f"{case.ref}: abuse is disclosed: no public reply")
    if disclosed and not route.safe_to_send:
        raise Refused(f"{case.ref}: abuse is disclosed: tick “safe to send” or do not reply")
    rules = rules_in_force(person, now)
    if rules is None:
        if route.channel != case.item.channel and disclosed:
            raise Refused(f"{case.ref}: no other channel is known to be safe")
        return
    if route.public and not rules.public_reply:
        raise Refused(f"{case.ref}: this person must not be seen to talk to the police")
    if route.channel not in rules.channels:
        safe = ", ".join(rules.channels) or "none"
        raise Refused(f"{case.ref}: {route.channel} is not a safe channel (safe: {safe})")
    if not _safe_time(rules, now.astimezone(zone)):
        raise Refused(f"{case.ref}: outside the safe days and hours")


def rules_in_force(person: Person | None, now: datetime) -> SafeContact | None:
    """The person's safe-contact rules, None if there are none or they have expired."""
    rules = person.safe_contact if person else None
    if rules is None or (rules.expires_at is not None and rules.expires_at <= now):
        return None
    return rules


def banner(case: Case, person: Person | None, now: datetime) -> str:
    """The line staff read first, without the codeword; "" if nothing has to be observed."""
    rules = rules_in_force(person, now)
    if rules is not None:
        safe = ", ".join(rules.channels) or "no channel"
        public = "" if rules.public_reply else " Never reply in public."
        return f"Safe contact: {safe} only.{public}"
    if person is not None and person.safe_contact is not None:
        return "Safe contact rules have expired: check before any contact."
    if case.verdict is not None and discloses(case.verdict):
        return "Abuse disclosed: no automatic or public reply. Ask what is safe."
    return ""


def _safe_time(rules: SafeContact, local: datetime) -> bool:
    if rules.days and local.weekday() not in rules.days:
        return False
    if rules.from_hour is None or rules.to_hour is None:
        return True
    if rules.from_hour <= rules.to_hour:
        return rules.from_hour <= local.hour < rules.to_hour
    return local.hour >= rules.from_hour or local.hour < rules.to_hour
