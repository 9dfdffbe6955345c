from collections.abc import Sequence

import pytest

from tests.factories import a_post, an_item
from triage.identifiers import Identifiers, Place, Trait, Whose, extract, keys_for, keys_of
from triage.model import Address, Author, Handle, Item, Person

NOBODY = Author(account_id="77")


def said(text: str, thread: Sequence[str] = ()) -> Identifiers:
    return extract(an_item(text, author=NOBODY), thread)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("07700 900123", "+447700900123"),
        ("07700900123", "+447700900123"),
        ("+44 7700 900 123", "+447700900123"),
        ("+44 (0)7700 900123", "+447700900123"),
        ("0044 7700-900-123", "+447700900123"),
        ("447700900123", "+447700900123"),
        ("o77oo 9oo123", "+447700900123"),
        ("oh double seven double oh nine double oh one two three", "+447700900123"),
        ("zero seven seven zero zero nine zero zero one two three", "+447700900123"),
        ("(0113) 496 0250", "+441134960250"),
        ("020 7946 0958", "+442079460958"),
        ("08081 570123", "+448081570123"),
        ("+353 85 012 3456", "+353850123456"),
    ],
)
def test_a_phone_is_read_however_it_is_written(written: str, number: str) -> None:
    assert said(f"my number is {written}").values(Trait.PHONE) == (number,)


def test_a_mobile_number_whose_nought_a_spreadsheet_cut_is_found_in_a_record() -> None:
    cut, whole = (
        Person(record_id="P", phones=(number,)) for number in ("7700900123", "07700900123")
    )
    assert set(keys_of(cut)) == set(keys_of(whole))


@pytest.mark.parametrize(
    "text",
    [
        "crime number 07712345678/26 please",
        "my order 7700900123 never came",
        "it was 12.11.2025 10:45 and £1234.56",
        "card ending 4929 1234 5678 9012",
        "I rang 101 and 999",
    ],
)
def test_other_numbers_are_no_phones(text: str) -> None:
    assert said(text).of(Trait.PHONE) == ()


@pytest.mark.parametrize(
    ("written", "mail"),
    [
        ("Jo.Bloggs@Mail.Example", "jo.bloggs@mail.example"),
        ("jo dot bloggs at mail dot example", "jo.bloggs@mail.example"),
        ("jo_bloggs (at) mail (dot) example", "jo_bloggs@mail.example"),
        ("jo[at]mail[dot]example", "jo@mail.example"),
        ("jo underscore b at mail dot co dot example", "jo_b@mail.co.example"),
    ],
)
def test_an_email_is_read_also_when_it_is_spelt_out(written: str, mail: str) -> None:
    assert said(f"email me on {written} thanks").values(Trait.EMAIL) == (mail,)


def test_a_web_page_that_is_spelt_out_is_no_email() -> None:
    assert said("look at bbc dot co dot example").of(Trait.EMAIL) == ()


@pytest.mark.parametrize(
    ("written", "born"),
    [
        ("21/08/1994", "1994-08-21"),
        ("21.8.94", "1994-08-21"),
        ("21-08-94", "1994-08-21"),
        ("21st of August 1994", "1994-08-21"),
        ("21 Aug 94", "1994-08-21"),
        ("August 21, 1994", "1994-08-21"),
        ("1994-08-21", "1994-08-21"),
        ("210894", "1994-08-21"),
        ("21081994", "1994-08-21"),
        ("08/21/1994", "1994-08-21"),
        ("1994", "1994"),
        ("3/4/05", "2005-04-03"),
        ("3/4/35", "1935-04-03"),
    ],
)
def test_a_birth_date_is_read_in_every_usual_order(written: str, born: str) -> None:
    assert said(f"my dob is {written}").values(Trait.DATE_OF_BIRTH) == (born,)


@pytest.mark.parametrize(
    "text",
    [
        "it happened on 14/02/2003 in the park",
        "I reported this on 3 November 2025",
        "dob 31/02/1990",
        "born on 21/08/2026",
    ],
)
def test_other_dates_and_impossible_ones_are_no_birth_dates(text: str) -> None:
    assert said(text).of(Trait.DATE_OF_BIRTH) == ()


