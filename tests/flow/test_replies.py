"""Replies from the draft to the platform, on loopback platforms and a real store."""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.evidence import export_bundle
from console.repeats import repeats_of
from console.replying import Replier, reply_line
from tests.factories import a_disclosure, a_verdict, an_emergency
from tests.factories import suggested as suggestion
from tests.reply_rig import ALICE, BOB, OTTO, REX, SUE, ReplyRig, reply_rig
from triage.actions import Command
from triage.answering import answer
from triage.dispatch import dispatch
from triage.errors import BadRequest, Refused, Stale
from triage.flow import carry_out
from triage.lifecycle import Verb
from triage.model import Case
from triage.replies import ReplyCommand, ReplyState, ReplyVerb
from triage.taxonomy import SignalName


@pytest.fixture
def rig() -> Iterator[ReplyRig]:
    with reply_rig() as made:
        yield made


def ago(**amount: float) -> str:
    return (datetime.now(UTC) - timedelta(**amount)).isoformat()


# --- it arrives -----------------------------------------------------------------------------------


def test_a_mention_is_answered_under_the_post(rig: ReplyRig) -> None:
    case = rig.mention()
    sent = rig.send(rig.approved(case, "Yes, it is open & free."))
    assert sent.state is ReplyState.SENT
    post = rig.x.posts[sent.external_id]
    assert post["references"] == [{"type": "replied_to", "id": case.item.id}]
    assert rig.said == ["Yes, it is open & free."]


def test_a_direct_message_goes_to_its_writer_alone(rig: ReplyRig) -> None:
    case = rig.dm()
    sent = rig.send(rig.approved(case, "Yes, until five."))
    assert rig.x.messages[sent.external_id]["dm_conversation_id"] == "5005-1001"


def test_a_comment_is_answered_under_the_comment(rig: ReplyRig) -> None:
    case = rig.comment()
    sent = rig.send(rig.approved(case, "Until six."))
    assert rig.facebook.comments[sent.external_id]["parent"] == {"id": case.item.id}


def test_an_answer_to_an_answer_stands_under_the_first_comment(rig: ReplyRig) -> None:
    first = rig.comment(id="1_10")
    second = rig.comment("And on Sunday?", reply_to="1_10")
    sent = rig.send(rig.approved(second, "Also on Sunday."))
    assert rig.facebook.comments[sent.external_id]["parent"] == {"id": first.item.id}


def test_a_messenger_message_is_a_response_and_after_a_day_a_persons_own_words(
    rig: ReplyRig,
) -> None:
    late = rig.message(sent_at=ago(hours=30), author={"account_id": "7008"})
    fresh = rig.send(rig.approved(rig.message()))
    sent = rig.send(rig.approved(late, "Sorry for the wait."))
    tags = [rig.facebook.messages[each.external_id]["tag"] for each in (fresh, sent)]
    assert tags == ["", "HUMAN_AGENT"]


def test_our_own_replies_do_not_come_back_as_items(rig: ReplyRig) -> None:
    for case in (rig.mention(), rig.dm(), rig.comment(), rig.message()):
        assert rig.send(rig.approved(case)).state is ReplyState.SENT
    rig.clock.move(minutes=11)  # the slow rounds look at everything again
    assert rig.poll() == []
    assert rig.poll() == []


def test_a_reply_never_closes_a_case(rig: ReplyRig) -> None:
    case = rig.mention()
    rig.send(rig.approved(case))
    after = rig.case(case.ref)
    assert (after.state.value, after.version) == ("claimed", rig.case(case.ref).version)


# --- who may --------------------------------------------------------------------------------------


def test_only_the_owner_or_a_supervisor_writes(rig: ReplyRig) -> None:
    case = rig.mention()
    with pytest.raises(Refused, match="claim it to answer"):
        rig.written(case, "Yes.")
    rig.claim(case)
    with pytest.raises(Refused, match="Alice Ames has it"):
        rig.written(case, "Yes.", BOB)
    with pytest.raises(Refused, match="cannot answer"):
        rig.written(case, "Yes.", OTTO)
    assert rig.reply(rig.written(case, "Yes.", SUE)).drafted_by == "sue"


