"""Weights estimated from records whose errors are known, for they were made here."""

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from math import log2

import pytest

from triage.claims import Claim
from triage.estimation import FARTHEST, LEAST, SHRINKS, Estimated, Trained, as_claim, train
from triage.found import Trait
from triage.identify.namelist import FORENAMES, SURNAME_BITS
from triage.model import Address, Person
from triage.rarity import RAREST, rarity_of
from triage.recordbook import RecordBook
from triage.weights import SHIPPED

TODAY = date(2026, 11, 23)
OTHER_PHONE, OTHER_BIRTH, MOVED, OTHER_SURNAME = 0.3, 0.1, 0.4, 0.15
"""How often the second record of a person says something else."""

PAIRS = 20_000


def people(count: int, twice: int, seed: int = 3) -> list[Person]:
    """Invented people in households of two; the first `twice` have a second record."""
    draw = random.Random(seed)
    ones = [_person(number, draw) for number in range(count)]
    for one, other in zip(ones[::2], ones[1::2], strict=False):
        if draw.random() < 0.5:
            home = replace(other, addresses=one.addresses, surname=one.surname)
            ones[ones.index(other)] = home
    return ones + [_again(one, count + number, draw) for number, one in enumerate(ones[:twice])]


def _person(number: int, draw: random.Random) -> Person:
    surname = draw.choice((*SURNAME_BITS, _word(draw), _word(draw)))
    return Person(
        record_id=f"R{number}",
        forename=draw.choice(sorted(FORENAMES)),
        surname=surname,
        date_of_birth=_born(draw),
        phones=(_phone(number),),
        addresses=(_address(draw),),
    )


def _phone(number: int) -> str:
    """A number of one's own out of the ranges that are nobody's."""
    ranges = ("07700 900", "01632 960", "0161 4960", "020 79460", "0131 4960", "0114 4960")
    return f"{ranges[number // 1000]}{number % 1000:03}"


def _word(draw: random.Random) -> str:
    return "".join(draw.choice(("ba", "ke", "lo", "mi", "tu", "ran", "sel")) for _ in range(3))


def _again(one: Person, number: int, draw: random.Random) -> Person:
    def instead(rate: float) -> bool:
        return draw.random() < rate

    fresh = _person(number, draw)
    return replace(
        one,
        record_id=f"{one.record_id}b",
        surname=fresh.surname if instead(OTHER_SURNAME) else one.surname,
        date_of_birth=fresh.date_of_birth if instead(OTHER_BIRTH) else one.date_of_birth,
        phones=fresh.phones if instead(OTHER_PHONE) else one.phones,
        addresses=fresh.addresses if instead(MOVED) else one.addresses,
    )


def _born(draw: random.Random) -> date:
    return date(1940, 1, 1) + timedelta(days=draw.randrange(25_000))


def _address(draw: random.Random) -> Address:
    code = f"WB{draw.randrange(1, 30)} {draw.randrange(1, 10)}{draw.choice('ABDEFGHJ')}Q"
    return Address(
        line=f"{draw.randrange(1, 200)} {_word(draw)} Street", postcode=code, current=True
    )


def by_level(trained: Trained) -> Mapping[tuple[str, str], Estimated]:
    return {(each.field, each.level): each for each in trained.levels}


@pytest.fixture(scope="module")
def trained() -> Trained:
    made = people(2000, twice=600)
    return train(made, RecordBook(made), today=TODAY, pairs=PAIRS)


def test_the_number_of_people_with_two_records_is_found_households_or_not(
    trained: Trained,
) -> None:
    assert trained.records == 2600
    assert trained.matched == pytest.approx(600, rel=0.05)


@pytest.mark.parametrize(
    ("field", "level", "m"),
    [
        ("phone", "different", OTHER_PHONE),
        ("date_of_birth", "different", OTHER_BIRTH),
        ("address", "elsewhere", MOVED),
        ("surname", "different", OTHER_SURNAME),
    ],
)
def test_what_speaks_against_weighs_as_often_as_it_happens(
    trained: Trained, field: str, level: str, m: float
) -> None:
    """Among strangers nearly everything differs, so its u is about one.

    Of those that differ most, some look like a stranger or a housemate and are not counted.
    """
    found = by_level(trained)[field, level]
    way = found.matched / (found.matched + SHRINKS)
    assert not found.kept
    ways = 3 if field == "address" else 1  # with line, with postcode, with both
    assert found.matched == pytest.approx(600 * m * ways, rel=0.3)
    assert found.bits == pytest.approx((1 - way) * found.prior + way * log2(m), abs=0.4)
    assert trained.weights.row(field, level).weight == found.bits


