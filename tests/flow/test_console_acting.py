"""What officers do in the console, what their roles keep from them, and strangers' words."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.browser.afternoon import QUILL_LINK, an_afternoon
from tests.browser.desk import (
    ConsoleDesk,
    Said,
    console_desk,
    do,
    edit,
    now_of,
    post,
    refs_of,
    row_of,
    say,
)
from tests.conftest import SteppingClock
from triage.lifecycle import Verb
from triage.model import Case, Priority, State
from triage.taxonomy import Kind, Lane, SignalName


@pytest.fixture
def console(clock: SteppingClock) -> Iterator[ConsoleDesk]:
    made = console_desk(clock)
    yield made
    made.store.close()


@pytest.fixture
def cases(console: ConsoleDesk) -> dict[str, Case]:
    return an_afternoon(console)


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


def test_what_was_done_last_is_taken_back_by_a_button(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    case = cases["cctv"]
    before = now_of(console, case)
    page = act(console, case, "claim")
    assert "Undo my claim" in page
    assert 'data-verb="undo"' not in console.signed_in("lind").get(f"/item/{case.ref}").text

    page = act(console, case, "undo")

    assert "Undone: it is as it was" in page
    assert "took back: claim" in page
    assert 'data-verb="undo"' not in page
    after = now_of(console, case)
    assert replace(after, version=before.version) == before


def test_anothers_item_offers_only_a_note_and_saying_what_it_is_and_with_what_it_belongs(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    do(console, Verb.CLAIM, cases["cctv"])
    path = f"/item/{cases['cctv'].ref}"
    assert set(re.findall(r'data-verb="(\w+)"', console.signed_in().get(path).text)) == {
        "correct",
        "merge",
        "note",
    }
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
        assert "49" not in re.sub(r"[\w+/=-]{16,}|\d\d:49", "", page) or "{{7*7}}" in page
    assert "&lt;script&gt;" in pages[0]
    assert "&lt;script&gt;" in pages[2]


def test_what_staff_type_is_escaped_too(console: ConsoleDesk, cases: dict[str, Case]) -> None:
    page = act(console, cases["cctv"], "note", text=EVIL)
    assert "<script>alert" not in page
    page = act(console, cases["cctv"], "grade", priority=EVIL, reason=EVIL)
    assert "<script>alert" not in page


def test_an_officer_says_what_an_item_is_and_what_is_in_it(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    case = cases["cctv"]
    page = act(
        console,
        case,
        "correct",
        kind="abuse safeguarding",
        signals_checked="yes",
        signal_domestic_abuse="yes",
    )
    assert "Noted what it is" in page
    assert "said what it is: abuse" in page
    told = [each for each in console.store.events(case.ref) if each.action == "correct"]
    assert told[-1].detail["signals"] == "domestic_abuse"
    assert "say which" in act(console, case, "correct", kind="abuse")


# --- incidents --------------------------------------------------------------------------------


def test_items_of_one_incident_are_listed_parted_and_joined_again(console: ConsoleDesk) -> None:
    first = say(console, Said(text="flames at 3 Loom Street", priority=Priority.P3, minutes=5))
    second = say(console, Said(text="lift stuck at Pike Mill", priority=Priority.P4, minutes=4))
    page = act(console, first, "merge", other=second.ref, reason="one building")
    assert "They are one incident now" in page
    assert "2 items" in page
    assert f"Why {second.ref} is another incident" in page
    page = act(console, second, "split", reason="two calls")
    assert "It is an incident of its own now" in page
    assert "Nobody else tells of it so far" in page
    assert "parted it from incident" in page
    assert "2 items" in act(console, second, "regroup")


def test_what_cannot_be_joined_says_why_and_keeps_what_was_typed(
    console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    page = act(console, cases["cctv"], "merge", other="FC-1", reason="the same van")
    assert "FC-1: no such item" in page
    assert 'value="the same van"' in page