def test_a_reviewer_answers_only_what_comms_has(rig: ReplyRig) -> None:
    public = rig.claim(rig.mention(), REX)
    reply_id = rig.written(public, "Yes.", REX)
    rig.press(ReplyVerb.SUBMIT, public, reply_id, REX)
    assert rig.send(reply_id).state is ReplyState.SENT
    with pytest.raises(Refused, match="restricted"):
        rig.written(rig.claim(rig.dm()), "Yes.", REX)


def test_one_person_is_enough_for_what_is_neither_urgent_nor_delicate(rig: ReplyRig) -> None:
    case = rig.claim(rig.mention())
    reply_id = rig.written(case, "Yes.")
    assert rig.press(ReplyVerb.SUBMIT, case, reply_id).said == "On its way"
    assert rig.urged == [reply_id]


@pytest.mark.parametrize(
    "verdict",
    [
        an_emergency(SignalName.WEAPON),
        a_disclosure(),
        a_verdict(SignalName.OFFENDER_PRESENT),
        a_verdict(degraded="none"),
    ],
)
def test_what_is_urgent_or_delicate_needs_a_second_person(rig: ReplyRig, verdict: object) -> None:
    rig.says.verdict = verdict  # type: ignore[assignment]
    case = rig.claim(rig.dm())
    reply_id = rig.written(case, "We are here.", safe_to_send="yes")
    assert rig.press(ReplyVerb.SUBMIT, case, reply_id).reply.state is ReplyState.WAITING
    assert rig.sweep() == []
    with pytest.raises(Refused, match="second person"):
        rig.press(ReplyVerb.APPROVE, case, reply_id, ALICE)
    rig.press(ReplyVerb.APPROVE, case, reply_id, BOB)
    assert rig.send(reply_id).state is ReplyState.SENT


def test_a_changed_text_needs_a_new_approval(rig: ReplyRig) -> None:
    rig.says.verdict = a_disclosure()
    case = rig.claim(rig.dm())
    reply_id = rig.written(case, "We are here.", safe_to_send="yes")
    rig.press(ReplyVerb.SUBMIT, case, reply_id)
    rig.press(ReplyVerb.WRITE, case, reply_id, text="We are here now.", safe_to_send="yes")
    assert rig.reply(reply_id).state is ReplyState.DRAFT
    with pytest.raises(Refused, match="a draft now"):
        rig.press(ReplyVerb.APPROVE, case, reply_id, BOB)


def test_an_approval_is_bound_to_the_text_whatever_the_row_says(rig: ReplyRig) -> None:
    case = rig.mention()
    reply_id = rig.approved(case)
    before = rig.reply(reply_id)
    rig.store.change_reply(before, replace(before, text="Something else"), events=())
    assert rig.send(reply_id).state is ReplyState.FAILED
    assert rig.said == []


def test_a_case_that_became_urgent_meanwhile_waits_for_a_second_person(rig: ReplyRig) -> None:
    case = rig.mention()
    reply_id = rig.approved(case)
    carry_out(
        rig.desk,
        Command(
            verb=Verb.GRADE,
            ref=case.ref,
            officer=ALICE,
            args={"priority": "1", "reason": "rang in"},
        ),
    )
    waiting = rig.send(reply_id)
    assert (waiting.state, waiting.approved_by) == (ReplyState.WAITING, "")
    rig.press(ReplyVerb.APPROVE, case, reply_id, BOB)
    assert rig.send(reply_id).state is ReplyState.SENT


def test_whoever_approves_can_send_it_back_with_a_reason(rig: ReplyRig) -> None:
    rig.says.verdict = a_disclosure()
    case = rig.claim(rig.dm())
    reply_id = rig.written(case, "We are here.", safe_to_send="yes")
    rig.press(ReplyVerb.SUBMIT, case, reply_id)
    with pytest.raises(Refused, match="Say why"):
        rig.press(ReplyVerb.RETURN, case, reply_id, BOB)
    rig.press(ReplyVerb.RETURN, case, reply_id, BOB, reason="too long")
    assert rig.reply(reply_id).said == "Sent back: too long"
    rig.press(ReplyVerb.WITHDRAW, case, reply_id)
    assert rig.sweep() == []


# --- safe contact and the platform's rules --------------------------------------------------------