def test_records_teach_what_people_tell_who_tell_less(trained: Trained) -> None:
    """A year has one in about 68 people here, an initial one in about 16; each is mostly right."""
    found = by_level(trained)
    assert found["date_of_birth", "same year"].bits == pytest.approx(log2(0.9 * 68), abs=0.5)
    assert found["forename", "initial"].bits == pytest.approx(log2(16), abs=0.5)
    assert found["address", "postcode"].matched > 300


def test_how_few_share_a_phone_is_never_learnt_from_random_pairs(trained: Trained) -> None:
    same = by_level(trained)["phone", "same"]
    assert same.unmatched <= 1
    # More agree than the prior says, so that one agrees says a little more.
    prior = SHIPPED.levels["phone"]
    more = log2((1 - OTHER_PHONE) / (1 - 2 ** prior["different"]))
    assert same.bits == pytest.approx(prior["same"] + more, abs=0.2)
    for field in ("email", "vehicle", "crime_ref", "handle"):
        assert trained.weights.levels[field] == SHIPPED.levels[field]


def test_levels_that_too_few_pairs_had_keep_their_prior(trained: Trained) -> None:
    for each in trained.levels:
        assert each.kept or each.matched >= LEAST
        assert not each.kept or each.bits == each.prior


def test_no_level_changes_sides_or_goes_far_from_its_prior(trained: Trained) -> None:
    for each in trained.levels:
        assert abs(each.bits - each.prior) <= FARTHEST
        assert each.bits * each.prior >= 0


def test_with_hardly_a_record_everything_stays_as_it_is() -> None:
    made = people(4, twice=1)
    assert train(made, RecordBook(made), today=TODAY, pairs=200).weights.levels == SHIPPED.levels


def test_the_same_records_and_seed_give_the_same_weights() -> None:
    made = people(300, twice=100)
    one, other = (train(made, RecordBook(made), today=TODAY, pairs=2000) for _ in range(2))
    assert one.levels == other.levels


def test_what_confirmed_accounts_wrote_goes_before_what_records_say() -> None:
    """Here every second confirmed account wrote another birth date; the records agree on it."""
    made = people(400, twice=0)
    told = [
        (
            Claim(
                values={
                    Trait.DATE_OF_BIRTH: (
                        str(person.date_of_birth if number % 2 else made[number + 1].date_of_birth),
                    )
                }
            ),
            person,
        )
        for number, person in enumerate(made[:200])
    ]
    found = by_level(train(made, RecordBook(made), told, today=TODAY, pairs=5000))
    different = found["date_of_birth", "different"]
    assert different.confirmed
    assert different.bits == pytest.approx(-1.0, abs=1.6)
    assert not found["phone", "different"].confirmed


# --- names ----------------------------------------------------------------------------------------


def test_a_name_weighs_as_rare_as_it_is_among_the_force_s_records() -> None:
    made = [replace(person, surname="Quayle") for person in people(600, twice=0)]
    made += people(5400, twice=0, seed=4)
    rarity = rarity_of(made, SHIPPED)
    weights = replace(SHIPPED, rarity=rarity.bits, unlisted=rarity.unlisted)
    # 600 of 6,000, and the shipped share of a thousand: about 3.5 bits instead of 10.5.
    assert weights.bits_of_name("surname", "quayle") == pytest.approx(3.5, abs=0.1)
    assert weights.bits_of_name("surname", "quayle") < weights.bits_of_name("surname", "smith")
    assert weights.unlisted["surname"] <= RAREST["surname"]


def test_a_record_says_what_its_person_might_write() -> None:
    person = people(1, twice=0)[0]
    claim = as_claim(person)
    assert claim.names[0].forename == person.forename
    assert claim.of(Trait.DATE_OF_BIRTH) == (str(person.date_of_birth),)
    assert claim.of(Trait.PHONE)[0].startswith("+447700")
