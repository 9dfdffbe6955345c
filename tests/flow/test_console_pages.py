"""What officers see and do in the console, over a real store."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.browser.afternoon import QUILL_LINK, an_afternoon
from tests.browser.desk import STAFF, ConsoleDesk, Said, console_desk, edit, post, say
from tests.conftest import SteppingClock
from tests.stores import an_item, take
from triage.actions import Command
from triage.flow import carry_out
from triage.lifecycle import Verb
from triage.model import Alarm, Case, Harvest, LinkDecision, Priority, Quota, State
from triage.taxonomy import Kind, Lane, SignalName

OKAFOR, LIND, PRYCE, REED, VALE = STAFF


@pytest.fixture
def console(clock: SteppingClock) -> Iterator[ConsoleDesk]:
    made = console_desk(clock)
    yield made
    made.store.close()


@pytest.fixture
def cases(console: ConsoleDesk) -> dict[str, Case]:
    return an_afternoon(console)


def now_of(console: ConsoleDesk, case: Case) -> Case:
    found = console.store.case(case.ref)
    assert found is not None
    return found


def do(console: ConsoleDesk, verb: Verb, case: Case, by: int = 1, **args: str) -> Case:
    """A command from another tool."""
    command = Command(verb=verb, ref=case.ref, officer=STAFF[by], args=args, tool="slack")
    carry_out(console.desk, command)
    return now_of(console, case)


def refs_of(page: str) -> list[str]:
    """The rows of a list in their order."""
    return re.findall(r'data-ref="(FC-[\d-]+)"', page)


def row_of(page: str, case: Case) -> str:
    """The markup of one row."""
    found = re.search(rf'<li class="fc-row [^>]*data-ref="{case.ref}".*?</li>', page, re.DOTALL)
    assert found, f"{case.ref} is not in the list"
    return found[0]


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


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("priority=1", {"knife", "bridge"}),
        ("priority=2&priority=3&lane=safeguarding", {"child", "follow", "earlier"}),
        ("state=closed", {"thanks"}),
        ("state=claimed", {"cctv"}),
        ("mine=1", {"cctv"}),
        ("q=Loom+Street", {"parking"}),
        ("q=jp_bakes", set()),
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
    for said in ("Confirmed", "07700900142", "WB/021874/26", "bluebell", "domestic abuse"):
        assert said in page
    post(client, f"/item/{ref}/unlink", {"record_id": "P000417"}, page=f"/item/{ref}")
    assert now_of(console, cases["knife"]).link.decision is LinkDecision.SUGGESTED


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


# --- acting -----------------------------------------------------------------------------------


def act(console: ConsoleDesk, case: Case, verb: str, officer: str = "okafor", **fields: str) -> str:
    """Press a button on the item's page; returns the page that follows."""
    client, path = console.signed_in(officer), f"/item/{case.ref}"
    given = {"version": str(now_of(console, case).version), **fields}
    answer = post(client, f"{path}/{verb}", given, page=path)
    assert answer.status_code in (303, 409), answer.text
    page = answer if answer.status_code == 409 else client.get(answer.headers["location"])
    return str(page.text)


def test_an_item_goes_from_claim_to_result(console: ConsoleDesk, cases: dict[str, Case]) -> None:
    case = cases["cctv"]
    assert "It is yours" in act(console, case, "claim")
    assert "Noted" in act(console, case, "note", text="asked for the clip")
    page = act(console, case, "result", code="intelligence", ref="INT/77")
    assert "Closed: Intelligence submitted" in page
    assert "asked for the clip" in page
    assert "closed it: Intelligence submitted INT/77" in page
    closed = now_of(console, case)
    assert (closed.state, closed.result) == (State.CLOSED, "intelligence")
    assert closed.result_ref == "INT/77"
    assert "Open again" in act(console, case, "reopen")
    assert now_of(console, case).state is State.OPEN


def test_an_item_is_handed_over_and_accepted(console: ConsoleDesk, cases: dict[str, Case]) -> None:
    case = cases["parking"]
    assert "Offered" in act(console, case, "offer", lane="comms")
    assert "Sent back" in act(console, case, "return", "lind")
    act(console, case, "offer", lane="comms")
    assert "It is yours" in act(console, case, "accept", "lind")
    taken = now_of(console, case)
    assert (taken.lane, taken.claimed_by) == (Lane.COMMS, "lind")


