"""The comms review as reviewers and supervisors use it, over a real store and loopback vendors."""

import re
from collections.abc import Iterator

import pytest

from collectors.x_hide import XHider
from tests.browser.desk import ConsoleDesk, Said, console_desk, do, now_of, post, refs_of, say
from tests.collector_rigs import x_settings
from tests.conftest import SteppingClock
from tests.servers.hiding import HidingX
from triage.lifecycle import Verb
from triage.model import Case, Priority, State
from triage.taxonomy import Audience, Kind, Label, Lane, SignalName

ABUSE = "You lot are scum and PC Ferris is a worthless pig"


@pytest.fixture
def network() -> Iterator[HidingX]:
    with HidingX() as server:
        server.own_threads.add("900")
        yield server


@pytest.fixture
def console(clock: SteppingClock, network: HidingX) -> Iterator[ConsoleDesk]:
    settings = x_settings(network, hide_token="x-bearer-invented")
    made = console_desk(clock, hiders={settings.name: XHider(settings, clock)})
    yield made
    made.store.close()


def a_post(console: ConsoleDesk, text: str = ABUSE, **changes: object) -> Case:
    values = {
        "text": text,
        "priority": Priority.P5,
        "minutes": 3,
        "owner": Lane.COMMS,
        "kind": Kind.MENTION,
        "channel": "x_mention",
        "thread": "900",
        "fields": {"reply_to": "900"},
    }
    return say(console, Said(**(values | changes)))  # type: ignore[arg-type]


def abusive(console: ConsoleDesk, **changes: object) -> Case:
    values = {
        "signals": ((SignalName.ABUSE_OF_STAFF, "worthless pig"),),
        "label": Label.ABUSE,
        "audience": Audience.COMMS,
        "priority": Priority.P4,
    }
    return a_post(console, **(values | changes))


def actions(console: ConsoleDesk, case: Case) -> list[str]:
    return [event.action for event in console.store.events(case.ref)]


# --- the list -------------------------------------------------------------------------------------


def test_the_list_holds_public_items_of_the_lane_sorted_into_kinds(console: ConsoleDesk) -> None:
    bad = abusive(console)
    press = a_post(console, "Hi, I'm a journalist at the Westbridge Echo, can you comment?")
    comment = a_post(console, "lovely to see officers at the fair")
    copied = abusive(console, owner=Lane.DESK, copies=(Lane.COMMS,), priority=Priority.P2)
    private = say(console, Said(text="my secret", priority=Priority.P4, minutes=1))
    client = console.signed_in("reed")
    page = client.get("/comms").text
    assert set(refs_of(page)) == {bad.ref, press.ref, comment.ref, copied.ref}
    assert refs_of(page)[0] == copied.ref
    assert private.ref not in page
    assert refs_of(client.get("/comms?kind=press").text) == [press.ref]
    assert set(refs_of(client.get("/comms?kind=abusive").text)) == {bad.ref, copied.ref}
    assert refs_of(client.get("/comms?kind=comment").text) == [comment.ref]
    assert client.get("/comms?kind=nonsense").status_code == 200


def test_officers_without_the_role_do_not_get_in(console: ConsoleDesk) -> None:
    case = abusive(console)
    for address in ("/comms", "/comms/batches", "/comms/grants", f"/comms/item/{case.ref}"):
        assert console.signed_in("okafor").get(address).status_code == 403
    assert console.signed_in("pryce").get("/comms").status_code == 200
    assert console.signed_in("reed").get("/comms/grants").status_code == 403


# --- one item -------------------------------------------------------------------------------------


def test_abuse_is_covered_until_it_is_opened_and_that_is_counted(
    console: ConsoleDesk, clock: SteppingClock
) -> None:
    case = abusive(console)
    client, address = console.signed_in("reed"), f"/comms/item/{case.ref}"
    page = client.get(address).text
    assert "worthless pig" not in page
    assert "You have looked at 0 flagged texts" in page
    assert post(client, f"{address}/reveal", {}).status_code == 303
    page = client.get(address).text
    assert re.search(r"<mark[^>]*>worthless pig", page)
    assert "You have looked at 1 flagged text in full" in page
    assert actions(console, case).count("unsoftened") == 1
    assert actions(console, case)[-1] == "viewed"
    clock.step(minutes=8 * 60)
    client = console.signed_in("reed")
    page = client.get(address).text
    assert "worthless pig" not in page
    assert "You have looked at 0 flagged texts" in page


