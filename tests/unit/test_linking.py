from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.factories import an_item
from triage.errors import BadInput
from triage.linking import NOT_ALLOWED, link
from triage.model import Address, Author, Handle, Item, Link, LinkDecision, Person, PriorLink
from triage.otherhands import BE_SURE
from triage.recordbook import RecordBook

NOW = datetime(2026, 11, 23, 9, 41, tzinfo=UTC)
HOME = (Address(line="9 Plover Close", postcode="WB4 7QA"),)
LANDLINE = "0113 496 0218"

LIAM = Person(
    record_id="LIAM",
    forename="Liam",
    surname="Pemberton",
    date_of_birth=date(1992, 1, 5),
    sex="M",
    addresses=HOME,
    phones=(LANDLINE, "07700 900218"),
)
JADE = Person(
    record_id="JADE",
    forename="Jade",
    surname="Pemberton",
    date_of_birth=date(1994, 8, 21),
    sex="F",
    addresses=HOME,
    phones=(LANDLINE, "07700 900219"),
    handles=(Handle(platform="x", handle="jade_p", account_id="2002"),),
)
DARREN = Person(
    record_id="DARREN",
    forename="Darren",
    surname="Pike",
    date_of_birth=date(1985, 4, 3),
    sex="M",
    phones=("07700 900206",),
    vehicles=("AB12 CDE",),
)
EVERYBODY = (LIAM, JADE, DARREN)


def confirmed(record_id: str, account_id: str = "1001", **fields: object) -> PriorLink:
    values: dict[str, object] = {
        "platform": "x",
        "account_id": account_id,
        "record_id": record_id,
        "confirmed_by": "PC 2071",
        "confirmed_at": NOW - timedelta(days=9),
    }
    return PriorLink(**(values | fields))  # type: ignore[arg-type]


BOOK = RecordBook(EVERYBODY, [confirmed("LIAM")])
LIAMS = Author(account_id="1001", handle="liam_p", display_name="Liam 🚲")
STRANGER = Author(handle="whoever")


def linked(
    text: str, author: Author = STRANGER, book: RecordBook = BOOK, **options: object
) -> Link:
    item = an_item(text, author=author)
    return link(item, book, now=NOW, **options)  # type: ignore[arg-type]


def shown(found: Link) -> list[str]:
    return [each.record_id for each in found.candidates]


def levels(found: Link) -> dict[str, str]:
    return {each.field: each.level for each in found.candidates[0].evidence}


# --- evidence -------------------------------------------------------------------------------------


def test_a_phone_the_writer_gives_suggests_its_owner() -> None:
    found = linked("ring me on 07700 900219")
    assert found.decision is LinkDecision.SUGGESTED
    assert shown(found) == ["JADE"]
    assert 0.8 < found.candidates[0].probability < 0.95


def test_the_weight_is_the_sum_of_the_waterfall_and_gives_the_probability() -> None:
    found = linked(f"its jade pemberton, {LANDLINE}, dob 21/08/1994")
    (candidate,) = found.candidates
    assert candidate.evidence[0].field == "prior"
    assert candidate.weight == sum(row.weight for row in candidate.evidence)
    assert candidate.probability == pytest.approx(1 / (1 + 2**-candidate.weight), abs=0.004)


def test_what_others_take_is_the_last_row() -> None:
    for candidate in linked(f"my number is {LANDLINE}").candidates:
        assert candidate.evidence[-1].field == "others"
        assert candidate.evidence[-1].weight < 0
        assert candidate.weight == sum(row.weight for row in candidate.evidence)


def test_no_evidence_however_strong_makes_certain() -> None:
    found = linked("Jade Pemberton, 9 Plover Close WB4 7QA, 07700 900219, dob 21/08/1994")
    assert found.decision is LinkDecision.SUGGESTED
    assert found.candidates[0].probability < 0.998


def test_a_common_name_alone_suggests_nobody() -> None:
    smith = Person(record_id="S", forename="David", surname="Smith")
    assert linked("my name is David Smith", book=RecordBook([smith])).decision is LinkDecision.NONE


def test_a_rare_name_weighs_more_than_a_common_one_but_is_not_proof() -> None:
    rare = Person(record_id="Z", forename="Zuleikha", surname="Noorzai")
    (candidate,) = linked("I'm Zuleikha Noorzai", book=RecordBook([rare])).candidates
    assert 0.5 < candidate.probability < 0.9


