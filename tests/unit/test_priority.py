from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import (
    SENT,
    a_disclosure,
    a_post,
    a_verdict,
    an_abusive_post,
    an_emergency,
    an_item,
    histories,
    items,
    signal_names,
    verdicts,
)
from triage.lifecycle import CLOCKS
from triage.model import (
    Attachment,
    Decision,
    History,
    Item,
    Modifiers,
    Priority,
    Signal,
    Source,
    Verdict,
)
from triage.priority import FLOORS, GRADES, Facts, prioritise
from triage.taxonomy import (
    DISCLOSURE_SIGNALS,
    Label,
    Lane,
    Literalness,
    Marker,
    SignalName,
    Voice,
    When,
)

P1, P2, P3, P4, P5 = Priority
S = SignalName
FRESH = History()


def decide(item: Item, verdict: Verdict, history: History = FRESH, *thread: str) -> Decision:
    return prioritise(item, verdict, history, thread=thread)


def priority(item: Item, verdict: Verdict, history: History = FRESH, *thread: str) -> Priority:
    return decide(item, verdict, history, *thread).priority


def rules(decision: Decision) -> list[str]:
    return [reason.rule for reason in decision.reasons]


# --- the base -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "least"),
    [
        (an_emergency(), P1),
        (a_disclosure(), P3),
        (an_abusive_post(), P4),
        (an_abusive_post(S.IDENTIFIES_PERSON), P3),
        (a_verdict(S.CRIME_REPORT), P4),
        (a_verdict(S.INFORMATION_SIGHTING), P4),
        (a_verdict(S.EXISTING_CASE), P4),
        (a_verdict(S.NUISANCE), P4),
        (a_verdict(S.GENERAL), P5),
        (a_verdict(), P5),
    ],
)
def test_what_is_told_sets_the_base(verdict: Verdict, least: Priority) -> None:
    assert priority(a_post("Please read this message"), verdict) is least


@pytest.mark.parametrize("name", sorted(DISCLOSURE_SIGNALS))
def test_a_disclosure_is_heard_even_if_its_class_is_routine(name: SignalName) -> None:
    assert priority(an_item(), a_verdict(name)) <= P3


def test_hate_in_an_item_of_routine_class_is_still_reviewed() -> None:
    assert priority(a_post(), a_verdict(S.HATE)) is P4


def test_a_crime_that_is_told_as_happening_now_is_looked_at_within_half_an_hour() -> None:
    now = a_verdict(S.CRIME_REPORT, modifiers=Modifiers(time=When.NOW))
    film = a_verdict(
        S.CRIME_REPORT, modifiers=Modifiers(time=When.NOW, literal=Literalness.FICTION)
    )
    assert priority(an_item(), now) is P3
    assert priority(an_item(), film) is P4


def test_an_officers_conduct_is_never_mere_information() -> None:
    assert priority(a_post("The officer was so rude to my mum"), a_verdict()) is P4


# --- floors, each with an example and a counter-example ------------------------------------------


@pytest.mark.parametrize(
    ("text", "verdict", "history"),
    [
        ("it happened", a_disclosure(S.CHILD_AT_RISK), FRESH),
        ("it happened", a_disclosure(S.SEXUAL_OFFENCE, S.CHILD_AT_RISK), FRESH),
        (
            "he sent it round",
            a_disclosure(S.IMAGE_ABUSE, modifiers=Modifiers(voice=Voice.CHILD)),
            FRESH,
        ),
        (
            "he touched me",
            a_disclosure(S.SEXUAL_OFFENCE),
            History(markers=frozenset({Marker.CHILD})),
        ),
        ("i'm 14 and he touched me", a_disclosure(S.SEXUAL_OFFENCE), FRESH),
        ("my daughter's photos are online", a_disclosure(S.IMAGE_ABUSE), FRESH),
        ("it happened", a_verdict(S.CHILD_AT_RISK), FRESH),
    ],
)
def test_f1_a_child_at_risk_is_p2(text: str, verdict: Verdict, history: History) -> None:
    decision = decide(an_item(text), verdict, history)
    assert decision.priority is P2
    assert "F1" in rules(decision)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("he touched me", a_disclosure(S.SEXUAL_OFFENCE)),
        ("my daughter is scared of him", a_disclosure(S.STALKING_HARASSMENT)),
        (
            "I was 12, my uncle, in 1987; my daughter does not know",
            a_disclosure(S.SEXUAL_OFFENCE, modifiers=Modifiers(time=When.HISTORIC)),
        ),
    ],
)
def test_f1_does_not_speak_without_a_child_and_harm(text: str, verdict: Verdict) -> None:
    assert "F1" not in rules(decide(an_item(text), verdict))


