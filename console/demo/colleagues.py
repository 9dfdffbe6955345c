"""Two invented officers who work the queue of the demo, so that clocks and hand-overs show."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from triage.actions import Command
from triage.errors import Refused
from triage.flow import Desk, carry_out
from triage.lifecycle import Verb
from triage.model import Case, Officer, Priority, Role, State
from triage.ports import QueueFilter

KHAN = Officer(id="khan", name="Officer Khan", roles=frozenset({Role.OFFICER, Role.SUPERVISOR}))
OYELARAN = Officer(id="oyelaran", name="Officer Oyelaran")
TAKES = timedelta(minutes=4)
AT_ONCE = 3


@dataclass(slots=True)
class Colleagues:
    """They take the most urgent first and are away for a quarter of an hour now and then."""

    desk: Desk
    claimed: int = 0
    closed: int = 0

    def work(self, now: datetime) -> None:
        """What they do in one minute of the day."""
        if now.minute >= 45 and now.hour % 4 == 0:
            return  # briefing: nobody is at the desk, and escalation must reach somebody
        self._finish(now)
        waiting = self.desk.store.queue(QueueFilter(states=(State.OPEN,)), limit=AT_ONCE)
        for case, officer in zip(waiting, (KHAN, OYELARAN, KHAN), strict=False):
            self.claimed += self._do(Verb.CLAIM, case, officer)

    def _finish(self, now: datetime) -> None:
        for case in self.desk.store.queue(QueueFilter(states=(State.CLAIMED,)), limit=20):
            if case.claimed_at is None or now - case.claimed_at < TAKES:
                continue
            officer = KHAN if case.claimed_by == KHAN.id else OYELARAN
            self.closed += self._do(Verb.RESULT, case, officer, code=_result(case))

    def _do(self, verb: Verb, case: Case, officer: Officer, **args: str) -> int:
        try:
            carry_out(
                self.desk,
                Command(verb=verb, ref=case.ref, officer=officer, args=args, tool="demo"),
            )
        except Refused:
            return 0
        return 1


def _result(case: Case) -> str:
    if case.priority is Priority.P1:
        return "deployed"
    return "advice" if case.priority and case.priority <= Priority.P4 else "no_action"