def test_a_disclosure_is_never_answered_in_public(rig: ReplyRig) -> None:
    rig.says.verdict = a_disclosure()
    case = rig.claim(rig.mention())
    with pytest.raises(Refused, match="no public reply"):
        rig.written(case, "We are here.", safe_to_send="yes")


def test_a_disclosure_is_answered_only_when_somebody_ticked_that_it_is_safe(rig: ReplyRig) -> None:
    rig.says.verdict = a_disclosure()
    case = rig.claim(rig.dm())
    reply_id = rig.written(case, "We are here.")
    with pytest.raises(Refused, match="safe to send"):
        rig.press(ReplyVerb.SUBMIT, case, reply_id)


def test_a_delicate_reply_names_the_link_or_number_that_needs_the_tick(rig: ReplyRig) -> None:
    rig.says.verdict = a_disclosure()
    case = rig.claim(rig.dm())
    reply_id = rig.written(case, f"Look at https://police.example and quote {case.ref}")
    with pytest.raises(Refused, match="a link in it"):
        rig.press(ReplyVerb.SUBMIT, case, reply_id)


def test_the_rules_hold_again_immediately_before_it_goes_out(rig: ReplyRig) -> None:
    case = rig.mention("@westbridgepolice is it open?")
    reply_id = rig.approved(case)
    rig.says.verdict = a_disclosure()
    rig.x.edit(case.item.id, "@westbridgepolice he hits me")
    rig.clock.move(minutes=11)
    rig.poll()
    after = rig.send(reply_id)
    assert after.state is not ReplyState.SENT
    assert rig.said == []


def test_what_its_writer_deleted_is_not_answered(rig: ReplyRig) -> None:
    case = rig.mention()
    reply_id = rig.approved(case)
    rig.x.delete(case.item.id)
    rig.clock.move(minutes=11)
    rig.poll()
    failed = rig.send(reply_id)
    assert failed.state is ReplyState.FAILED
    assert "its writer deleted it" in failed.said
    assert rig.x.asked("write_") == []


def known(rig: ReplyRig, **rules: object) -> None:
    """A citizen record with safe-contact rules."""
    line = json.dumps({"record_id": "R1", "surname": "Loom", "safe_contact": rules})
    rig.store.import_records([line], keys_of=lambda person: (), now=rig.clock())


def blocked(rig: ReplyRig, case: Case, reply_id: str, why: str) -> None:
    """The sender refuses by the rules of this moment, and asks nothing of the platform."""
    failed = rig.send(reply_id)
    assert failed.state is ReplyState.FAILED
    assert why in failed.said
    assert rig.x.asked("write_") == rig.facebook.asked("write_") == []
    assert rig.events(case)[-1] == "reply_blocked"


def test_rules_set_after_the_approval_hold_in_the_sender(rig: ReplyRig) -> None:
    known(rig, channels=["x_dm"])
    case = rig.claim(rig.dm())
    args = {"record_id": "R1"}
    carry_out(rig.desk, Command(verb=Verb.LINK, ref=case.ref, officer=ALICE, args=args))
    reply_id = rig.approved(case)
    known(rig, channels=["fb_message"])
    blocked(rig, case, reply_id, "x_dm is not a safe channel")


def test_a_person_suggested_after_the_approval_protects_in_the_sender(rig: ReplyRig) -> None:
    known(rig, channels=["fb_message"])
    case = rig.dm()
    reply_id = rig.approved(case)
    claimed = rig.case(case.ref)
    rig.store.change(claimed, replace(claimed, link=suggestion("R1")), events=())
    blocked(rig, case, reply_id, "x_dm is not a safe channel")


def test_safe_hours_that_ended_since_the_approval_hold_in_the_sender(rig: ReplyRig) -> None:
    hour = rig.clock().hour
    known(rig, channels=["x_dm"], from_hour=hour, to_hour=(hour + 2) % 24)
    case = rig.claim(rig.dm())
    args = {"record_id": "R1"}
    carry_out(rig.desk, Command(verb=Verb.LINK, ref=case.ref, officer=ALICE, args=args))
    reply_id = rig.approved(case)
    rig.clock.move(hours=3)
    blocked(rig, case, reply_id, "outside the safe days and hours")