def test_f1_hears_of_the_child_in_an_earlier_text() -> None:
    earlier = ("my daughter is 9", "her uncle looked after her")
    told = a_disclosure(S.SEXUAL_OFFENCE)
    assert priority(an_item("he touched her"), told, FRESH, *earlier) is P2
    assert priority(an_item("he touched her"), told) is P3


def test_f2_a_covert_call_for_help_is_p2() -> None:
    assert priority(an_item("One margherita to go"), a_verdict(S.COVERT_HELP)) is P2


def test_f2_a_covert_call_from_a_person_at_high_risk_is_p1() -> None:
    marked = History(markers=frozenset({Marker.HIGH_RISK}))
    assert priority(an_item(), a_verdict(S.COVERT_HELP), marked) is P1
    assert priority(an_item(), a_verdict(), marked) is P5


@pytest.mark.parametrize("marker", [Marker.DOMESTIC_ABUSE, Marker.STALKING])
@pytest.mark.parametrize("name", sorted(DISCLOSURE_SIGNALS))
def test_f2_a_known_victim_who_discloses_is_p2(marker: Marker, name: SignalName) -> None:
    marked = History(markers=frozenset({marker}))
    assert priority(an_item(), a_disclosure(name), marked) is P2
    assert priority(an_item(), a_verdict(S.CRIME_REPORT), marked) is P4


def test_f2_a_second_contact_within_a_week_that_discloses_is_p2() -> None:
    assert priority(an_item(), a_disclosure(), History(contacts_7d=1)) is P2
    assert priority(an_item(), a_disclosure()) is P3
    assert priority(an_item(), a_verdict(S.NUISANCE), History(contacts_7d=1)) is P4


@pytest.mark.parametrize(
    "text", ["I have the pills here", "I am on the bridge", "goodbye, look after my dog"]
)
def test_f3_suicide_with_means_place_or_goodbye_is_p1(text: str) -> None:
    assert priority(an_item(text), a_verdict(S.SUICIDE_RISK)) is P1
    assert priority(an_item(text), a_verdict()) is P5


def test_f3_the_means_may_have_been_named_in_an_earlier_message() -> None:
    verdict = a_verdict(S.SUICIDE_RISK)
    assert priority(an_item("I can't go on"), verdict, FRESH, "got the tablets today") is P1
    assert priority(an_item("I can't go on"), verdict, FRESH, "hello") is P2


def test_f4_a_weapon_with_somebody_present_is_p1() -> None:
    assert priority(an_item(), a_verdict(S.WEAPON, S.OFFENDER_PRESENT)) is P1
    assert priority(an_item(), a_verdict(S.WEAPON, S.VIOLENCE_IN_PROGRESS)) is P1
    assert priority(an_item(), a_verdict(S.WEAPON, modifiers=Modifiers(time=When.NOW))) is P1
    assert priority(an_item(), a_verdict(S.WEAPON)) is P3


def test_f4_has_no_ceiling_a_model_that_hears_a_joke_cannot_undo_it() -> None:
    joke = Modifiers(literal=Literalness.JOKE)
    both = a_verdict(S.WEAPON, S.OFFENDER_PRESENT, modifiers=joke)
    assert priority(an_item(), both) is P1


def test_f4_a_weapon_in_a_film_now_is_no_offender_present_unless_a_rule_heard_it() -> None:
    film = Modifiers(time=When.NOW, literal=Literalness.FICTION)
    heard = Signal(name=S.WEAPON, score=1.0, source=Source.RULE)
    assert priority(an_item(), a_verdict(S.WEAPON, modifiers=film)) is P3
    assert priority(an_item(), replace(a_verdict(modifiers=film), signals=(heard,))) is P1


IMAGE, VOICE = Attachment(kind="image"), Attachment(kind="Audio")


@pytest.mark.parametrize(
    ("text", "attachments"),
    [
        ("", ()),
        ("", (IMAGE,)),
        ("look", (IMAGE,)),
        ("https://pics.example/1", (IMAGE,)),
        ("@westbridgepolice https://pics.example/1", ()),
        ("here is what he said to me", (VOICE,)),
        ("🆘🆘🆘", ()),
        ("...---...", ()),
        ("999", ()),
        ("\u3164", ()),
    ],
)
def test_f5_a_private_message_nobody_can_read_is_p3(
    text: str, attachments: tuple[Attachment, ...]
) -> None:
    private = decide(an_item(text, attachments=attachments), a_verdict())
    assert private.priority is P3
    assert rules(private)[0] == "F5"
    assert priority(a_post(text, attachments=attachments), a_verdict()) is P5


def test_f5_a_language_the_model_does_not_know_goes_to_people() -> None:
    foreign = a_verdict(covered=False, lang="so")
    private, public = decide(an_item("i caawi fadlan"), foreign), decide(a_post("i caawi"), foreign)
    assert private.priority is P3
    assert (public.priority, public.owner) == (P4, Lane.DESK)


