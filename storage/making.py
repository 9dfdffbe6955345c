"""Records as they are stored, made of lines: read, checked, written as JSON, their keys made.

Reading and making keys takes most of the time of an import, so other processes may do it.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import NamedTuple

from storage.codec import person_text
from triage.blocking import key_numbers
from triage.errors import BadInput, Unavailable
from triage.model import Person
from triage.records import read_json_people, read_people

LINES_AT_ONCE = 2000
WORTH_PROCESSES = 20_000
"""Lines from which on it pays to start processes."""

AHEAD = 4
"""How many pieces of lines each process may be ahead of what is written."""

KeysOf = Callable[[Person], Iterable[str]]


class Made(NamedTuple):
    """A record ready to be stored."""

    record_id: str
    body: str
    keys: bytes


def made_of(found: Iterable[Person | BadInput], keys_of: KeysOf) -> Iterator[Made | BadInput]:
    """Records that were read, made ready; what could not be read stays what it is."""
    for each in found:
        if isinstance(each, BadInput):
            yield each
        else:
            yield Made(each.record_id, person_text(each), key_numbers(keys_of(each)))


def made_of_lines(
    lines: Iterable[str | bytes], name: str, keys_of: KeysOf, makers: int
) -> Iterator[Made | BadInput]:
    """The records of a file in its order, made by as many processes, or by this one alone."""
    rest = iter(lines)
    head = list(islice(rest, WORTH_PROCESSES))
    if makers < 1 or len(head) < WORTH_PROCESSES or not _json(head):
        yield from made_of(read_people(chain(head, rest), name), keys_of)
        return
    for piece in _by_processes(chain(head, rest), name, keys_of, makers):
        yield from piece


def _json(head: Iterable[str | bytes]) -> bool:
    """Whether these lines are JSON objects, as far as the first one tells."""
    for line in head:
        text = line.decode(errors="replace") if isinstance(line, bytes) else line
        if text.strip("\ufeff \t\r\n"):
            return text.lstrip("\ufeff \t").startswith("{")
    return False


def _by_processes(
    lines: Iterator[str | bytes], name: str, keys_of: KeysOf, makers: int
) -> Iterator[list[Made | BadInput]]:
    from concurrent.futures import Future, ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    pending: deque[Future[list[Made | BadInput]]] = deque()
    first = 1
    try:
        with ProcessPoolExecutor(makers, mp_context=get_context("spawn")) as processes:
            while piece := list(islice(lines, LINES_AT_ONCE)):
                pending.append(processes.submit(_made_of_piece, piece, name, first, keys_of))
                first += len(piece)
                if len(pending) > makers * AHEAD:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
    except BrokenProcessPool as error:
        raise Unavailable(f"{name}: a process that read it was ended; run it again") from error


def _made_of_piece(
    lines: list[str | bytes], name: str, first: int, keys_of: KeysOf
) -> list[Made | BadInput]:
    return list(made_of(read_json_people(lines, name, first=first), keys_of))