def test_a_landline_does_not_tell_a_household_apart() -> None:
    found = linked(f"my number is {LANDLINE}")
    assert sorted(shown(found)) == ["JADE", "LIAM"]
    assert all(each.probability < 0.5 for each in found.candidates)
    assert sum(each.probability for each in found.candidates) < 0.95  # somebody else lives there
    assert "does not tell them apart" in found.notes[0]


def test_a_first_name_tells_a_household_apart() -> None:
    found = linked(f"its jade, the landline is {LANDLINE}")
    assert shown(found) == ["JADE"]
    assert found.candidates[0].probability > 0.9


def test_a_landline_of_one_record_leaves_room_for_others_of_the_house() -> None:
    alone = RecordBook([JADE])
    landline = linked(f"my number is {LANDLINE}", book=alone).candidates[0]
    mobile = linked("my number is 07700 900219", book=alone).candidates[0]
    assert landline.probability < 0.7 < mobile.probability


def test_another_birth_date_speaks_against() -> None:
    found = linked("Jade Pemberton, dob 30/10/1971")
    assert found.decision is LinkDecision.NONE


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("Jade Pemberton, dob 21/08/1994", "same"),
        ("Liam Pemberton, dob 1/5/1992", "day and month swapped"),
        ("Jade Pemberton, dob 22/08/1994", "one digit off"),
        ("Jade Pemberton, born in 1994", "same year"),
    ],
)
def test_a_birth_date_agrees_by_levels(text: str, level: str) -> None:
    assert levels(linked(text))["date_of_birth"] == level


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("Jade Pemberton, 9 Plover Close, WB4 7QA", "line and postcode"),
        ("Jade Pemberton, 9 plover cl", "line"),
        ("Jade Pemberton, WB4 7QA", "postcode"),
        ("Jade Pemberton, WB4 7QZ", "postcode sector"),
        ("Jade Pemberton. There's a fight at 9 Plover Close", "line, told of"),
    ],
)
def test_an_address_agrees_by_levels(text: str, level: str) -> None:
    assert levels(linked(text))["address"] == level


def test_an_earlier_address_weighs_less() -> None:
    moved = Person(
        record_id="M",
        forename="Jade",
        surname="Pemberton",
        addresses=(Address(line="9 Plover Close", postcode="WB4 7QA", current=False),),
    )
    now, before = (
        next(row.weight for row in found.candidates[0].evidence if row.field == "address")
        for found in (
            linked("Jade Pemberton, 9 Plover Close", book=RecordBook([person]))
            for person in (JADE, moved)
        )
    )
    assert before < now


@pytest.mark.parametrize(
    ("written", "level"),
    [
        ("Katherine Wójcik-Lane", "same"),
        ("Kate Wojcik-Lane", "nickname"),
        ("K Wojcik-Lane", "initial"),
        ("Kathrine Wojcik-Lane", "similar"),
        ("Wojcik-Lane Katherine", "same, turned round"),
    ],
)
def test_a_first_name_agrees_by_levels(written: str, level: str) -> None:
    kate = Person(
        record_id="K", forename="Katherine", surname="Wójcik-Lane", emails=("k@mail.example",)
    )
    found = linked(f"my name is {written}, k@mail.example", book=RecordBook([kate]))
    assert levels(found)["forename"] == level


@pytest.mark.parametrize(
    ("written", "level"),
    [
        ("Ann Pemberton-Hoyle", "same"),
        ("Ann Hoyle", "one of two"),
        ("Ann Pembertonhoile", "similar"),
    ],
)
def test_a_surname_agrees_by_levels(written: str, level: str) -> None:
    ann = Person(
        record_id="A", forename="Ann", surname="Pemberton-Hoyle", emails=("a@mail.example",)
    )
    found = linked(f"my name is {written}, a@mail.example", book=RecordBook([ann]))
    assert levels(found)["surname"] == level


def test_mrs_is_not_the_man_of_the_house() -> None:
    found = linked("Mrs Pemberton, 9 Plover Close")
    assert shown(found)[0] == "JADE"
    assert levels(found)["title"] == "fits"


def test_the_account_a_record_names_suggests_its_owner() -> None:
    found = linked("hello", Author(account_id="2002", handle="new_name"))
    assert shown(found) == ["JADE"]
    assert found.decision is LinkDecision.SUGGESTED


def test_a_handle_alone_suggests_nobody() -> None:
    assert linked("hello", Author(handle="@Jade_P")).decision is LinkDecision.NONE


def test_a_handle_that_is_another_account_now_weighs_next_to_nothing() -> None:
    found = linked("jade here", Author(account_id="3003", handle="jade_p"))
    assert found.decision is LinkDecision.NONE


