"""Citizen records in memory: `triage.ports.People` for commands that store nothing."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from triage.blocking import keys_of
from triage.errors import BadInput
from triage.model import AccountPast, Person, PriorLink
from triage.ports import CANDIDATES, HELD_BY, rarity
from triage.records import read_people, read_prior_links

T = TypeVar("T")


class RecordBook:
    """Records and earlier links, found by the same keys as in the store. Thread-safe to read."""

    def __init__(
        self, people: Iterable[Person] = (), prior_links: Iterable[PriorLink] = ()
    ) -> None:
        self.rejected: tuple[BadInput, ...] = ()
        self._people: dict[str, Person] = {}
        self._ids: dict[str, list[str]] = {}
        for person in people:
            self._people[person.record_id] = person
            for key in keys_of(person):
                self._ids.setdefault(key, []).append(person.record_id)
        self._links: dict[tuple[str, str], PriorLink] = {}
        self._all: dict[tuple[str, str], list[PriorLink]] = {}
        for link in sorted(prior_links, key=lambda each: each.confirmed_at):
            account = link.platform.lower(), link.account_id
            self._links[account] = link
            self._all.setdefault(account, []).append(link)

    @classmethod
    def load(cls, records: Path | None, prior_links: Path | None = None) -> "RecordBook":
        """The book of two files (`-` is standard input); without a file it is empty.

        A row that cannot be read is left out and stands in `rejected` with line and field.

        Raises:
            BadInput: a file cannot be opened, or none of its rows can be read.
        """
        rejected: list[BadInput] = []
        people = list(_rows(records, read_people, rejected)) if records else []
        links = list(_rows(prior_links, read_prior_links, rejected)) if prior_links else []
        book = cls(people, links)
        book.rejected = tuple(rejected)
        return book

    def __len__(self) -> int:
        return len(self._people)

    def __iter__(self) -> Iterator[Person]:
        """Every record, as it was given."""
        return iter(self._people.values())

    def candidates(
        self, keys: Iterable[str], *, limit: int = HELD_BY, most: int = CANDIDATES
    ) -> list[Person]:
        """Persons that share at least one key, those first that share the most and rarest."""
        shared: Counter[str] = Counter()
        for key in dict.fromkeys(keys):
            ids = self._ids.get(key, ())
            for record_id in ids if len(ids) <= limit else ():
                shared[record_id] += rarity(len(ids), limit)
        best = sorted(shared, key=lambda record_id: (-shared[record_id], record_id))
        return [self._people[record_id] for record_id in best[:most]]

    def person(self, record_id: str) -> Person | None:
        """One record, or None."""
        return self._people.get(record_id)

    def prior_link(self, platform: str, account_id: str) -> PriorLink | None:
        """The last link a human confirmed for this account, or None. Expiry is for the caller."""
        return self._links.get((platform, account_id))

    def account_past(self, platform: str, account_id: str) -> AccountPast:
        """Every confirmation of the account: it may have been several people's."""
        return AccountPast(links=tuple(self._all.get((platform, account_id), ())))


def _rows(
    path: Path,
    read: Callable[[Iterable[bytes], str], Iterator[T | BadInput]],
    rejected: list[BadInput],
) -> Iterator[T]:
    """What can be read of a file; the rest is added to `rejected`."""
    found, wrong = 0, list[BadInput]()
    with _opened(path) as lines:
        for each in read(lines, str(path)):
            if isinstance(each, BadInput):
                wrong.append(each)
            else:
                found += 1
                yield each
    if wrong and not found:
        raise wrong[0]
    rejected += wrong


@contextmanager
def _opened(path: Path) -> Iterator[Iterable[bytes]]:
    if str(path) == "-":
        yield sys.stdin.buffer
        return
    try:
        with path.open("rb") as lines:
            yield lines
    except OSError as error:
        raise BadInput(str(path), f"cannot be read: {error.strerror}") from error