def test_the_thread_around_it_is_shown_softened(console: ConsoleDesk) -> None:
    first = a_post(console, "Anybody seen the parade?", minutes=30, fields={})
    case = abusive(console, fields={"reply_to": first.item.id})
    other = abusive(console, minutes=1)
    page = console.signed_in("reed").get(f"/comms/item/{case.ref}").text
    assert "It answers:" in page
    assert "Anybody seen the parade?" in page
    assert other.ref in page
    assert "worthless pig" not in page


def test_a_private_message_of_the_thread_is_not_shown(console: ConsoleDesk) -> None:
    say(console, Said(text="tell nobody", priority=Priority.P4, minutes=9, thread="900"))
    case = abusive(console)
    page = console.signed_in("pryce").get(f"/comms/item/{case.ref}").text
    assert "tell nobody" not in page


def test_no_action_needed_closes_it_and_can_be_undone(console: ConsoleDesk) -> None:
    case = abusive(console)
    client, address = console.signed_in("reed"), f"/comms/item/{case.ref}"
    sent = {"version": str(case.version), "code": "no_action"}
    answer = post(client, f"{address}/result", sent)
    assert answer.headers["location"] == f"{address}?done=result"
    closed = now_of(console, case)
    assert (closed.state, closed.result) == (State.CLOSED, "no_action")
    assert "Undo" in client.get(address).text
    post(client, f"{address}/reopen", {"version": str(closed.version)})
    assert now_of(console, case).state is State.OPEN


@pytest.mark.parametrize("lane", ["desk", "safeguarding", "control_room"])
def test_it_is_escalated(console: ConsoleDesk, lane: str) -> None:
    case = abusive(console)
    sent = {"version": str(case.version), "lane": lane}
    post(console.signed_in("reed"), f"/comms/item/{case.ref}/offer", sent)
    assert now_of(console, case).offered_to is Lane(lane)


def test_a_threat_is_never_for_comms_alone(console: ConsoleDesk) -> None:
    case = abusive(
        console,
        signals=((SignalName.THREATENING_CONTENT, "worthless pig"),),
        owner=Lane.DESK,
        copies=(Lane.COMMS,),
        priority=Priority.P2,
    )
    client = console.signed_in("reed")
    page = client.get(f"/comms/item/{case.ref}").text
    assert "it is never for comms alone" in page
    assert "No action needed" not in page
    assert "a supervisor decides" in page
    sent = {"version": str(case.version), "code": "no_action", "reason": "x"}
    for verb in ("result", "hide"):
        answer = post(client, f"/comms/item/{case.ref}/{verb}", sent)
        assert answer.status_code == 409
    assert now_of(console, case) == case


def test_a_late_press_says_who_has_it(console: ConsoleDesk) -> None:
    case = abusive(console)
    do(console, Verb.CLAIM, case, by=2)
    sent = {"version": str(case.version), "code": "no_action"}
    answer = post(console.signed_in("reed"), f"/comms/item/{case.ref}/result", sent)
    assert answer.status_code == 409
    assert "Gwen Pryce has it" in answer.text


# --- hiding ---------------------------------------------------------------------------------------


def test_a_reply_is_hidden_from_the_page_and_stays_open(
    console: ConsoleDesk, network: HidingX
) -> None:
    case = abusive(console)
    network.add({"id": case.item.id, "channel": "x_mention", "text": "x", "thread_id": "900"})
    client, address = console.signed_in("reed"), f"/comms/item/{case.ref}"
    assert "Hide on its platform" in client.get(address).text
    answer = post(client, f"{address}/hide", {"hidden": "yes", "reason": "abuse of staff"})
    assert answer.status_code == 303
    assert network.out_of_sight == {case.item.id}
    assert now_of(console, case) == case
    page = client.get(address).text
    assert "hidden on its platform" in page
    assert "Toby Reed: abuse of staff" in page
    assert "hidden on its platform" in client.get("/comms").text
    post(client, f"{address}/hide", {"hidden": "no", "reason": "a mistake"})
    assert network.out_of_sight == set()


