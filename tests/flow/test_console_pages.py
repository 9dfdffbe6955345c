"""What officers see and do in the console, over a real store."""

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.browser.afternoon import an_afternoon
from tests.browser.desk import (
    ConsoleDesk,
    Said,
    console_desk,
    do,
    now_of,
    post,
    refs_of,
    row_of,
    say,
)
from tests.conftest import SteppingClock
from tests.stores import a_post, an_item, take, the_case
from triage.lifecycle import Verb
from triage.model import Alarm, Case, Harvest, LinkDecision, Priority, Quota


@pytest.fixture
def console(clock: SteppingClock) -> Iterator[ConsoleDesk]:
    made = console_desk(clock)
    yield made
    made.store.close()


@pytest.fixture
def cases(console: ConsoleDesk) -> dict[str, Case]:
    return an_afternoon(console)


# --- the queue --------------------------------------------------------------------------------


def test_the_most_urgent_stands_first_then_whose_time_is_shortest(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    shown = refs_of(console.signed_in().get("/queue").text)
    assert shown[:4] == [cases[name].ref for name in ("bridge", "knife", "threat", "child")]
    assert len(shown) == len(cases)


def test_a_row_says_all_that_is_needed_to_choose(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    row = row_of(console.signed_in().get("/queue").text, cases["knife"])
    for said in (
        "P1 Emergency",
        "hes outside my flat with a knife",
        "weapon and present",
        "4th contact in 90 days",
        "X · direct message",
        "@ze…",
        "Unclaimed",
        "3 min left",
    ):
        assert said in row
    assert "zeldaq" not in row


def test_a_list_shows_only_its_lane_and_what_is_offered_or_copied_to_it(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    do(console, Verb.OFFER, cases["parking"], lane="safeguarding")
    page = console.signed_in().get("/queue?lane=safeguarding").text
    assert refs_of(page) == [
        cases[name].ref for name in ("knife", "child", "earlier", "follow", "parking")
    ]
    assert "Offered by digital desk" in row_of(page, cases["parking"])
    assert "Copy, with control room" in row_of(page, cases["knife"])


def test_what_the_service_did_not_read_stands_at_the_top_of_the_desks_queue(
    console: ConsoleDesk, cases: dict[str, Case], clock: SteppingClock
) -> None:
    refs = take(console.store, an_item("a", "nobody read this"), a_post("b"), now=clock())
    assert refs_of(console.signed_in().get("/queue").text)[-2:] == list(refs)
    clock.step(minutes=5)
    for address in ("/queue", "/queue?lane=desk"):
        page = console.signed_in().get(address).text
        assert refs_of(page)[0] == refs[0]
        assert refs_of(page).count(refs[0]) == 1
        assert "1 message waits to be read by the service, since 09:41" in page
    assert "Not read yet" in row_of(page, the_case(console.store, refs[0]))
    assert "nobody read this" in console.signed_in().get(f"/item/{refs[0]}").text
    assert set(refs_of(console.signed_in().get("/queue?state=unread").text)) == set(refs)
    for address in ("/queue?lane=comms", "/queue?priority=1", "/queue?mine=1"):
        assert "waits to be read" not in console.signed_in().get(address).text


def test_a_flood_of_unread_messages_leaves_emergencies_on_the_first_page(
    console: ConsoleDesk, cases: dict[str, Case], clock: SteppingClock
) -> None:
    take(console.store, *[an_item(f"flood-{n}") for n in range(80)], now=clock())
    clock.step(minutes=5)
    shown = refs_of(console.signed_in().get("/queue").text)
    assert shown[10] == cases["bridge"].ref


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("priority=1", {"knife", "bridge"}),
        ("priority=2&priority=3&lane=safeguarding", {"child", "follow", "earlier"}),
        ("state=closed", {"thanks"}),
        ("state=claimed", {"cctv"}),
        ("mine=1", {"cctv"}),
        ("q=Loom+Street", {"parking"}),
        ("q=jp_bakes", {"follow"}),
        ("q=massive+thank", set()),
        ("q=massive&state=any", {"thanks"}),
        ("priority=9&lane=nowhere&state=odd&page=-1&q=%00", set()),
    ],
)
def test_lists_are_filtered(
    console: ConsoleDesk, cases: dict[str, Case], query: str, names: set[str]
) -> None:
    do(console, Verb.CLAIM, cases["cctv"], by=0)
    do(console, Verb.CLAIM, cases["thanks"])
    do(console, Verb.RESULT, cases["thanks"], code="no_action")
    shown = refs_of(console.signed_in().get(f"/queue?{query}").text)
    assert set(shown) == {cases[name].ref for name in names}


def test_the_counts_at_the_left_name_unclaimed_emergencies(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    page = console.signed_in().get("/queue").text
    assert re.search(r"Control room</span>\s*<span[^>]*><strong[^>]*>2 P1</strong> 2<", page)
    do(console, Verb.CLAIM, cases["bridge"])
    page = console.signed_in().get("/queue").text
    assert re.search(r"Control room</span>\s*<span[^>]*><strong[^>]*>1 P1</strong> 2<", page)


def test_a_long_list_comes_in_pages(console: ConsoleDesk) -> None:
    made = [
        say(console, Said(text=f"bike {number} is gone", priority=Priority.P4, minutes=number)).ref
        for number in range(60)
    ]
    client = console.signed_in()
    first, second = (refs_of(client.get(f"/queue?page={page}").text) for page in (1, 2))
    assert (len(first), len(second)) == (50, 10)
    assert sorted(first + second) == sorted(made)


def test_an_item_nobody_has_read_yet_is_in_the_list(console: ConsoleDesk) -> None:
    case = say(console, Said(text="first words", priority=Priority.P4, minutes=1))
    take(console.store, an_item("new", "nobody has read me"), now=console.clock())
    page = console.signed_in().get("/queue").text
    assert "Not read yet" in page
    assert refs_of(page)[0] == case.ref


def test_an_emergency_is_told_on_every_page_until_it_is_claimed(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    client = console.signed_in()
    for path in ("/queue", "/help", "/health"):
        banner = re.search(r'<div id="fc-urgent".*?</div>', client.get(path).text, re.DOTALL)
        assert banner is not None
        assert cases["knife"].ref in banner[0]
        assert "knife" not in banner[0]
    for name in ("knife", "bridge"):
        do(console, Verb.CLAIM, cases[name])
    console.app.state.site.pulse.fresh()
    assert re.search(r'<div id="fc-urgent"[^>]* hidden>', client.get("/queue").text)


# --- the item ---------------------------------------------------------------------------------


def test_the_item_shows_safe_contact_first_then_everything_known(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    page = console.signed_in().get(f"/item/{cases['knife'].ref}").text
    places = [
        page.index(said)
        for said in (
            "Safe contact: reply in this chat only. Do not phone.",
            "P1 Emergency because: weapon and present; danger now",
            "Suggested, not confirmed",
        )
    ]
    assert places == sorted(places)
    assert re.search(r'<mark title="weapon">with a knife', page)


def test_the_thread_is_in_true_order_with_former_words_and_deletions(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    page = console.signed_in().get(f"/item/{cases['knife'].ref}").text
    said = ["doesnt matter sorry", "Deleted by the sender", "without it showing on my phone bill"]
    places = [page.index(words) for words in (*said, "trying the door")]
    assert places == sorted(places)


def test_a_suggested_person_is_shown_with_the_evidence_and_no_more_than_is_needed(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    page = console.signed_in().get(f"/item/{cases['knife'].ref}").text
    for said in ("Suggested, not confirmed", "about 97 in 100", "exact, rare", "+12.6", "-3.1"):
        assert said in page
    for kept_back in ("07700900142", "WB/021874/26", "bluebell", "Kieran"):
        assert kept_back not in page


def test_a_confirmed_person_is_shown_with_what_we_know(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    client, ref = console.signed_in(), cases["knife"].ref
    post(client, f"/item/{ref}/link", {"record_id": "P000417"}, page=f"/item/{ref}")
    assert now_of(console, cases["knife"]).link.decision is LinkDecision.CONFIRMED
    page = client.get(f"/item/{ref}").text
    for said in ("Confirmed", "Z. Q., born 1991, WB7", "domestic abuse", "1 open"):
        assert said in page
    for masked in (
        "<strong>Zelda Quill</strong>",
        "07700900142",
        "WB/021874/26",
        "bluebell",
        "12 Apr 1991",
    ):
        assert masked not in page
    page = opened(client, ref)
    for said in ("<strong>Zelda Quill</strong>", "07700900142", "WB/021874/26", "bluebell"):
        assert said in page
    for said in ("ZEL-dah", "12 Apr 1991", "BSL interpreter", "Adult social care, 2 May 2026"):
        assert said in page
    post(client, f"/item/{ref}/unlink", {"record_id": "P000417"}, page=f"/item/{ref}")
    assert now_of(console, cases["knife"]).link.decision is LinkDecision.SUGGESTED


def opened(client: TestClient, ref: str, reason: str = "reply to contact") -> str:
    """The item after its first person's record was opened."""
    fields = {"record_id": "P000417", "reason": reason}
    answer = post(client, f"/item/{ref}/consult", fields, page=f"/item/{ref}")
    assert answer.status_code == 303, answer.text
    page: str = client.get(f"/item/{ref}").text
    return page


def test_a_record_opens_by_a_press_that_is_recorded_with_its_reason(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    client, ref = console.signed_in(), cases["knife"].ref
    assert 'value="reply to contact"' in client.get(f"/item/{ref}").text
    page = opened(client, ref, reason="welfare check, log 21")
    assert "<strong>Zelda Quill</strong>" in page
    assert "07700900142" not in page  # only suggested: no more than it takes to decide
    (event,) = [each for each in console.store.events(ref) if each.action == "consulted"]
    assert (event.actor, event.at) == ("okafor", console.clock())
    assert event.detail == {"records": ["P000417"], "reason": "welfare check, log 21"}


def test_an_opened_record_is_open_for_one_officer_one_item_and_half_an_hour(
    cases: dict[str, Case], console: ConsoleDesk, clock: SteppingClock
) -> None:
    client, ref = console.signed_in(), cases["knife"].ref
    opened(client, ref)
    assert "<strong>Zelda Quill</strong>" not in console.signed_in("lind").get(f"/item/{ref}").text
    clock.step(minutes=29)
    assert "<strong>Zelda Quill</strong>" in client.get(f"/item/{ref}").text
    clock.step(minutes=1)
    assert "<strong>Zelda Quill</strong>" not in client.get(f"/item/{ref}").text


@pytest.mark.parametrize("fields", [{"reason": " "}, {"record_id": "P001288"}, {"record_id": ""}])
def test_no_record_opens_without_a_reason_or_that_is_not_suggested(
    console: ConsoleDesk, cases: dict[str, Case], fields: dict[str, str]
) -> None:
    client, ref = console.signed_in(), cases["knife"].ref
    asked = {"record_id": "P000417", "reason": "reply to contact"} | fields
    assert post(client, f"/item/{ref}/consult", asked, page=f"/item/{ref}").status_code == 409
    assert "consulted" not in [each.action for each in console.store.events(ref)]


def test_who_reviews_public_posts_opens_no_record(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    client, ref = console.signed_in("reed"), cases["bridge"].ref
    fields = {"record_id": "P000417", "reason": "reply to contact"}
    assert post(client, f"/item/{ref}/consult", fields).status_code == 403


def test_confirming_writes_down_that_account_and_record_were_combined(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    client, ref = console.signed_in(), cases["knife"].ref
    fields = {"record_id": "P000417", "reason": "reply to contact"}
    post(client, f"/item/{ref}/link", fields, page=f"/item/{ref}")
    (event,) = [each for each in console.store.events(ref) if each.action == "combined"]
    assert event.actor == "okafor"
    assert event.detail == {
        "record_id": "P000417",
        "reason": "reply to contact",
        "tool": "console",
    }


def test_notes_that_ask_known_people_again_are_counted_on_the_health_page(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    case = cases["knife"]
    do(console, Verb.NOTE, case, text="what is your name?")  # nobody is confirmed yet
    do(console, Verb.LINK, case, record_id="P000417")
    do(console, Verb.NOTE, case, text="Asked for her address and date of birth")
    do(console, Verb.NOTE, case, text="rang the neighbour")
    assert "Of 2 notes and replies on items of known people in the last 7 days, 1 ask" in (
        console.signed_in().get("/health").text
    )


def test_a_rejected_person_is_gone_from_the_item(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    client, ref = console.signed_in(), cases["knife"].ref
    post(client, f"/item/{ref}/reject", {"record_id": "P000417"}, page=f"/item/{ref}")
    assert "Nobody on record fits" in client.get(f"/item/{ref}").text


def test_who_is_spoken_about_is_shown_only_on_purpose_and_recorded(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    client, ref = console.signed_in(), cases["knife"].ref
    page = client.get(f"/item/{ref}").text
    assert "speaks about 1 person" in page
    assert "Kieran" not in page
    shown = post(client, f"/item/{ref}/mentions", {}).text
    assert "Kieran Doyle" in shown
    assert "Spoken about, not the writer" in shown
    actions = [event.action for event in console.store.events(ref)]
    assert actions[-2:] == ["mentions_viewed", "viewed"]


def test_every_reading_of_a_text_or_record_is_in_the_trail(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    client = console.signed_in()
    client.get("/queue")
    client.get("/queue?q=Osier+Court")
    client.get(f"/item/{cases['knife'].ref}")
    listed, searched, *views = reversed(console.store.audit_events(actor="okafor", limit=4))
    assert set(listed.event.detail["refs"]) == {
        case.ref for name, case in cases.items() if name != "officer"
    }
    assert searched.event.detail == {"searched": "Osier Court", "refs": [cases["knife"].ref]}
    seen = {entry.event.subject: entry.event.detail for entry in views}
    assert seen == {
        cases["earlier"].ref: {"tool": "console"},
        cases["knife"].ref: {"tool": "console", "records": ["P000417"]},
    }


def test_an_unknown_item_is_a_plain_page(console: ConsoleDesk) -> None:
    answer = console.signed_in().get("/item/FC-26-1123-9999")
    assert answer.status_code == 404
    assert "There is no such item" in answer.text


def test_the_address_on_cards_leads_to_the_item(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    answer = console.signed_in().get(f"/items/{cases['knife'].ref}")
    assert answer.headers["location"] == f"/item/{cases['knife'].ref}"


# --- health, audit, help, account -----------------------------------------------------------------


def test_health_shows_collectors_alarms_and_what_waits(
    console: ConsoleDesk, clock: SteppingClock
) -> None:
    quota = Quota(name="mentions", remaining=3, limit=300)
    console.store.poll_succeeded(
        "x:westbridgepolice",
        items=2,
        harvest=Harvest(arrivals=(), cursor="c", quotas=(quota,)),
        now=clock(),
    )
    console.store.poll_failed("facebook:2002", error="code 190 <b>", now=clock())
    console.store.raise_alarm(
        Alarm(key="classifier:down", text="Classifier down", raised_at=clock(), severity=1)
    )
    clock.step(minutes=3)
    page = console.signed_in().get("/health").text
    for said in (
        "mentions: 3 of 300 left",
        "3 min ago",
        "Failing, 1 in a row",
        "code 190 &lt;b&gt;",
        "Classifier down",
    ):
        assert said in page


def test_the_trail_is_listed_searched_and_verified(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    do(console, Verb.CLAIM, cases["cctv"])
    client = console.signed_in("vale")
    page = client.get(f"/audit?subject={cases['cctv'].ref}&action=claim").text
    assert "Ruth Lind" in page
    assert cases["knife"].ref not in page
    assert "The chain is whole" in post(client, "/audit/verify", {}).text
    actions = [entry.event.action for entry in console.store.audit_events(actor="vale", limit=3)]
    assert set(actions) == {"audit_viewed", "audit_verified"}


def test_a_trail_that_was_tampered_with_is_said_to_be(console: ConsoleDesk) -> None:
    client = console.signed_in("vale")
    with console.store.database.write() as tx:
        tx.exec_driver_sql("UPDATE audit_events SET actor = 'nobody' WHERE seq = 1")
    page = post(client, "/audit/verify", {}).text
    assert "The chain is broken" in page
    assert "audit event 1" in page


def test_help_shows_the_clocks_in_force(console: ConsoleDesk) -> None:
    page = re.sub(r"\s+", " ", console.signed_in().get("/help").text)
    assert "<td>2 min</td><td>5 min</td>" in page


def test_officers_change_their_own_password(console: ConsoleDesk) -> None:
    client = console.signed_in()
    fields = {"old": "three plain words", "new": "a much better one", "again": "a much better on"}
    assert "typed the same twice" in post(client, "/account", fields).text
    fields["again"] = fields["new"]
    assert "Your password is changed" in post(client, "/account", fields).text
    assert client.get("/queue").status_code == 200
    answer = post(
        console.client(), "/login", {"name": "okafor", "password": fields["new"]}, page="/login"
    )
    assert answer.status_code == 303
