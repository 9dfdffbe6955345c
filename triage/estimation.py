"""Weights estimated from a force's own records and from what its staff confirmed.

Fellegi and Sunter's m and u of every field and level: u from pairs drawn at random, m by
expectation maximisation over pairs that share a blocking key, under the three hypotheses of
linking (the same person, somebody of the household, a stranger). Of fields that enough confirmed
accounts told of, both come from what these wrote. What is nearly unique (phones, e-mails, accounts,
plates, references) is never judged by random pairs: its u stays as it was set.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import log2

from triage.bits import GRAIN, total
from triage.blocking import keys_of, names_of, references_of
from triage.claims import Claim
from triage.evidence import compare
from triage.found import Trait
from triage.identify.contacts import phone_key
from triage.identify.naming import Name
from triage.identify.places import vehicle_key
from triage.model import Evidence, Person
from triage.ports import People
from triage.rarity import rarity_of
from triage.weights import FARTHEST, SHIPPED, Weights, bare_level

SET = frozenset({"account", "handle", "phone", "email", "vehicle", "crime_ref"})
"""Fields whose u is set: so few share one that no draw would find them."""

LEAST = 5
"""A level that was seen in fewer pairs keeps its prior."""

SHRINKS = 20
"""So many pairs weigh as much as the prior."""

ENOUGH = 50
"""So many confirmed accounts must have told of a field for its weights to come from them."""

RECORDS, PAIRS, ROUNDS = 20_000, 200_000, 30
"""How many records are compared and pairs drawn at most, and rounds of maximisation."""

A_RECORD = 100
"""So many pairs at most are drawn for each record: more would say the same again."""

ALIKE = 17.0
"""Bits from which on a pair that was drawn at random may be one person after all."""

INITIAL = frozenset({"initial", "another initial"})
APART: Mapping[str, frozenset[str]] = {
    "date_of_birth": frozenset({"same year", "a year off", "different year"}),
    "surname": INITIAL,
    "forename": INITIAL,
}
"""Levels of those who tell a year or an initial alone: a question of its own."""

Level = tuple[str, str]
Told = tuple[Claim, Person]
"""What one person said, and their record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimated:
    """A level's bits before and after.

    `matched` and `unmatched` are the pairs it was seen in, of one person and drawn at random;
    `confirmed` if they are of confirmed accounts and not of records; `kept` if they were too few,
    or the level is of those that stay as they are set.
    """

    field: str
    level: str
    prior: float
    bits: float
    matched: float
    unmatched: int
    confirmed: bool
    kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """New weights and how they came about: `matched` of the `pairs` seem to be one person."""

    weights: Weights
    levels: tuple[Estimated, ...]
    records: int
    pairs: int
    matched: float
    confirmed: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair's levels, and what it weighs under the priors: for the person, for a housemate.

    `also` are levels there would be if less had been told: they are counted, and weigh nothing.
    """

    levels: tuple[Level, ...]
    mine: float
    housemate: float
    also: tuple[Level, ...] = ()

    @classmethod
    def of(
        cls, rows: Sequence[Evidence], weights: Weights, also: Sequence[Evidence] = ()
    ) -> "Pair":
        """The pair with this evidence."""
        return cls(_levels(rows), total(rows), weights.of_household(rows), _levels(also))


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Pairs of records: those that share a key, and levels of those `drawn` at random.

    `records` is how many of them were held against all.
    """

    blocked: Counter[Pair]
    drawn: Counter[Level]
    records: int


Engine = Callable[[Sequence[Person], Weights], Compared]
"""What compares records with one another, under the priors."""


def train(
    people: Sequence[Person],
    index: People,
    confirmed: Sequence[Told] = (),
    *,
    today: date,
    seed: int = 7,
    pairs: int = PAIRS,
    base: Weights = SHIPPED,
    engine: Engine | None = None,
) -> Trained:
    """Estimate weights from records and, where there are any, confirmed accounts.

    Args:
        people: the force's records; of many, `RECORDS` are drawn and compared with all.
        index: the same records, found by their keys.
        confirmed: what accounts that staff confirmed wrote, each with its record.
        today: the day against which ages are held.
        seed: of every draw.
        pairs: how many are drawn at random.
        base: the priors.
        engine: what compares the records, if not this module.
    """
    draw = random.Random(seed)  # noqa: S311 - a sample, not a secret
    rarity = rarity_of(people, base)
    weights = replace(base, rarity=rarity.bits, unlisted=rarity.unlisted)
    comparison = _Comparison(weights=weights, today=today, pairs=min(pairs, A_RECORD * len(people)))
    if engine is None:
        compared = comparison.compared(people, index, draw)
    else:
        compared = engine(people, weights)
    fit = _Fit(
        weights=weights,
        typical=rarity.typical,
        compared=compared,
        records=len(people),
        staff=comparison.counted(confirmed),
        staff_drawn=comparison.drawn(confirmed, people, draw),
    )
    levels, matched = fit.run()
    return Trained(
        weights=_with(weights, levels),
        levels=tuple(levels),
        records=len(people),
        pairs=compared.blocked.total(),
        matched=matched,
        confirmed=len(confirmed),
    )