def test_what_the_platform_refuses_is_shown(console: ConsoleDesk, network: HidingX) -> None:
    case = abusive(console)
    client, address = console.signed_in("reed"), f"/comms/item/{case.ref}"
    answer = post(client, f"{address}/hide", {"hidden": "yes", "reason": "abuse"})
    assert answer.status_code == 409
    assert "not done" in answer.text
    assert "not there" in answer.text
    assert "hidden on its platform" not in client.get("/comms").text


# --- batches --------------------------------------------------------------------------------------


def a_raid(console: ConsoleDesk, count: int = 4) -> list[Case]:
    text = "Westbridge police are a disgrace, share this before they delete it"
    return [
        a_post(console, f"{text} {'!' * n} @friend{n}", account=f"8{n}", handle=f"raider{n}")
        for n in range(count)
    ]


def test_a_raid_is_one_batch_closed_together_and_undone(console: ConsoleDesk) -> None:
    raid = a_raid(console)
    a_post(console, "Is the museum open?")
    client = console.signed_in("reed")
    page = client.get("/comms/batches").text
    assert "4 posts from 4 accounts" in page
    refs = re.search(r'name="refs" value="([^"]+)"', page)
    assert refs
    shown = post(client, "/comms/batches/preview", {"refs": refs[1]})
    assert "Nothing is done yet" in shown.text
    assert "4 will be closed" in shown.text
    assert {now_of(console, case).state for case in raid} == {State.OPEN}
    items = re.search(r'name="items" value="([^"]+)"', shown.text)
    assert items
    done = post(client, "/comms/batches/close", {"items": items[1], "code": "spam"})
    assert "4 closed" in done.text
    for case in raid:
        assert now_of(console, case).result == "spam"
        assert actions(console, case).count("result") == 1
    undo = re.search(r'name="items" value="([^"]+)"', done.text)
    assert undo
    again = post(client, "/comms/batches/undo", {"items": undo[1]})
    assert "4 open again" in again.text
    assert {now_of(console, case).state for case in raid} == {State.OPEN}


def test_who_cannot_take_part_is_named_with_the_reason(console: ConsoleDesk) -> None:
    fine = a_post(console)
    urgent = a_post(console, priority=Priority.P3)
    private = say(console, Said(text="x", priority=Priority.P5, minutes=1))
    threat = abusive(console, signals=((SignalName.THREATENING_CONTENT, "pig"),))
    told = abusive(console, signals=((SignalName.DOMESTIC_ABUSE, "pig"),))
    cases = (fine, urgent, private, threat, told)
    client = console.signed_in("pryce")
    page = post(client, "/comms/batches/preview", {"refs": " ".join(c.ref for c in cases)}).text
    assert "1 will be closed" in page
    assert "4 will be left alone" in page
    assert "a private message is read one by one" in page
    assert "P1 to P3" in page
    assert page.count("a threat, danger or a disclosure is decided one by one") == 2
    items = " ".join(f"{case.ref}:{case.version}" for case in cases)
    post(client, "/comms/batches/close", {"items": items, "code": "spam"})
    assert [now_of(console, case).state for case in cases] == [State.CLOSED, *[State.OPEN] * 4]


def test_what_changed_since_the_preview_is_left_alone(console: ConsoleDesk) -> None:
    first, second, third = a_raid(console, 3)
    items = " ".join(f"{case.ref}:{case.version}" for case in (first, second, third))
    do(console, Verb.CLAIM, second, by=2)
    do(console, Verb.NOTE, third, by=2, text="look again")
    client = console.signed_in("reed")
    done = post(client, "/comms/batches/close", {"items": items, "code": "spam"})
    assert "1 closed" in done.text
    assert "somebody else has it" in done.text
    assert now_of(console, second).state is State.CLAIMED
    assert now_of(console, third).state is State.OPEN
    undo = {"items": f"{first.ref}:{now_of(console, first).version - 1}"}
    assert "it has changed since" in post(client, "/comms/batches/undo", undo).text


