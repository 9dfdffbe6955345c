"""Who is writing: ours, splink's `predict_between` and recordlinkage on the same queries.

Every tool gets the same: invented people, and of each letter what our reading found in it, for
the others read no text. Each answers one letter after the other, as they arrive, and then all at
once. Weights: ours as shipped; splink's u by random sampling (and one in so many for e-mails and
plates), its m by expectation maximisation over pairs that share a key; recordlinkage counts the
fields that agree, two at least, as in its manual: its own maximisation found no weights here.

In an environment of its own: pip install splink recordlinkage
python benchmarks/linking_peers.py [--people 100000] [--letters 300]
"""

import argparse
import logging
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.invented_people import NOW, invented, letters
from triage.claims import writer_claim
from triage.found import Trait
from triage.identifiers import extract
from triage.identify.contacts import phone_key
from triage.identify.naming import fold
from triage.identify.places import postcode_key, vehicle_key
from triage.linking import SUGGEST_AT, link
from triage.model import Item
from triage.recordbook import RecordBook
from triage.records import parse_person

FIELDS = ("forename", "surname", "born", "postcode", "phone", "email", "plate")
RULES = (
    ("forename", "surname"),
    ("surname", "postcode"),
    ("forename", "postcode"),
    ("born",),
    ("email",),
    ("plate",),
)
ONE_BY_ONE = 40
"""So many letters are enough to time the slow ones one by one."""

Row = Mapping[str, str | None]
Found = Mapping[str, tuple[str, float]]
"""By letter, the record that comes first, and how likely it is."""