def test_a_date_in_a_list_of_identifiers_is_a_birth_date() -> None:
    found = said("Jade Pemberton, 21/08/1994, WB4 7QA. he is back")
    assert found.values(Trait.DATE_OF_BIRTH, Whose.WRITER) == ("1994-08-21",)


@pytest.mark.parametrize("written", ["WB4 7QT", "wb4 7qt", "WB47QT", "WB4-7QT"])
def test_a_postcode_needs_the_form_only(written: str) -> None:
    assert said(f"my postcode is {written}").values(Trait.POSTCODE) == ("WB4 7QT",)


@pytest.mark.parametrize(
    ("text", "postcode"),
    [
        ("I am at M2O 4BX", "M20 4BX"),
        ("my postcode is m2o 4bx", "M20 4BX"),
        ("0X4 1AB please", "OX4 1AB"),
        ("SWIA IAA 1", ""),
        ("SWIA 1AA", "SW1A 1AA"),
        ("SW1A IAA", "SW1A 1AA"),
        ("CFl0 3NP", ""),
        ("CFI0 3NP", "CF10 3NP"),
        ("S0 OLD", ""),
        ("FROM N1 OUT OF HERE", ""),
        ("the van is LN12 OLE", ""),
        ("BT1 5GS", "BT1 5GS"),
    ],
)
def test_noughts_and_ones_are_mended_where_only_one_postcode_can_be_meant(
    text: str, postcode: str
) -> None:
    assert said(text).values(Trait.POSTCODE) == ((postcode,) if postcode else ())


def test_a_district_that_is_not_there_needs_its_form_or_the_words_before_it() -> None:
    assert said("parcel zq4 7qt has not come").of(Trait.POSTCODE) == ()
    assert said("parcel for ZQ4 7QT has not come").values(Trait.POSTCODE) == ("ZQ4 7QT",)
    assert said("I live at 9 Plover Close, zq4 7qt").values(Trait.POSTCODE) == ("ZQ4 7QT",)
    assert said("zq4 7qt, 07700 900123").values(Trait.POSTCODE) == ("ZQ4 7QT",)


@pytest.mark.parametrize(
    "text",
    [
        "took my ps5 2tb from the car",
        "golf mk4 3dr blue",
        "its a v8 5lt land rover",
        "bmw m3 3dr with tinted windows",
        "a blue x5 3dr and a corsa b1 5dr",
        "the M25 3AM meeting",
    ],
)
def test_cars_and_sizes_are_no_postcodes(text: str) -> None:
    assert said(text).of(Trait.POSTCODE) == ()


@pytest.mark.parametrize("text", ["take the M6 2nd exit", "see you at B1 2pm", "the A38 5am queue"])
def test_roads_and_hours_are_no_postcodes(text: str) -> None:
    assert said(text).of(Trait.POSTCODE) == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("I live at 9 Plover Close", "9 plover close"),
        ("i live at 40a dunlin dr", "40a dunlin drive"),
        ("my address is Flat 3, Merlin Court", "flat 3 merlin court"),
        ("I live in Heron House, flat 31", "flat 31 heron house"),
        ("we live at 35 Sallow Green Road", "35 sallow green road"),
        ("my flat is flat b 14 Castle Hollow Rd", "flat b 14 castle hollow road"),
    ],
)
def test_an_address_is_read_with_its_number_and_written_out(text: str, line: str) -> None:
    assert said(text).values(Trait.ADDRESS, Whose.WRITER) == (line,)


@pytest.mark.parametrize(
    "text", ["2 men close by", "3 cars drive past", "10 minutes walk", "a 3 bed house"]
)
def test_words_that_look_like_streets_are_no_addresses(text: str) -> None:
    assert said(text).of(Trait.ADDRESS) == ()


