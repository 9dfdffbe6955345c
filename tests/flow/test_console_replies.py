"""Officers answer citizens on an item's page, without scripts."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.browser.desk import ConsoleDesk, token_of
from tests.factories import a_disclosure
from tests.reply_rig import BOB, ReplyRig, console_over, reply_rig
from triage.model import Case
from triage.replies import ReplyState, ReplyVerb


@pytest.fixture
def rig() -> Iterator[ReplyRig]:
    with reply_rig() as made:
        yield made


@pytest.fixture
def console(rig: ReplyRig) -> ConsoleDesk:
    return console_over(rig)


def page_of(client: TestClient, case: Case, query: str = "") -> str:
    answer = client.get(f"/item/{case.ref}{query}")
    assert answer.status_code == 200
    return unescape(answer.text)


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no field {name}"
    return found[1]


def send(client: TestClient, case: Case, verb: str, page: str = "", **fields: str) -> Any:
    """Press a button of the box as a browser does that shows `page`."""
    page = page or page_of(client, case)
    hidden = {"csrf_token": token_of(page), "reply": field(page, "reply")}
    if 'name="reply_version"' in page:
        hidden["reply_version"] = field(page, "reply_version")
    return client.post(f"/item/{case.ref}/reply/{verb}", data={**hidden, **fields})


def only(rig: ReplyRig, case: Case) -> Any:
    (reply,) = rig.store.replies_of(case.ref)
    return reply


def test_an_officer_writes_and_sends_in_one_press(rig: ReplyRig, console: ConsoleDesk) -> None:
    case = rig.claim(rig.mention())
    client = console.signed_in("alice")
    answer = send(
        client, case, "write", text="Yes.\r\nSince ten.", channel="x_mention", then="send"
    )
    assert answer.headers["location"] == f"/item/{case.ref}?said=approved"
    assert "On its way" in page_of(client, case, "?said=approved")
    rig.sweep()
    assert rig.said == ["Yes.\nSince ten."]
    page = page_of(client, case)
    assert page.index("is the bridge open") < page.index("We answered") < page.index("Since ten.")


def test_a_form_that_is_sent_twice_sends_once(rig: ReplyRig, console: ConsoleDesk) -> None:
    case = rig.claim(rig.mention())
    client = console.signed_in("alice")
    page = page_of(client, case)
    for _ in range(2):
        send(client, case, "write", page, text="Yes.", then="send")
        rig.sweep()
    assert rig.said == ["Yes."]


def test_without_a_claim_there_is_no_form(rig: ReplyRig, console: ConsoleDesk) -> None:
    case = rig.mention()
    page = page_of(console.signed_in("alice"), case)
    assert "Claim it to answer" in page
    assert 'id="reply-text"' not in page
    rig.claim(case)
    assert "Alice Ames has it" in page_of(console.signed_in("bob"), case)


def test_a_delicate_reply_needs_the_tick_and_keeps_what_was_typed(
    rig: ReplyRig, console: ConsoleDesk
) -> None:
    rig.says.verdict = a_disclosure()
    case = rig.claim(rig.dm())
    client = console.signed_in("alice")
    page = page_of(client, case)
    assert page.count("Ask what is safe.") == 2  # at the head, and beside the box
    answer = send(client, case, "write", text="We are here.", then="send")
    assert answer.status_code == 409
    assert "kept as a draft and was not sent" in unescape(answer.text)
    assert "safe to send" in unescape(answer.text)
    assert ">We are here.</textarea>" in answer.text
    send(client, case, "write", text="We are here.", safe_to_send="yes", then="send")
    assert only(rig, case).state is ReplyState.WAITING


def test_a_second_person_approves_and_the_writer_cannot(
    rig: ReplyRig, console: ConsoleDesk
) -> None:
    rig.says.verdict = a_disclosure()
    case = rig.claim(rig.dm())
    rig.press(ReplyVerb.SUBMIT, case, rig.written(case, "We are here.", safe_to_send="yes"))
    writer, other = console.signed_in("alice"), console.signed_in("bob")
    assert "Approve and send" not in page_of(writer, case)
    assert send(writer, case, "approve").status_code == 409
    assert "We are here." in page_of(other, case)
    assert send(other, case, "approve").status_code == 303
    rig.sweep()
    assert rig.said == ["We are here."]


def test_an_approval_of_a_text_that_changed_since_is_refused(
    rig: ReplyRig, console: ConsoleDesk
) -> None:
    rig.says.verdict = a_disclosure()
    case = rig.claim(rig.dm())
    reply_id = rig.written(case, "We are here.", safe_to_send="yes")
    rig.press(ReplyVerb.SUBMIT, case, reply_id)
    other = console.signed_in("bob")
    page = page_of(other, case)
    rig.press(ReplyVerb.WRITE, case, reply_id, text="We are not here.", safe_to_send="yes")
    rig.press(ReplyVerb.SUBMIT, case, reply_id)
    assert send(other, case, "approve", page).status_code == 409
    assert rig.sweep() == []


def test_who_approves_can_send_it_back_and_the_writer_reads_why(
    rig: ReplyRig, console: ConsoleDesk
) -> None:
    rig.says.verdict = a_disclosure()
    case = rig.claim(rig.dm())
    rig.press(ReplyVerb.SUBMIT, case, rig.written(case, "We are here.", safe_to_send="yes"))
    send(console.signed_in("bob"), case, "return", reason="Say when we are here")
    page = page_of(console.signed_in("alice"), case)
    assert "Sent back: Say when we are here" in page
    assert ">We are here.</textarea>" in page


def test_what_the_platform_said_stands_in_the_box(rig: ReplyRig, console: ConsoleDesk) -> None:
    case = rig.mention()
    reply_id = rig.approved(case)
    rig.x.fail("engaged", on="write_post")
    rig.send(reply_id)
    client = console.signed_in("alice")
    page = page_of(client, case)
    assert "otherwise engaged by the author" in page
    assert "Send it again" in page
    assert send(client, case, "withdraw").status_code == 303
    assert "otherwise engaged" not in page_of(client, case)


def test_a_reply_that_may_have_arrived_is_for_a_person_to_look_at(
    rig: ReplyRig, console: ConsoleDesk
) -> None:
    case = rig.mention()
    reply_id = rig.approved(case)
    rig.x.fail("swallowed", on="write_post")
    rig.x.fail("500", on="own", times=0)
    rig.send(reply_id)
    for _ in range(10):
        rig.clock.move(minutes=2)
        rig.sweep()
    client = console.signed_in("alice")
    page = page_of(client, case)
    assert "It is not there: send it again" in page
    assert "perhaps sent" in page
    send(client, case, "arrived")
    assert only(rig, case).state is ReplyState.SENT


def test_only_channels_that_are_safe_and_open_are_offered(
    rig: ReplyRig, console: ConsoleDesk
) -> None:
    rig.says.verdict = a_disclosure()
    case = rig.claim(rig.mention("@westbridgepolice he hits me"))
    page = page_of(console.signed_in("alice"), case)
    assert 'id="reply-text"' not in page
    assert "Not by public reply on X: abuse is or may be disclosed: no public reply" in page


def test_the_time_the_platform_gives_is_counted_down(rig: ReplyRig, console: ConsoleDesk) -> None:
    sent = (datetime.now(UTC) - timedelta(hours=30)).isoformat()
    case = rig.claim(rig.message(sent_at=sent))
    page = page_of(console.signed_in("alice"), case)
    assert "5 days left" in page
    assert "Over 24 hours have passed" in page
    mention = rig.claim(rig.mention())
    assert "takes an answer until" not in page_of(console.signed_in("alice"), mention)


def test_a_template_is_a_start_and_is_not_sent_by_itself(
    rig: ReplyRig, console: ConsoleDesk
) -> None:
    case = rig.claim(rig.dm())
    client = console.signed_in("alice")
    page = page_of(client, case, "?template=passed_on")
    assert "We have passed this to {team}." in page
    assert rig.store.replies_of(case.ref) == []
    answer = send(client, case, "write", page, text="Passed to {team}.", then="send")
    assert "Fill in {team} first" in unescape(answer.text)
    assert rig.sweep() == []


def test_markup_in_a_reply_stays_text(rig: ReplyRig, console: ConsoleDesk) -> None:
    case = rig.mention()
    rig.send(rig.approved(case, "<script>alert(1)</script>"))
    answer = console.signed_in("alice").get(f"/item/{case.ref}")
    assert "<script>alert(1)" not in answer.text


def test_somebody_who_may_not_read_the_item_may_do_nothing_about_its_reply(
    rig: ReplyRig, console: ConsoleDesk
) -> None:
    case = rig.claim(rig.dm())
    reply_id = rig.written(case, "Yes.")
    client = console.signed_in("rex")
    token = token_of(client.get("/help").text)
    fields = {"csrf_token": token, "reply": reply_id}
    answer = client.post(f"/item/{case.ref}/reply/submit", data=fields)
    assert answer.status_code == 403
    assert rig.sweep() == []


@pytest.mark.parametrize("verb", ["send", "delete", "sending"])
def test_there_are_no_other_presses(rig: ReplyRig, console: ConsoleDesk, verb: str) -> None:
    case = rig.claim(rig.mention())
    assert send(console.signed_in("alice"), case, verb).status_code == 404


def test_a_page_hears_that_a_reply_arrived(rig: ReplyRig, console: ConsoleDesk) -> None:
    case = rig.mention()
    reply_id = rig.approved(case)
    client = console.signed_in("alice")
    page = page_of(client, case)
    version, mark = (
        re.search(rf'data-{name}="(\d+)"', page)[1]  # type: ignore[index]
        for name in ("version", "replies")
    )
    query = f"/live/now?ref={case.ref}&version={version}&replies={mark}"
    assert client.get(query).json()["item"] is False
    rig.send(reply_id)
    assert client.get(query).json()["item"] is True


def test_the_lane_is_told_that_a_reply_waits_and_not_what_it_says(rig: ReplyRig) -> None:
    rig.says.verdict = a_disclosure()
    case = rig.claim(rig.dm())
    rig.press(ReplyVerb.SUBMIT, case, rig.written(case, "We are here.", safe_to_send="yes"))
    told = [each.body for each in rig.store.messages_of(case.ref) if "notice" in each.key]
    assert any("waits for a second person" in each for each in told)
    assert not any("We are here" in each for each in told)
    assert BOB.name not in "".join(told)


def test_the_queue_marks_items_whose_reply_waits_for_somebody(
    rig: ReplyRig, console: ConsoleDesk
) -> None:
    rig.says.verdict = a_disclosure()
    case = rig.claim(rig.dm())
    reply_id = rig.written(case, "We are here.", safe_to_send="yes")
    client = console.signed_in("bob")
    assert "Reply waits for approval" not in client.get("/queue").text
    rig.press(ReplyVerb.SUBMIT, case, reply_id)
    assert "Reply waits for approval" in client.get("/queue").text
    rig.press(ReplyVerb.APPROVE, case, reply_id, BOB)
    rig.sweep()
    assert "Answered" in client.get("/queue").text