def as_claim(person: Person) -> Claim:
    """What a record says, as if its person had written it."""
    handle = person.handles[0] if person.handles else None
    here = [each for each in person.addresses if each.current][:1]
    values: dict[Trait, Iterable[str]] = {
        Trait.PHONE: map(phone_key, person.phones),
        Trait.EMAIL: (email.lower() for email in person.emails),
        Trait.VEHICLE: map(vehicle_key, person.vehicles),
        Trait.CRIME_REF: references_of(person),
        Trait.ADDRESS: (each.line for each in here),
        Trait.POSTCODE: (each.postcode for each in here),
    }
    if person.date_of_birth:
        values[Trait.DATE_OF_BIRTH] = (person.date_of_birth.isoformat(),)
    told = {kind: tuple(filter(None, each)) for kind, each in values.items()}
    return Claim(
        names=names_of(person)[:1],
        values={kind: each for kind, each in told.items() if each},
        platform=handle.platform if handle else "",
        account_id=handle.account_id if handle else "",
        handle=handle.handle.lstrip("@").lower() if handle else "",
    )


def told_less(claim: Claim) -> tuple[Claim, ...]:
    """The same person telling less, as people do in messages, each field in one way at most.

    A street without postcode, the year of birth and an initial; a postcode without street.
    """
    born = claim.of(Trait.DATE_OF_BIRTH)
    first: dict[Trait, tuple[str, ...]] = {
        Trait.ADDRESS: claim.of(Trait.ADDRESS),
        Trait.DATE_OF_BIRTH: tuple(each[:4] for each in born),
    }
    initials = tuple(Name(forename=each.forename[:1]) for each in claim.names)
    return (
        Claim(names=initials, values={kind: each for kind, each in first.items() if each}),
        Claim(values={Trait.POSTCODE: claim.of(Trait.POSTCODE)}),
    )


# --- pairs ----------------------------------------------------------------------------------------