def main() -> None:
    """Print speed and quality of each, in one run."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--people", type=int, default=100_000)
    asked.add_argument("--letters", type=int, default=300)
    options = asked.parse_args()
    warnings.filterwarnings("ignore")
    raws = [invented(number) for number in range(options.people)]
    written = list(letters(options.people, options.letters))
    truth = {item.id: record_id for item, record_id in written}
    rows = [_query(item) for item, _ in written]
    print(f"{len(raws)} people, {len(written)} letters, {sum(map(bool, truth.values()))} of known")
    print(
        f"{'':<16}{'right':>6}{'wrong':>6}{'missed':>7}{'one by one, ms':>17}{'p99':>7}{'batch':>7}"
    )
    for name, make in (("ours", _ours), ("splink", _splink), ("recordlinkage", _recordlinkage)):
        began = time.perf_counter()
        ask = make(raws, rows)
        ready = time.perf_counter() - began
        _report(name, ask, written if name == "ours" else rows, truth, ready)


def _report(
    name: str,
    ask: Callable[[Sequence[Any]], Found],
    queries: Sequence[Any],
    truth: Mapping[str, str],
    ready: float,
) -> None:
    single = []
    for each in queries[: len(queries) if name == "ours" else ONE_BY_ONE]:
        began = time.perf_counter()
        ask([each])
        single.append((time.perf_counter() - began) * 1000)
    began = time.perf_counter()
    found = ask(queries)
    batch = (time.perf_counter() - began) * 1000 / len(queries)
    right = sum(truth[letter] == first for letter, (first, _) in found.items())
    known = sum(map(bool, truth.values()))
    single.sort()
    print(
        f"{name:<16}{right:>6}{len(found) - right:>6}{known - right:>7}"
        f"{statistics.median(single):>17.2f}{single[int(len(single) * 0.99)]:>7.1f}{batch:>7.2f}"
        f"   (ready in {ready:.0f} s)",
        flush=True,
    )


def _best(scored: Iterable[tuple[str, str, float]]) -> Found:
    """Of scored pairs of letter and record, the best of each letter from `SUGGEST_AT` on."""
    best: dict[str, tuple[str, float]] = {}
    for letter, record_id, chance in scored:
        if chance >= SUGGEST_AT and chance > best.get(letter, ("", 0.0))[1]:
            best[letter] = (record_id, chance)
    return best


# --- what is compared -----------------------------------------------------------------------------


def _query(item: Item) -> Row:
    """What the writer says of themselves, as a row."""
    claim = writer_claim(item, extract(item))
    name = next(iter(claim.names), None)

    def first(kind: Trait) -> str | None:
        return next(iter(claim.of(kind)), None)

    born = first(Trait.DATE_OF_BIRTH) or ""
    return {
        "id": item.id,
        "forename": (name.forename or None) if name else None,
        "surname": (name.family or None) if name else None,
        "born": born if len(born) == len("1984-03-21") else None,
        "postcode": postcode_key(first(Trait.POSTCODE) or "") or None,
        "phone": first(Trait.PHONE),
        "email": first(Trait.EMAIL),
        "plate": vehicle_key(first(Trait.VEHICLE) or "") or None,
    }


def _record(raw: Mapping[str, Any]) -> Row:
    return {
        "id": raw["record_id"],
        "forename": fold(raw["forename"]),
        "surname": fold(raw["surname"]).replace(" ", ""),
        "born": raw["date_of_birth"],
        "postcode": postcode_key(raw["addresses"][0]["postcode"]),
        "phone": phone_key(raw["phones"][-1]),
        "email": next(iter(raw.get("emails", ())), None),
        "plate": vehicle_key(next(iter(raw.get("vehicles", ())), "")) or None,
    }


# --- ours -----------------------------------------------------------------------------------------


def _ours(raws: Sequence[Any], _: Sequence[Row]) -> Callable[[Sequence[Any]], Found]:
    """The whole of it, reading included; found by the keys of a book in memory."""
    book = RecordBook(parse_person(raw, "invented") for raw in raws)

    def ask(written: Sequence[tuple[Item, str]]) -> Found:
        return _best(
            (item.id, each.record_id, each.probability)
            for item, _ in written
            for each in link(item, book, now=NOW).candidates[:1]
        )

    return ask


# --- splink ---------------------------------------------------------------------------------------


def _splink(raws: Sequence[Any], rows: Sequence[Row]) -> Callable[[Sequence[Any]], Found]:
    import pandas
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    exact = {"phone": 1e-4, "email": 1 / len(raws), "plate": 1 / len(raws)}
    settings = SettingsCreator(
        unique_id_column_name="id",
        link_type="link_only",
        probability_two_random_records_match=1 / len(raws),
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in RULES],
        comparisons=[
            cl.NameComparison("forename").configure(term_frequency_adjustments=True),
            cl.NameComparison("surname").configure(term_frequency_adjustments=True),
            cl.DateOfBirthComparison("born", input_is_string=True),
            cl.ExactMatch("postcode"),
            *(
                cl.ExactMatch(field).configure(
                    m_probabilities=[0.9, 0.1], u_probabilities=[u, 1 - u]
                )
                for field, u in exact.items()
            ),
        ],
        retain_matching_columns=False,
    )
    database = DuckDBAPI()
    people = pandas.DataFrame([_record(raw) for raw in raws])
    records = database.register(people, dataset_display_name="people")
    queries = database.register(_frame(rows), dataset_display_name="letters")
    linker = Linker([records, queries], settings, log_level=logging.ERROR)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e7, seed=1)
    for rule in (block_on("forename", "surname"), block_on("postcode"), block_on("email")):
        linker.training.estimate_parameters_using_expectation_maximisation(
            rule, record_sample_proportion=1.0
        )
    for field in ("forename", "surname"):
        linker.table_management.compute_tf_table(field)
    counter = iter(range(10**9))

    def ask(some: Sequence[Row]) -> Found:
        name = f"asked_{next(counter)}"
        asked = database.register(_frame(some), dataset_display_name=name)
        pairs = linker.inference.predict_between(records, asked, warning_mode="never")
        return _best(
            (each["id_r"], each["id_l"], each["match_probability"])
            for each in pairs.as_record_list()
        )

    return ask


def _frame(rows: Sequence[Row]) -> Any:
    import pandas

    return pandas.DataFrame(list(rows), columns=["id", *FIELDS]).astype("string")


# --- recordlinkage --------------------------------------------------------------------------------


def _recordlinkage(raws: Sequence[Any], _: Sequence[Row]) -> Callable[[Sequence[Any]], Found]:
    import pandas
    import recordlinkage

    people = pandas.DataFrame([_record(raw) for raw in raws]).set_index("id")
    indexer = recordlinkage.Index()
    for rule in RULES:
        indexer.block(list(rule))
    compare = recordlinkage.Compare()
    for field in ("forename", "surname"):
        compare.string(field, field, method="jarowinkler", threshold=0.92, label=field)
    for field in FIELDS[2:]:
        compare.exact(field, field, label=field)

    def ask(some: Sequence[Row]) -> Found:
        asked = pandas.DataFrame(list(some), columns=["id", *FIELDS]).set_index("id")
        agreed = compare.compute(indexer.index(asked, people), asked, people).sum(axis=1)
        return _best((*pair, count / len(FIELDS)) for pair, count in agreed.items())

    return ask


if __name__ == "__main__":
    main()
