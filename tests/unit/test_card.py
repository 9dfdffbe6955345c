from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from notifier import card
from notifier.card import CardContext, card_of
from notifier.notices import notice_of
from tests.factories import suggested
from tests.servers.desk import NOW, SENT, a_case, a_verdict
from triage.clearance import Window
from triage.gathering import incident_name
from triage.manner import NOT_THE_SAME
from triage.model import (
    Case,
    Due,
    History,
    LinkDecision,
    Need,
    Person,
    Priority,
    Reason,
    SafeContact,
    State,
)
from triage.otherhands import BE_SURE
from triage.taxonomy import Audience, Kind, Lane, SignalName

CONTEXT = CardContext(desk="Westbridge Police", officer_name=lambda officer: "Officer Khan")
SECRETS = ("Zelda", "Quill", "zeldaq", "07700", "knife", "bluebell")


def shown(case: Case, context: CardContext = CONTEXT, level: int = 0) -> str:
    seen = card_of(case, context, level=level, now=NOW)
    buttons = (button.label for button in seen.buttons)
    return "\n".join((seen.header, seen.source, *seen.lines, seen.excerpt, seen.state, *buttons))


def knowing(rules: SafeContact) -> CardContext:
    person = Person(record_id="R1", forename="Zelda", surname="Quill", safe_contact=rules)
    return replace(CONTEXT, person=lambda case: person)


def test_a_card_reads_as_the_desk_agreed():
    context = knowing(SafeContact(channels=("x_dm",), public_reply=True, codeword="bluebell"))

    seen = card_of(a_case(), context, level=0, now=NOW)

    assert seen.header == "P1 Emergency · direct message · sent 09:41 · 1 min ago"
    assert seen.ref == "FC-26-1123-0041"
    assert seen.lines == (
        "Why: possible weapon, offender present · 4th contact in 90 days",
        "Safe contact: reply in this chat only. Do not phone.",
    )
    assert seen.state == "Unclaimed · 4 min left (by 09:46)"
    assert [button.label for button in seen.buttons] == [
        "Open in console",
        "Claim",
        "To control room",
        "More",
    ]


def test_a_card_without_content_names_nobody_and_quotes_nothing():
    rules = SafeContact(channels=("x_dm",), codeword="bluebell", note="ask for Zelda")

    everything = shown(a_case(), knowing(rules))

    assert not [secret for secret in SECRETS if secret in everything]


def test_a_notification_line_holds_no_content_at_any_level():
    plain = card_of(a_case(), CONTEXT, level=2, now=NOW).plain

    assert plain == (
        "P1 Emergency · direct message · FC-26-1123-0041 · Unclaimed · 4 min left (by 09:46)"
    )


def test_a_masked_excerpt_keeps_the_danger_and_hides_who_it_is():
    excerpt = card_of(a_case(), CONTEXT, level=1, now=NOW).excerpt

    assert "outside with a knife" in excerpt
    assert not [word for word in ("Zelda", "Quill", "07700", "900123") if word in excerpt]


def test_full_text_is_shown_where_it_is_allowed():
    assert "my name is Zelda Quill" in card_of(a_case(), CONTEXT, level=2, now=NOW).excerpt


def test_marks_that_turn_text_around_are_taken_out():
    case = a_case("pay\u202eeno\u202c \x1b[31mred")

    assert card_of(case, CONTEXT, level=2, now=NOW).excerpt == "payeno [31mred"


def test_the_quoted_cue_of_a_rule_stays_off_the_card():
    quoting = Reason(rule="F3", text="suicide risk with means, place or goodbye (“the bridge”)")
    case = a_case(reasons=(quoting, Reason(rule="class", text="danger now")))

    why = card_of(case, CONTEXT, level=0, now=NOW).why

    assert why.startswith("Why: suicide risk with means, place or goodbye, weapon")
    assert "bridge" not in why


