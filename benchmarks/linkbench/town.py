"""An invented town: people in households, and the records that a force holds of most of them.

Who a person is (`Citizen`) and what is on record (`triage.model.Person`) are two things: records
are late, have gaps, exist twice, or do not exist. Mobiles and landlines are of Ofcom's ranges for
drama; those have a thousand mobiles, so that only so many people have one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import accumulate
from random import Random

from benchmarks.linkbench.names import (
    FORENAMES_F,
    FORENAMES_M,
    KINDS,
    RARE_ENDS,
    RARE_STARTS,
    STREETS,
    SURNAMES,
)
from triage.model import Address, Handle, Person

TODAY = date(2026, 11, 23)
HOUSES = 4_000
MOBILES = 900
EXCHANGES = (
    "01632 960", "0113 496 0", "0114 496 0", "0115 496 0", "0116 496 0", "0117 496 0",
    "0118 496 0", "0121 496 0", "0131 496 0", "0141 496 0", "0151 496 0", "0161 496 0",
    "020 7946 0", "0191 498 0", "029 2018 0",
)  # fmt: skip
MAILS = ("mail.example", "post.example", "inbox.example", "webpost.example")
LETTERS = "ABDEFGHJLNPQRSTUWXYZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Citizen:
    """A person of the town as they are. `house` is the number of their household.

    `recorded` names the records the force has of them: none, one, or two.
    """

    number: int
    forename: str
    surname: str
    sex: str
    born: date
    house: int
    line: str
    postcode: str
    landline: str
    mobile: str
    email: str
    plate: str
    reference: str
    account: str
    handle: str
    recorded: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Town:
    """The citizens with their households and records; who stands near whom."""

    citizens: list[Citizen] = field(default_factory=list)
    records: dict[str, Person] = field(default_factory=dict)
    houses: dict[int, list[Citizen]] = field(default_factory=dict)
    twins: list[tuple[Citizen, Citizen]] = field(default_factory=list)
    same_name: list[tuple[Citizen, Citizen]] = field(default_factory=list)
    namesakes: list[tuple[Citizen, Citizen]] = field(default_factory=list)
    doubles: list[Citizen] = field(default_factory=list)
    free_mobiles: list[str] = field(default_factory=list)

    def housemates(self, citizen: Citizen) -> list[Citizen]:
        """Who else lives there."""
        return [one for one in self.houses[citizen.house] if one.number != citizen.number]


def _weights(size: int) -> list[float]:
    """Of a list with common ones first: halved by every tenth place, never quite nothing."""
    return list(accumulate(0.05 + 1.0 / (1 + place / 6) for place in range(size)))


class Builder:
    """Builds a town from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(f"town:{seed}")
        self.town = Town()
        self._mobiles = [f"07700 900{number:03}" for number in range(1000)]
        self._landlines = [f"{code}{number:03}" for code in EXCHANGES for number in range(1000)]
        self.random.shuffle(self._mobiles)
        self.random.shuffle(self._landlines)

    def build(self) -> Town:
        """The town, its records included."""
        for house in range(HOUSES):
            self._household(house)
        self._move_in_namesakes()
        mobile = self._who_has_a_mobile()
        self.town.citizens = [
            self._recorded(self._with_mobile(each) if each.number in mobile else each)
            for each in self.town.citizens
        ]
        self._index()
        self.town.free_mobiles = self._mobiles
        return self.town

    def _who_has_a_mobile(self) -> set[int]:
        """The namesakes first, for only a number tells them apart; then whoever is drawn."""
        having = {one.number for pair in self.town.namesakes for one in pair}
        others = [one.number for one in self.town.citizens if one.number not in having]
        return having | set(self.random.sample(others, MOBILES - len(having)))

    # --- people ---

    def _household(self, house: int) -> None:
        random = self.random
        surname, year = self._surname(), random.randint(1938, 2000)
        line, postcode = self._line(), self._postcode()
        landline = self._landlines.pop() if random.random() < 0.7 else ""
        base = {"house": house, "line": line, "postcode": postcode, "landline": landline}
        one = self._add(base, random.choice("FM"), surname, year)
        if random.random() < 0.65:
            other = surname if random.random() < 0.6 else self._surname()
            self._add(base, "F" if one.sex == "M" else "M", other, year + random.randint(-6, 6))
        if year < 1985:
            for _ in range(random.choice((0, 0, 1, 1, 2, 3))):
                self._child(base, one)
        if random.random() < 0.06:
            self._add(base, random.choice("FM"), self._surname(), year + random.randint(-8, 8))

    def _child(self, base: dict[str, object], parent: Citizen) -> None:
        random = self.random
        year = parent.born.year + random.randint(19, 32)
        if random.random() < 0.06:
            child = self._add(base, parent.sex, parent.surname, year, forename=parent.forename)
            self.town.same_name.append((child, parent))
            return
        child = self._add(base, random.choice("FM"), parent.surname, year)
        if random.random() < 0.08:
            twin = self._add(base, random.choice("FM"), parent.surname, year, born=child.born)
            if twin.forename != child.forename:
                self.town.twins.append((twin, child))

    def _move_in_namesakes(self) -> None:
        """People of another house who share name and birth date with somebody."""
        for citizen in self.random.sample(self.town.citizens, 120):
            line, postcode = self._line(), self._postcode()
            house = HOUSES + citizen.number
            base = {"house": house, "line": line, "postcode": postcode, "landline": ""}
            other = self._add(
                base,
                citizen.sex,
                citizen.surname,
                citizen.born.year,
                forename=citizen.forename,
                born=citizen.born,
            )
            self.town.namesakes.append((other, citizen))

    def _add(
        self,
        base: dict[str, object],
        sex: str,
        surname: str,
        year: int,
        *,
        forename: str = "",
        born: date | None = None,
    ) -> Citizen:
        random, number = self.random, len(self.town.citizens)
        forename = forename or self.forename(sex)
        plain = "".join(letter for letter in f"{forename}.{surname}".lower() if letter.isascii())
        email = f"{plain.replace(chr(39), '')}{number}@{random.choice(MAILS)}"
        if random.random() < 0.5:
            email = f"{plain[0]}{surname[-3:].lower().strip('ı')}_{number}@{random.choice(MAILS)}"
        citizen = Citizen(
            number=number,
            forename=forename,
            surname=surname,
            sex=sex,
            born=born or date(year, 1, 1) + timedelta(days=random.randrange(365)),
            mobile="",
            email="".join(letter for letter in email if letter.isascii()),
            plate=self._plate(),
            reference=f"WB/{random.randrange(10**6, 10**7)}/26",
            account=str(10**15 + random.randrange(10**14)),
            handle=f"{plain.replace('.', random.choice(('', '_')))[:12]}{random.randrange(10, 99)}",
            **base,  # type: ignore[arg-type]
        )
        self.town.citizens.append(citizen)
        return citizen

    def _with_mobile(self, citizen: Citizen) -> Citizen:
        return replace(citizen, mobile=self._mobiles.pop())

    # --- records ---

    def _recorded(self, citizen: Citizen) -> Citizen:
        """The citizen with the records the force holds: of one in seven it holds none."""
        if self.random.random() < 0.14:
            return citizen
        record = self._record(citizen, f"R{citizen.number:06}")
        self.town.records[record.record_id] = record
        if self.random.random() > 0.02:
            return replace(citizen, recorded=(record.record_id,))
        second = self._record(citizen, f"S{citizen.number:06}")
        self.town.records[second.record_id] = second
        return replace(citizen, recorded=(record.record_id, second.record_id))

    def _record(self, citizen: Citizen, record_id: str) -> Person:
        random = self.random
        here = Address(line=citizen.line, postcode=citizen.postcode)
        before = Address(line=self._line(), postcode=self._postcode(), current=False)
        stale = replace(before, current=True)
        draw = random.random()
        addresses = (here,) if draw < 0.72 else (here, before) if draw < 0.92 else (stale,)
        phones = [phone for phone in (citizen.mobile, citizen.landline) if phone]
        return Person(
            record_id=record_id,
            forename=citizen.forename,
            middle_names=self.forename(citizen.sex) if random.random() < 0.4 else "",
            surname=citizen.surname,
            date_of_birth=citizen.born if random.random() < 0.95 else None,
            sex=citizen.sex,
            addresses=addresses,
            phones=tuple(phone for phone in phones if random.random() < 0.8),
            emails=(citizen.email,) if random.random() < 0.6 else (),
            handles=self._handles(citizen),
            vehicles=(citizen.plate,) if random.random() < 0.5 else (),
            cases=({"reference": citizen.reference},) if random.random() < 0.4 else (),
        )

    def _handles(self, citizen: Citizen) -> tuple[Handle, ...]:
        if self.random.random() > 0.25:
            return ()
        account = citizen.account if self.random.random() < 0.7 else ""
        return (Handle(platform="x", handle=citizen.handle, account_id=account),)

    def _index(self) -> None:
        town, by_number = self.town, {each.number: each for each in self.town.citizens}
        for citizen in town.citizens:
            town.houses.setdefault(citizen.house, []).append(citizen)
        for pairs in (town.twins, town.same_name, town.namesakes):
            pairs[:] = [(by_number[one.number], by_number[other.number]) for one, other in pairs]
        town.doubles = [each for each in town.citizens if len(each.recorded) > 1]

    # --- words ---

    def forename(self, sex: str) -> str:
        """A first name, common ones more often."""
        names = FORENAMES_F if sex == "F" else FORENAMES_M
        return self._drawn(names)

    def _surname(self) -> str:
        if self.random.random() < 0.35:
            return self.random.choice(RARE_STARTS) + self.random.choice(RARE_ENDS)
        one = self._drawn(SURNAMES)
        return f"{one}-{self._drawn(SURNAMES)}" if self.random.random() < 0.03 else one

    def _drawn(self, names: Sequence[str]) -> str:
        return self.random.choices(names, cum_weights=_weights(len(names)))[0]

    def _line(self) -> str:
        random = self.random
        line = f"{random.randrange(1, 190)} {random.choice(STREETS)} {random.choice(KINDS)}"
        return f"Flat {random.randrange(1, 20)}, {line}" if random.random() < 0.1 else line

    def _postcode(self) -> str:
        random = self.random
        tail = random.choice(LETTERS) + random.choice(LETTERS)
        return f"WB{random.randrange(1, 30)} {random.randrange(1, 10)}{tail}"

    def _plate(self) -> str:
        random = self.random
        ends = "".join(random.choice(LETTERS) for _ in range(5))
        return f"{ends[:2]}{random.choice((*range(10, 27), *range(60, 76))):02} {ends[2:]}"


def built(seed: int) -> Town:
    """The town of a seed."""
    return Builder(seed).build()


def people_with(town: Town, *fields: str) -> Iterator[Citizen]:
    """Recorded citizens of age who have, and whose first record holds, all of these."""
    for citizen in town.citizens:
        if citizen.recorded and TODAY.year - citizen.born.year >= 14:
            record = town.records[citizen.recorded[0]]
            if all(holds(record, citizen, each) for each in fields):
                yield citizen


def holds(record: Person, citizen: Citizen, what: str) -> bool:
    """Whether the record has this of the citizen as it is."""
    lines = {(each.line, each.postcode) for each in record.addresses}
    held = {
        "dob": record.date_of_birth == citizen.born,
        "phone": bool(citizen.mobile) and citizen.mobile in record.phones,
        "landline": bool(citizen.landline) and citizen.landline in record.phones,
        "email": citizen.email in record.emails,
        "address": (citizen.line, citizen.postcode) in lines,
        "plate": citizen.plate in record.vehicles,
        "ref": any(each.get("reference") == citizen.reference for each in record.cases),
        "account": any(each.account_id == citizen.account for each in record.handles),
        "handle": any(each.handle == citizen.handle for each in record.handles),
    }
    return held[what]
