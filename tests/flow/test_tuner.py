"""Two admins move a line: looked at, drafted, read, approved, in force, rolled back."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from console.tuning.lines import LinesInForce
from tests.browser.desk import ConsoleDesk, post
from tests.conftest import SteppingClock
from tests.tuned_desk import MODEL, ReaderWithLines, Spoken, remember, tuned_desk
from triage.model import Event
from triage.taxonomy import Kind, Label, SignalName

HALE, ORME, AUDITOR, OFFICER = "hale", "orme", "vale", "okafor"


@pytest.fixture
def console(clock: SteppingClock) -> Iterator[ConsoleDesk]:
    made = tuned_desk(clock)
    yield made
    made.store.close()


KNIFE = "hes outside my door again with a knife"


def a_history(console: ConsoleDesk) -> list[str]:
    """40 known emergencies of 0.7, two of 0.45 and one of 0.3 (with a weapon); 20 others."""
    now = console.clock()
    spoken = [Spoken(score=0.7, days_ago=day, said=Label.EMERGENCY) for day in range(40)]
    spoken += [Spoken(score=0.45, days_ago=day, said=Label.EMERGENCY, text=KNIFE) for day in (3, 4)]
    spoken += [
        Spoken(
            score=0.3,
            days_ago=5,
            said=Label.EMERGENCY,
            text="he has a knife at the bus stop",
            signals=(SignalName.WEAPON, SignalName.OFFENDER_PRESENT),
        )
    ]
    spoken += [
        Spoken(score=0.6 if day % 2 else 0.2, days_ago=day, said=Label.ROUTINE, drawn=not day % 2)
        for day in range(20)
    ]
    return remember(console.store, spoken, now=now)


def reader_of(console: ConsoleDesk) -> Any:
    return console.desk.classifier


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def sentence_of(page: str) -> str:
    found = re.search(r'<p class="fc-sentence"[^>]*>(.*?)</p>', page, re.DOTALL)
    assert found
    return found[1]


def drafted(console: ConsoleDesk, line: str, by: str = HALE) -> str:
    """Draft a line by the page; returns the address of its version."""
    client = console.signed_in(by)
    answer = post(client, "/tuner/draft", {"line": line, "reason": "fewer alarms"}, page="/tuner")
    assert answer.status_code == 303, answer.text
    address: str = answer.headers["location"].partition("?")[0]
    return address


def press(console: ConsoleDesk, by: str, address: str, move: str, reason: str = "") -> Any:
    client = console.signed_in(by)
    return post(client, f"{address}/{move}", {"reason": reason}, page=address)


def read_all(console: ConsoleDesk, by: str, address: str) -> None:
    client = console.signed_in(by)
    page = client.get(f"{address}/missed").text
    refs = re.findall(r'name="said:(FC-[\d-]+)" value="read"', page)
    fields = {f"said:{ref}": "read" for ref in refs}
    assert post(client, f"{address}/missed", fields, page=f"{address}/missed").status_code == 303


def actions(console: ConsoleDesk, subject: str) -> list[str]:
    return [each.action for each in console.store.events(subject)]


def live(console: ConsoleDesk, line: str) -> str:
    """A line brought into force by both admins."""
    address = drafted(console, line)
    assert press(console, HALE, address, "propose", "it is better").status_code == 303
    read_all(console, ORME, address)
    assert press(console, ORME, address, "approve", "I agree").status_code == 303
    assert press(console, ORME, address, "go_live").status_code == 303
    return address


# --- looking --------------------------------------------------------------------------------------


def test_the_sentence_stands_first_and_says_what_a_line_would_do(console: ConsoleDesk) -> None:
    a_history(console)
    page = console.signed_in(HALE).get("/tuner").text
    assert sentence_of(page) == (
        "At 0.50 the desk would see 1.3 alerts a day, 0.43 a shift. Over 39 days it would have "
        "caught 40 of 43 known emergencies and missed 3. About 1 alert in 1.2 is real."
    )
    lower = console.signed_in(HALE).get("/tuner?line=0.4").text
    assert "At 0.45 the desk would see" in sentence_of(lower)  # the outcome changes at 0.45
    assert "caught 42 of 43" in sentence_of(lower)
    assert "2 items of these days would newly alert" in plain(lower)


def test_the_part_for_the_slider_holds_what_hangs_on_the_line(console: ConsoleDesk) -> None:
    a_history(console)
    client = console.signed_in(HALE)
    part = client.get("/tuner/answer?of=emergency&line=0.65").text
    assert "<html" not in part
    assert "caught 40 of 43" in sentence_of(part)
    assert 'data-line="0.7000"' in part
    assert "10 items of these days would no longer alert" in plain(part)


@pytest.mark.parametrize("line", ["nonsense", "nan", "-3", "7", "1e999", ""])
def test_a_line_that_is_none_shows_one_that_is(console: ConsoleDesk, line: str) -> None:
    a_history(console)
    answer = console.signed_in(HALE).get("/tuner", params={"line": line})
    assert answer.status_code == 200
    assert "At " in sentence_of(answer.text)


def test_every_chart_has_its_table(console: ConsoleDesk) -> None:
    a_history(console)
    page = console.signed_in(HALE).get("/tuner").text
    charts = re.findall(r'<svg[^>]*role="img"', page)
    assert len(charts) == 6
    assert page.count("As a table") == 4  # the three histograms have one together


def test_an_empty_desk_shows_the_page_without_figures(console: ConsoleDesk) -> None:
    page = console.signed_in(HALE).get("/tuner").text
    assert "no emergency is known" in sentence_of(page)
    assert "Nobody has judged anything yet" in page


def test_auditors_read_and_change_nothing_and_officers_do_not_see_it(console: ConsoleDesk) -> None:
    a_history(console)
    address = drafted(console, "0.4")
    auditor = console.signed_in(AUDITOR)
    for path in ("/tuner", address, f"{address}/missed"):
        page = auditor.get(path)
        assert page.status_code == 200
        assert "Draft it" not in page.text
        assert "I have read it" not in page.text
    for path in ("/tuner/draft", f"{address}/propose", f"{address}/missed", "/tuner/freeze"):
        assert post(auditor, path, {"line": "0.3", "reason": "x"}).status_code == 403
    officer = console.signed_in(OFFICER)
    for path in ("/tuner", "/tuner/answer?line=0.4", address, f"{address}/missed"):
        assert officer.get(path).status_code == 403
    assert 'href="/tuner"' not in officer.get("/queue").text


# --- what is missed -------------------------------------------------------------------------------


def test_the_missed_are_shown_in_full_and_each_view_is_recorded(console: ConsoleDesk) -> None:
    refs = a_history(console)
    address = drafted(console, "0.7")
    page = console.signed_in(ORME).get(f"{address}/missed").text
    assert page.count(KNIFE) == 2
    assert "he has a knife at the bus stop" in page
    for ref in refs[40:43]:
        (viewed,) = [each for each in console.store.events(ref) if each.action == "viewed"]
        assert viewed.actor == ORME
        assert viewed.detail["for"] == "threshold:1"


def test_the_missed_say_whether_a_floor_would_have_caught_them(console: ConsoleDesk) -> None:
    a_history(console)
    page = plain(console.signed_in(ORME).get(f"{drafted(console, '0.7')}/missed").text)
    assert "Would a floor have caught it? Yes. P1 Emergency: F4, weapon and offender" in page
    assert "Yes. P2 Immediate risk: unsure, may be an emergency: unsure" in page


def test_a_line_cannot_be_approved_before_every_known_miss_is_read(console: ConsoleDesk) -> None:
    a_history(console)
    address = drafted(console, "0.4")
    press(console, HALE, address, "propose", "it catches two more")
    refused = press(console, ORME, address, "approve", "fine")
    assert refused.status_code == 409
    assert "You have not read 1 known emergency under the line" in refused.text
    read_all(console, HALE, address)  # that another has read it is not enough
    assert press(console, ORME, address, "approve", "fine").status_code == 409
    read_all(console, ORME, address)
    assert press(console, ORME, address, "approve", "fine").status_code == 303


def test_one_miss_that_is_not_acceptable_blocks_until_it_is_taken_back(
    console: ConsoleDesk,
) -> None:
    refs = a_history(console)
    address = drafted(console, "0.4")
    press(console, HALE, address, "propose", "it catches two more")
    read_all(console, ORME, address)
    client = console.signed_in(HALE)
    said = {f"said:{refs[42]}": "not_acceptable"}
    nothing = post(client, f"{address}/missed", said, page=f"{address}/missed")
    assert nothing.status_code == 409
    assert "say why" in nothing.text
    said[f"why:{refs[42]}"] = "a knife in public"
    assert post(client, f"{address}/missed", said, page=f"{address}/missed").status_code == 303
    refused = press(console, ORME, address, "approve", "fine")
    assert refused.status_code == 409
    assert f"{refs[42]} is not acceptable to" in refused.text
    read_all(console, HALE, address)
    assert press(console, ORME, address, "approve", "fine").status_code == 303


def test_an_emergency_that_became_known_after_the_approval_must_be_read_too(
    console: ConsoleDesk,
) -> None:
    a_history(console)
    address = drafted(console, "0.4")
    press(console, HALE, address, "propose", "it catches two more")
    read_all(console, ORME, address)
    press(console, ORME, address, "approve", "fine")
    more = [Spoken(score=0.2, days_ago=1, said=Label.EMERGENCY)]
    remember(console.store, more, now=console.clock())
    refused = press(console, HALE, address, "go_live")
    assert refused.status_code == 409
    assert "has not read 1 known emergency" in refused.text
    read_all(console, ORME, address)
    assert press(console, HALE, address, "go_live").status_code == 303


# --- two people -----------------------------------------------------------------------------------


def test_the_maker_of_a_line_cannot_approve_it(console: ConsoleDesk) -> None:
    a_history(console)
    address = drafted(console, "0.4")
    press(console, HALE, address, "propose", "it catches two more")
    read_all(console, HALE, address)
    page = console.signed_in(HALE).get(address).text
    assert ">Approve<" not in page
    assert "another admin has to approve it" in page
    refused = press(console, HALE, address, "approve", "fine")
    assert refused.status_code == 409
    assert "another admin must approve" in refused.text


def test_who_proposed_another_ones_draft_cannot_approve_it_either(console: ConsoleDesk) -> None:
    a_history(console)
    address = drafted(console, "0.4", by=HALE)
    press(console, ORME, address, "propose", "good idea")
    read_all(console, ORME, address)
    assert press(console, ORME, address, "approve", "fine").status_code == 409
    read_all(console, HALE, address)
    assert press(console, HALE, address, "approve", "fine").status_code == 409


def test_nothing_is_proposed_or_approved_without_a_reason(console: ConsoleDesk) -> None:
    a_history(console)
    address = drafted(console, "0.4")
    assert "say why" in press(console, HALE, address, "propose").text
    press(console, HALE, address, "propose", "it catches two more")
    read_all(console, ORME, address)
    assert "say why" in press(console, ORME, address, "approve", "  ").text


def test_a_draft_changes_nothing(console: ConsoleDesk) -> None:
    a_history(console)
    address = drafted(console, "0.4")
    press(console, HALE, address, "shadow")
    assert reader_of(console).thresholds.emergency == 0.5
    press(console, HALE, address, "propose", "it catches two more")
    read_all(console, ORME, address)
    press(console, ORME, address, "approve", "fine")
    assert reader_of(console).thresholds.emergency == 0.5


# --- in force and back ----------------------------------------------------------------------------


def test_an_approved_line_goes_live_and_the_classifier_judges_by_it(console: ConsoleDesk) -> None:
    a_history(console)
    live(console, "0.4")
    assert reader_of(console).thresholds.emergency == 0.45
    (taken,) = console.store.lines_taken()
    assert (taken.emergency, taken.versions) == (0.45, (1,))
    page = console.signed_in(HALE).get("/tuner").text
    assert "In force: 0.45</strong>, <a" in page
    assert "Roll back version 1" in page
    assert "caught 42 of 43" in sentence_of(page)


def test_a_roll_back_is_one_press_and_leads_to_the_line_before(console: ConsoleDesk) -> None:
    a_history(console)
    first = live(console, "0.4")
    second = live(console, "0.25")
    assert reader_of(console).thresholds.emergency == 0.3
    assert "superseded" in console.signed_in(HALE).get(first).text
    assert press(console, HALE, second, "roll_back").status_code == 303
    assert reader_of(console).thresholds.emergency == 0.45
    assert press(console, HALE, first, "roll_back").status_code == 303
    assert reader_of(console).thresholds.emergency == 0.5  # the default
    stages = [each.stage.value for each in console.store.threshold_versions()]
    assert stages == ["rolled_back", "rolled_back"]


def test_every_step_is_in_the_trail_with_the_figures_of_then(console: ConsoleDesk) -> None:
    a_history(console)
    address = live(console, "0.4")
    press(console, HALE, address, "roll_back")
    assert actions(console, "threshold:1") == [
        "threshold.draft",
        "threshold.propose",
        "threshold.read",
        "threshold.approve",
        "threshold.go_live",
        "threshold.roll_back",
    ]
    approved: Event = console.store.events("threshold:1")[3]
    assert approved.actor == ORME
    assert approved.detail["reason"] == "I agree"
    assert (approved.detail["caught"], approved.detail["known"]) == (42, 43)
    assert (approved.detail["line"], approved.detail["live"]) == (0.45, 0.5)
    assert approved.detail["model"] == MODEL
    assert console.store.verify() > 0
    page = console.signed_in(AUDITOR).get(address).text
    assert "As known then: 42 of 43 known emergencies caught" in page


def test_a_version_never_changes_and_a_late_press_changes_nothing(console: ConsoleDesk) -> None:
    a_history(console)
    address = live(console, "0.4")
    before = console.store.threshold_versions()
    for move in ("propose", "approve", "shadow", "withdraw", "reject", "go_live"):
        assert press(console, ORME, address, move, "again").status_code == 409
    assert console.store.threshold_versions() == before
    for move in ("supersede", "restore", "draft", "nonsense"):
        assert press(console, ORME, address, move, "again").status_code == 404


def test_while_lines_are_frozen_none_goes_live_and_none_comes_back(console: ConsoleDesk) -> None:
    a_history(console)
    first = live(console, "0.4")
    client = console.signed_in(ORME)
    frozen = {"frozen": "yes", "reason": "the match on Saturday"}
    assert post(client, "/tuner/freeze", {**frozen, "reason": ""}, page="/tuner").status_code == 409
    assert post(client, "/tuner/freeze", frozen, page="/tuner").status_code == 303
    page = console.signed_in(HALE).get("/tuner").text
    assert "Frozen by Jude Orme" in page
    assert "the match on Saturday" in page
    refused = press(console, HALE, first, "roll_back")
    assert refused.status_code == 409
    assert "Changes are frozen" in refused.text
    second = drafted(console, "0.25")
    press(console, HALE, second, "propose", "more")
    read_all(console, ORME, second)
    press(console, ORME, second, "approve", "fine")
    assert press(console, ORME, second, "go_live").status_code == 409
    assert reader_of(console).thresholds.emergency == 0.45
    thawed = {"frozen": "no", "reason": "it is over"}
    assert post(client, "/tuner/freeze", thawed, page="/tuner").status_code == 303
    assert press(console, ORME, second, "go_live").status_code == 303
    assert actions(console, "thresholds") == ["threshold.frozen", "threshold.thawed"]


def test_a_line_that_catches_less_runs_in_the_shadow_first(
    console: ConsoleDesk, clock: SteppingClock
) -> None:
    a_history(console)
    clock.step(minutes=1)
    address = drafted(console, "0.65")
    press(console, HALE, address, "shadow")
    press(console, HALE, address, "propose", "ten alarms fewer")
    read_all(console, ORME, address)
    refused = press(console, ORME, address, "approve", "fine")
    assert "must run 24 h in the shadow" in refused.text
    clock.step(hours=20)
    new = [Spoken(score=score, days_ago=0) for score in (0.9, 0.6, 0.55, 0.1)]
    remember(console.store, new, now=clock())
    clock.step(hours=5)
    console.app.state.site.tuner.look_again()
    page = plain(console.signed_in(ORME).get(address).text)
    assert "of 4 live items read, the line in force alerted 3 times" in page
    assert "this one would have alerted 1 time" in page
    assert press(console, ORME, address, "approve", "fine").status_code == 303
    assert press(console, ORME, address, "go_live").status_code == 303
    assert reader_of(console).thresholds.emergency == 0.7


def test_a_line_of_another_model_is_not_used_and_people_are_told(console: ConsoleDesk) -> None:
    a_history(console)
    live(console, "0.4")
    told: list[tuple[str, str]] = []
    promoted = ReaderWithLines("other+87654321/int8")
    lines = LinesInForce(
        console.store, promoted, console.clock, tell=lambda key, text: told.append((key, text))
    )
    assert lines.take_up()
    assert promoted.thresholds.emergency == 0.5
    assert "version 1 was approved for invented+12345678/int8" in told[0][1]
    same = ReaderWithLines("invented+12345678/fp32")  # the same network, another session
    LinesInForce(console.store, same, console.clock).take_up()
    assert same.thresholds.emergency == 0.45
    lesser = ReaderWithLines("invented+12345678/linear")
    LinesInForce(console.store, lesser, console.clock).take_up()
    assert lesser.thresholds.emergency == 0.5


def test_a_difference_between_parts_must_be_acknowledged_in_writing(console: ConsoleDesk) -> None:
    now = console.clock()
    english = [Spoken(score=0.9, days_ago=day, said=Label.EMERGENCY) for day in range(40)]
    polish = [
        Spoken(
            score=0.4 if day % 4 == 0 else 0.9,
            days_ago=day,
            said=Label.EMERGENCY,
            lang="pl",
            channel="fb_message",
            kind=Kind.DM,
        )
        for day in range(40)
    ]
    low = [Spoken(score=0.2, days_ago=2, said=Label.ROUTINE, drawn=True)]
    middle = [Spoken(score=0.48, days_ago=2, said=Label.ROUTINE)]
    remember(console.store, [*english, *polish, *low, *middle], now=now)
    address = drafted(console, "0.45")
    press(console, HALE, address, "propose", "it catches one more")
    read_all(console, ORME, address)
    refused = press(console, ORME, address, "approve", "fine")
    assert refused.status_code == 409
    assert "the difference for language pl is not acknowledged" in refused.text
    client = console.signed_in(ORME)
    for part in ("language:pl", "language:en", "channel:fb_message", "channel:x_dm"):
        fields = {"slice": part, "text": "Polish speakers read these by hand until retraining"}
        assert post(client, f"{address}/acknowledge", fields, page=address).status_code == 303
    unwritten = post(client, f"{address}/acknowledge", {"slice": "language:pl"}, page=address)
    assert unwritten.status_code == 409
    unknown = {"slice": "language:xx", "text": "fine"}
    assert post(client, f"{address}/acknowledge", unknown, page=address).status_code == 409
    assert press(console, ORME, address, "approve", "fine").status_code == 303
    assert "until retraining" in client.get(address).text


def test_labels_follow_what_people_say_later(console: ConsoleDesk, clock: SteppingClock) -> None:
    refs = a_history(console)
    assert "40 of 43" in sentence_of(console.signed_in(HALE).get("/tuner").text)
    clock.step(minutes=5)
    detail = {"class": "routine", "audience": "contact"}
    event = Event(at=clock(), actor="okafor", action="correct", subject=refs[42], detail=detail)
    console.store.record([event])
    console.app.state.site.tuner.look_again()
    assert "40 of 42" in sentence_of(console.signed_in(HALE).get("/tuner").text)


def test_a_deleted_item_is_no_longer_counted_as_missed(
    console: ConsoleDesk, clock: SteppingClock
) -> None:
    assert timedelta(days=1)  # retention deletes rows; what is gone cannot be measured on
    a_history(console)
    from sqlalchemy import text

    with console.store.database.write() as tx:
        tx.execute(text("DELETE FROM items"))
    left = console.store.score_rows(MODEL, since=clock() - timedelta(days=90))
    assert len(left) == 0


def test_the_abuse_line_is_tuned_in_the_same_way(console: ConsoleDesk) -> None:
    now = console.clock()
    told = [
        Spoken(score=0.02 + day / 100, days_ago=day, said=Label.ABUSE, text="he hits me")
        for day in range(40)
    ]
    others = [Spoken(score=0.9, days_ago=2, said=Label.ROUTINE, drawn=True)] * 4
    alerts = [Spoken(score=0.8, days_ago=3, said=Label.EMERGENCY)] * 2
    remember(console.store, [*told, *others, *alerts], now=now)
    client = console.signed_in(HALE)
    page = client.get("/tuner?of=abuse").text
    assert "caught 0 of 40 known cases of abuse and missed 40" in sentence_of(page)
    assert "items as abuse or worse a day" in sentence_of(page)
    assert "alerts a shift" not in plain(page)
    fields = {"line": "0.15", "of": "abuse"}
    address = post(client, "/tuner/draft", fields, page="/tuner").headers["location"]
    address = address.partition("?")[0]
    press(console, HALE, address, "propose", "too little was read as abuse")
    page = console.signed_in(ORME).get(f"{address}/missed").text
    assert "would be read as routine" in page
    read_all(console, ORME, address)
    assert press(console, ORME, address, "approve", "fine").status_code == 303
    assert press(console, ORME, address, "go_live").status_code == 303
    assert 0.15 <= reader_of(console).thresholds.abuse < 0.17
    assert reader_of(console).thresholds.emergency == 0.5
    assert client.get("/tuner?of=routine").status_code == 404


def test_each_node_takes_up_a_line_by_itself_and_says_so(
    console: ConsoleDesk, clock: SteppingClock
) -> None:
    a_history(console)
    other = ReaderWithLines()
    node = LinesInForce(console.store, other, clock, node="two")
    assert node.take_up()
    assert not node.take_up()
    live(console, "0.4")
    assert other.thresholds.emergency == 0.5
    assert node.take_up()  # its own look, two seconds later at most
    assert other.thresholds.emergency == 0.45
    assert [each.node for each in console.store.lines_taken()] == ["one", "two"]
    console.store.forget_lines("two")  # taken for dead, and alive after all
    clock.step(minutes=2)
    node.take_up()
    assert [each.emergency for each in console.store.lines_taken()] == [0.45, 0.45]
    for each in ("one", "two"):
        console.store.beat(each, now=clock())
    page = plain(console.signed_in(HALE).get("/tuner").text)
    assert "one judges by 0.45 since" in page
    assert "two judges by 0.45 since" in page


# --- trying a message -----------------------------------------------------------------------------


def test_a_message_is_tried_under_both_lines_beside_its_nearest_neighbours(
    console: ConsoleDesk,
) -> None:
    refs = a_history(console)
    client = console.signed_in(HALE)
    fields = {"text": "hes outside again with a knife 0.47", "line": "0.45", "kind": "dm"}
    page = post(client, "/tuner/try", fields, page="/tuner/try").text
    said = plain(page)
    assert "In force, 0.50 routine P2 Immediate risk may be an emergency: unsure" in said
    assert "This line, 0.45 emergency P1 Emergency reads like danger now" in said
    assert said.count("hes outside my door again with a knife") == 1  # two wrote the same
    near = re.findall(r'href="/item/(FC-[\d-]+)"', page[page.index("Most alike") :])
    assert near[0] in refs[40:42]
    assert near[1] == refs[42]


def test_what_is_tried_is_kept_nowhere_and_what_is_shown_is_recorded(console: ConsoleDesk) -> None:
    refs = a_history(console)
    client = console.signed_in(AUDITOR)
    text = "pomegranate knife outside 0.2"
    assert post(client, "/tuner/try", {"text": text}, page="/tuner/try").status_code == 200
    (tried,) = console.store.events("thresholds")
    assert (tried.action, tried.actor) == ("threshold.tried", AUDITOR)
    assert refs[42] in tried.detail["shown"]
    assert "viewed" in actions(console, refs[42])
    assert not [line for line in console.store.export_audit() if "pomegranate" in line]
    empty = post(client, "/tuner/try", {"text": "  "}, page="/tuner/try")
    assert empty.status_code == 409
    assert "Type a message first" in empty.text


def test_words_of_citizens_cannot_become_markup(console: ConsoleDesk) -> None:
    bad = '<script>alert(1)</script> "onmouseover=x 0.45'
    spoken = [Spoken(score=0.2, days_ago=1, said=Label.EMERGENCY, text=bad, lang="<b>")]
    remember(console.store, spoken, now=console.clock())
    address = drafted(console, "0.4")
    client = console.signed_in(HALE)
    tried = post(client, "/tuner/try", {"text": bad, "line": "<i>"}, page="/tuner/try").text
    for page in (client.get(f"{address}/missed").text, client.get("/tuner").text, tried):
        assert "<script>alert" not in page
        assert "<b>" not in page
        assert "<i>" not in page