@pytest.mark.parametrize(("lang", "said"), [("so", "so"), ("und", "unknown"), ("", "unknown")])
def test_f5_says_which_language_or_that_nobody_can_tell(lang: str, said: str) -> None:
    decision = decide(an_item("i caawi fadlan"), a_verdict(covered=False, lang=lang))
    assert decision.reasons[0].text == f"language not covered ({said})"


@pytest.mark.parametrize(
    ("text", "attachments"),
    [("Thank you very much", ()), ("this is the bike I lost", (IMAGE,)), ("ok", ())],
)
def test_f5_leaves_alone_what_can_be_read(text: str, attachments: tuple[Attachment, ...]) -> None:
    assert priority(an_item(text, attachments=attachments), a_verdict()) is P5


@pytest.mark.parametrize("degraded", ["rules", "none", "stale", "anything new"])
def test_f6_without_a_classifier_every_private_message_is_p2(degraded: str) -> None:
    verdict = a_verdict(degraded=degraded)
    assert priority(an_item(), verdict) is P2
    assert priority(a_post(), verdict) is P3


@pytest.mark.parametrize("degraded", ["", "fp32", "linear"])
def test_f6_is_silent_while_a_smaller_model_reads(degraded: str) -> None:
    assert priority(an_item(), a_verdict(degraded=degraded)) is P5


@pytest.mark.parametrize(
    ("thread", "least"), [(P1, P1), (P2, P2), (P3, P5), (P4, P5), (P5, P5), (None, P5)]
)
def test_f7_a_reply_inherits_the_urgency_of_an_open_p1_or_p2_thread(
    thread: Priority | None, least: Priority
) -> None:
    assert priority(an_item(), a_verdict(), History(open_thread=thread)) is least


def test_a_threat_is_never_less_than_p2() -> None:
    assert priority(a_post(), an_abusive_post(S.THREATENING_CONTENT)) is P2
    assert priority(a_post(), a_verdict(S.THREATENING_CONTENT)) is P2


@pytest.mark.parametrize(
    ("verdict", "least"),
    [
        (a_verdict(S.MISSING_PERSON), P3),
        (a_verdict(S.RESCUE), P3),
        (a_verdict(S.RESCUE, modifiers=Modifiers(time=When.NOW)), P2),
        (a_verdict(S.OFFENDER_PRESENT), P2),
        (a_verdict(S.VIOLENCE_IN_PROGRESS), P2),
        (
            a_verdict(S.VIOLENCE_IN_PROGRESS, modifiers=Modifiers(literal=Literalness.FIGURATIVE)),
            P3,
        ),
    ],
)
def test_possible_danger_below_the_emergency_line_is_looked_at_soon(
    verdict: Verdict, least: Priority
) -> None:
    assert priority(an_item(), verdict) is least


def test_what_may_be_an_emergency_is_no_alarm_but_looked_at_soon() -> None:
    assert priority(an_item(), a_verdict(unsure=True)) is P2
    assert priority(a_post(), a_verdict(unsure=True)) is Priority.P3
    assert priority(an_item(), a_verdict()) > Priority.P3


def test_the_most_urgent_of_an_incident_speaks_for_all_of_it() -> None:
    assert priority(a_post(), a_verdict(), History(incident=P1)) is P1
    assert priority(an_item(), an_emergency(), History(incident=P5)) is P1


def test_an_edit_never_lowers() -> None:
    decision = decide(an_item("never mind, all fine"), a_verdict(), History(held=P2))
    assert decision.priority is P2
    assert decision.reasons[0].text == "was P2 before the text changed"


# --- contacts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("earlier", "said"),
    [
        (2, "3rd contact in 30 days"),
        (10, "11th contact in 30 days"),
        (20, "21st contact in 30 days"),
        (21, "22nd contact in 30 days"),
    ],
)
def test_the_third_contact_in_a_month_raises_and_says_so(earlier: int, said: str) -> None:
    decision = decide(an_item(), a_verdict(S.NUISANCE), History(contacts_30d=earlier))
    assert decision.priority is P3
    assert decision.reasons[0].text == said


def test_the_second_contact_in_a_month_does_not_raise() -> None:
    assert priority(an_item(), a_verdict(S.NUISANCE), History(contacts_30d=1)) is P4


def test_a_public_report_made_for_the_third_time_is_raised_but_public_chatter_is_not() -> None:
    often = History(contacts_30d=9)
    assert priority(a_post(), a_verdict(S.CRIME_REPORT), often) is P3
    assert priority(a_post(), a_verdict(S.GENERAL), often) is P5