def test_a_grade_needs_a_reason_and_keeps_what_was_typed(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    page = act(console, cases["cctv"], "grade", priority="2", reason=" ")
    assert "reason is missing" in page
    assert '<option value="2" selected' in page
    assert "Graded" in act(console, cases["cctv"], "grade", priority="2", reason="he is named")
    assert now_of(console, cases["cctv"]).priority is Priority.P2


def test_not_a_risk_closes_with_its_reason(console: ConsoleDesk, cases: dict[str, Case]) -> None:
    page = act(console, cases["weird"], "not_risk", reason="nonsense <i>really</i>")
    assert "closed it as not a risk: nonsense &lt;i&gt;really&lt;/i&gt;" in page
    assert now_of(console, cases["weird"]).result == "not_risk"


def test_a_late_claim_says_who_has_it(console: ConsoleDesk, cases: dict[str, Case]) -> None:
    do(console, Verb.CLAIM, cases["cctv"])
    page = act(console, cases["cctv"], "claim")
    assert "Not done" in page
    assert "Ruth Lind has it since 09:41 UTC" in page
    assert now_of(console, cases["cctv"]).claimed_by == "lind"


def test_pressing_claim_twice_changes_nothing(console: ConsoleDesk, cases: dict[str, Case]) -> None:
    act(console, cases["cctv"], "claim")
    version = now_of(console, cases["cctv"]).version
    assert "It is yours" in act(console, cases["cctv"], "claim")
    assert now_of(console, cases["cctv"]).version == version


def test_a_decision_about_words_that_have_changed_is_refused_and_not_lost(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    case = cases["cctv"]
    act(console, case, "claim")
    seen = now_of(console, case)
    edit(console, seen, "he has a gun in this one")
    fields = {"version": str(seen.version), "code": "intelligence", "ref": "INT/77"}
    page = act(console, case, "result", **fields)
    assert "changed since you looked: read it again" in page
    assert "he has a gun in this one" in page
    assert 'value="INT/77"' in page
    assert now_of(console, case).state is State.CLAIMED


def test_a_note_is_kept_even_if_the_item_changed_meanwhile(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    do(console, Verb.NOTE, cases["cctv"], text="mine first")
    assert "Noted" in act(console, cases["cctv"], "note", version="1", text="and mine")
    assert now_of(console, cases["cctv"]).note.count("\n") == 1


def test_anothers_item_offers_no_buttons_but_a_note(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    do(console, Verb.CLAIM, cases["cctv"])
    path = f"/item/{cases['cctv'].ref}"
    assert set(re.findall(r'data-verb="(\w+)"', console.signed_in().get(path).text)) == {"note"}
    supervisor = set(re.findall(r'data-verb="(\w+)"', console.signed_in("pryce").get(path).text))
    assert {"release", "offer", "result", "grade"} <= supervisor


@pytest.mark.parametrize("verb", ["explode", "viewed", "CLAIM"])
def test_an_unknown_action_is_not_found(
    console: ConsoleDesk, cases: dict[str, Case], verb: str
) -> None:
    answer = post(console.signed_in(), f"/item/{cases['cctv'].ref}/{verb}", {})
    assert answer.status_code == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_actions_are_forms_only(console: ConsoleDesk, cases: dict[str, Case], method: str) -> None:
    answer = console.signed_in().request(method, f"/item/{cases['cctv'].ref}/claim")
    assert answer.status_code == 405
    assert now_of(console, cases["cctv"]).claimed_by == ""


def test_part_of_a_page_is_the_item_and_its_row(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    path = f"/item/{cases['cctv'].ref}"
    page = console.signed_in().get(path, headers={"hx-request": "true"}).text
    assert "<html" not in page
    assert page.count("<article") == 1
    assert re.search(rf'<li [^>]*id="row-{cases["cctv"].ref}"[^>]*hx-swap-oob="true"', page)


# --- roles ------------------------------------------------------------------------------------


def test_a_reviewer_sees_the_comms_lane_and_no_private_message(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    page = console.signed_in("reed").get("/queue?lane=desk&mine=0").text
    assert set(refs_of(page)) == {cases[name].ref for name in ("threat", "hate", "thanks", "weird")}
    private = say(
        console,
        Said(text="a private secret", priority=Priority.P4, minutes=1, owner=Lane.COMMS),
    )
    row = row_of(console.signed_in("reed").get("/queue").text, private)
    assert "secret" not in row
    assert "Private message: your role does not show its text" in row
    assert "zeldaq"[:2] not in row


@pytest.mark.parametrize("name", ["knife", "child", "cctv", "officer"])
def test_a_reviewer_cannot_open_or_act_on_what_is_not_theirs(
    console: ConsoleDesk, cases: dict[str, Case], name: str
) -> None:
    client, path = console.signed_in("reed"), f"/item/{cases[name].ref}"
    for answer in (
        client.get(path),
        client.get(path, headers={"hx-request": "true"}),
        post(client, f"{path}/claim", {}),
        post(client, f"{path}/mentions", {}),
        post(client, f"{path}/note", {"text": "x"}),
    ):
        assert answer.status_code == 403
        assert cases[name].item.text not in answer.text
    assert now_of(console, cases[name]).version == cases[name].version


@pytest.mark.parametrize("search", ["bluebell", "knife", "Osier", "viaduct", "zeldaq"])
def test_a_search_tells_a_reviewer_nothing_of_private_texts(
    console: ConsoleDesk, cases: dict[str, Case], search: str
) -> None:
    private = replace(cases["knife"].item)
    assert private.kind is Kind.DM
    assert refs_of(console.signed_in("reed").get(f"/queue?q={search}&lane=desk").text) == []


def test_a_reviewer_works_in_the_comms_lane_without_records_of_persons(
    console: ConsoleDesk,
) -> None:
    post_of_quill = Said(
        text="thanks to PC Ferris",
        priority=Priority.P5,
        minutes=3,
        owner=Lane.COMMS,
        kind=Kind.MENTION,
        channel="x_mention",
        link=QUILL_LINK,
        signals=((SignalName.GENERAL, ""),),
    )
    case = say(console, post_of_quill)
    page = act(console, case, "claim", "reed")
    assert "It is yours" in page
    assert "P000417" not in page
    assert "speaks about" not in page
    answer = post(console.signed_in("reed"), f"/item/{case.ref}/mentions", {})
    assert answer.status_code == 403


def test_a_complaint_about_an_officer_is_hidden_from_officers(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    client = console.signed_in()
    row = row_of(client.get("/queue").text, cases["officer"])
    assert "Restricted to professional standards" in row
    assert "keeps texting" not in row
    assert client.get(f"/item/{cases['officer'].ref}").status_code == 403
    refused = console.store.events(cases["officer"].ref)[-1]
    assert (refused.action, refused.actor) == ("view_refused", "okafor")
    assert "keeps texting" in console.signed_in("pryce").get(f"/item/{cases['officer'].ref}").text


def test_an_auditor_reads_everything_and_does_nothing(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    client, path = console.signed_in("vale"), f"/item/{cases['knife'].ref}"
    page = client.get(path).text
    assert "with a knife" in page
    assert "data-verb=" not in page
    answer = post(client, f"{path}/claim", {})
    assert answer.status_code == 409
    assert "Your role cannot claim" in answer.text
    assert now_of(console, cases["knife"]).state is State.OPEN


@pytest.mark.parametrize(
    ("officer", "status"), [("okafor", 403), ("reed", 403), ("pryce", 200), ("vale", 200)]
)
def test_the_trail_is_for_auditors_and_supervisors(
    console: ConsoleDesk, officer: str, status: int
) -> None:
    client = console.signed_in(officer)
    assert client.get("/audit").status_code == status
    assert post(client, "/audit/verify", {}).status_code == status
    assert ('href="/audit"' in client.get("/help").text) is (status == 200)


# --- strangers' words ----------------------------------------------------------------------------

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'>{{7*7}}"


def test_nothing_a_citizen_controls_becomes_markup(console: ConsoleDesk) -> None:
    evil = Said(
        text=EVIL,
        priority=Priority.P4,
        minutes=2,
        handle=EVIL,
        name=EVIL,
        account=EVIL,
        thread=EVIL,
        signals=((SignalName.CRIME_REPORT, "<script>alert(1)</script>"),),
        link=replace(
            QUILL_LINK,
            candidates=tuple(replace(each, record_id=EVIL) for each in QUILL_LINK.candidates),
        ),
    )
    case = edit(console, say(console, evil), EVIL + " again")
    client = console.signed_in("pryce")
    pages = [
        client.get(path).text
        for path in (
            "/queue",
            f"/queue?q={EVIL}",
            f"/item/{case.ref}",
            f"/item/{case.ref}?done={EVIL}",
            f"/audit?subject={EVIL}&actor={EVIL}",
            f"/live/now?ref={EVIL}&since={EVIL}",
            f"/login?next={EVIL}",
            f"/item/{EVIL}",
        )
    ]
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "49" not in re.sub(r"[\w+/=-]{40,}|\d\d:49", "", page) or "{{7*7}}" in page
    assert "&lt;script&gt;" in pages[0]
    assert "&lt;script&gt;" in pages[2]


def test_what_staff_type_is_escaped_too(console: ConsoleDesk, cases: dict[str, Case]) -> None:
    page = act(console, cases["cctv"], "note", text=EVIL)
    assert "<script>alert" not in page
    page = act(console, cases["cctv"], "grade", priority=EVIL, reason=EVIL)
    assert "<script>alert" not in page


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