@pytest.mark.parametrize(
    ("text", "plate"),
    [
        ("a golf AB12 CDE", "AB12CDE"),
        ("a golf ab12cde", "AB12CDE"),
        ("reg P123 ABC", "P123ABC"),
        ("number plate ABC 123D", "ABC123D"),
    ],
)
def test_plates_of_today_and_older_ones_are_read(text: str, plate: str) -> None:
    assert said(text).values(Trait.VEHICLE) == (plate,)


@pytest.mark.parametrize("text", ["the M25 was shut", "pc12 was lovely", "P45 and tax"])
def test_roads_and_papers_are_no_plates(text: str) -> None:
    assert said(text).of(Trait.VEHICLE) == ()


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("ref WB/021874/26", "WB/021874/26"),
        ("my case is wb/12345/26", "WB/12345/26"),
        ("crime no 42123456/26", "42123456/26"),
        ("crime ref 12AB/12345/26", "12AB/12345/26"),
        ("CAD 1234 of 22 November", "CAD1234"),
        ("incident number 451 of today", "451"),
        ("log 0713", "0713"),
        ("about FC-26-1123-0041", "FC-26-1123-0041"),
        ("cad 411 from this morning", "CAD411"),
        ("CAD no. 2210", "CAD2210"),
        ("CAD 4412 of 12 May", "CAD4412"),
        ("log 123 of today", "123"),
        ("LOG 88 of today", "88"),
        ("my log number is 77", "77"),
        ("inc 640 of 2 nov. my fence", "640"),
        ("I rang about the log. log 212. my contact", "212"),
        ("12/34567/26", "12/34567/26"),
        ("42/12345/26 is the crime number", "42/12345/26"),
        ("crime no. 13 / 90021 / 26", "13/90021/26"),
        ("JOB REF 24 20077 26", "24/20077/26"),
        ("6012345/26", "6012345/26"),
        ("ref 26/40817", "26/40817"),
        ("Property ref 26/00381/PR.", "26/00381/PR"),
        ("crime number CR/26/55198", "CR/26/55198"),
        ("it gave me WM-26-0048113", "WM-26-0048113"),
        ("CL-0077-2026... nothing", "CL-0077-2026"),
        ("CRI-00123456", "CRI-00123456"),
        ("BCH/1234/26", "BCH/1234/26"),
        ("BCH/12345/2026", "BCH/12345/2026"),
        ("crime ref 35230098765", "35230098765"),
    ],
)
def test_references_of_several_forces_are_read(text: str, reference: str) -> None:
    assert said(text).values(Trait.CRIME_REF) == (reference,)


@pytest.mark.parametrize(
    "text",
    [
        "the incident on 12/11/26",
        "incident 24/7 round here",
        "inc 3 kids and a dog",
        "can you log 2 calls from me",
        "in case 10-12 people come",
        "in any case 2026 was bad",
    ],
)
def test_dates_and_counts_are_no_references(text: str) -> None:
    assert said(text).of(Trait.CRIME_REF) == ()


def test_a_reference_is_masked_before_phones_are_looked_for() -> None:
    found = said("ref 07700900123/26, ring me on 07700 900124")
    assert found.values(Trait.PHONE) == ("+447700900124",)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My name is Jade Pemberton and I need help", "Jade Pemberton"),
        ("my names jade pemberton i live near the park", "Jade Pemberton"),
        ("MY NAME IS JADE PEMBERTON PLEASE COME NOW", "Jade Pemberton"),
        ("Hi it's Mrs Pemberton about the bins", "Mrs Pemberton"),
        ("I'm Siobhán O'Neill-Byrne", "Siobhán O'Neill-Byrne"),
        ("this is Dr Amara Okafor", "Amara Okafor"),
        ("I am Ana Beatriz de Souza", "Ana Beatriz de Souza"),
        ("Thanks, Łukasz Wójcik x", "Łukasz Wójcik"),
        ("can you ring.\nKind regards\nMargaret Inchbald", "Margaret Inchbald"),
        ("це Оксана Гриценко", "Оксана Гриценко"),
        ("Harjit Gill here, I saw it", "Harjit Gill"),
    ],
)
def test_who_says_their_name_is_the_writer(text: str, name: str) -> None:
    assert said(text).values(Trait.NAME, Whose.WRITER) == (name,)