def test_a_name_the_account_shows_weighs_less_than_one_the_writer_gives() -> None:
    book = RecordBook([Person(record_id="Z", forename="Zuleikha", surname="Noorzai")])
    told = linked("Zuleikha Noorzai", Author(account_id="5"), book).candidates[0]
    seen = linked("hi", Author(account_id="5", display_name="Zuleikha Noorzai"), book).candidates[0]
    assert seen.probability < told.probability


def test_a_reference_is_shared_by_everybody_of_the_case() -> None:
    case = ({"reference": "WB/021874/26"},)
    book = RecordBook(
        [Person(record_id=each, forename=each, cases=case) for each in ("VICTIM", "SUSPECT")]
    )
    found = linked("any news on WB/21874/26", book=book)
    assert sorted(shown(found)) == ["SUSPECT", "VICTIM"]
    assert all(each.probability < 0.5 for each in found.candidates)


def test_namesakes_with_one_birth_date_stay_two_and_share_the_probability() -> None:
    twin = Person(
        record_id="JADE2",
        forename="Jade",
        surname="Pemberton",
        date_of_birth=JADE.date_of_birth,
        addresses=(Address(line="6 Heather Rise", postcode="WB5 3PA"),),
    )
    book = RecordBook([*EVERYBODY, twin])
    both = linked("Jade Pemberton dob 21/08/1994", book=book)
    assert sorted(shown(both)) == ["JADE", "JADE2"]
    assert both.candidates[0].probability == pytest.approx(both.candidates[1].probability)
    assert "two records, perhaps two people" in both.notes[0]
    one = linked("Jade Pemberton dob 21/08/1994, 6 Heather Rise", book=book)
    assert shown(one) == ["JADE2"]
    assert "JADE and JADE2" in one.notes[0]


def test_at_most_three_are_shown_best_first() -> None:
    address = (Address(line="1 Tarn Street", postcode="WB6 3HA"),)
    book = RecordBook(
        [
            Person(record_id=f"P{n}", forename="Mo", surname="Khan", addresses=address)
            for n in range(5)
        ]
    )
    found = linked("Mo Khan, 1 Tarn Street WB6 3HA", book=book, suggest_at=0.0)
    assert len(found.candidates) == 3
    assert linked("Mo Khan, 1 Tarn Street WB6 3HA", book=book).decision is LinkDecision.NONE


def test_the_line_to_suggest_at_is_the_desk_s() -> None:
    text = "ring me on 07700 900219"
    assert linked(text, suggest_at=0.99).decision is LinkDecision.NONE
    assert linked(text, suggest_at=0.5).decision is LinkDecision.SUGGESTED


# --- others ---------------------------------------------------------------------------------------


def test_whom_the_writer_speaks_about_is_mentioned_and_no_candidate() -> None:
    found = linked("my ex Darren Pike, 07700 900206, is outside")
    assert found.decision is LinkDecision.NONE
    assert [each.record_id for each in found.mentions] == ["DARREN"]


def test_writer_and_mentioned_are_told_apart_in_one_text() -> None:
    found = linked("I'm Jade Pemberton of 9 Plover Close, Darren Pike dob 3/4/85 hit me")
    assert shown(found) == ["JADE"]
    assert [each.record_id for each in found.mentions] == ["DARREN"]


def test_a_registration_seen_by_somebody_mentions_its_keeper() -> None:
    found = linked("AB12 CDE is racing up and down again")
    assert [each.record_id for each in found.mentions] == ["DARREN"]


def test_an_address_alone_points_at_nobody() -> None:
    found = linked("help he's in the house, 9 Plover Close WB4 7QA")
    assert found == Link()


def test_who_is_spoken_of_is_not_the_writer_though_the_case_is_theirs_too() -> None:
    case = ({"reference": "WB/020500/26"},)
    stacey = Person(record_id="STACEY", forename="Stacey", surname="Marlow", cases=case)
    darren = Person(record_id="D", forename="Darren", surname="Pike", cases=case)
    book = RecordBook([stacey, darren])
    found = linked("ref WB/020500/26. My ex Darren Pike is back", book=book)
    assert shown(found) == ["STACEY"]
    assert [each.record_id for each in found.mentions] == ["D"]


# --- memory ---------------------------------------------------------------------------------------


def test_an_account_that_a_human_confirmed_is_confirmed_again() -> None:
    found = linked("any news?", LIAMS)
    assert found.decision is LinkDecision.CONFIRMED
    assert shown(found) == ["LIAM"]
    assert levels(found)["prior_link"] == "confirmed by a person"