def test_a_disclosure_that_is_found_after_the_approval_holds_in_the_sender(rig: ReplyRig) -> None:
    rig.says.verdict = a_disclosure()
    case = rig.claim(rig.dm())
    reply_id = rig.written(case, "Yes.", safe_to_send="yes")
    rig.press(ReplyVerb.SUBMIT, case, reply_id)
    rig.press(ReplyVerb.APPROVE, case, reply_id, BOB)
    row = rig.reply(reply_id)
    rig.store.change_reply(row, replace(row, safe_to_send=False), events=())
    blocked(rig, case, reply_id, "tick “safe to send”")


def test_a_window_that_closed_while_it_waited_holds_in_the_sender(rig: ReplyRig) -> None:
    case = rig.message()
    reply_id = rig.approved(case)
    rig.clock.move(days=7, hours=1)
    blocked(rig, case, reply_id, "time to answer is over")


def test_a_note_that_was_written_since_the_approval_holds_in_the_sender(rig: ReplyRig) -> None:
    case = rig.mention()
    reply_id = rig.approved(case, "The suspect lives next door to her")
    args = {"text": "The suspect lives next door to her"}
    carry_out(rig.desk, Command(verb=Verb.NOTE, ref=case.ref, officer=ALICE, args=args))
    blocked(rig, case, reply_id, "repeats a note")


def test_on_x_only_who_addressed_the_account_is_answered(rig: ReplyRig) -> None:
    case = rig.claim(rig.mention("is the bridge open?"))
    with pytest.raises(Refused, match="only posts that mention"):
        rig.written(case, "Yes.")


def test_the_window_of_the_platform_is_kept_from_their_last_message(rig: ReplyRig) -> None:
    old = rig.message("Hello?", sent_at=ago(days=8), thread_id="t_1")
    rig.claim(old)
    with pytest.raises(Refused, match="time to answer is over"):
        rig.written(old, "Hello.")
    rig.message("Still there?", sent_at=ago(hours=1), thread_id="t_1")
    assert rig.send(rig.approved(old, "Hello.")).state is ReplyState.SENT


def test_what_the_platform_takes_no_more_says_so_in_its_words(rig: ReplyRig) -> None:
    case = rig.message()
    reply_id = rig.approved(case)
    rig.facebook.fail("window", on="write_message")
    failed = rig.send(reply_id)
    assert failed.state is ReplyState.FAILED
    assert "sent outside of allowed window" in failed.said


def test_a_reply_that_repeats_a_note_is_refused(rig: ReplyRig) -> None:
    case = rig.claim(rig.mention())
    carry_out(
        rig.desk,
        Command(
            verb=Verb.NOTE,
            ref=case.ref,
            officer=ALICE,
            args={"text": "Known to us, lives with the suspect"},
        ),
    )
    with pytest.raises(Refused, match="a note of the staff"):
        rig.written(case, "Known to us,  lives with the SUSPECT.")


# --- once -----------------------------------------------------------------------------------------


def test_a_form_sent_twice_is_one_reply(rig: ReplyRig) -> None:
    case = rig.claim(rig.mention())
    reply_id = rig.written(case, "Yes.")
    rig.press(ReplyVerb.WRITE, case, reply_id, text="Yes.")
    for _ in range(2):
        rig.press(ReplyVerb.SUBMIT, case, reply_id)
    rig.send(reply_id)
    rig.press(ReplyVerb.WRITE, case, reply_id, text="Yes.")
    assert rig.press(ReplyVerb.SUBMIT, case, reply_id).changed is False
    rig.sweep()
    assert rig.said == ["Yes."]


def test_two_forms_with_the_same_words_are_one_press(rig: ReplyRig) -> None:
    case = rig.mention()
    rig.send(rig.approved(case, "Yes."))
    with pytest.raises(Refused, match="sent just now"):
        rig.written(case, "Yes.")


def test_a_case_has_one_reply_under_way(rig: ReplyRig) -> None:
    case = rig.claim(rig.mention())
    rig.written(case, "Yes.")
    with pytest.raises(Stale, match="another reply"):
        rig.written(case, "No.")


def test_a_stale_form_changes_nothing(rig: ReplyRig) -> None:
    case = rig.claim(rig.mention())
    reply_id = rig.written(case, "Yes.")
    rig.press(ReplyVerb.WRITE, case, reply_id, SUE, text="Yes, it is.")
    stale = ReplyCommand(
        verb=ReplyVerb.SUBMIT, ref=case.ref, officer=ALICE, reply_id=reply_id, version=1
    )
    with pytest.raises(Stale):
        answer(rig.desk, stale)