@pytest.mark.parametrize(
    "text",
    [
        "I'm disgusted",
        "I'm British and proud",
        "this is ridiculous",
        "This is Castle Hollow Road again",
        "it's only Tuesday",
        "I'm 34 weeks pregnant",
        "Call me back",
    ],
)
def test_other_words_after_an_introduction_are_no_name(text: str) -> None:
    assert said(text).of(Trait.NAME) == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("my ex Darren Pike is outside", "Darren Pike"),
        ("her husband, Keith Lomas, hit her", "Keith Lomas"),
        ("his name is Darren Pike", "Darren Pike"),
        ("a lad called Jayden Cross", "Jayden Cross"),
        ("Ryan Birch, 14/05/1997, my brother", "Ryan Birch"),
        ("suspect name: Darren Pike", "Darren Pike"),
        ("It's Dave's wife", "Dave"),
    ],
)
def test_whom_the_text_speaks_of_is_somebody_else(text: str, name: str) -> None:
    found = said(text)
    assert found.values(Trait.NAME) in ((name,), ())
    assert found.values(Trait.NAME, Whose.WRITER) == ()


def test_whoever_does_something_at_the_head_of_a_message_is_somebody_else() -> None:
    assert said("Kieran Doyle is dealing").values(Trait.NAME, Whose.OTHER) == ("Kieran Doyle",)


def test_an_officer_is_neither_the_writer_nor_a_person_spoken_of() -> None:
    found = said("PC Hadley was great, thank her from me")
    assert found.values(Trait.NAME, Whose.OFFICER) == ("PC Hadley",)
    assert found.values(Trait.NAME) == ("PC Hadley",)


def test_the_name_that_the_account_shows_is_the_writer_s() -> None:
    item = a_post("I saw it. Harjit Gill 07700900912", author=Author(display_name="Harjit Gill"))
    found = extract(item)
    assert found.values(Trait.NAME, Whose.WRITER) == ("Harjit Gill",)
    assert found.values(Trait.PHONE, Whose.WRITER) == ("+447700900912",)


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("my number is 07700 900123", Whose.WRITER),
        ("you can ring me on 07700 900123", Whose.WRITER),
        ("07700 900123 is my mobile", Whose.WRITER),
        ("07700 900123", Whose.WRITER),
        ("his number is 07700 900123", Whose.OTHER),
        ("he texts me off 07700 900123", Whose.OTHER),
        ("I'm on my mum's phone, 07700 900123", Whose.OTHER),
        ("call my daughter on 07700 900123", Whose.OTHER),
        ("scam call from 07700 900123", Whose.OTHER),
        ("07700 900123 is his", Whose.OTHER),
    ],
)
def test_the_words_around_a_phone_say_whose_it_is(text: str, role: Whose) -> None:
    assert [each.role for each in said(text).of(Trait.PHONE)] == [role]


def test_in_public_a_phone_without_a_word_about_it_is_nobody_s() -> None:
    found = extract(a_post("Locksmith 24/7 call 07700 900999", author=NOBODY))
    assert [each.role for each in found.of(Trait.PHONE)] == [Whose.UNKNOWN]


def test_a_list_belongs_to_whoever_begins_it() -> None:
    found = said("I'm Stacey Pike. My ex Darren Pike, 03/04/85, 07700900206, AB12 CDE, is here")
    assert found.values(Trait.NAME, Whose.WRITER) == ("Stacey Pike",)
    assert found.values(Trait.PHONE, Whose.OTHER) == ("+447700900206",)
    assert found.values(Trait.DATE_OF_BIRTH, Whose.OTHER) == ("1985-04-03",)
    assert found.values(Trait.VEHICLE, Whose.WRITER) == ()


