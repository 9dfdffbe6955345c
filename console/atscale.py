"""splink (DuckDB) as the engine that compares records, for more of them than one process can.

An optional extra: `pip install 'firstcontact[scale]'`. It blocks, compares and counts; what a
level is worth, and whether two of a household are one person, is still decided by triage/.
"""

import logging
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from triage.bits import row
from triage.blocking import keys_of, names_of, swapped
from triage.claims import Claim
from triage.errors import BadSettings
from triage.estimation import ALIKE, Compared, Pair, as_claim
from triage.found import Trait
from triage.identify.naming import sound, stands_for
from triage.identify.places import postcode_key, split_address
from triage.model import Evidence, Person
from triage.weights import Weights

NEEDED = "this needs the `scale` extra: pip install 'firstcontact[scale]'"

NO_LEVEL = ""
"""What is no evidence: another e-mail or vehicle says nothing."""

SAME_STREET = "street_l <> '' and street_l = street_r"
SAME_LINE = f"{SAME_STREET} and unit_l <> '' and unit_l = unit_r"
BOTH_NUMBERED = f"{SAME_STREET} and unit_l <> '' and unit_r <> ''"

LEVELS: Mapping[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "account": (
        "account",
        (("same account", "account_l = account_r"), ("another account", "else")),
    ),
    "phone": (
        "phones",
        (
            ("same", "list_has_any(mobiles_l, mobiles_r)"),
            ("landline", "list_has_any(phones_l, phones_r)"),
            ("different", "else"),
        ),
    ),
    "email": ("emails", (("same", "list_has_any(emails_l, emails_r)"), (NO_LEVEL, "else"))),
    "vehicle": (
        "vehicles",
        (("same", "list_has_any(vehicles_l, vehicles_r)"), (NO_LEVEL, "else")),
    ),
    "date_of_birth": (
        "born",
        (
            ("same", "born_l = born_r"),
            ("day and month swapped", "swapped_l = born_r"),
            ("one digit off", "hamming(born_l, born_r) = 1"),
            ("another year", "substr(born_l, 6) = substr(born_r, 6)"),
            ("different", "else"),
        ),
    ),
    "address": (
        "place",
        (
            ("line and postcode", f"{SAME_LINE} and postcode_l = postcode_r"),
            ("postcode, another number", f"{BOTH_NUMBERED} and postcode_l = postcode_r"),
            ("postcode", "postcode_l = postcode_r"),
            ("line in another area", f"{SAME_LINE} and sector_l <> sector_r"),
            ("line", SAME_LINE),
            ("street", f"{SAME_STREET} and (unit_l = '' or unit_r = '')"),
            ("postcode sector", "sector_l = sector_r"),
            ("same street, another number", SAME_STREET),
            ("elsewhere", "else"),
        ),
    ),
    "surname": (
        "surname",
        (
            ("same", "surname_l = surname_r"),
            ("one of two", "list_has_any(surnames_l, surnames_r)"),
            ("similar", "jaro_winkler_similarity(surname_l, surname_r) >= 0.92"),
            ("sounds alike", "sound_l = sound_r and surname_l[1] = surname_r[1]"),
            ("different", "else"),
        ),
    ),
    "forename": (
        "forename",
        (
            ("same", "forename_l = forename_r"),
            ("nickname", "list_has_any(forenames_l, forenames_r)"),
            ("similar", "jaro_winkler_similarity(forename_l, forename_r) >= 0.92"),
            ("different", "else"),
        ),
    ),
    "middle_names": (
        "middle",
        (
            ("same", "middle_l = middle_r"),
            ("initial", "middle_l[1] = middle_r[1] and least(len(middle_l), len(middle_r)) = 1"),
            ("different", "else"),
        ),
    ),
}
"""For each field the column that must be there, and its levels, the first that holds counting:
as triage/evidence.py and triage/name_evidence.py tell them, of one name and one address."""

HOLDERS = 64
"""A key that more records hold names nobody: as for `triage.ports.People.candidates`."""

A_RECORD, PAIRS = 100, 1_000_000
"""How many pairs are drawn at random for a record, and in all, at most."""

A_CHUNK = 20_000
"""So many records are held against all at once: their pairs must fit into memory."""


def compared(people: Sequence[Person], weights: Weights) -> Compared:
    """`triage.estimation.Engine`: every pair that shares a key, and pairs drawn at random.

    Raises:
        BadSettings: the `scale` extra is not installed.
    """
    table = _table(people, weights)
    chunks = len(people) // A_CHUNK + 1
    keyed = _patterns(_linker(table, _by_key(), weights), chunks, weights)
    drawn: Counter[tuple[str, str]] = Counter()
    strangers = _patterns(_linker(table, _block_on("bucket"), weights), chunks, weights)
    for pair, count in strangers.items():
        if pair.mine < ALIKE:
            drawn.update(dict.fromkeys(pair.levels, count))
    return Compared(blocked=keyed, drawn=drawn, records=len(people))