def test_many_contacts_alone_make_no_emergency() -> None:
    decision = decide(an_item(), a_verdict(S.SUICIDE_RISK), History(contacts_30d=9))
    assert decision.priority is P2
    assert "contacts" in rules(decision)


# --- what a decision holds ------------------------------------------------------------------------


def test_the_first_reason_is_the_rule_that_set_the_priority() -> None:
    decision = decide(an_item("on the bridge"), a_verdict(S.SUICIDE_RISK))
    assert decision.reasons[0].rule == "F3"
    assert "bridge" in decision.reasons[0].text


def test_a_rule_that_only_agrees_is_named_too_and_one_that_asks_less_is_not() -> None:
    verdict = an_emergency(S.WEAPON, S.OFFENDER_PRESENT, S.THREATENING_CONTENT)
    said = rules(decide(an_item(), verdict))
    assert said[0] == "class"
    assert "F4" in said
    assert "threat" not in said


@pytest.mark.parametrize("each", Priority)
def test_clocks_run_from_the_platforms_sent_time(each: Priority) -> None:
    decision = decide(an_item(), a_verdict(), History(held=each))
    lowest = min(each, P5)
    assert decision.due.seen_by == SENT + CLOCKS[lowest].seen
    assert decision.due.decide_by == SENT + CLOCKS[lowest].decided


@pytest.mark.parametrize(
    ("each", "seen", "decided"),
    [(P1, 2, 5), (P2, 10, 15), (P3, 30, 60), (P4, 240, 480), (P5, 1440, 2880)],
)
def test_the_clocks_are_those_the_desk_agreed(each: Priority, seen: int, decided: int) -> None:
    assert CLOCKS[each].seen == timedelta(minutes=seen)
    assert CLOCKS[each].decided == timedelta(minutes=decided)


def test_a_force_grade_is_suggested_from_the_forces_own_words() -> None:
    own = {**GRADES, P1: "Grade 1"}
    assert prioritise(an_item(), an_emergency(), FRESH, grades=own).grade == "Grade 1"
    assert decide(an_item(), a_verdict(S.CRIME_REPORT)).grade == "Scheduled"


# --- properties -----------------------------------------------------------------------------------


@given(items, verdicts, histories)
def test_context_and_grouping_never_lower(item: Item, verdict: Verdict, around: History) -> None:
    assert priority(item, verdict, around) <= priority(item, verdict)


@given(items, verdicts, histories, st.integers(0, 3), st.integers(0, 3))
def test_more_contacts_never_lower(
    item: Item, verdict: Verdict, around: History, week: int, month: int
) -> None:
    more = replace(
        around,
        contacts_7d=around.contacts_7d + week,
        contacts_30d=around.contacts_30d + month,
    )
    assert priority(item, verdict, more) <= priority(item, verdict, around)


@given(items, verdicts, histories, st.lists(st.text(max_size=20), max_size=3))
def test_earlier_texts_never_lower(
    item: Item, verdict: Verdict, around: History, thread: list[str]
) -> None:
    assert priority(item, verdict, around, *thread) <= priority(item, verdict, around)


@given(items, verdicts, histories, signal_names)
def test_another_signal_never_lowers(
    item: Item, verdict: Verdict, around: History, name: SignalName
) -> None:
    more = replace(verdict, signals=(*verdict.signals, Signal(name=name, score=0.5)))
    assert priority(item, more, around) <= priority(item, verdict, around)


@given(items, verdicts, histories)
def test_a_more_urgent_class_never_lowers(item: Item, verdict: Verdict, around: History) -> None:
    emergency = replace(verdict, label=Label.EMERGENCY)
    assert priority(item, emergency, around) is P1


@given(items, verdicts, histories)
def test_no_floor_is_broken(item: Item, verdict: Verdict, around: History) -> None:
    decided = priority(item, verdict, around)
    facts = Facts(item=item, verdict=verdict, history=around)
    for floor in FLOORS.values():
        raised = floor(facts)
        assert raised is None or decided <= raised[0]


@given(items, verdicts, histories)
def test_two_runs_agree(item: Item, verdict: Verdict, around: History) -> None:
    assert decide(item, verdict, around) == decide(item, verdict, around)


@given(items, verdicts, histories)
def test_every_decision_gives_its_reasons(item: Item, verdict: Verdict, around: History) -> None:
    decision = decide(item, verdict, around)
    assert {"class", "route"} <= set(rules(decision))
    assert all(reason.text for reason in decision.reasons)


@given(items, verdicts, histories)
def test_nobodys_own_words_but_a_cue_stand_in_a_reason(
    item: Item, verdict: Verdict, around: History
) -> None:
    decision = decide(replace(item, text="zelda quill pills"), verdict, around)
    said = " ".join(reason.text for reason in decision.reasons)
    assert "zelda" not in said
    assert "quill" not in said