def test_no_batch_is_closed_with_a_result_of_its_own_making(console: ConsoleDesk) -> None:
    (case,) = a_raid(console, 1)
    items = f"{case.ref}:{case.version}"
    client = console.signed_in("reed")
    for fields in ({"items": items, "code": "deployed"}, {"items": "x", "code": "spam"}):
        assert post(client, "/comms/batches/close", fields).status_code == 409
    assert now_of(console, case) == case


# --- leave to read --------------------------------------------------------------------------------


def test_a_supervisor_lets_a_reviewer_read_one_message_for_a_time(
    console: ConsoleDesk, clock: SteppingClock
) -> None:
    message = say(
        console, Said(text="the film crew is at my door", priority=Priority.P4, minutes=1)
    )
    other = say(console, Said(text="nobody else's business", priority=Priority.P4, minutes=1))
    reed, pryce = console.signed_in("reed"), console.signed_in("pryce")
    assert reed.get(f"/item/{message.ref}").status_code == 403
    fields = {"officer": "reed", "ref": message.ref, "reason": "press office asks", "hours": "1"}
    assert post(pryce, "/comms/grants", fields).status_code == 303
    assert "press office asks" in pryce.get("/comms/grants").text
    assert "film crew" in reed.get(f"/item/{message.ref}").text
    assert message.ref in reed.get("/comms").text
    assert reed.get(f"/item/{other.ref}").status_code == 403
    answer = post(reed, f"/item/{message.ref}/claim", {"version": str(message.version)})
    assert answer.status_code == 409
    assert {"grant_given", "viewed"} <= set(actions(console, message))
    clock.step(minutes=61)
    assert console.signed_in("reed").get(f"/item/{message.ref}").status_code == 403


def test_what_goes_to_professional_standards_is_not_shown_by_a_grant(console: ConsoleDesk) -> None:
    message = say(console, Said(text="hello", priority=Priority.P4, minutes=1))
    pryce, reed = console.signed_in("pryce"), console.signed_in("reed")
    fields = {"officer": "reed", "ref": message.ref, "reason": "why", "hours": "1"}
    post(pryce, "/comms/grants", fields)
    assert reed.get(f"/item/{message.ref}").status_code == 200
    do(console, Verb.OFFER, message, by=2, lane="standards")
    do(console, Verb.ACCEPT, message, by=2)
    assert now_of(console, message).lane is Lane.STANDARDS
    assert reed.get(f"/item/{message.ref}").status_code == 403
    answer = post(pryce, "/comms/grants", fields)
    assert "professional standards" in answer.text
    assert answer.status_code == 409


def test_a_large_raid_is_done_in_parts(console: ConsoleDesk) -> None:
    a_raid(console, 203)
    page = console.signed_in("reed").get("/comms/batches").text
    assert "203 posts from 203 accounts" in page
    assert "200 are done at a time" in page


def test_a_grant_needs_a_reason_and_ends_when_it_is_ended(console: ConsoleDesk) -> None:
    message = say(console, Said(text="hello", priority=Priority.P4, minutes=1))
    pryce = console.signed_in("pryce")
    fields = {"officer": "reed", "ref": message.ref, "reason": "why", "hours": "1"}
    for wrong, said in (
        ({"reason": " "}, "Say why"),
        ({"hours": "1000"}, "up to 72 hours"),
        ({"hours": "x"}, "up to 72 hours"),
        ({"ref": "FC-26-1123-9999"}, "no such item"),
        ({"officer": "nobody"}, "no such officer"),
        ({"officer": "pryce"}, "to themselves"),
    ):
        answer = post(pryce, "/comms/grants", fields | wrong)
        assert answer.status_code == 409
        assert said in answer.text
    post(pryce, "/comms/grants", fields)
    post(pryce, "/comms/grants/end", {"officer": "reed", "ref": message.ref})
    assert console.signed_in("reed").get(f"/item/{message.ref}").status_code == 403
    given = [each for each in actions(console, message) if each.startswith("grant")]
    assert given == ["grant_given", "grant_ended"]
    assert post(console.signed_in("okafor"), "/comms/grants", fields).status_code == 403
