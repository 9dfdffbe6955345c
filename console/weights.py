"""What weights are learnt from, out of files or the store, and what is told of what came of it."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log2
from pathlib import Path
from typing import TextIO

from config.platforms import may_link
from config.weights import weights_toml
from console import atscale
from storage.store import SqlStore
from triage.bits import total
from triage.claims import Claim, stable_id, writer_claim
from triage.corrections import earlier_texts
from triage.desk import MACHINE
from triage.duplicates import Duplicate, sharing_a_key
from triage.estimation import Estimated, Told, Trained
from triage.evidence import compare
from triage.identifiers import extract
from triage.items import platform_of
from triage.linking import WORLD
from triage.model import Case, Event, Item, Person
from triage.ports import People
from triage.recordbook import RecordBook
from triage.weights import SHIPPED, Weights, digest_of

HEAD = """\
# Bits of evidence per field and level: log2 of how much likelier it is to see this of the person
# than of somebody else. Estimated by `firstcontact link train`, {at:%Y-%m-%d}, out of
# {records:,} records ({matched:,.0f} pairs of one person among {pairs:,} that share a key)
# and {confirmed:,} confirmed accounts.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Records, found by keys too, and what accounts wrote that staff confirmed or rejected."""

    people: Sequence[Person]
    index: People
    confirmed: Sequence[Told] = ()
    rejected: Sequence[Told] = ()


def material_of_files(book: RecordBook, items: Iterable[tuple[Item, Sequence[str]]]) -> Material:
    """Of files: `items` with earlier texts; those count whose account the book has a link of."""
    claims: dict[tuple[str, str], list[Claim]] = {}
    for item, thread in items:
        if may_link(platform_of(item.channel)):
            account = platform_of(item.channel), stable_id(item)
            claims.setdefault(account, []).append(_claim(item, thread))
    confirmed = []
    for account, told in claims.items():
        link = book.prior_link(*account)
        person = book.person(link.record_id) if link else None
        if person is not None:
            confirmed.append((_fullest(told), person))
    return Material(people=list(book), index=book, confirmed=confirmed)


def material_of_store(store: SqlStore) -> Material:
    """Of the service's own database: each account by the message that tells most."""
    confirmed = (
        (each.platform, each.account_id, each.record_id) for each in store.confirmed_links()
    )
    rejected = ((each.platform, each.account_id, each.record_id) for each in store.rejections())
    return Material(
        people=list(store.all_persons()),
        index=store,
        confirmed=list(_told(store, confirmed)),
        rejected=list(_told(store, rejected)),
    )


def _told(store: SqlStore, links: Iterable[tuple[str, str, str]]) -> Iterator[Told]:
    for platform, account_id, record_id in links:
        person = store.person(record_id)
        cases = store.cases_from(platform, account_id) if may_link(platform) else []
        if person is not None and cases:
            yield _fullest([_case_claim(store, case) for case in cases]), person


def _case_claim(store: SqlStore, case: Case) -> Claim:
    return _claim(case.item, earlier_texts(case, store.thread(case)))


def _claim(item: Item, thread: Sequence[str]) -> Claim:
    return writer_claim(item, extract(item, thread))


def _fullest(claims: Sequence[Claim]) -> Claim:
    """One account counts once, however much it writes."""
    return max(claims, key=lambda each: len(each.values) + len(each.names))


# --- what came of it ------------------------------------------------------------------------------


def trained_toml(trained: Trained, *, now: datetime) -> str:
    """The file that settings name, with the pairs behind each level."""
    found = {(each.field, each.level): each for each in trained.levels}
    head = HEAD.format(
        at=now,
        records=trained.records,
        matched=trained.matched,
        pairs=trained.pairs,
        confirmed=trained.confirmed,
    )
    return head + weights_toml(trained.weights, lambda field, level: _remark(found[field, level]))


def _remark(each: Estimated) -> str:
    if each.kept:
        return f"the prior; {_pairs(each)}"
    source = "confirmed accounts" if each.confirmed else "records"
    return f"prior {each.prior:g}; {_pairs(each)}, of {source}"


def _pairs(each: Estimated) -> str:
    return f"{each.matched:,.0f} pairs of one person, {each.unmatched:,} of strangers"


def table(trained: Trained) -> Iterator[str]:
    """Levels for people to read, a line each."""
    yield f"{'field':14}{'level':28}{'prior':>8}{'bits':>8}{'one person':>12}{'strangers':>11}"
    for each in trained.levels:
        mark = "kept" if each.kept else "confirmed" if each.confirmed else "records"
        yield (
            f"{each.field:14}{each.level:28}{each.prior:8.2f}{each.bits:8.2f}"
            f"{each.matched:12,.0f}{each.unmatched:11,}  {mark}"
        )


def told_apart(material: Material, weights: Weights, *, now: datetime) -> Iterator[str]:
    """How many confirmed and rejected accounts have more than even odds, before and after."""
    for what, told in (("confirmed", material.confirmed), ("rejected", material.rejected)):
        before, after = (_likely(told, each, now) for each in (SHIPPED, weights))
        if told:
            yield f"{what}: {before} of {len(told)} had more than even odds, now {after}"


def _likely(told: Sequence[Told], weights: Weights, now: datetime) -> int:
    return sum(
        2.0 ** total(compare(claim, person, today=now.date(), weights=weights)) > WORLD
        for claim, person in told
    )


def note_trained(store: SqlStore, trained: Trained, out: Path, *, now: datetime) -> None:
    """Into the audit trail: what was learnt from, and the digest of what came of it."""
    detail = {
        "digest": digest_of(trained.weights),
        "file": out.name,
        "records": trained.records,
        "confirmed": trained.confirmed,
        "tool": "command",
    }
    store.record(
        [Event(at=now, actor=MACHINE, action="weights.trained", subject="weights", detail=detail)]
    )


# --- duplicates -----------------------------------------------------------------------------------

AT_LEAST = -6.0
"""Bits over even odds from which on a pair that splink found is weighed by our own evidence."""

COLUMNS = ("record_id", "other_record_id", "probability", "bits", "reasons", "beware")
NAMESAKES = "only name and birth date agree: perhaps two people"


def pairs_of(
    material: Material, weights: Weights, *, splink: bool
) -> Iterator[tuple[Person, Person]]:
    """Pairs of records that share a key; those that splink finds likely where it is asked."""
    if not splink:
        yield from sharing_a_key(material.people, material.index)
        return
    by_id = {person.record_id: person for person in material.people}
    least = log2(max(WORLD, len(by_id))) + AT_LEAST
    for one, other in atscale.likely(material.people, weights, least=least):
        yield by_id[one], by_id[other]


def write_duplicates(file: TextIO, found: Iterable[Duplicate]) -> None:
    """Pairs as CSV: ids and levels of agreement, and nothing that anybody told us."""
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(COLUMNS)
    for each in found:
        other = each.candidate
        reasons = "; ".join(f"{one.field} {one.level} {one.weight:+g}" for one in other.evidence)
        likely = (f"{other.probability:.4f}", f"{other.weight:g}")
        beware = NAMESAKES if each.namesakes_only else ""
        rows.writerow((each.record_id, other.record_id, *likely, reasons, beware))


def note_duplicates(
    store: SqlStore, found: Sequence[Duplicate], out: Path, *, now: datetime
) -> None:
    """Into the audit trail: that records were compared with one another, and how many alike."""
    detail = {"pairs": len(found), "file": out.name, "tool": "command"}
    store.record(
        [Event(at=now, actor=MACHINE, action="duplicates.listed", subject="records", detail=detail)]
    )