def test_a_new_handle_or_display_name_does_not_shake_a_confirmation() -> None:
    renamed = Author(account_id="1001", handle="other", display_name="Sarah Jones")
    assert linked("any news?", renamed).decision is LinkDecision.CONFIRMED


@pytest.mark.parametrize(
    "author",
    [
        Author(account_id="", handle="liam_p"),
        Author(account_id="liam_p", handle="liam_p"),
        Author(account_id="@liam_p"),
        Author(handle="1001"),
    ],
)
def test_a_handle_is_never_taken_for_the_account(author: Author) -> None:
    book = RecordBook(EVERYBODY, [confirmed("LIAM"), confirmed("LIAM", "liam_p")])
    assert linked("any news?", author, book).decision is not LinkDecision.CONFIRMED


def test_the_same_number_on_another_platform_is_another_account() -> None:
    item = an_item("any news?", channel="fb_message", author=LIAMS)
    assert link(item, BOOK, now=NOW).decision is not LinkDecision.CONFIRMED


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("its jade, he's locked me in", "another name"),
        ("Hi this is Darren Pike", "another name"),
        ("this is not Liam", "somebody else's"),
        ("I'm on my brother's account", "somebody else's"),
        ("this is his sister", "somebody else's"),
        ("It's Liam's mum, he is in hospital", "relative"),
        ("my number is 07700 900999", "another phone number"),
        ("my dob is 21/08/1994", "another date of birth"),
        ("I'm 15", "another age"),
    ],
)
def test_what_contradicts_a_confirmation_makes_it_a_suggestion_with_a_note(
    text: str, why: str
) -> None:
    found = linked(text, LIAMS)
    assert found.decision is LinkDecision.SUGGESTED
    assert "LIAM" in found.notes[0]
    assert why in found.notes[0]


@pytest.mark.parametrize(
    "text",
    [
        "Liam here, any news?",
        "my number is 07700 900218",
        "dob 5/1/92",
        "I'm not happy with you",
        "my ex Darren Pike is back, his number is 07700 900206",
        "my wife Jade Pemberton, dob 21/08/1994, is missing",
        "Darren Pike, 03/04/1985, is outside",
        "I moved to 40 Dunlin Drive",
    ],
)
def test_what_does_not_contradict_leaves_it_confirmed(text: str) -> None:
    assert linked(text, LIAMS).decision is LinkDecision.CONFIRMED


def test_a_suggested_writer_who_asks_for_what_is_on_record_is_noted() -> None:
    asks = linked("Liam Pemberton, dob 5/1/1992. What address have you got for me?")
    assert asks.decision is LinkDecision.SUGGESTED
    assert BE_SURE in asks.notes
    tells = linked("Liam Pemberton, dob 5/1/1992. My bike is gone")
    assert BE_SURE not in tells.notes


def test_whoever_of_the_household_uses_a_shared_account_is_found() -> None:
    found = linked("its jade he's kicking the door in", LIAMS)
    assert shown(found) == ["JADE"]
    assert levels(found)["prior_link"] == "confirmed for a housemate"


def test_the_confirmed_person_stays_in_sight_if_nobody_else_fits() -> None:
    found = linked("Hi this is Priyanka", LIAMS)
    assert shown(found) == ["LIAM"]
    assert found.candidates[0].probability < 0.5


def test_an_earlier_text_that_was_signed_otherwise_does_not_count() -> None:
    found = linked("its jade now", thread=["Hi its Liam Pemberton, 07700 900218"])
    assert "LIAM" not in shown(found)


def test_a_contradiction_earlier_in_the_thread_still_counts() -> None:
    found = linked("please hurry", LIAMS, thread=["its jade", "he has a knife"])
    assert found.decision is LinkDecision.SUGGESTED
    assert shown(found) == ["JADE"]


def test_an_expired_confirmation_is_only_noted() -> None:
    book = RecordBook(EVERYBODY, [confirmed("LIAM", expires_at=NOW)])
    found = linked("any news?", LIAMS, book)
    assert found.decision is not LinkDecision.CONFIRMED
    assert found.notes == ("An earlier confirmation of this account has expired.",)


def test_a_confirmation_that_does_not_say_when_it_ends_lasts_a_year() -> None:
    young, old = (
        RecordBook(EVERYBODY, [confirmed("LIAM", confirmed_at=NOW - timedelta(days=age))])
        for age in (364, 365)
    )
    assert linked("any news?", LIAMS, young).decision is LinkDecision.CONFIRMED
    found = linked("any news?", LIAMS, old)
    assert found.decision is not LinkDecision.CONFIRMED
    assert found.notes == ("An earlier confirmation of this account has expired.",)