def test_every_step_is_in_the_trail_without_a_word_of_the_text(rig: ReplyRig) -> None:
    case = rig.mention()
    reply_id = rig.approved(case, "Wonderful weather")
    rig.send(reply_id)
    assert rig.events(case) == ["reply_drafted", "reply_approved", "reply_sending", "reply_sent"]
    found = [each for each in rig.store.events(case.ref) if each.action.startswith("reply_")]
    assert "Wonderful" not in repr(found)
    assert {each.detail["digest"] for each in found} == {rig.reply(reply_id).digest}
    assert {each.detail["chars"] for each in found} == {len("Wonderful weather")}


# --- when it does not work ------------------------------------------------------------------------


def test_a_limit_is_waited_out_and_said(rig: ReplyRig) -> None:
    case = rig.mention()
    reply_id = rig.approved(case)
    rig.x.fail("429", on="write_post")
    waiting = rig.send(reply_id)
    assert waiting.state is ReplyState.APPROVED
    assert "too many requests" in waiting.said
    assert rig.sweep() == []
    rig.clock.move(minutes=16)
    assert rig.sweep() == [reply_id]
    assert rig.reply(reply_id).state is ReplyState.SENT
    assert len(rig.said) == 1


def test_a_dead_token_is_an_alarm_and_a_person_sends_it_again(rig: ReplyRig) -> None:
    case = rig.mention()
    reply_id = rig.approved(case)
    rig.x.fail("dead", on="write_post")
    assert rig.send(reply_id).state is ReplyState.FAILED
    assert [each.key for each in rig.store.alarms()] == ["replies:x:westbridgepolice"]
    rig.press(ReplyVerb.RETRY, case, reply_id)
    assert rig.send(reply_id).state is ReplyState.SENT
    assert rig.store.alarms() == []


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("engaged", "not been mentioned or otherwise engaged"),
        ("deleted", "deleted or not visible"),
        ("no_dm", "do not have permission to DM"),
        ("duplicate", "duplicate content"),
        ("scope", "tweet.write"),
    ],
)
def test_a_refusal_of_x_is_shown_in_its_words(rig: ReplyRig, kind: str, words: str) -> None:
    reply_id = rig.approved(rig.mention())
    rig.x.fail(kind, on="write_post")
    failed = rig.send(reply_id)
    assert failed.state is ReplyState.FAILED
    assert words in failed.said
    assert rig.said == []


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("unavailable", "isn't available right now"),
        ("policy", "deemed abusive"),
        ("scope", "pages_messaging"),
        ("dead", "the page token is dead"),
    ],
)
def test_a_refusal_of_facebook_is_shown_in_its_words(rig: ReplyRig, kind: str, words: str) -> None:
    reply_id = rig.approved(rig.message())
    rig.facebook.fail(kind, on="write_message")
    failed = rig.send(reply_id)
    assert failed.state is ReplyState.FAILED
    assert words in failed.said


UNANSWERED = ("swallowed", "cut", "500", "html", "refuse_connection")


@pytest.mark.parametrize("kind", UNANSWERED)
@pytest.mark.parametrize("by", ["mention", "dm", "comment", "message"])
def test_what_was_not_answered_is_looked_for_before_it_is_sent_again(
    rig: ReplyRig, kind: str, by: str
) -> None:
    case = getattr(rig, by)()
    reply_id = rig.approved(case, "Yes: https://police.example/a & more")
    for server in (rig.x, rig.facebook):
        server.fail(kind, on="write_")
    assert rig.send(reply_id).state is ReplyState.SENDING
    assert rig.said == ["Yes: https://police.example/a & more"] * (kind in ("swallowed", "cut"))
    for _ in range(12):
        rig.clock.move(seconds=10)
        rig.sweep()
    assert rig.reply(reply_id).state is ReplyState.SENT
    assert rig.said == ["Yes: https://police.example/a & more"]


def test_nothing_is_sent_again_while_a_request_may_still_be_on_its_way(rig: ReplyRig) -> None:
    reply_id = rig.approved(rig.mention())
    rig.x.fail("500", on="write_post")
    rig.send(reply_id)
    rig.clock.move(seconds=20)
    assert rig.sweep() == [reply_id]
    assert rig.said == []


