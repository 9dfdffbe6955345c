"""Mail to duty mailboxes: one line without content, and a link to the console."""

import hashlib
import smtplib
import ssl
from datetime import datetime
from email.message import EmailMessage

from config.settings import EmailSink as Settings
from notifier import words
from notifier.card import CardContext, card_of
from notifier.notices import notice_of
from notifier.places import place_of
from triage.errors import (
    BadRequest,
    FirstContactError,
    Gone,
    OutcomeUnknown,
    Unauthorised,
    Unavailable,
)
from triage.model import Case, Outgoing

SUBJECT_CHARS = 200
PERMANENT = 500


class EmailSink:
    """A mail server. Implements `triage.ports.Sink`; a mail cannot be edited or looked up.

    A mail sent twice carries the same Message-ID, so that mail systems can drop the second.
    """

    def __init__(self, settings: Settings, context: CardContext) -> None:
        self.name = settings.name
        self._settings = settings
        self._context = context

    def post(self, message: Outgoing, case: Case | None, *, now: datetime) -> str:
        """Send the mail; returns its Message-ID."""
        mail = self._mail(message, case, now)
        began = False
        try:
            with smtplib.SMTP(
                self._settings.host, self._settings.port, timeout=self._settings.timeout_seconds
            ) as server:
                self._enter(server)
                began = True
                server.send_message(mail)
        except (smtplib.SMTPException, OSError) as error:
            raise _problem(error, sending=began) from error
        return str(mail["Message-ID"])

    def edit(self, message: Outgoing, case: Case | None, *, now: datetime) -> None:
        """A mail that was sent stays as it is."""

    def find(self, message: Outgoing) -> str:
        """A mailbox of somebody else cannot be searched."""
        return ""

    def _enter(self, server: smtplib.SMTP) -> None:
        """Encrypt and log in; a password never travels in the clear."""
        settings = self._settings
        if settings.starttls:
            server.starttls(context=ssl.create_default_context())
        if settings.username and settings.password is not None:
            server.login(settings.username, settings.password.get_secret_value())

    def _mail(self, message: Outgoing, case: Case | None, now: datetime) -> EmailMessage:
        line, url = plain_of(message, case, self._context, now)
        mail = EmailMessage()
        mail["From"] = self._settings.sender
        mail["To"] = place_of(message.destination)
        mail["Subject"] = words.shorten(line, SUBJECT_CHARS)
        mail["Date"] = now
        digest = hashlib.sha256(message.key.encode()).hexdigest()[:32]
        mail["Message-ID"] = f"<{digest}@{_domain(self._settings.sender)}>"
        mail["Auto-Submitted"] = "auto-generated"
        if message.urgency == 1:
            mail["X-Priority"] = "1"
        mail.set_content("\n".join((line, *self._below(message), "", url, "")))
        return mail

    def _below(self, message: Outgoing) -> tuple[str, ...]:
        """What stands below the line of a notice, and for whom of a shared mailbox it is."""
        if not message.body:
            return ()
        notice = notice_of(message.body, self._context)
        return (*notice.lines, f"For {notice.names}") if notice.to else notice.lines


def plain_of(
    message: Outgoing, case: Case | None, context: CardContext, now: datetime
) -> tuple[str, str]:
    """The one line of a message, without content, and where the console shows it."""
    if message.body or case is None:
        notice = notice_of(message.body, context, ref=message.case_ref)
        return " ".join(notice.plain.split()), notice.url
    card = card_of(case, context, level=0, now=now)
    return " ".join(card.plain.split()), card.url


def _domain(sender: str) -> str:
    return sender.rpartition("@")[2].strip("> ") or "firstcontact.invalid"


def _problem(error: Exception, *, sending: bool) -> FirstContactError:
    what = f"mail: {type(error).__name__}"
    match error:
        case smtplib.SMTPAuthenticationError() | smtplib.SMTPNotSupportedError():
            return Unauthorised(what)
        case smtplib.SMTPRecipientsRefused():
            codes = [code for code, _ in error.recipients.values()]
            return Gone(what) if min(codes, default=0) >= PERMANENT else Unavailable(what)
        case smtplib.SMTPServerDisconnected() if sending:
            return OutcomeUnknown(what)
        case smtplib.SMTPResponseException():
            return BadRequest(what) if error.smtp_code >= PERMANENT else Unavailable(what)
        case _:
            return OutcomeUnknown(what) if sending else Unavailable(what)