def likely(
    people: Sequence[Person], weights: Weights, *, least: float
) -> Iterator[tuple[str, str]]:
    """Ids of pairs that may be one person's, of `least` bits or more before any prior."""
    linker = _linker(_table(people, weights), _by_key(), weights)
    found = linker.inference.predict(threshold_match_weight=least, warning_mode="never")
    for each in found.as_record_list():
        yield each["record_id_l"], each["record_id_r"]


def charts(people: Sequence[Person], weights: Weights, folder: Path) -> list[Path]:
    """splink's own estimates of m and u over the same levels, as pages to look at."""
    linker = _linker(_table(people, weights), _by_key(), weights)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=7)
    for rule in (_block_on("born"), _block_on("surname", "forename")):
        linker.training.estimate_parameters_using_expectation_maximisation(
            rule, record_sample_proportion=1.0
        )
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {
        "match-weights.html": linker.visualisations.match_weights_chart(),
        "m-and-u.html": linker.visualisations.m_u_parameters_chart(),
    }
    for name, chart in drawn.items():
        chart.save_offline_chart(str(folder / name), overwrite=True, print_msg=False)
    return [folder / name for name in drawn]


# --- the table ------------------------------------------------------------------------------------


TEXTS = (
    *("record_id", "account", "born", "swapped", "place", "unit", "street", "postcode", "sector"),
    *("surname", "sound", "forename", "middle"),
)
LISTS = ("phones", "mobiles", "emails", "vehicles", "surnames", "forenames")
NUMBERS = ("bucket", "surname_bits", "forename_bits")