@pytest.mark.parametrize(
    "text",
    [
        "I'm on my mum's phone",
        "this is not Liam",
        "writing from my sister's account",
        "(sent from my girlfriend's phone)",
        "this is his wife",
    ],
)
def test_who_writes_on_a_borrowed_account_says_so(text: str) -> None:
    assert said(text).not_owner


@pytest.mark.parametrize(
    "text",
    ["I'm not happy", "he hacked my sister's account", "my mum's phone was stolen", "I'm his wife"],
)
def test_other_talk_of_accounts_and_phones_is_no_such_word(text: str) -> None:
    assert said(text).not_owner == ()


def test_a_borrowed_account_s_display_name_is_not_the_writer_s() -> None:
    item = an_item("I'm on my mum's phone", author=Author(display_name="Sandra Baxter"))
    assert extract(item).values(Trait.NAME, Whose.OTHER) == ("Sandra Baxter",)


def test_what_was_written_before_counts_and_says_where_it_stands() -> None:
    found = said("any news", ["hello", "my number is 07700 900123"])
    (phone,) = found.of(Trait.PHONE)
    assert (phone.place, phone.index, phone.role) == (Place.THREAD, 1, Whose.WRITER)


def test_the_account_of_a_whatsapp_message_is_the_writer_s_phone() -> None:
    item = an_item("hello", channel="whatsapp", author=Author(account_id="447700900123"))
    assert extract(item).values(Trait.PHONE, Whose.WRITER) == ("+447700900123",)


def test_the_force_s_own_handle_is_not_read() -> None:
    found = extract(a_post("@westbridgepolice ask @cllr_vance"))
    assert found.values(Trait.HANDLE) == ("cllr_vance",)


# --- keys -----------------------------------------------------------------------------------------

JADE = Person(
    record_id="P1",
    forename="Jade",
    surname="Pemberton",
    aliases=("Jade Marlow",),
    addresses=(Address(line="9 Plover Close", postcode="WB4 7QA"),),
    phones=("07700 900266",),
    emails=("Jade@Mail.Example",),
    handles=(Handle(platform="x", handle="@JadeP", account_id="1001"),),
    vehicles=("ab12 cde",),
    cases=({"reference": "WB/021874/26"},),
)


def looked_up(text: str, **author: str) -> Item:
    return an_item(text, author=Author(**author))


@pytest.mark.parametrize(
    "item",
    [
        looked_up("my number is 07700900266"),
        looked_up("email me jade@mail.example"),
        looked_up("my name is jade pemberton"),
        looked_up("my name is Jade Pembertonn"),
        looked_up("my name is Pemberton Jade"),
        looked_up("my name is Jade Marlow"),
        looked_up("I live at 9 plover cl"),
        looked_up("my postcode is WB47QA"),
        looked_up("my car AB12CDE"),
        looked_up("ref wb/21874/26"),
        looked_up("hello", account_id="1001"),
        looked_up("hello", account_id="9", handle="@jadep"),
    ],
    ids=lambda item: item.text,
)
def test_a_record_and_its_writer_meet_under_a_key(item: Item) -> None:
    keys = keys_for(item, extract(item))
    assert set(keys) & set(keys_of(JADE))


def test_an_account_of_another_platform_is_another_account() -> None:
    item = an_item("hello", channel="fb_message", author=Author(account_id="1001"))
    assert not set(keys_for(item, extract(item))) & set(keys_of(JADE))


def test_nobody_is_looked_up_as_writer_by_what_is_somebody_else_s() -> None:
    item = looked_up("my ex Jade Pemberton, 07700900266, AB12 CDE keeps calling")
    assert not set(keys_for(item, extract(item))) & set(keys_of(JADE))


def test_the_rarest_kinds_of_keys_come_first() -> None:
    item = looked_up("my name is Jade Pemberton, 07700900266", account_id="1001")
    keys = keys_for(item, extract(item))
    assert keys[0] == "acct:x:1001"
    assert keys[1] == "phone:+447700900266"
    assert keys[-1].startswith("name:")