@pytest.mark.parametrize(
    ("rule", "says", "same"),
    [
        ("F1", "a child may be at risk", SignalName.CHILD_AT_RISK),
        ("F2", "covert call for help", SignalName.COVERT_HELP),
        ("threat", "a threat is made", SignalName.THREATENING_CONTENT),
    ],
)
def test_what_a_floor_says_is_not_said_again_as_a_signal(rule: str, says: str, same: SignalName):
    verdict = a_verdict(same, SignalName.HATE)
    case = a_case(verdict=verdict, reasons=(Reason(rule=rule, text=says),), history=History())

    assert card_of(case, CONTEXT, level=0, now=NOW).why == f"Why: {says}, hate"


def test_an_everyday_signal_is_no_reason_for_an_emergency():
    reads = Reason(rule="class", text="reads like danger now")
    case = a_case(verdict=a_verdict(SignalName.NUISANCE), reasons=(reads,), history=History())

    why = card_of(case, CONTEXT, level=0, now=NOW).why

    assert why == "Why: reads like danger now"


def test_a_message_without_a_report_in_it_says_so_instead_of_a_signal():
    reads = Reason(rule="class", text="no report in it")
    verdict = a_verdict(SignalName.GENERAL)
    case = a_case(priority=Priority.P5, verdict=verdict, reasons=(reads,), history=History())

    assert card_of(case, CONTEXT, level=0, now=NOW).why == "Why: no report in it"


def test_what_an_officer_wrote_when_grading_stays_off_the_card():
    graded = Reason(rule="human", text="P1 by Officer Khan: Zelda Quill phoned before")

    why = card_of(a_case(reasons=(graded,)), CONTEXT, level=0, now=NOW).why

    assert why.startswith("Why: P1 by Officer Khan, weapon")


@pytest.mark.parametrize(
    ("history", "words"),
    [
        (History(), ""),
        (History(contacts_7d=1, contacts_30d=1, contacts_90d=1), "2nd contact in 7 days"),
        (History(contacts_7d=1, contacts_30d=2, contacts_90d=2), "3rd contact in 30 days"),
        (History(contacts_90d=10), "11th contact in 90 days"),
        (History(contacts_90d=21), "22nd contact in 90 days"),
    ],
)
def test_repeat_contacts_are_counted_in_the_shortest_window_that_holds_them(history, words):
    why = card_of(a_case(history=history), CONTEXT, level=0, now=NOW).why

    assert why == "Why: possible weapon, offender present" + (f" · {words}" if words else "")


@pytest.mark.parametrize(
    ("rules", "line"),
    [
        (SafeContact(channels=()), "Safe contact: no channel is known to be safe. Do not reply."),
        (
            SafeContact(channels=("x_dm",)),
            "Safe contact: reply in this chat only. Do not phone. Never reply in public.",
        ),
        (
            SafeContact(channels=("email", "fb_message"), public_reply=True),
            "Safe contact: email, fb message only.",
        ),
        (
            SafeContact(channels=("x_dm",), expires_at=SENT),
            "Safe contact: the rules have expired. Check before any contact.",
        ),
    ],
)
def test_safe_contact_says_where_one_may_answer(rules, line):
    assert card_of(a_case(), knowing(rules), level=0, now=NOW).safe_contact == line


def test_a_disclosure_without_a_record_warns_before_any_reply():
    case = a_case(verdict=a_verdict(SignalName.DOMESTIC_ABUSE, audience=Audience.SAFEGUARDING))

    line = card_of(case, CONTEXT, level=0, now=NOW).safe_contact

    assert line == "Safe contact: not known. No public reply. Do not phone. Ask what is safe."


def test_the_reply_window_of_the_platform_is_on_the_card():
    context = replace(CONTEXT, reply_windows={"facebook": Window(hours=24, human=168)})
    case = a_case(channel="fb_message")

    def line(hours: float) -> str:
        return card_of(case, context, level=0, now=SENT + timedelta(hours=hours)).reply_by

    assert line(1) == "Reply by Tue 24 Nov 09:41 · 23 h left"
    assert line(25) == "Reply by Mon 30 Nov 09:41, written by a person · 5 days left"
    assert line(200) == "Facebook takes no reply any more"


