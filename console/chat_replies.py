"""Presses about replies in Slack and Teams: forms for whoever may, then `triage.answering`."""

from uuid import uuid4

from console.looks import case_of, record
from notifier import card as actions
from notifier import words
from notifier.card import Button, CardContext
from notifier.forms import Asking, Form
from notifier.press import MAX_ARG, Answer, Press
from notifier.reply_forms import (
    APPROVE,
    LONGEST,
    Answering,
    approval_form,
    reply_form,
    with_replies,
)
from triage.answering import Answered, answer, moment_of
from triage.authority import may_approve, may_reply
from triage.clearance import Moment, offers
from triage.desk import Desk
from triage.errors import Refused
from triage.model import Case, Officer
from triage.replies import (
    REPLY_MOVES,
    WORDS,
    Reply,
    ReplyCommand,
    ReplyState,
    ReplyVerb,
    needs_two,
    under_way,
)
from triage.reply_text import LIMITS
from triage.safe_contact import delicate

IN_CONSOLE = "use the console"


class ChatReplies:
    """What officers do about replies from chat."""

    def __init__(self, desk: Desk, context: CardContext) -> None:
        self._desk = desk
        self._context = context

    def offered(self, form: Form, officer: Officer) -> Form:
        """The sheet of all that is possible, with the presses about a reply."""
        case = self._desk.store.case(form.ref)
        if case is None or not offers(moment_of(self._desk, case)):
            return form
        reply = under_way(self._desk.store.replies_of(case.ref))
        buttons = []
        if self._writes(case, reply, officer):
            buttons.append(Button(action=actions.REPLY, label="Reply"))
        if self._approves(case, reply, officer):
            buttons.append(Button(action=actions.APPROVE_REPLY, label="Approve reply"))
        line = f"A reply is {WORDS[reply.state]}." if reply else ""
        return with_replies(form, buttons, line)

    def answer(self, press: Press, officer: Officer) -> Answer:
        """Show the form of a press, or carry it out and say what became of it."""
        case = case_of(self._desk, press, officer)
        if press.needs_form:
            return Answer(form=self._form(press, case, officer))
        done = self._carried_out(press, case, officer)
        text = f"{case.ref}: {done.said}"
        return Answer(text=text, told=True, case=self._desk.store.case(case.ref))

    # --- forms -----------------------------------------------------------------------------------

    def _form(self, press: Press, case: Case, officer: Officer) -> Form:
        asking = Asking(
            officer=officer, now=self._desk.clock(), context=self._context, seen=press.seen
        )
        reply = under_way(self._desk.store.replies_of(case.ref))
        if press.action == actions.APPROVE_REPLY:
            return self._approval(press, case, asking, reply)
        may_reply(case, officer, names=self._desk.name_of)
        if reply is not None and reply.state not in REPLY_MOVES[ReplyVerb.WRITE]:
            raise Refused(f"{case.ref}: a reply is {WORDS[reply.state]}: {IN_CONSOLE} to change it")
        return reply_form(case, asking, self._answering(press, case, reply))

    def _answering(self, press: Press, case: Case, reply: Reply | None) -> Answering:
        moment = moment_of(self._desk, case)
        channels = _open(moment)
        templates = self._desk.answering.templates_for(case, channels[0][0], moment.now)
        begun = next(
            (text for each, text in templates if each.id == press.args.get("template")), ""
        )
        text = begun or (reply.text if reply else "")
        if len(text) > MAX_ARG:
            raise Refused(f"{case.ref}: the draft is longer than chat takes: {IN_CONSOLE}")
        return Answering(
            channels=channels,
            reply_id=reply.id if reply else uuid4().hex,
            version=reply.version if reply else 0,
            text=text,
            ticked=bool(reply and reply.safe_to_send),
            delicate=delicate(case),
            two=needs_two(case),
            window=_window(moment),
            templates=[(each.id, each.title) for each, _ in templates],
        )

    def _approval(self, press: Press, case: Case, asking: Asking, reply: Reply | None) -> Form:
        officer = asking.officer
        may_approve(case, officer)
        if reply is None or reply.state is not ReplyState.WAITING:
            raise Refused(f"{case.ref}: no reply waits for approval")
        if reply.drafted_by == officer.id:
            raise Refused(f"{case.ref}: a second person must approve this reply")
        if len(reply.text.encode()) > LONGEST:
            raise Refused(f"{case.ref}: the reply is longer than chat shows: {IN_CONSOLE}")
        record(self._desk, press, officer, "viewed")
        return approval_form(case, asking, reply)

    # --- carrying out ----------------------------------------------------------------------------

    def _carried_out(self, press: Press, case: Case, officer: Officer) -> Answered:
        if press.action == actions.APPROVE_REPLY:
            approves = press.args.get("decision") == APPROVE
            verb = ReplyVerb.APPROVE if approves else ReplyVerb.RETURN
            return answer(self._desk, _command(press, officer, verb))
        if len(press.args.get("text", "")) >= MAX_ARG:
            raise Refused(f"{case.ref}: longer than chat takes, nothing was sent: {IN_CONSOLE}")
        written = answer(self._desk, _command(press, officer, ReplyVerb.WRITE))
        try:
            return answer(self._desk, _command(press, officer, ReplyVerb.SUBMIT, seen=False))
        except Refused as refused:
            why = str(refused).removeprefix(f"{case.ref}: ")
            kept = "the draft is kept and was not sent" if written.changed else "nothing was sent"
            raise Refused(f"{case.ref}: {kept}: {why}") from refused

    def _writes(self, case: Case, reply: Reply | None, officer: Officer) -> bool:
        if reply is not None and reply.state not in REPLY_MOVES[ReplyVerb.WRITE]:
            return False
        try:
            may_reply(case, officer)
        except Refused:
            return False
        return True

    def _approves(self, case: Case, reply: Reply | None, officer: Officer) -> bool:
        if reply is None or reply.state is not ReplyState.WAITING:
            return False
        try:
            may_approve(case, officer)
        except Refused:
            return False
        return reply.drafted_by != officer.id


def _open(moment: Moment) -> list[tuple[str, int]]:
    """The channels that are safe and open now.

    Raises:
        Refused: there is none; says why.
    """
    found = offers(moment)
    open_now = [(each.channel, LIMITS[each.channel]) for each in found if not each.refusal]
    if not open_now:
        why = found[0].refusal if found else "answer on the platform"
        raise Refused(f"{moment.case.ref}: {why}")
    return open_now


def _window(moment: Moment) -> str:
    """Until when the platform takes an answer; "" where it sets no end."""
    closes = moment.closes_at
    if closes is None:
        return ""
    until = words.clock_time(closes, now=moment.now, zone=moment.zone)
    return f"The platform takes an answer until {until}: {words.time_left(closes, moment.now)}"


def _command(press: Press, officer: Officer, verb: ReplyVerb, *, seen: bool = True) -> ReplyCommand:
    given = press.args.get("version", "")
    version = int(given) if seen and given.isascii() and given.isdigit() and given != "0" else None
    return ReplyCommand(
        verb=verb,
        ref=press.ref,
        officer=officer,
        reply_id=press.args.get("reply", ""),
        args=press.args,
        version=version,
        tool=press.tool,
        press=press.id,
    )
