"""Rules the sender enforces so that an answer cannot put the writer at risk."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from triage.errors import Refused
from triage.items import STAFF
from triage.model import Case, Person, SafeContact, require_zone
from triage.routing import discloses, was_read
from triage.taxonomy import SignalName

LASTS = timedelta(days=28)
"""How long rules hold that do not say: lives change, and with them what is safe."""


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
    require_zone(now, "now")
    if STAFF in (case.item.channel, route.channel):
        raise Refused(f"{case.ref}: staff passed it on: nobody outside is answered from it")
    if route.public and case.item.private:
        raise Refused(f"{case.ref}: a private message is never answered in public")
    rules = rules_in_force(person, now)
    if delicate(case) or _expired(person, rules):
        _guard_delicate(case, route)
    if rules is not None:
        _guard_rules(case, rules, route, now.astimezone(zone))
    elif route.channel != case.item.channel:
        raise Refused(f"{case.ref}: no other channel is known to be safe")


def _guard_delicate(case: Case, route: Route) -> None:
    if route.public:
        raise Refused(f"{case.ref}: abuse is or may be disclosed: no public reply")
    if not route.safe_to_send:
        raise Refused(
            f"{case.ref}: abuse is or may be disclosed: tick “safe to send” or do not reply"
        )


def _guard_rules(case: Case, rules: SafeContact, route: Route, local: datetime) -> None:
    if route.public and not rules.public_reply:
        raise Refused(f"{case.ref}: this person must not be seen to talk to the police")
    if route.channel not in rules.channels:
        safe = ", ".join(rules.channels) or "none"
        raise Refused(f"{case.ref}: {route.channel} is not a safe channel (safe: {safe})")
    if not _safe_time(rules, local):
        raise Refused(f"{case.ref}: outside the safe days and hours")


def delicate(case: Case) -> bool:
    """Whether an answer could harm: abuse is disclosed, was before, or nobody knows.

    Who writes while an offender is present may not be alone with the phone.
    """
    verdict = case.verdict
    if verdict is None or not was_read(verdict) or case.history.disclosed_before:
        return True
    return discloses(verdict) or verdict.has(SignalName.OFFENDER_PRESENT)


def rules_in_force(person: Person | None, now: datetime) -> SafeContact | None:
    """The person's safe-contact rules, None if there are none or they have expired."""
    rules = person.safe_contact if person else None
    if rules is None:
        return None
    ends = rules.expires_at or (rules.set_at + LASTS if rules.set_at else None)
    return None if ends is not None and ends <= now else rules


def _expired(person: Person | None, in_force: SafeContact | None) -> bool:
    return person is not None and person.safe_contact is not None and in_force is None


def banner(case: Case, person: Person | None, now: datetime) -> str:
    """The line staff read first, without the codeword; "" if nothing has to be observed."""
    rules = rules_in_force(person, now)
    if rules is not None:
        safe = ", ".join(rules.channels) or "no channel"
        public = "" if rules.public_reply else " Never reply in public."
        return f"Safe contact: {safe} only.{public}"
    if _expired(person, rules):
        return "Safe contact rules have expired: check before any contact."
    if case.history.disclosed_before or (case.verdict is not None and discloses(case.verdict)):
        return "Abuse disclosed: no automatic or public reply. Ask what is safe."
    if delicate(case):
        return "Abuse may be disclosed: no automatic or public reply. Ask what is safe."
    return ""


def _safe_time(rules: SafeContact, local: datetime) -> bool:
    """Whether a local time lies in the safe hours of a safe day.

    Hours that pass midnight belong to the day on which they began.
    """
    start = 0 if rules.from_hour is None else rules.from_hour
    end = 24 if rules.to_hour is None else rules.to_hour
    early = local.hour < end
    if start <= end:
        within, began = start <= local.hour and early, local
    else:
        within, began = start <= local.hour or early, local - timedelta(days=1 if early else 0)
    return within and (not rules.days or began.weekday() in rules.days)
