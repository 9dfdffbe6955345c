"""Forms and sheets for officers in chat: who may have them, and what is recorded for it."""

from collections.abc import Callable, Mapping

from notifier import card as actions
from notifier.card import CardContext
from notifier.forms import Asking, Form, form_of
from notifier.press import VERBS, Press, verb_of
from notifier.sheets import more_of, text_of
from triage.actions import Command, allowed, may_see_text
from triage.desk import Desk
from triage.errors import Refused
from triage.model import Case, Event, Officer


class ChatForms:
    """What an officer is asked or shown. Nothing is changed by it; a look at a text is recorded."""

    def __init__(self, desk: Desk, context: CardContext) -> None:
        self._desk = desk
        self._context = context

    def form(self, press: Press, officer: Officer) -> Form:
        """The form of a press, for whoever may do what it is about.

        Raises:
            Refused, Stale: as when it is carried out, so that nobody fills in a form in vain.
        """
        case = self._desk.store.case(press.ref)
        if case is None:
            raise Refused(f"{press.ref}: no such item")
        if not may_see_text(case, officer):
            self._record(press, officer, "view_refused")
            raise Refused(f"{case.ref} is restricted: your role does not cover it")
        asking = Asking(
            officer=officer,
            now=self._desk.clock(),
            context=self._context,
            seen=press.seen,
            args=press.args,
            events=self._desk.store.events(case.ref),
        )
        if press.action in VERBS:
            self._allowed(case, press, officer)
            return form_of(press.action, case, asking)
        if press.action == actions.SHOW:
            self._record(press, officer, "viewed")
        return _SHEETS[press.action](case, asking)

    def _allowed(self, case: Case, press: Press, officer: Officer) -> None:
        command = Command(
            verb=verb_of(press), ref=press.ref, officer=officer, args=press.args, seen=press.seen
        )
        allowed(case, command, names=self._desk.name_of)

    def _record(self, press: Press, officer: Officer, action: str) -> None:
        event = Event(
            at=self._desk.clock(),
            actor=officer.id,
            action=action,
            subject=press.ref,
            detail={"tool": press.tool},
        )
        self._desk.store.record([event])


_SHEETS: Mapping[str, Callable[[Case, Asking], Form]] = {
    actions.MORE: more_of,
    actions.SHOW: text_of,
}