def _table(people: Sequence[Person], weights: Weights) -> Any:
    """Records as an Arrow table; what is missing is null."""
    try:
        import pyarrow
    except ImportError as error:
        raise BadSettings(NEEDED) from error
    draw = random.Random(7)  # noqa: S311 - a sample, not a secret
    together = min(2 * A_RECORD, max(2 * PAIRS // len(people), 2)) if people else 1
    buckets = max(len(people) // together, 1)
    keys = _shared_keys(people)
    rows = [
        {
            "record_id": each.record_id,
            "keys": keys[number],
            "bucket": draw.randrange(buckets),
            **_columns(each, weights),
        }
        for number, each in enumerate(people)
    ]
    kinds = (
        *((name, pyarrow.string()) for name in TEXTS),
        *((name, pyarrow.list_(pyarrow.string())) for name in LISTS),
        *((name, pyarrow.int32()) for name in NUMBERS),
        ("keys", pyarrow.list_(pyarrow.int64())),
    )
    return pyarrow.Table.from_pylist(rows, schema=pyarrow.schema(kinds))


def _shared_keys(people: Sequence[Person]) -> list[list[int]]:
    """The blocking keys of each record as numbers, without those of one and those of too many."""
    keys = [[hash(key) for key in keys_of(person)] for person in people]
    holders = Counter(key for each in keys for key in each)
    return [[key for key in each if 1 < holders[key] <= HOLDERS] for each in keys]


def _columns(person: Person, weights: Weights) -> dict[str, Any]:
    claim = as_claim(person)
    account = f"{claim.platform}:{claim.account_id}" if claim.account_id else None
    phones = claim.of(Trait.PHONE)
    return {
        "account": account,
        "phones": list(phones) or None,
        "mobiles": [each for each in phones if _is_mobile(each)],
        "emails": list(claim.of(Trait.EMAIL)) or None,
        "vehicles": list(claim.of(Trait.VEHICLE)) or None,
        **_birth_columns(claim),
        **_place_columns(claim),
        **_name_columns(person, weights),
    }


def _is_mobile(phone: str) -> bool:
    return phone.startswith(("+447", "+3538")) or not phone.startswith("+44")


def _birth_columns(claim: Claim) -> dict[str, Any]:
    born = next(iter(claim.of(Trait.DATE_OF_BIRTH)), None)
    turned = swapped(born) if born else ()
    return {"born": born, "swapped": turned[0] if turned else None}


def _place_columns(claim: Claim) -> dict[str, Any]:
    line = next(iter(claim.of(Trait.ADDRESS)), "")
    code = postcode_key(next(iter(claim.of(Trait.POSTCODE)), ""))
    unit, street = split_address(line) if line else ("", "")
    return {
        "place": line or code or None,
        "unit": unit,
        "street": street,
        "postcode": code or None,
        "sector": code[:-2] or None,
    }


def _name_columns(person: Person, weights: Weights) -> dict[str, Any]:
    name = next(iter(names_of(person)), None)
    family, forename = (name.family, name.forename) if name else ("", "")
    meant = sorted({forename, *stands_for(forename)}) if forename else []
    return {
        "surname": family or None,
        "surnames": [each for each in name.surname if len(each) > 2] if name else [],
        "sound": sound(family) or None,
        "forename": forename or None,
        "forenames": meant,
        "middle": next(iter(name.middles), None) if name else None,
        "surname_bits": round(weights.bits_of_name("surname", family)),
        "forename_bits": round(
            min((weights.bits_of_name("forename", each) for each in meant), default=0.0)
        ),
    }


# --- splink ---------------------------------------------------------------------------------------


def _patterns(linker: Any, chunks: int, weights: Weights) -> Counter[Pair]:
    """Which levels came together in how many pairs; names by the whole bit of their rarity."""
    gammas = [f"gamma_{field}" for field in LEVELS]
    columns = ", ".join([*gammas, "surname_bits_l", "forename_bits_l"])
    seen: Counter[Pair] = Counter()
    for chunk in range(1, chunks + 1):
        found = linker.inference.predict_chunk(left_chunk=(chunk, chunks), warning_mode="never")
        sql = f"select {columns}, count(*) as pairs from {found.physical_name} group by {columns}"  # noqa: S608 - names of our own
        for each in linker.misc.query_sql(sql).as_record_list():
            seen[Pair.of(tuple(_rows(each, weights)), weights)] += each["pairs"]
        found.drop_table_from_database_and_remove_from_cache()
    return seen


def _rows(found: Mapping[str, Any], weights: Weights) -> Iterator[Evidence]:
    for field, (_, levels) in LEVELS.items():
        place = len(levels) - 1 - found[f"gamma_{field}"]
        level = levels[place][0] if place < len(levels) else NO_LEVEL
        if level in weights.names.get(field, {}):
            yield row(field, level, found[f"{field}_bits_l"] + weights.names[field][level])
        elif level:
            yield weights.row(field, level)


def _linker(table: Any, rule: Any, weights: Weights) -> Any:
    try:
        import duckdb
        from splink import DuckDBAPI, Linker, SettingsCreator
    except ImportError as error:
        raise BadSettings(NEEDED) from error
    settings = SettingsCreator(
        unique_id_column_name="record_id",
        link_type="dedupe_only",
        probability_two_random_records_match=0.5,  # no prior: weights are bits of evidence
        blocking_rules_to_generate_predictions=[rule],
        comparisons=[_comparison(field, weights) for field in LEVELS],
        additional_columns_to_retain=["surname_bits", "forename_bits"],
        retain_matching_columns=True,
    )
    database = duckdb.connect()
    database.execute("set enable_progress_bar = false")  # it would stand in our output
    records = DuckDBAPI(database).register(table, dataset_display_name="records")
    for name in ("splink", "splink.internals"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return Linker(records, settings, log_level=logging.ERROR)


def _comparison(field: str, weights: Weights) -> Any:
    from splink import comparison_level_library as library
    from splink.comparison_library import CustomComparison

    column, levels = LEVELS[field]
    return CustomComparison(
        output_column_name=field,
        comparison_levels=[
            library.NullLevel(column),
            *(_level(library, field, level, sql, weights) for level, sql in levels),
        ],
    )


def _level(library: Any, field: str, level: str, sql: str, weights: Weights) -> Any:
    """With an m and a u whose ratio is our weight: splink adds up the same bits."""
    made = library.ElseLevel() if sql == "else" else library.CustomLevel(sql)
    bits = _bits(field, level, weights)
    m, u = (0.9, 0.9 / 2.0**bits) if bits > 0 else (0.9 * 2.0**bits, 0.9)
    return made.configure(m_probability=m, u_probability=u, label_for_charts=level or "no evidence")


def _bits(field: str, level: str, weights: Weights) -> float:
    """A name counts as a rare one here: rather a pair too many."""
    if level in weights.names.get(field, {}):
        return weights.unlisted[field] + weights.names[field][level]
    return weights.levels[field][level] if level else 0.0


def _by_key() -> Any:
    return _block_on("keys", arrays_to_explode=["keys"])


def _block_on(*columns: str, arrays_to_explode: list[str] | None = None) -> Any:
    try:
        from splink import block_on
    except ImportError as error:
        raise BadSettings(NEEDED) from error
    return block_on(*columns, arrays_to_explode=arrays_to_explode)
