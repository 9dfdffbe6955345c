from collections.abc import Iterator

import pytest

from config.settings import EmailSink as Settings
from notifier.card import CardContext
from notifier.email import EmailSink
from tests.servers.desk import NOW, a_card, a_case
from tests.servers.smtp import PASSWORD, USER, Mail
from triage.desk import notice
from triage.errors import (
    BadRequest,
    FirstContactError,
    Gone,
    OutcomeUnknown,
    Unauthorised,
    Unavailable,
)
from triage.model import Officer, Outgoing
from triage.taxonomy import Lane

DUTY = "duty@westbridge.example"
CONTEXT = CardContext(desk="Westbridge Police", console_url="https://console.westbridge.example")


@pytest.fixture
def mail() -> Iterator[Mail]:
    with Mail() as server:
        yield server


def sink_on(port: int, **fields: object) -> EmailSink:
    values: dict[str, object] = {
        "kind": "email",
        "host": "127.0.0.1",
        "port": port,
        "sender": "Desk <desk@westbridge.example>",
        "starttls": False,
        "channels": {Lane.CONTROL_ROOM: DUTY},
        "timeout_seconds": 1,
    }
    return EmailSink(Settings.model_validate(values | fields), CONTEXT)


def test_a_mail_has_one_line_without_content_and_a_link(mail):
    case = a_case()

    sink_on(mail.port).post(a_card(case, f"email:{DUTY}"), case, now=NOW)

    (sent,) = mail.mails
    assert sent["To"] == DUTY
    assert sent["Subject"].startswith("P1 Emergency · direct message · FC-26-1123-0041 · Unclaimed")
    assert sent["X-Priority"] == "1"
    assert "https://console.westbridge.example/items/FC-26-1123-0041" in sent.get_content()
    assert not [word for word in ("knife", "Zelda", "07700") if word in sent.as_string()]


def test_a_mail_to_a_shared_mailbox_says_for_whom_it_is(mail):
    body = notice("Escalation", "FC-1 is late", to=[Officer(id="sue", name="Sue Sharp")])
    message = Outgoing(key="n", destination=f"email:{DUTY}", urgency=1, body=body)

    sink_on(mail.port).post(message, None, now=NOW)

    lines = mail.mails[0].get_content().splitlines()
    assert lines[:2] == ["Escalation · FC-1 is late", "For Sue Sharp"]


def test_a_mail_sent_again_has_the_same_id(mail):
    case = a_case()
    sink = sink_on(mail.port)

    ids = [sink.post(a_card(case, f"email:{DUTY}"), case, now=NOW) for _ in range(2)]

    assert ids[0] == ids[1] == mail.mails[0]["Message-ID"]


def test_a_notice_with_line_breaks_stays_one_subject(mail):
    body = "Collector silent\r\nBcc: everybody@example.org"
    notice = Outgoing(key="n", destination=f"email:{DUTY}", urgency=2, body=body)

    sink_on(mail.port).post(notice, None, now=NOW)

    (sent,) = mail.mails
    assert sent["Bcc"] is None
    assert sent["Subject"] == "Westbridge Police · Collector silent Bcc: everybody@example.org"


def test_it_logs_in_where_a_user_is_set(mail):
    case = a_case()
    card = a_card(case, f"email:{DUTY}")

    sink_on(mail.port, username=USER, password=PASSWORD).post(card, case, now=NOW)
    with pytest.raises(Unauthorised):
        sink_on(mail.port, username=USER, password="wrong").post(card, case, now=NOW)

    assert len(mail.mails) == 1


def test_a_server_without_encryption_gets_no_mail_where_it_is_asked_for(mail):
    case = a_case()

    with pytest.raises(Unauthorised):
        sink_on(mail.port, starttls=True).post(a_card(case, f"email:{DUTY}"), case, now=NOW)

    assert mail.mails == []


@pytest.mark.parametrize(
    ("verb", "reply", "expected"),
    [
        ("CONNECT", "421 too busy", Unavailable),
        ("CONNECT", "", Unavailable),
        ("RCPT", "550 no such mailbox", Gone),
        ("RCPT", "450 try later", Unavailable),
        ("MAIL", "451 try later", Unavailable),
        ("MAIL", "550 not you", BadRequest),
        ("DATA", "554 refused", BadRequest),
        ("DATA.", "552 too big", BadRequest),
        ("DATA.", "", OutcomeUnknown),
    ],
)
def test_what_a_mail_server_refuses_is_told_in_our_words(mail, verb, reply, expected):
    mail.replies[verb] = reply
    case = a_case()

    with pytest.raises(FirstContactError) as caught:
        sink_on(mail.port).post(a_card(case, f"email:{DUTY}"), case, now=NOW)

    assert type(caught.value) is expected


def test_a_mail_server_that_is_not_there_has_received_nothing():
    case = a_case()
    with Mail() as server:
        port = server.port

    with pytest.raises(Unavailable):
        sink_on(port).post(a_card(case, f"email:{DUTY}"), case, now=NOW)


def test_a_mail_is_not_sent_again_for_every_change(mail):
    case = a_case()

    sink_on(mail.port).edit(a_card(case, f"email:{DUTY}"), case, now=NOW)

    assert mail.mails == []
