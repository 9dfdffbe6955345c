"""Replies as values: their moves, their texts, and that nothing else can go out."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors.facebook_replies import FacebookReplies
from collectors.x_replies import XReplies
from config.reply_templates import reply_templates
from tests.factories import NOW, a_case, a_disclosure, a_person, a_post, an_item, suggested
from tests.reply_rig import facebook_settings, x_settings
from triage.clearance import ROUTES, Cleared, Moment, Sought, Window, clear, offers, sought
from triage.errors import BadSettings, Refused
from triage.model import LinkDecision, SafeContact
from triage.replies import REPLY_MOVES, Reply, ReplyState, ReplyVerb
from triage.reply_templates import filled, is_staffed
from triage.reply_text import (
    LIMITS,
    PLACEHOLDER,
    digest,
    length,
    quotes_note,
    refuse_unfit,
    traceable,
    weighted,
    written,
)

ACCOUNTS = frozenset({("x", "westbridgepolice"), ("facebook", "2002")})


def a_reply(text: str = "Yes, it is.", **fields: Any) -> Reply:
    values: dict[str, Any] = {
        "id": "reply-0001",
        "ref": a_case().ref,
        "channel": "x_dm",
        "public": False,
        "text": text,
        "drafted_by": "alice",
        "drafted_at": NOW,
        "state": ReplyState.SENDING,
        "approved_by": "bob",
        "approved_digest": digest(text),
        "approved_versions": 1,
    }
    return Reply(**(values | fields))


def a_moment(case: Any = None, **fields: Any) -> Moment:
    case = case or a_case()
    values: dict[str, Any] = {
        "case": case,
        "now": NOW,
        "heard_at": case.item.sent_at,
        "accounts": ACCOUNTS,
    }
    return Moment(**(values | fields))


# --- the only way out -----------------------------------------------------------------------------


def test_a_note_cannot_take_the_outbound_path() -> None:
    case = a_case(note="09:41 UTC Alice Ames: lives with the suspect")
    senders = (
        XReplies(x_settings("http://127.0.0.1:9"), lambda: NOW),
        FacebookReplies(facebook_settings("http://127.0.0.1:9"), lambda: NOW),
    )
    unsent: list[Any] = [case.note, case, a_reply(), sought(a_reply(case.note), case), None]
    for sender in senders:
        for each in unsent:
            with pytest.raises(TypeError):
                sender.send(each)


def test_nothing_but_the_rules_makes_what_a_sender_takes() -> None:
    what = sought(a_reply(), a_case())
    fields = {name: getattr(what, name) for name in Sought.__slots__}
    for seal in (None, object(), "sealed"):
        with pytest.raises(TypeError):
            Cleared(**fields, seal=seal)
    with pytest.raises(TypeError):
        replace(clear(a_reply(), a_moment()), text="something else", seal=None)


@pytest.mark.parametrize("state", [each for each in ReplyState if each is not ReplyState.SENDING])
def test_only_what_is_being_sent_is_cleared(state: ReplyState) -> None:
    with pytest.raises(Refused):
        clear(a_reply(state=state), a_moment())


@pytest.mark.parametrize(
    "fields",
    [
        {"approved_by": ""},
        {"approved_digest": digest("Another text")},
        {"approved_digest": ""},
        {"approved_versions": 2},
    ],
)
def test_only_what_was_approved_as_it_stands_is_cleared(fields: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        clear(a_reply(**fields), a_moment())


def test_what_is_cleared_says_what_was_approved_to_whoever_wrote() -> None:
    cleared = clear(a_reply(), a_moment())
    assert (cleared.text, cleared.person, cleared.to) == ("Yes, it is.", "77", "1")
    assert "seal" not in repr(cleared)


# --- offers ---------------------------------------------------------------------------------------


def offered(moment: Moment) -> dict[str, str]:
    return {each.channel: each.refusal for each in offers(moment)}


def test_a_mention_is_answered_where_it_was_written() -> None:
    mention = a_case(a_post("@westbridgepolice hello"))
    found = offered(a_moment(mention))
    assert found["x_mention"] == ""
    assert "no other channel" in found["x_dm"]


def test_a_confirmed_person_is_offered_only_what_is_safe_for_them() -> None:
    person = a_person(safe_contact=SafeContact(channels=("x_dm",)))
    link = replace(suggested("R1"), decision=LinkDecision.CONFIRMED)
    mention = a_case(a_post("@westbridgepolice hello"), link=link)
    found = offered(a_moment(mention, persons=(person,)))
    assert found["x_dm"] == ""
    assert "must not be seen" in found["x_mention"]


def test_a_person_only_suggested_protects_and_opens_nothing() -> None:
    person = a_person(safe_contact=SafeContact(channels=("x_dm",)))
    mention = a_case(a_post("@westbridgepolice hello"), link=suggested("R1"))
    found = offered(a_moment(mention, persons=(person,)))
    assert all(found.values())


def test_a_disclosure_offers_no_public_answer() -> None:
    mention = a_case(a_post("@westbridgepolice he hits me"), a_disclosure())
    assert "no public reply" in offered(a_moment(mention))["x_mention"]


def test_an_account_without_a_token_is_not_offered() -> None:
    assert "cannot be written from here" in offered(a_moment(accounts=frozenset()))["x_dm"]


def test_what_comes_by_other_channels_is_answered_on_the_platform() -> None:
    assert offers(a_moment(a_case(an_item(channel="webchat")))) == ()


@pytest.mark.parametrize(
    ("hours", "open_now", "human"),
    [
        (1, True, False),
        (23.9, True, False),
        (24, True, True),
        (167.9, True, True),
        (168, False, True),
    ],
)
def test_the_window_closes_after_seven_days_and_is_for_people_after_one(
    hours: float, open_now: bool, human: bool
) -> None:
    case = a_case(an_item(channel="fb_message", account="2002"))
    moment = a_moment(
        case,
        now=case.item.sent_at + timedelta(hours=hours),
        windows={"facebook": Window(hours=24, human=168)},
    )
    assert (offered(moment)["fb_message"] == "") is open_now
    assert moment.human_only is human


# --- texts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("a" * 280, 280),
        ("é", 1),
        ("e\u0301", 1),
        ("日本", 4),
        ("👍", 2),
        ("👍🏽", 2),
        ("👨‍👩‍👧‍👦", 2),
        ("🇬🇧", 2),
        ("1️⃣", 2),
        ("see https://www.westbridge.example/a/very/long/address/indeed", 27),
        ("see westbridge.police.uk now", 31),
        ("“quoted” – dash…", 17),
    ],
)
def test_public_posts_on_x_are_counted_as_x_counts(text: str, count: int) -> None:
    assert weighted(text) == count


def test_other_channels_count_characters() -> None:
    assert length("👍 https://www.westbridge.example/a/very/long/address", "x_dm") == 52
    for channel, most in LIMITS.items():
        refuse_unfit("a" * most, channel)
        with pytest.raises(Refused, match="Too long by 1"):
            refuse_unfit("a" * (most + 1), channel)


def test_every_channel_that_can_be_answered_has_a_limit() -> None:
    assert {channel for routes in ROUTES.values() for channel, _ in routes} == set(LIMITS)


@pytest.mark.parametrize("text", ["Ask {team}", "Hello {}", "We ring {when you like}", "[[name]]"])
def test_a_place_left_to_fill_in_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="Fill in"):
        refuse_unfit(text, "x_dm")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("See https://a.example/x", "a link"),
        ("See www.a.example", "a link"),
        ("See westbridge.police.uk", "a link"),
        ("Quote FC-26-1123-0041", "a reference number"),
        ("Your crime ref is 4412/26", "a reference number"),
        ("reference number WB-20311", "a reference number"),
        ("log 1204 of today", "a reference number"),
        ("Ring 101 or 999, or 18000 on Relay UK", ""),
        ("We are here from 9 to 5.", ""),
        ("Is it safe to write to you here?", ""),
    ],
)
def test_links_and_reference_numbers_are_found(text: str, what: str) -> None:
    assert traceable(text) == what


def test_a_note_is_recognised_in_a_reply_whatever_its_blanks() -> None:
    note = "23 Nov 09:41 UTC Alice Ames: lives with the suspect now\n23 Nov Bob: rang"
    assert quotes_note("By the way: Lives with  the suspect NOW!", note)
    assert not quotes_note("We rang you.", note)


def test_a_text_is_kept_as_platforms_want_it() -> None:
    assert written("  One\r\ntwo\x00 ") == "One\ntwo\ufffd"


# --- templates ------------------------------------------------------------------------------------

SHIPPED = reply_templates()


@pytest.mark.parametrize("template", SHIPPED, ids=lambda each: each.id)
def test_a_shipped_text_fits_wherever_it_is_offered(template: Any) -> None:
    values = {"desk": "Westbridge and Northmoor Police", "ref": "FC-26-1123-0041", "opens": "08:00"}
    text = filled(template.text, values)
    for gap in set(PLACEHOLDER.findall(text)):
        text = text.replace(gap, "the neighbourhood team")
    for channel in template.channels or LIMITS:
        refuse_unfit(text, channel)


def test_the_shipped_texts_name_every_way_to_999() -> None:
    danger = next(each.text for each in SHIPPED if each.id == "danger")
    assert all(way in danger for way in ("999", "55", "18000", "emergencySMS", "BSL"))
    assert any("101" in each.text for each in SHIPPED)
    assert any(each.modes == ("warn_only",) for each in SHIPPED)


def test_the_forces_own_texts_take_the_place_of_shipped_ones(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        '[[template]]\nid = "danger"\ntitle = "D"\ntext = "Ring 999"\n'
        '[[template]]\nid = "reference"\ntitle = "R"\n'
        '[[template]]\nid = "ours"\ntitle = "O"\ntext = "Hello"\nchannels = ["x_dm"]\n'
    )
    found = {each.id: each.text for each in reply_templates(own)}
    assert (found["danger"], found["ours"]) == ("Ring 999", "Hello")
    assert "reference" not in found


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[[template]]\nid = 1", "template.0.id"),
        ('[[template]]\nid = "a"\ntitle = "b"\nwhat = "c"', "what"),
        ('[[template]]\nid = "a"\ntitle = "b"\nchannels = ["fax"]', "no channel is called fax"),
        ("[[", "own.toml"),
    ],
)
def test_a_wrong_file_of_texts_is_named(tmp_path: Path, text: str, what: str) -> None:
    own = tmp_path / "own.toml"
    own.write_text(text)
    with pytest.raises(BadSettings, match=what):
        reply_templates(own)


@pytest.mark.parametrize(
    ("start", "end", "hour", "staffed"),
    [(8, 22, 8, True), (8, 22, 22, False), (22, 6, 23, True), (22, 6, 7, False), (0, 0, 3, True)],
)
def test_hours_may_pass_midnight(start: int, end: int, hour: int, staffed: bool) -> None:
    moment = NOW.replace(hour=hour)
    begin, close = NOW.replace(hour=start, minute=0).time(), NOW.replace(hour=end, minute=0).time()
    assert is_staffed(moment, begin, close) is staffed


# --- the machine's own states ---------------------------------------------------------------------


def test_nothing_leads_out_of_the_machines_hands() -> None:
    for verb in ReplyVerb:
        assert ReplyState.SENDING not in REPLY_MOVES[verb]
        assert ReplyState.SENT not in REPLY_MOVES[verb]
