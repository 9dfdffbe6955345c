"""What a button pressed in Slack or Teams does: find the officer, carry out, answer."""

import logging

from console.service import Service
from notifier.press import Answer, Press, verb_of
from triage.actions import Command
from triage.errors import FirstContactError, Refused
from triage.flow import MACHINE, carry_out
from triage.lifecycle import Verb
from triage.model import Event, Officer, Role

log = logging.getLogger("firstcontact.presses")


class PressDesk:
    """Answers presses. A visible button is no permission: `triage.actions` decides.

    Args:
        enrol: whether somebody unknown who presses in a staff channel becomes an officer
            (settings `desk.enrol_chat_users`; docs/adr/0006).
    """

    def __init__(self, service: Service, *, enrol: bool) -> None:
        self._service = service
        self._store = service.desk.store
        self._enrol = enrol

    def answer(self, press: Press) -> Answer:
        """Carry out a press and say what became of it, also if it was refused."""
        try:
            command = Command(
                verb=verb_of(press),
                ref=press.ref,
                officer=self._officer(press),
                args=press.args,
                tool=press.tool,
            )
            outcome = carry_out(self._service.desk, self._accepting(command))
        except Refused as error:
            return Answer(text=str(error), refused=True, case=self._store.case(press.ref))
        except FirstContactError as error:
            log.warning("press not carried out", extra={"ref": press.ref, "error": str(error)})
            text = f"{press.ref}: nothing was changed, please try again ({error})"
            return Answer(text=text, refused=True)
        return Answer(text=outcome.said, case=outcome.case)

    def _accepting(self, command: Command) -> Command:
        """Claiming what is offered is accepting it: officers see one button."""
        case = self._store.case(command.ref)
        if command.verb is Verb.CLAIM and case is not None and case.offered_to is not None:
            return Command(
                verb=Verb.ACCEPT, ref=command.ref, officer=command.officer, tool=command.tool
            )
        return command

    def _officer(self, press: Press) -> Officer:
        known = self._store.officer(slack_id=press.slack_id, teams_id=press.teams_id)
        if known is not None:
            return known
        if not self._enrol:
            raise Refused("You are not known to firstcontact: ask an admin to add you")
        return self._enrolled(press)

    def _enrolled(self, press: Press) -> Officer:
        account = press.slack_id or press.teams_id
        officer = Officer(
            id=f"{press.tool}:{account}",
            name=press.actor_name or account,
            roles=frozenset({Role.OFFICER}),
            slack_id=press.slack_id,
            teams_id=press.teams_id,
        )
        self._store.save_officer(officer)
        event = Event(
            at=self._service.desk.clock(),
            actor=MACHINE,
            action="officer_enrolled",
            subject=officer.id,
            detail={"tool": press.tool},
        )
        self._store.record([event])
        return officer