def test_if_nobody_can_tell_a_person_is_asked_and_says(rig: ReplyRig) -> None:
    case = rig.mention()
    reply_id = rig.approved(case)
    rig.x.fail("swallowed", on="write_post")
    rig.x.fail("500", on="own", times=0)
    rig.send(reply_id)
    for _ in range(10):
        rig.clock.move(minutes=2)
        rig.sweep()
    assert rig.reply(reply_id).state is ReplyState.UNKNOWN
    assert rig.sweep() == []
    assert len(rig.said) == 1
    rig.press(ReplyVerb.ARRIVED, case, reply_id)
    assert rig.reply(reply_id).state is ReplyState.SENT


def test_a_person_who_finds_it_missing_sends_it_again(rig: ReplyRig) -> None:
    case = rig.mention()
    reply_id = rig.approved(case)
    rig.x.fail("500", on="write_post")
    rig.x.fail("scope", on="own", times=0)
    rig.send(reply_id)
    rig.clock.move(seconds=40)
    rig.sweep()
    assert rig.reply(reply_id).state is ReplyState.UNKNOWN
    rig.x.heal()
    rig.press(ReplyVerb.RETRY, case, reply_id)
    assert rig.send(reply_id).state is ReplyState.SENT
    assert len(rig.said) == 1


def test_another_answer_of_ours_under_the_post_is_for_a_person_to_tell(rig: ReplyRig) -> None:
    case = rig.mention()
    reply_id = rig.approved(case)
    rig.x.fail("500", on="write_post")
    rig.send(reply_id)
    rig.x.feed(
        [
            {
                "text": "@k8_loom by hand",
                "reply_to": case.item.id,
                "author": {"account_id": "1001", "handle": "westbridgepolice"},
            }
        ]
    )
    rig.clock.move(seconds=40)
    rig.sweep()
    assert rig.reply(reply_id).state is ReplyState.UNKNOWN


def test_a_failed_reply_is_sent_again_as_it_stands(rig: ReplyRig) -> None:
    case = rig.mention()
    reply_id = rig.approved(case, "Yes.")
    rig.x.fail("engaged", on="write_post")
    rig.send(reply_id)
    rig.press(ReplyVerb.WRITE, case, reply_id, text="Yes.")
    rig.press(ReplyVerb.SUBMIT, case, reply_id)
    assert rig.send(reply_id).state is ReplyState.SENT
    assert rig.said == ["Yes."]


def test_an_approved_reply_goes_out_although_its_item_is_closed_meanwhile(rig: ReplyRig) -> None:
    case = rig.mention()
    reply_id = rig.approved(case)
    args = {"code": "advice"}
    carry_out(rig.desk, Command(verb=Verb.RESULT, ref=case.ref, officer=ALICE, args=args))
    assert rig.send(reply_id).state is ReplyState.SENT
    assert rig.case(case.ref).result == "advice"


def test_what_the_sender_breaks_on_is_told_and_at_length_a_person_is_asked(rig: ReplyRig) -> None:
    told: list[str] = []

    class Broken:
        name = "x:westbridgepolice"

        def send(self, cleared: object) -> str:
            raise ZeroDivisionError("a fault of ours that quotes a citizen")

        def look(self, sought: object, **more: object) -> object:
            raise ZeroDivisionError

    case = rig.mention()
    reply_id = rig.approved(case)
    senders = {("x", "westbridgepolice"): Broken()}
    replier = Replier(rig.desk, senders, rig.pace, lambda key, text: told.append(text))  # type: ignore[dict-item]
    for _ in range(25):
        replier.send(reply_id)
        rig.clock.move(seconds=70)
    assert "ZeroDivisionError" in told[0]
    assert "quotes" not in told[0]
    assert rig.reply(reply_id).state is ReplyState.UNKNOWN
    assert replier.owed() == []


