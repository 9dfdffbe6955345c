"""The console in a real browser: what an officer does from signing in to closing an item."""

import re

import pytest
from playwright.sync_api import expect

from console.web.accounts import Accounts
from tests.browser.afternoon import an_afternoon
from tests.browser.conftest import Screen
from tests.browser.desk import STAFF, ConsoleDesk, Said, edit, say
from triage.actions import Command
from triage.flow import carry_out
from triage.lifecycle import Verb
from triage.model import Case, Priority, State
from triage.taxonomy import Kind, Lane

pytestmark = pytest.mark.browser


@pytest.fixture
def cases(console: ConsoleDesk) -> dict[str, Case]:
    return an_afternoon(console)


def state_of(console: ConsoleDesk, case: Case) -> Case:
    found = console.store.case(case.ref)
    assert found is not None
    return found


def by_lind(console: ConsoleDesk, verb: Verb, case: Case, **args: str) -> None:
    command = Command(verb=verb, ref=case.ref, officer=STAFF[1], args=args, tool="slack")
    carry_out(console.desk, command)


def test_an_officer_claims_and_closes_an_item_beside_the_list(
    screen: Screen, console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    screen.sign_in()
    page, case = screen.page, cases["cctv"]
    row = page.locator(f"#row-{case.ref}")
    row.get_by_role("link").click()
    item = page.locator("#fc-pane #fc-item")
    expect(item.get_by_role("heading", level=1)).to_have_text(case.ref)
    item.get_by_role("button", name="Claim").click()
    expect(item.get_by_text("It is yours")).to_be_visible()
    expect(row).to_contain_text("Sam Okafor")
    expect(row).to_have_class(re.compile("fc-row--here"))
    assert state_of(console, case).claimed_by == "okafor"
    item.get_by_text("Close with a result").click()
    item.get_by_label("Result").select_option("intelligence")
    item.get_by_label("Reference in your other system").fill("INT/77")
    item.get_by_role("button", name="Close", exact=True).click()
    expect(row).to_contain_text("Closed: Intelligence submitted")
    closed = state_of(console, case)
    assert (closed.state, closed.result_ref) == (State.CLOSED, "INT/77")
    assert page.url.endswith("/queue")  # the list stayed where it was


def test_news_wait_in_the_bar_and_the_list_stands_still_until_it_is_asked(
    screen: Screen, console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    screen.sign_in()
    page = screen.page
    expect(page.locator("#fc-bar")).to_contain_text("Up to date")
    rows = page.locator(".fc-row")
    before, place = rows.count(), rows.nth(3).bounding_box()
    new = say(console, Said(text="smoke from the mill", priority=Priority.P1, minutes=0.2))
    say(console, Said(text="is the fair on", priority=Priority.P5, minutes=0.2))
    expect(page.locator("#fc-bar")).to_contain_text("2 new, 1 emergency")
    expect(page.locator("#fc-urgent")).to_contain_text(new.ref)
    assert (rows.count(), rows.nth(3).bounding_box()) == (before, place)
    assert page.title().startswith("(!)")
    page.locator("#fc-bar").get_by_role("link").click()
    expect(rows).to_have_count(before + 2)
    expect(page.locator("#fc-lists")).to_contain_text(f"All open 3 P1 {before + 2}")
    expect(page.locator("#fc-bar")).to_contain_text("Up to date")
    expect(page.locator("#fc-heading")).to_be_focused()


def test_the_emergency_line_goes_when_somebody_claims(screen: Screen, console: ConsoleDesk) -> None:
    case = say(console, Said(text="he has a knife", priority=Priority.P1, minutes=0.2))
    screen.sign_in()
    screen.open("/help")  # on every page
    expect(screen.page.locator("#fc-urgent")).to_be_visible()
    by_lind(console, Verb.CLAIM, case)
    expect(screen.page.locator("#fc-urgent")).to_be_hidden()


def test_a_late_claim_says_who_was_faster(
    screen: Screen, console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    screen.sign_in()
    page, case = screen.page, cases["cctv"]
    screen.expected = ("409", "ERR_FAILED")
    page.route("**/live*", lambda route: route.abort())
    page.locator(f"#row-{case.ref}").get_by_role("link").click()
    button = page.locator("#fc-pane").get_by_role("button", name="Claim")
    expect(button).to_be_visible()
    by_lind(console, Verb.CLAIM, case)
    button.click()
    problem = page.locator("#fc-problem")
    expect(problem).to_contain_text("Ruth Lind has it")
    expect(problem).to_be_focused()
    assert state_of(console, case).claimed_by == "lind"


def test_an_open_item_says_that_it_changed_and_moves_nothing(
    screen: Screen, console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    screen.sign_in()
    page, case = screen.page, cases["cctv"]
    screen.open(f"/item/{case.ref}")
    heading = page.get_by_role("heading", name="What they wrote")
    place = heading.bounding_box()
    edit(console, case, "he came back at 03:10 as well")
    bar = page.locator("#fc-item-bar")
    expect(bar).to_be_visible()
    assert heading.bounding_box() == place
    bar.get_by_role("link").click()
    expect(page.locator("#fc-item")).to_contain_text("he came back at 03:10 as well")
    page.get_by_text("Edited: 1 earlier wording").click()
    expect(page.get_by_text("02:14 this morning")).to_be_visible()


def test_an_officer_works_with_keys_alone(
    screen: Screen, console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    screen.sign_in()
    page = screen.page
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    second = page.locator(".fc-row").nth(1)
    expect(second).to_have_class(re.compile("fc-row--here"))
    page.keyboard.press("Enter")
    expect(page.locator("#fc-pane #fc-item-title")).to_have_text(cases["knife"].ref)
    page.keyboard.press("c")
    expect(page.locator("#fc-pane").get_by_text("It is yours")).to_be_visible()
    assert state_of(console, cases["knife"]).claimed_by == "okafor"
    page.keyboard.press("z")
    expect(page.locator("#fc-pane").get_by_text("Undone: it is as it was")).to_be_visible()
    assert state_of(console, cases["knife"]).claimed_by == ""
    page.keyboard.press("?")
    page.wait_for_url("**/help")


def test_keys_can_be_switched_off_and_stay_off(screen: Screen, cases: dict[str, Case]) -> None:
    screen.sign_in()
    page = screen.page
    screen.open("/help")
    page.get_by_role("button", name="Switch keys off").click()
    expect(page.get_by_role("button", name="Switch keys on")).to_be_visible()
    screen.open("/queue")
    page.keyboard.press("j")
    page.keyboard.press("?")
    expect(page.locator(".fc-row--here")).to_have_count(0)
    assert page.url.endswith("/queue")


def test_typing_in_a_field_is_no_key(screen: Screen, cases: dict[str, Case]) -> None:
    screen.sign_in()
    page = screen.page
    page.get_by_text("Search and filter").click()
    field = page.get_by_label("Words, reference or sender")
    field.press_sequentially("jack?")
    expect(field).to_have_value("jack?")
    field.press("Enter")
    page.wait_for_url("**q=jack*")
    expect(page.get_by_text("Nothing matches")).to_be_visible()


def test_a_session_that_ended_is_said_on_the_open_page(
    screen: Screen, console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    screen.sign_in()
    page = screen.page
    screen.expected = ("401", "503")
    page.route("**/live?*", lambda route: route.fulfill(status=503))  # ask instead of stream
    screen.open("/queue")
    expect(page.locator("#fc-bar")).to_contain_text("Up to date")
    for cookie in page.context.cookies():
        console.accounts.sign_out(cookie["value"])
    expect(page.locator("#fc-bar")).to_contain_text("You are signed out")


def test_everything_works_on_a_telephone_without_scripts(
    small_screen: Screen, console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    small_screen.sign_in()
    page, case = small_screen.page, cases["parking"]
    page.locator(f"#row-{case.ref}").get_by_role("link").click()
    page.get_by_role("button", name="Claim").click()
    expect(page.get_by_text("It is yours")).to_be_visible()
    page.get_by_label("Hand over to").select_option("comms")
    page.get_by_role("button", name="Hand over").click()
    expect(page.get_by_text("Offered: they are asked to take it")).to_be_visible()
    offered = state_of(console, case)
    assert (offered.state, offered.offered_to) == (State.OFFERED, Lane.COMMS)
    page.get_by_role("link", name="Queue").first.click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1440])
def test_no_page_is_wider_than_its_window(
    screen: Screen, console: ConsoleDesk, cases: dict[str, Case], width: int
) -> None:
    screen.sign_in()
    screen.page.set_viewport_size({"width": width, "height": 800})
    paths = ("/queue", f"/item/{cases['knife'].ref}", f"/item/{cases['weird'].ref}", "/health")
    for path in (*paths, "/help", "/account"):
        screen.open(path)
        wide = screen.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, path


def test_no_word_of_a_stranger_runs(screen: Screen, console: ConsoleDesk) -> None:
    evil = "<img src=x onerror=\"document.title='pwned'\"><script>document.title='pwned'</script>"
    said = Said(
        text=evil,
        priority=Priority.P5,
        minutes=1,
        name=evil,
        handle=evil,
        kind=Kind.MENTION,
        channel="x_mention",
    )
    case = say(console, said)
    screen.sign_in()
    for path in ("/queue", f"/item/{case.ref}"):
        screen.open(path)
        screen.page.wait_for_timeout(300)
        assert "pwned" not in screen.page.title()


def test_a_one_time_link_signs_in_once(
    screen: Screen, console: ConsoleDesk, cases: dict[str, Case]
) -> None:
    kept: Accounts = console.accounts
    link = f"/login/once?token={kept.sign_in_link('okafor')}"
    screen.open(link)
    expect(screen.page.get_by_role("heading", name="All lanes")).to_be_visible()
    screen.page.context.clear_cookies()
    screen.expected = ("401",)
    screen.open(link)
    expect(screen.page.get_by_text("This link was used before")).to_be_visible()


def test_a_record_opens_without_scripts_and_says_that_it_is_noted(
    small_screen: Screen, cases: dict[str, Case], console: ConsoleDesk
) -> None:
    page = small_screen.page
    small_screen.sign_in()
    small_screen.open(f"/item/{cases['knife'].ref}")
    known = page.locator(".fc-known")
    expect(known).to_contain_text("Z. Q., born 1991, WB7")
    expect(known).not_to_contain_text("Zelda Quill")
    known.get_by_label("Why open it").fill("welfare check")
    known.get_by_role("button", name="Open the record").click()
    expect(known).to_contain_text("Zelda Quill")
    expect(page.get_by_text("Record opened: it is noted")).to_be_visible()
    (event,) = [
        each for each in console.store.events(cases["knife"].ref) if each.action == "consulted"
    ]
    assert event.detail["reason"] == "welfare check"
