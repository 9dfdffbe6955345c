from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.factories import an_item
from triage.claims import mentioned_claims
from triage.identifiers import Trait, Whose, extract, keys_for
from triage.identify.naming import SIMILAR, closeness, similar
from triage.linking import link
from triage.model import Author, LinkDecision, Person, PriorLink
from triage.recordbook import RecordBook

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BOOK = RecordBook.load(Path(__file__).parent.parent / "data" / "link_people.jsonl")

openings = st.sampled_from(
    ["my name is ", "I'm ", "its ", "my ex ", "my mum ", "his name is ", "", "this is not ",
     "call ", "I saw ", "Hi, ", "on my sister's account, ", "Thanks, ", "please find "]
)  # fmt: skip
facts = st.sampled_from(
    ["Rosalind Quayle", "Sarah Jones", "darren pike", "Amira", "Mohammed Hussain", "Jade",
     "07700 900201", "0113 496 0218", "my number is 07700900214", "his number is 07700900206",
     "dob 14/06/1985", "WB4 7QA", "9 Plover Close", "I live at 14 Fennel Street", "AB12 CDE",
     "ref WB/021874/26", "s.odowd@post.example", "@darren_pike85", "aged 41"]
)  # fmt: skip
texts = st.lists(
    st.tuples(openings, facts, st.sampled_from([", ", ". ", " and ", "\n"])), max_size=5
).map(lambda parts: "".join(opening + fact + end for opening, fact, end in parts))
authors = st.builds(
    Author,
    account_id=st.sampled_from(["", "1187340021554", "5550061", "77", "amira_bakes"]),
    handle=st.sampled_from(["", "amira_bakes", "darren_pike85", "@stacey_m"]),
    display_name=st.sampled_from(["", "Sarah Jones", "Amira 🧁", "The Quayles", "Darren P"]),
)
links = st.lists(
    st.builds(
        PriorLink,
        platform=st.sampled_from(["x", "facebook"]),
        account_id=st.sampled_from(["1187340021554", "5550061", "amira_bakes"]),
        record_id=st.sampled_from(["R14", "R06", "gone"]),
        confirmed_by=st.just("PC 1"),
        confirmed_at=st.just(NOW - timedelta(days=1)),
        expires_at=st.sampled_from([None, NOW - timedelta(hours=1), NOW + timedelta(hours=1)]),
    ),
    max_size=3,
)


def people() -> list[Person]:
    return [person for person in (BOOK.person(f"R{n:02}") for n in range(1, 26)) if person]


@given(texts, authors, links, st.lists(texts, max_size=2))
def test_nothing_is_confirmed_without_a_live_word_of_a_human(
    text: str, author: Author, prior: list[PriorLink], thread: list[str]
) -> None:
    book = RecordBook(people(), prior)
    found = link(an_item(text, author=author), book, thread=thread, now=NOW)
    if found.decision is LinkDecision.CONFIRMED:
        live = book.prior_link("x", author.account_id)
        assert live is not None
        assert live.expires_at is None or live.expires_at > NOW
        assert [each.record_id for each in found.candidates] == [live.record_id]


@given(texts, authors, st.floats(0, 1))
def test_what_is_shown_adds_up_and_is_likely_enough(
    text: str, author: Author, least: float
) -> None:
    found = link(an_item(text, author=author), BOOK, suggest_at=least, now=NOW)
    assert len(found.candidates) <= 3
    assert (found.decision is LinkDecision.SUGGESTED) == bool(found.candidates)
    assert sum(each.probability for each in found.candidates) <= 1.0 + 1e-9
    for each in found.candidates:
        assert each.weight == sum(row.weight for row in each.evidence)
        assert each.probability >= least
        assert each.probability < 1.0
    ordered = [each.probability for each in found.candidates]
    assert ordered == sorted(ordered, reverse=True)


@given(texts, authors)
def test_nobody_is_both_writer_and_spoken_of(text: str, author: Author) -> None:
    found = link(an_item(text, author=author), BOOK, now=NOW)
    writers = {each.record_id for each in found.candidates}
    assert not writers & {each.record_id for each in found.mentions}


@given(st.lists(st.tuples(facts, st.sampled_from([", ", ". "])), max_size=4))
def test_what_is_somebody_else_s_never_makes_a_candidate(parts: list[tuple[str, str]]) -> None:
    text = "my ex " + "".join(fact + end for fact, end in parts)
    item = an_item(text, author=Author())
    found = extract(item)
    if not any(each.role is Whose.WRITER for each in found.found):
        assert keys_for(item, found) == ()
        assert link(item, BOOK, now=NOW).candidates == ()


@given(texts)
def test_a_bare_address_is_nobody_who_is_spoken_of(text: str) -> None:
    item = an_item(text)
    places = {Trait.ADDRESS, Trait.POSTCODE}
    for claim in mentioned_claims(item, extract(item)):
        assert claim.names or claim.named_handles or set(claim.values) - places


@given(st.dates(date(1930, 1, 1), date(2020, 1, 1)), st.dates(date(1930, 1, 1), date(2020, 1, 1)))
def test_a_birth_date_that_agrees_never_weighs_less_than_one_that_does_not(
    told: date, other: date
) -> None:
    weights = []
    for born in (told, other):
        person = Person(record_id="P", forename="Zuleikha", surname="Noorzai", date_of_birth=born)
        item = an_item(f"Zuleikha Noorzai, dob {told:%d/%m/%Y}", author=Author())
        found = link(item, RecordBook([person]), suggest_at=0.0, now=NOW)
        weights.append(found.candidates[0].weight)
    assert weights[0] >= weights[1]


@given(texts, authors)
def test_the_sum_still_holds_in_the_four_decimals_that_are_printed(
    text: str, author: Author
) -> None:
    found = link(an_item(text, author=author), BOOK, suggest_at=0.0, now=NOW)
    for each in found.candidates:
        printed = [round(row.weight, 4) for row in each.evidence]
        assert sum(printed) == round(each.weight, 4)


words = st.text("abeirst", min_size=1, max_size=10)
slips = st.lists(st.tuples(st.integers(0, 9), st.sampled_from("abeirst")), max_size=3)


@given(words, slips)
def test_a_short_way_to_say_that_names_differ_says_what_the_long_way_says(
    word: str, slipped: list[tuple[int, str]]
) -> None:
    other = list(word)
    for place, letter in slipped:
        other[place % len(other) :] = [letter, *other[place % len(other) + 1 :]]
    one, two = word, "".join(other)
    long_way = min(len(one), len(two)) >= 4 and closeness(one, two) >= SIMILAR
    assert similar(one, two) is (long_way and abs(len(one) - len(two)) <= 2)