def test_a_reply_that_asks_a_known_person_for_what_is_held_is_noted(rig: ReplyRig) -> None:
    lines = [
        '{"record_id": "R1", "forename": "Kay", "surname": "Loom", "phones": ["07700 900123"]}'
    ]
    rig.store.import_records(lines, keys_of=lambda person: (), now=rig.clock())
    case = rig.claim(rig.dm())
    args = {"record_id": "R1"}
    carry_out(rig.desk, Command(verb=Verb.LINK, ref=case.ref, officer=ALICE, args=args))
    rig.approved(case, "Please send us your name and phone number.")
    (event,) = [each for each in rig.store.events(case.ref) if each.action == "reply_approved"]
    assert event.detail["asked"] == ["name", "phone"]
    assert repeats_of(rig.store, now=rig.clock()).asked == 1


def test_the_rules_of_a_person_only_suggested_protect_the_writer(rig: ReplyRig) -> None:
    known(rig, channels=["fb_message"])
    case = rig.claim(rig.dm())
    suggested = replace(case, link=suggestion("R1"))
    rig.store.change(case, suggested, events=())
    with pytest.raises(Refused, match="not a safe channel"):
        rig.written(case, "Yes.")


# --- what people see elsewhere --------------------------------------------------------------------


def test_cards_say_what_became_of_the_reply_and_not_what_it_says(rig: ReplyRig) -> None:
    rig.says.verdict = a_disclosure()
    case = rig.claim(rig.dm())
    said = []
    for step in ("write", "submit", "approve", "send"):
        if step == "write":
            reply_id = rig.written(case, "Quince", safe_to_send="yes")
        elif step == "submit":
            rig.press(ReplyVerb.SUBMIT, case, reply_id)
        elif step == "approve":
            rig.press(ReplyVerb.APPROVE, case, reply_id, BOB)
        else:
            rig.send(reply_id)
        said.append(reply_line(rig.store, case, UTC))
    assert said[:3] == ["", "Reply waits for approval", "Reply on its way"]
    assert said[3].startswith("Answered ")


def test_the_evidence_bundle_holds_what_was_answered(rig: ReplyRig, tmp_path: Path) -> None:
    case = rig.mention()
    sent = rig.send(rig.approved(case, "Yes, it is."))
    out = export_bundle(rig.store, case.ref, tmp_path / "bundle.zip", now=rig.clock())
    with zipfile.ZipFile(out) as bundle:
        (reply,) = json.loads(bundle.read("replies.json"))
    assert (reply["text"], reply["external_id"]) == ("Yes, it is.", sent.external_id)
    assert reply["digest"] == sent.digest


def test_people_hear_of_what_was_not_sent(rig: ReplyRig) -> None:
    case = rig.mention()
    reply_id = rig.approved(case, "Secret words")
    rig.x.fail("engaged", on="write_post")
    rig.send(reply_id)
    notices = [each for each in rig.store.messages_of(case.ref) if "notice" in each.key]
    assert any("not sent" in each.body for each in notices)
    assert all("Secret" not in each.body for each in notices)


def test_while_the_platform_asks_to_wait_no_other_reply_asks_it(rig: ReplyRig) -> None:
    first, second = rig.approved(rig.mention(), "One."), rig.approved(rig.mention(), "Two.")
    direct = rig.approved(rig.dm(), "Three.")
    replier = Replier(rig.desk, rig.messengers, rig.pace, lambda key, text: None)
    rig.x.fail("429", on="write_post")
    for reply_id in (first, second, direct):
        replier.send(reply_id)
    assert len(rig.x.asked("write_post")) == 1
    assert rig.said == ["Three."]
    rig.clock.move(minutes=16)
    for reply_id in replier.owed():
        replier.send(reply_id)
    assert rig.said == ["Three.", "One.", "Two."]


def test_words_of_the_platform_that_quote_the_reply_stay_out_of_trail_and_notices(
    rig: ReplyRig,
) -> None:
    text = "Quince marmalade is sold at the front counter"
    case = rig.mention()
    reply_id = rig.approved(case, text)

    class Quoting:
        name = "x:westbridgepolice"

        def send(self, cleared: object) -> str:
            raise BadRequest(f"X says: [{text}] is not valid")

    dispatch(rig.desk, {("x", "westbridgepolice"): Quoting()}, reply_id)  # type: ignore[dict-item]
    assert "marmalade" in rig.reply(reply_id).said
    assert "marmalade" not in repr(rig.store.events(case.ref))
    assert "marmalade" not in repr(rig.store.messages_of(case.ref))