def test_public_posts_and_unlimited_platforms_have_no_reply_window():
    context = replace(CONTEXT, reply_windows={"facebook": Window(hours=24)})
    public = a_case(channel="fb_comment", kind=Kind.COMMENT)

    assert card_of(public, context, level=0, now=NOW).reply_by == ""
    assert card_of(a_case(), context, level=0, now=NOW).reply_by == ""


def test_times_are_told_in_the_zone_of_the_desk():
    context = replace(CONTEXT, zone=ZoneInfo("Europe/London"))
    summer = a_case()
    item = replace(summer.item, sent_at=SENT.replace(month=7))
    seen = card_of(replace(summer, item=item), context, level=0, now=NOW.replace(month=7))

    assert "sent 10:41" in seen.header


STATES = {
    State.OPEN: ({}, "Unclaimed · 4 min left (by 09:46)"),
    State.CLAIMED: (
        {"claimed_by": "o7", "claimed_at": NOW},
        "Claimed by Officer Khan at 09:42 · 4 min left (by 09:46)",
    ),
    State.OFFERED: (
        {"offered_to": Lane.SAFEGUARDING, "offered_by": "o7", "offered_at": NOW},
        "Offered to safeguarding by Officer Khan at 09:42 · 4 min left (by 09:46)",
    ),
    State.CLOSED: ({"result": "advice", "closed_at": NOW}, "Closed: Advice given at 09:42"),
}


@pytest.mark.parametrize("state", list(STATES))
def test_the_state_line_says_who_has_it(state):
    fields, line = STATES[state]

    assert card_of(a_case(state=state, **fields), CONTEXT, level=0, now=NOW).state == line


def test_a_claim_stays_on_the_card_while_a_changed_text_is_read_again():
    case = a_case(state=State.RECEIVED, claimed_by="o7", claimed_at=NOW)

    assert card_of(case, CONTEXT, level=0, now=NOW).state.startswith("Claimed by Officer Khan")


def test_late_is_said_as_late():
    seen = card_of(a_case(), CONTEXT, level=0, now=SENT + timedelta(minutes=8))

    assert seen.state == "Unclaimed · 3 min late (by 09:46)"


@pytest.mark.parametrize(
    ("state", "fields", "actions"),
    [
        (State.OPEN, {}, [card.CLAIM, card.HAND_OVER, card.MORE]),
        (State.CLAIMED, {"claimed_by": "o7"}, [card.RESULT, card.HAND_OVER, card.MORE]),
        (State.OFFERED, {"offered_to": Lane.COMMS}, [card.ACCEPT, card.RETURN, card.MORE]),
        (State.CLOSED, {}, [card.MORE]),
    ],
)
def test_a_card_has_what_is_done_most_and_the_way_to_all_else(state, fields, actions):
    seen = card_of(a_case(state=state, **fields), CONTEXT, level=0, now=NOW)

    assert [button.action for button in seen.buttons] == [card.OPEN, *actions]


@pytest.mark.parametrize("lane", list(Lane))
def test_a_case_is_never_offered_to_the_lane_it_is_in(lane):
    for state in (State.OPEN, State.CLAIMED):
        seen = card_of(a_case(state=state, lane=lane), CONTEXT, level=0, now=NOW)

        (offered,) = [b.args["lane"] for b in seen.buttons if b.action == card.HAND_OVER]
        assert offered != lane.value


def test_what_an_officer_must_know_about_the_reading_is_marked():
    case = a_case(
        verdict=a_verdict(SignalName.WEAPON, degraded="linear", covered=False),
        deleted_at=NOW,
        text_versions=2,
        escalation=1,
    )

    assert card_of(case, CONTEXT, level=0, now=NOW).marks == (
        "Deleted by the sender, kept as evidence",
        "Edited by the sender",
        "Model degraded: linear",
        "Language not covered",
        "Escalated",
    )