def _levels(rows: Iterable[Evidence]) -> tuple[Level, ...]:
    return tuple((each.field, bare_level(each.level)) for each in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Comparison:
    weights: Weights
    today: date
    pairs: int

    def pair(self, claim: Claim, person: Person, less: Sequence[Claim] = ()) -> Pair:
        also = [each for one in less for each in self._rows(one, person)]
        return Pair.of(self._rows(claim, person), self.weights, also)

    def _rows(self, claim: Claim, person: Person) -> tuple[Evidence, ...]:
        return compare(claim, person, today=self.today, weights=self.weights)

    def compared(self, people: Sequence[Person], index: People, draw: random.Random) -> Compared:
        """Every record with those that share a key, or of many records a draw."""
        some = draw.sample(people, RECORDS) if len(people) > RECORDS else list(people)
        own = [(as_claim(person), person) for person in some]
        blocked = Counter(self.blocked(own, index))
        drawn = self.drawn(own, people, draw, less=True)
        return Compared(blocked=blocked, drawn=drawn, records=len(some))

    def counted(self, told: Iterable[Told]) -> Counter[Level]:
        """In how many pairs each level was seen."""
        return Counter(level for one in told for level in self.pair(*one).levels)

    def drawn(
        self,
        told: Sequence[Told],
        people: Sequence[Person],
        draw: random.Random,
        *,
        less: bool = False,
    ) -> Counter[Level]:
        """The same for pairs drawn at random, without those that may be one person after all."""
        seen: Counter[Level] = Counter()
        for _ in range(self.pairs if told else 0):
            claim, own = draw.choice(told)
            person = draw.choice(people)
            pair = self.pair(claim, person, told_less(claim) if less else ())
            if person.record_id != own.record_id and pair.mine < ALIKE:
                seen.update((*pair.levels, *pair.also))
        return seen

    def blocked(self, own: Iterable[Told], index: People) -> Iterator[Pair]:
        """Every pair of records that shares a key, once."""
        done: set[str] = set()
        for claim, person in own:
            done.add(person.record_id)
            less = told_less(claim)
            for other in index.candidates(keys_of(person)):
                if other.record_id not in done:
                    yield self.pair(claim, other, less)


# --- maximisation ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    """Everything that was seen; `typical` are the bits of a name like most."""

    weights: Weights
    typical: Mapping[str, float]
    compared: Compared
    records: int
    staff: Counter[Level]
    staff_drawn: Counter[Level]

    def run(self) -> tuple[list[Estimated], float]:
        """Levels that fit, and how many pairs of records are thought to be one person."""
        levels: list[Estimated] = []
        gained: Mapping[Level, float] = {}
        matched = max(self.compared.records / 100, 1.0)
        for _ in range(ROUNDS):
            seen, matched = self._expected(gained, matched)
            levels = list(self._estimated(seen))
            before, gained = gained, {(e.field, e.level): e.bits - e.prior for e in levels}
            if gained == before:
                break
        return levels, matched

    def _expected(
        self, gained: Mapping[Level, float], matched: float
    ) -> tuple[Counter[Level], float]:
        """Levels of the pairs, each counted as far as the pair seems to be one person."""
        held = self.compared.records
        possible = max(held * (self.records - (held + 1) / 2), 1.0)
        odds, at_home = matched / possible, held / possible
        seen: Counter[Level] = Counter()
        found = 0.0
        for pair, count in self.compared.blocked.items():
            bits = pair.mine + sum(gained.get(level, 0.0) for level in pair.levels)
            mine = odds * 2.0**bits
            housemate = at_home * 2.0**pair.housemate if pair.housemate > 0 else 0.0
            share = count * mine / (mine + housemate + 1.0)
            found += share
            for level in (*pair.levels, *pair.also):
                seen[level] += share
        return seen, max(found, 1.0)

    def _estimated(self, seen: Counter[Level]) -> Iterator[Estimated]:
        for field in self.weights.levels:
            told = sum(count for (each, _), count in self.staff.items() if each == field)
            confirmed = told >= ENOUGH
            of_field = _Field(
                name=field,
                weights=self.weights,
                typical=self.typical.get(field, 0.0),
                matched=self.staff if confirmed else seen,
                unmatched=self.staff_drawn if confirmed else self.compared.drawn,
            )
            yield from (of_field.estimated(level, confirmed=confirmed) for level in of_field.priors)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    """A field with its counts; `typical` are the bits of a name like most."""

    name: str
    weights: Weights
    typical: float
    matched: Mapping[Level, float]
    unmatched: Mapping[Level, int]

    @property
    def priors(self) -> Mapping[str, float]:
        return {**self.weights.levels[self.name], **self.weights.names.get(self.name, {})}

    def estimated(self, level: str, *, confirmed: bool) -> Estimated:
        """Between the prior and what was counted, the nearer to it the more pairs there are."""
        prior = self.priors[level]
        matched = self.matched.get((self.name, level), 0)
        unmatched = self.unmatched.get((self.name, level), 0)
        pairs = matched if self._u_is_known(level) else min(matched, unmatched)
        kept = pairs < LEAST or (self.name in SET and not self._against)
        bits = prior
        if not kept:
            counted = self._counted(level)
            bits = self._sane(prior, prior + pairs / (pairs + SHRINKS) * (counted - prior), level)
        return Estimated(
            field=self.name,
            level=level,
            prior=prior,
            bits=bits,
            matched=matched,
            unmatched=unmatched,
            confirmed=confirmed,
            kept=kept,
        )

    def _u_is_known(self, level: str) -> bool:
        """That of identifiers is set, and that of the same name is how common the name is."""
        return self.name in SET or (level == "same" and self.name in self.weights.names)

    def _counted(self, level: str) -> float:
        if self.name in SET:
            return self._counted_of_set(level)
        m = self._share(level, self.matched)
        if self._u_is_known(level):
            return log2(m)
        bits = log2(m / self._share(level, self.unmatched))
        return bits - self.typical if self._beside_rarity(level) else bits

    def _counted_of_set(self, level: str) -> float:
        """How often it differs is counted; whatever agrees weighs as much less."""
        differs = self._share(self._against, self.matched)
        if level == self._against:
            return log2(differs)
        agreed = 1.0 - 2.0 ** self.priors[self._against]
        return self.priors[level] + log2(max(1.0 - differs, 2.0**-FARTHEST) / agreed)

    @property
    def _against(self) -> str:
        return next((level for level, bits in self.priors.items() if bits < 0), "")

    def _beside_rarity(self, level: str) -> bool:
        return level in self.weights.names.get(self.name, {})

    def _share(self, level: str, seen: Mapping[Level, float]) -> float:
        """Of the pairs in which the same was asked."""
        apart = APART.get(self.name, frozenset())
        asked = [each for each in self.priors if (each in apart) == (level in apart)]
        return seen[self.name, level] / sum(seen.get((self.name, each), 0) for each in asked)

    def _sane(self, prior: float, bits: float, level: str) -> float:
        """On the grain, not far from the prior, and on its side; no name beats the same name."""
        bits = round(max(prior - FARTHEST, min(bits, prior + FARTHEST)) * GRAIN) / GRAIN
        if self._beside_rarity(level):
            return min(bits, 0.0)
        return max(bits, 0.0) if prior > 0 else min(bits, 0.0)


def _with(weights: Weights, levels: Iterable[Estimated]) -> Weights:
    """The weights with these bits in the places of their priors."""
    bits = {(each.field, each.level): each.bits for each in levels}
    tables = [
        {
            field: {level: bits.get((field, level), old) for level, old in table.items()}
            for field, table in tables.items()
        }
        for tables in (weights.levels, weights.names)
    ]
    return replace(weights, levels=tables[0], names=tables[1])
