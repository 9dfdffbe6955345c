"""What a button pressed in Slack or Teams does: find the officer, carry out, answer."""

import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from console.asking import ChatForms
from console.chat_replies import ChatReplies
from console.service import Service
from notifier.card import BACK, CORRECT, MORE, CardContext
from notifier.press import REPLIES, Answer, Press, verb_of
from triage.actions import Command, Outcome, may_see_text
from triage.errors import FirstContactError, Refused, Stale
from triage.flow import MACHINE, carry_out
from triage.lifecycle import Verb
from triage.model import Case, Event, Officer, Role, State

log = logging.getLogger("firstcontact.presses")

NOT_KNOWN = "You are not known to firstcontact: ask an admin to add you"
DELIVERED_AGAIN = timedelta(minutes=10)
"""In this time a press with the same number is the same press, delivered a second time."""
READING_SECONDS = 2.0
LOOK_SECONDS = 0.1
_TAKING = (Verb.CLAIM, Verb.ACCEPT)


class PressDesk:
    """Answers presses. A visible button is no permission: `triage.actions` decides.

    Args:
        enrol: whether somebody unknown who presses in a staff channel becomes an officer
            (settings `desk.enrol_chat_users`; docs/adr/0006).
        context: what forms say beside their case, as cards do.
        reading_seconds: how long whoever takes a case is kept waiting while its changed text is
            read again.
    """

    def __init__(
        self,
        service: Service,
        *,
        enrol: bool,
        context: CardContext = CardContext(),
        reading_seconds: float = READING_SECONDS,
    ) -> None:
        self._service = service
        self._forms = ChatForms(service.desk, context)
        self._replies = ChatReplies(service.desk, context)
        self._reading_seconds = reading_seconds
        self._store = service.desk.store
        self._enrol = enrol

    def answer(self, press: Press) -> Answer:
        """Carry out a press and say what became of it, also if it was refused."""
        try:
            officer = self._officer(press)
            if press.action == BACK:
                return Answer(case=self._visible(press.ref, officer))
            if press.action in REPLIES:
                return self._replies.answer(press, officer)
            return self._asked(press, officer) if press.needs_form else self._answer(press, officer)
        except Refused as error:
            return Answer(text=str(error), refused=True)
        except FirstContactError as error:
            log.warning("press not carried out", extra={"ref": press.ref, "error": str(error)})
            text = f"{press.ref}: nothing was changed, please try again ({error})"
            return Answer(text=text, refused=True)

    def _answer(self, press: Press, officer: Officer) -> Answer:
        command = _command_of(press, officer)
        if self._carried_out_before(command):
            return Answer(text=f"{press.ref}: done", case=self._store.case(press.ref))
        try:
            outcome = self._carry_out(command)
        except Refused as error:
            if isinstance(error, Stale):
                self._draw_again(press.ref)
            text = f"{error}{_typed(press)}"
            return Answer(text=text, refused=True, case=self._visible(press.ref, officer))
        return Answer(
            text=outcome.said,
            case=outcome.case,
            unchanged=outcome.event is None,
            told=command.verb is Verb.ACKNOWLEDGE,
        )

    def _asked(self, press: Press, officer: Officer) -> Answer:
        """A form or a sheet, or why there is none; nothing is changed by it."""
        try:
            form = self._forms.form(press, officer)
            if press.action == MORE:
                form = self._replies.offered(form, officer)
            return Answer(form=form)
        except Refused as error:
            if isinstance(error, Stale):
                self._draw_again(press.ref)
            return Answer(text=str(error), refused=True, case=self._visible(press.ref, officer))

    # --- carrying out ------------------------------------------------------------------------

    def _carry_out(self, command: Command) -> Outcome:
        """Take a case by whichever verb takes it now, though it may change under our hands."""
        if command.verb in _TAKING:
            self._wait_while_read(command.ref)
        asked = self._taking(command)
        try:
            return carry_out(self._service.desk, asked)
        except Refused:
            again = self._taking(command)
            if again.verb is asked.verb:
                raise
        return carry_out(self._service.desk, again)

    def _wait_while_read(self, ref: str) -> None:
        """A text that changed is read again in a moment: nobody is sent away for that."""
        ends = time.monotonic() + self._reading_seconds
        while (case := self._store.case(ref)) is not None and case.state is State.RECEIVED:
            if time.monotonic() >= ends:
                return
            time.sleep(LOOK_SECONDS)

    def _taking(self, command: Command) -> Command:
        """Claiming what is offered is accepting it, and accepting what is free is claiming it.

        Officers see one button, on a card that may lag, and must be able to take the case.
        """
        case = self._store.case(command.ref)
        if case is None or command.verb not in _TAKING:
            return command
        if case.offered_to is not None:
            return replace(command, verb=Verb.ACCEPT)
        return replace(command, verb=Verb.CLAIM) if case.state is State.OPEN else command

    def _carried_out_before(self, command: Command) -> bool:
        """Whether this very press was carried out: a tool may deliver one twice, on two nodes.

        What it did may be undone since, and is not to be done again.
        """
        if not command.press:
            return False
        actions = _TAKING if command.verb in _TAKING else (command.verb,)
        since = self._service.desk.clock() - DELIVERED_AGAIN
        return any(
            (each.actor, each.detail.get("press")) == (command.officer.id, command.press)
            and each.action in actions
            and each.at >= since
            for each in self._store.events(command.ref)
        )

    # --- what is shown -----------------------------------------------------------------------

    def _visible(self, ref: str, officer: Officer) -> Case | None:
        """The case as it is now, for an officer who may see it."""
        case = self._store.case(ref)
        return case if case is not None and may_see_text(case, officer) else None

    def _draw_again(self, ref: str) -> None:
        """Somebody pressed on a card that is behind: bring all cards of the case up to it."""
        if self._store.show_again(ref):
            self._service.refresh(ref)

    # --- who presses -------------------------------------------------------------------------

    def _officer(self, press: Press) -> Officer:
        known = self._store.officer(slack_id=press.slack_id, teams_id=press.teams_id)
        if known is not None:
            return known
        if not (self._enrol and press.at_desk and (press.slack_id or press.teams_id)):
            raise Refused(NOT_KNOWN)
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
        if not self._store.enrol_officer(officer):
            return self._enrolled_before(press)
        event = Event(
            at=self._service.desk.clock(),
            actor=MACHINE,
            action="officer_enrolled",
            subject=officer.id,
            detail={"tool": press.tool},
        )
        self._store.record([event])
        return officer

    def _enrolled_before(self, press: Press) -> Officer:
        """Another node was faster; or their access was taken away, which a press does not undo."""
        known = self._store.officer(slack_id=press.slack_id, teams_id=press.teams_id)
        if known is None:
            raise Refused(NOT_KNOWN)
        return known


def _typed(press: Press) -> str:
    """What was typed into a form that is closed by now, so that nobody types it twice."""
    typed = " ".join(press.args[name] for name in ("text", "reason") if name in press.args)
    return f". You wrote: {typed}" if typed else ""


def _command_of(press: Press, officer: Officer) -> Command:
    return Command(
        verb=verb_of(press),
        ref=press.ref,
        officer=officer,
        args=_said(press.args) if press.action == CORRECT else press.args,
        seen=press.seen,
        tool=press.tool,
        press=press.id,
    )


def _said(args: Mapping[str, str]) -> Mapping[str, str]:
    """What it is, as the form has it (`abuse comms`), in the words of the command."""
    label, _, audience = args.get("kind", "").partition(" ")
    return {"class": label, "audience": audience, "learn": args.get("learn", "")}