def test_a_confirmation_of_a_record_that_is_gone_is_only_noted() -> None:
    book = RecordBook([DARREN], [confirmed("LIAM")])
    assert linked("any news?", Author(account_id="1001"), book).notes == (
        "The account was confirmed for a record that is no longer there.",
    )


class RefusingBook(RecordBook):
    """A book that remembers that account 5 is not Jade."""

    def rejected_records(self, platform: str, account_id: str) -> frozenset[str]:
        return frozenset({"JADE"}) if (platform, account_id) == ("x", "5") else frozenset()


def test_a_record_that_a_human_refused_is_not_suggested_again() -> None:
    book = RefusingBook(EVERYBODY)
    refused = linked("ring me on 07700 900219", Author(account_id="5"), book)
    assert refused.decision is LinkDecision.NONE
    other = linked("ring me on 07700 900219", Author(account_id="6"), book)
    assert shown(other) == ["JADE"]


def test_where_the_platform_forbids_it_nothing_is_looked_up() -> None:
    assert linked("ring me on 07700 900219", LIAMS, allowed=False) == Link(notes=(NOT_ALLOWED,))


def test_an_empty_message_of_nobody_links_to_nobody() -> None:
    assert linked("", Author()) == Link()


# --- the record book ------------------------------------------------------------------------------


def test_a_key_that_too_many_share_names_nobody() -> None:
    book = RecordBook(
        [Person(record_id=f"P{n:03}", forename="Jo", surname="Lim") for n in range(70)]
    )
    assert book.candidates(["name:lim|joseph"]) == []
    assert len(book.candidates(["name:lim|joseph"], limit=100, most=100)) == 70


def test_who_shares_most_keys_comes_first() -> None:
    keys = ["phone:+441134960218", "phone:+447700900219"]
    assert [each.record_id for each in BOOK.candidates(keys)] == ["JADE", "LIAM"]


def test_the_last_confirmation_of_an_account_counts() -> None:
    late = confirmed("JADE", confirmed_at=NOW)
    book = RecordBook(EVERYBODY, [late, confirmed("LIAM")])
    assert book.prior_link("x", "1001") == late


def test_files_that_cannot_be_opened_are_named(tmp_path: object) -> None:
    from pathlib import Path

    missing = Path(str(tmp_path)) / "none.jsonl"
    with pytest.raises(BadInput, match=r"none\.jsonl"):
        RecordBook.load(missing)


def test_items_of_the_file_order_do_not_change_the_link() -> None:
    item: Item = an_item("its jade, the landline is 0113 496 0218", author=STRANGER)
    there = link(item, RecordBook(EVERYBODY), now=NOW)
    back = link(item, RecordBook(reversed(EVERYBODY)), now=NOW)
    assert there == back


# --- calibration ----------------------------------------------------------------------------------


def test_weak_evidence_that_nobody_rivals_says_what_it_turned_out_to_be_worth() -> None:
    rare = Person(record_id="Z", forename="Zuleikha", surname="Noorzai")
    (alone,) = linked("I'm Zuleikha Noorzai", book=RecordBook([rare])).candidates
    assert alone.evidence[-1].field == "calibration"
    assert alone.weight == sum(row.weight for row in alone.evidence)
    assert 0.6 < alone.probability < 0.75


def test_rivals_share_what_there_is_and_are_not_calibrated() -> None:
    found = linked(f"my number is {LANDLINE}")
    assert not [
        row for each in found.candidates for row in each.evidence if row.field == "calibration"
    ]


def test_two_records_of_one_person_take_nothing_from_each_other() -> None:
    again = replace(JADE, record_id="JADE2", phones=("07700 900219",))
    text = "Jade Pemberton, dob 21/08/1994, 07700 900219"
    one, other = linked(text, book=RecordBook([JADE, again])).candidates
    assert min(one.probability, other.probability) > 0.95


def test_namesakes_who_share_nothing_else_rival_each_other() -> None:
    namesake = Person(
        record_id="JADE2", forename="Jade", surname="Pemberton", date_of_birth=date(1994, 8, 21)
    )
    found = linked("Jade Pemberton, dob 21/08/1994", book=RecordBook([JADE, namesake]))
    assert all(each.probability < 0.55 for each in found.candidates)
    assert "two records" in found.notes[0]
