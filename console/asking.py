"""Forms and sheets for officers in chat: who may have them, and what is recorded for it."""

from collections.abc import Callable, Iterator, Mapping

from console.looks import case_of, record
from console.web.facts import Fact, identity_of, masked, needs_of
from console.web.known import CONSULTED, MOST_CANDIDATES, opened_records
from notifier import card as actions
from notifier import words
from notifier.card import CardContext
from notifier.forms import Asking, Form, form_of
from notifier.press import VERBS, Press, verb_of
from notifier.sheets import MAY_LOOK, Shown, more_of, persons_of, text_of
from triage.actions import Command, allowed
from triage.desk import Desk
from triage.effects import REASON
from triage.errors import Refused
from triage.items import platform_of
from triage.model import Candidate, Case, LinkDecision, Officer
from triage.safe_contact import rules_in_force


class ChatForms:
    """What an officer is asked or shown. It changes nothing; what is looked at is recorded."""

    def __init__(self, desk: Desk, context: CardContext) -> None:
        self._desk = desk
        self._context = context
        self._sheets: Mapping[str, Callable[[Press, Case, Officer], Form]] = {
            actions.MORE: lambda press, case, officer: more_of(
                case, self._asking(press, case, officer)
            ),
            actions.SHOW: self._text,
            actions.PERSONS: self._persons,
            actions.CONSULT: self._consulted,
        }

    def form(self, press: Press, officer: Officer) -> Form:
        """The form of a press, for whoever may do what it is about.

        Raises:
            Refused, Stale: as when it is carried out, so that nobody fills in a form in vain.
        """
        case = case_of(self._desk, press, officer)
        if press.action not in VERBS:
            return self._sheets[press.action](press, case, officer)
        self._allowed(case, press, officer)
        return form_of(press.action, case, self._asking(press, case, officer))

    def _allowed(self, case: Case, press: Press, officer: Officer) -> None:
        command = Command(
            verb=verb_of(press), ref=press.ref, officer=officer, args=press.args, seen=press.seen
        )
        allowed(case, command, now=self._desk.clock(), names=self._desk.name_of)

    def _asking(self, press: Press, case: Case, officer: Officer) -> Asking:
        return Asking(
            officer=officer,
            now=self._desk.clock(),
            context=self._context,
            seen=press.seen,
            args=press.args,
            events=self._desk.store.events(case.ref),
        )

    # --- reading: recorded before anything is shown ----------------------------------------------

    def _text(self, press: Press, case: Case, officer: Officer) -> Form:
        record(self._desk, press, officer, "viewed")
        return text_of(case, self._asking(press, case, officer))

    def _consulted(self, press: Press, case: Case, officer: Officer) -> Form:
        """One of the persons by name: who, when and why stand in the trail first."""
        self._may_look(case, officer)
        record_id = press.args.get("record_id", "")
        if record_id not in {each.record_id for each in case.link.candidates}:
            raise Refused(f"{case.ref}: that record is not suggested here any more")
        record(self._desk, press, officer, CONSULTED, records=[record_id], reason=REASON)
        return self._persons(press, case, officer)

    def _persons(self, press: Press, case: Case, officer: Officer) -> Form:
        self._may_look(case, officer)
        confirmed = case.link.decision is LinkDecision.CONFIRMED
        candidates = case.link.candidates[: 1 if confirmed else MOST_CANDIDATES]
        records = [each.record_id for each in candidates]
        record(self._desk, press, officer, "candidates_viewed", records=records)
        asking = self._asking(press, case, officer)
        opened = opened_records(asking.events, officer.id, asking.now)
        shown = [
            self._shown(each, confirmed=confirmed, opened=each.record_id in opened)
            for each in candidates
        ]
        may_link = self._desk.may_link(platform_of(case.item.channel))
        return persons_of(case, asking, shown, link=may_link)

    def _may_look(self, case: Case, officer: Officer) -> None:
        if not officer.roles & MAY_LOOK:
            raise Refused(f"{case.ref}: your role does not cover who is writing")

    def _shown(self, candidate: Candidate, *, confirmed: bool, opened: bool) -> Shown:
        person, zone = self._desk.store.person(candidate.record_id), self._context.zone
        who, facts = "Record no longer held", list[Fact]()
        if person is not None:
            who = (person.name or person.record_id) if opened else masked(person)
            facts += identity_of(person, zone) if opened else ()
            rules = rules_in_force(person, self._desk.clock())
            facts += needs_of(person, rules, zone) if confirmed else ()
        return Shown(
            record_id=candidate.record_id,
            who=who,
            chance=words.chance(candidate.probability),
            confirmed=confirmed,
            opened=opened or person is None,
            evidence=candidate.evidence,
            facts=tuple(_lines(facts)),
        )


def _lines(facts: list[Fact]) -> Iterator[str]:
    for fact in facts:
        yield f"{fact.term}: {fact.text}{f' ({fact.source})' if fact.source else ''}"
