"""Full text: an index of words beside the items, written in the transaction that takes them in.

SQLite keeps it in FTS5, PostgreSQL as tsvector under GIN. Both are given words that were made
ready (`triage.searching`), so neither cuts or folds in its own way. An item's number is its
reference as a whole number, so newest first is the order of the index itself. What is deleted
from `items` leaves the index with it.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select, text

from storage.database import Database, chunks
from storage.rows import case_of
from storage.tables import item_versions, items
from triage.model import Author, Case, State
from triage.searching import Search, Term, terms_of, words_to_find

TABLE = "item_search"
"""The name of the index; FTS5 puts tables of its own beside it, under names that begin so."""

DAY = 10**8
"""More items than a day ever brings: the number of an item is its day, then its place in it."""

WINDOW = 400
"""So many hits are looked at together, the newest first."""

MOST_HITS = 12_000
"""So many hits are looked at for one question, however many there are."""

MOST_ALIVE = 20_000
"""Of so many items at work hits are held against their numbers before anything is looked up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of cases. `cut` says that older hits were not looked at, there were too many."""

    cases: tuple[Case, ...]
    more: bool = False
    cut: bool = False


class SearchPart:
    """Finding cases by what was written and by whom."""

    _db: Database

    def search(
        self,
        wanted: Search,
        *,
        sees: Callable[[Case], bool],
        limit: int = 50,
        offset: int = 0,
    ) -> Found:
        """Cases that say all of it, newest first; a reference or result reference stands first.

        Only those that `sees` lets through are found or counted.
        """
        found: list[Case] = []
        hits, least = 0, offset + limit + 1
        with self._db.read() as tx:
            for refs in _windows(tx, wanted.text, _alive(tx, wanted)):
                hits += len(refs)
                for some in chunks(_among(tx, refs, wanted), least):
                    if len(found) < least:
                        found += [case for case in _cases(tx, some) if sees(case)]
                if len(found) >= least or hits >= MOST_HITS:
                    break
        unique = list({case.ref: case for case in found}.values())
        return Found(
            cases=tuple(unique[offset : offset + limit]),
            more=len(unique) >= least,
            cut=hits >= MOST_HITS and len(unique) < least,
        )


def _alive(tx: Connection, wanted: Search) -> frozenset[int] | None:
    """The numbers of what is at work, if that is all that is asked for and is not too much.

    Hits are then held against them as numbers: a common word stands in more items that are closed
    than could be looked up one by one.
    """
    if wanted.states is None or State.CLOSED in wanted.states:
        return None
    asked = select(items.c.ref).where(items.c.state.in_([each.value for each in wanted.states]))
    refs = list(tx.execute(asked.limit(MOST_ALIVE + 1)).scalars())
    if len(refs) > MOST_ALIVE:
        return None
    return frozenset(number for ref in refs if (number := number_of(ref)) is not None)


def _among(tx: Connection, refs: Sequence[str], wanted: Search) -> list[str]:
    """Those of the references that are asked for, in their order."""
    conditions = _conditions(wanted)
    if not conditions:
        return list(refs)
    asked = select(items.c.ref).where(items.c.ref.in_(refs), *conditions)
    kept = set(tx.execute(asked).scalars())
    return [ref for ref in refs if ref in kept]


def _cases(tx: Connection, refs: Sequence[str]) -> Iterator[Case]:
    """These cases, in this order. Whole rows cost the most, so only what is shown is read."""
    by_ref = {row.ref: row for row in tx.execute(select(items).where(items.c.ref.in_(refs)))}
    return (case_of(by_ref[ref]) for ref in refs if ref in by_ref)


def _conditions(wanted: Search) -> list[ColumnElement[bool]]:
    columns = items.c
    found: list[ColumnElement[bool]] = []
    if wanted.states is not None:
        found.append(columns.state.in_([state.value for state in wanted.states]))
    if wanted.lanes is not None:
        found.append(columns.lane.in_([lane.value for lane in wanted.lanes]))
    if wanted.claimed_by is not None:
        found.append(columns.claimed_by == wanted.claimed_by)
    if wanted.priorities is not None:
        found.append(columns.priority.in_([int(each) for each in wanted.priorities]))
    if wanted.public_only:
        found.append(columns.public.is_(True))
    return found


# --- hits -----------------------------------------------------------------------------------------


def _windows(tx: Connection, typed: str, alive: frozenset[int] | None) -> Iterator[list[str]]:
    """References of hits, some at a time; with `alive` only of those."""
    named = _named(tx, typed)
    if named:
        yield named
    terms = terms_of(typed)
    if not terms:
        return
    ask, question = _asking(tx, alive), _question(tx, terms)
    before = 10**18
    while alive is None or alive:
        given = {"wanted": question, "before": before, "most": WINDOW, **_held(tx, alive)}
        numbers = list(tx.execute(ask, given).scalars())
        if numbers:
            yield [ref_of(number) for number in numbers]
        if len(numbers) < WINDOW:
            return
        before = numbers[-1]


def _named(tx: Connection, typed: str) -> list[str]:
    """The item of this reference, and those closed under it in another system."""
    name = typed.strip()
    wanted = select(items.c.ref).where(
        or_(items.c.ref == name.upper(), (items.c.result_ref == name) & (items.c.result_ref != ""))
    )
    return list(tx.execute(wanted.order_by(items.c.ref.desc()).limit(WINDOW)).scalars())


def _asking(tx: Connection, alive: frozenset[int] | None) -> Any:
    """The statement. FTS5 walks the hits in their order; the plus keeps it from asking for each
    number anew, which takes a hundred times as long."""
    if tx.dialect.name == "postgresql":
        among = "" if alive is None else "AND number = ANY(CAST(:alive AS bigint[])) "
        return text(
            f"SELECT number FROM {TABLE} WHERE words @@ CAST(:wanted AS tsquery) "  # noqa: S608
            f"AND number < :before {among}ORDER BY number DESC LIMIT :most"
        )
    among = "" if alive is None else "AND +rowid IN (SELECT value FROM json_each(:alive)) "
    return text(
        f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH :wanted "  # noqa: S608
        f"AND rowid < :before {among}ORDER BY rowid DESC LIMIT :most"
    )


def _held(tx: Connection, alive: frozenset[int] | None) -> dict[str, Any]:
    """The numbers of what is at work, as each database takes a list."""
    if alive is None:
        return {}
    numbers = sorted(alive)
    return {"alive": numbers if tx.dialect.name == "postgresql" else json.dumps(numbers)}


def _question(tx: Connection, terms: Sequence[Term]) -> str:
    """Words hold letters and digits only, so nothing in them can end a quotation."""
    if tx.dialect.name == "postgresql":
        return " & ".join(
            "(" + " <-> ".join(f"'{word}'" for word in term.words) + (":*" * term.begins) + ")"
            for term in terms
        )
    return " ".join(f'"{" ".join(term.words)}"' + (" *" * term.begins) for term in terms)


# --- what is kept ---------------------------------------------------------------------------------


def number_of(ref: str) -> int | None:
    """`FC-26-1123-0041` as 26112300000041, so that later is larger; None for another form."""
    name, _, rest = ref.partition("-")
    parts = rest.split("-")
    if name != "FC" or [len(part) for part in parts[:2]] != [2, 4] or len(parts) != 3:
        return None
    if not all(part.isascii() and part.isdigit() for part in parts):
        return None
    return int(parts[0] + parts[1]) * DAY + int(parts[2])


def ref_of(number: int) -> str:
    """The reference a number stands for."""
    day, place = divmod(number, DAY)
    return f"FC-{day // 10_000:02d}-{day % 10_000:04d}-{place:04d}"


def index_items(tx: Connection, refs: Sequence[str]) -> None:
    """Write what these items say now, and said before, in place of what was kept of them."""
    texts: dict[str, list[str]] = {ref: [] for ref in refs}
    for some in chunks(refs):
        said = select(item_versions.c.ref, item_versions.c.text).where(
            item_versions.c.ref.in_(some), item_versions.c.text != ""
        )
        for row in tx.execute(said.order_by(item_versions.c.ref, item_versions.c.seq)):
            texts[row.ref].append(row.text)
        wanted = select(items.c.ref, items.c.text, items.c.rest).where(items.c.ref.in_(some))
        _write(tx, [_words_of(row, texts[row.ref]) for row in tx.execute(wanted)])


def index_new(tx: Connection, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """The same for items that were written a moment ago and have one text."""
    found = [(ref, _words(row["text"], row["rest"], [])) for ref, row in rows.items()]
    _write(tx, found)


def _words_of(row: Any, earlier: list[str]) -> tuple[str, list[str]]:
    return row.ref, _words(row.text, row.rest, earlier)


def _words(said: str, rest: str, earlier: list[str]) -> list[str]:
    return words_to_find([said, *earlier], _author(rest))


def _author(rest: str) -> Author:
    account_id, handle, display_name, _ = json.loads(rest)["author"]
    return Author(account_id=account_id, handle=handle, display_name=display_name)


def _write(tx: Connection, found: Sequence[tuple[str, list[str]]]) -> None:
    rows = [
        {"number": number, "ref": ref, "words": said}
        for ref, said in found
        if (number := number_of(ref)) is not None
    ]
    if not rows:
        return
    if tx.dialect.name == "postgresql":
        _write_vectors(tx, rows)
    else:
        _write_words(tx, rows)


def _write_words(tx: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    tx.exec_driver_sql(
        f"INSERT OR REPLACE INTO {TABLE} (rowid, words) VALUES (?, ?)",  # noqa: S608
        [(row["number"], " ".join(row["words"])) for row in rows],
    )


def _write_vectors(tx: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    tx.execute(
        text(
            f"INSERT INTO {TABLE} (number, ref, words) "  # noqa: S608
            "VALUES (:number, :ref, CAST(:words AS tsvector)) "
            "ON CONFLICT (number) DO UPDATE SET words = excluded.words"
        ),
        [{**row, "words": _vector(row["words"])} for row in rows],
    )


def _vector(said: Sequence[str]) -> str:
    """Words with their places, as PostgreSQL reads them: at most 255 places of one word."""
    places: dict[str, list[str]] = {}
    for place, word in enumerate(said, 1):
        places.setdefault(word, []).append(str(place))
    return " ".join(f"'{word}':{','.join(where[:255])}" for word, where in places.items())