def test_only_who_joined_what_another_began_is_part_of_an_incident():
    alone = a_case(incident=incident_name(a_case().ref))
    parted = a_case(incident=incident_name(a_case().ref, apart=1))
    joined = a_case(incident="IN-26-1123-0007")
    said = ["Part of an incident" in shown(each) for each in (a_case(), alone, parted, joined)]
    assert said == [False, False, False, True]


def test_a_case_nobody_could_read_still_makes_a_card():
    case = replace(
        a_case(verdict=None, decision=None, lane=None, state=State.RECEIVED), priority=None
    )

    seen = card_of(case, CONTEXT, level=0, now=NOW)

    assert seen.header.startswith("Not yet graded · direct message")
    assert seen.state == "Unclaimed"
    assert "Not read by the model" in seen.marks


def test_the_card_follows_the_decision_of_the_case():
    later = Due(seen_by=SENT + timedelta(hours=1), decide_by=SENT + timedelta(hours=2))
    case = a_case(priority=Priority.P3)
    assert case.decision is not None

    seen = card_of(
        replace(case, decision=replace(case.decision, due=later)), CONTEXT, level=0, now=NOW
    )

    assert seen.header.startswith("P3 Priority")
    assert seen.state == "Unclaimed · 119 min left (by 11:41)"


def test_a_notice_is_read_from_json_or_from_a_plain_line():
    made = notice_of('{"title": "Late", "text": "P1 unclaimed", "ref": "FC-1"}', CONTEXT)
    plain = notice_of("FC-1 P1 Emergency: unclaimed", CONTEXT, ref="FC-1")

    assert (made.title, made.text, made.url) == (
        "Late",
        "P1 unclaimed",
        "http://127.0.0.1:8000/items/FC-1",
    )
    assert (plain.title, plain.text) == ("Westbridge Police", "FC-1 P1 Emergency: unclaimed")
    assert made.plain == "Late · P1 unclaimed"


# --- who is writing -------------------------------------------------------------------------------

MARA = Person(
    record_id="R1",
    forename="Mara",
    surname="Quill",
    markers=("domestic_abuse",),
    language="Polish",
    needs=(Need(text="BSL interpreter"),),
    cases=(
        {"reference": "WB/1/26", "status": "open"},
        {"reference": "WB/2/26", "status": "closed"},
    ),
)


def test_a_suggested_person_is_said_with_the_chance_and_why_but_not_who():
    case = a_case(link=suggested("R1", "R2"))
    seen = card_of(case, replace(CONTEXT, person=lambda _: MARA), level=2, now=NOW)
    assert seen.known == "Maybe known, about 90 in 100: name"
    assert "Mara" not in " ".join(seen.lines)


def test_of_a_suggested_writer_who_asks_for_what_is_on_record_the_card_says_to_make_sure():
    case = a_case(link=replace(suggested("R1"), notes=(BE_SURE,)))
    seen = card_of(case, replace(CONTEXT, person=lambda _: MARA), level=0, now=NOW)
    assert seen.known.endswith("Make sure who it is before you answer")


@pytest.mark.parametrize(
    ("level", "said"),
    [
        (0, "Known person: do not ask again who they are"),
        (1, "Known person: do not ask again who they are · 1 open case · Polish · BSL interpreter"),
    ],
)
def test_a_known_person_s_card_says_what_the_place_may_show_and_never_who_or_a_marker(
    level: int, said: str
):
    case = a_case(link=replace(suggested("R1"), decision=LinkDecision.CONFIRMED))
    seen = card_of(case, replace(CONTEXT, person=lambda _: MARA), level=level, now=NOW)
    assert seen.known == said
    whole = " ".join((seen.plain, *seen.lines))
    assert not any(word in whole for word in ("Mara", "Quill", "domestic", "WB/"))


def test_who_may_not_be_the_same_person_is_asked_for_the_codeword():
    link = replace(suggested("R1"), decision=LinkDecision.CONFIRMED, notes=(NOT_THE_SAME,))
    seen = card_of(a_case(link=link), CONTEXT, level=2, now=NOW)
    assert seen.known == NOT_THE_SAME
