"""A vendor on a bad day: published payloads with something odd somewhere in them."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import strategies as some

from tests.servers.social_vendor import Asked, Fault, Reply, SocialVendor

GONE = object()


def _nested(depth: int) -> Any:
    value: Any = "in the middle"
    for _ in range(depth):
        value = [value]
    return value


JUNK = some.one_of(
    some.just(GONE),
    some.sampled_from(
        [None, True, False, 0, -1, 2**63, 2**64, 10**30, 1e308, float("inf"), float("nan"), 0.5]
    ),
    some.sampled_from(["", " ", "0", "-1", "1e9", "9" * 400, "٣", "\x00", "\ud83d", "🆘", "&amp;"]),
    some.sampled_from(["never", "2026-11-23", "2026-11-23T09:00:00", "0001-01-01T00:00:00+14:00"]),
    some.sampled_from([[], {}, [[]], [None], [1, "x", {}], {"data": 7}, {"data": [None, [], 7]}]),
    some.sampled_from([40, 300, 800]).map(_nested),
    some.text(max_size=20),
    some.recursive(
        some.none() | some.booleans() | some.integers() | some.text(max_size=5),
        lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(), inner),
        max_leaves=6,
    ),
)


def spoiled(payload: Any, *, times: int = 3) -> some.SearchStrategy[Any]:
    """The payload with up to so many of its values replaced by junk or taken away."""
    places = list(_places(payload, ()))
    changes = some.lists(some.tuples(some.sampled_from(places), JUNK), min_size=1, max_size=times)
    return changes.map(lambda chosen: _changed(payload, chosen))


def _places(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """The way to every value inside."""
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, each in inner:
        yield (*path, key)
        yield from _places(each, (*path, key))


def _changed(payload: Any, chosen: list[tuple[tuple[Any, ...], Any]]) -> Any:
    changed = copy.deepcopy(payload)
    for path, junk in chosen:
        try:
            _put(changed, path, junk)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    return changed


def _put(inside: Any, path: tuple[Any, ...], junk: Any) -> None:
    *way, last = path
    for key in way:
        inside = inside[key]
    if junk is GONE:
        del inside[last]
    else:
        inside[last] = copy.deepcopy(junk)


class Canned(SocialVendor):
    """Says what it was told to say, by the end of the path; `headers` go with every answer."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: dict[str, Any] = {}
        self.statuses: dict[str, int] = {}
        self.headers: Mapping[str, str] = {}

    def route_name(self, asked: Asked) -> str:
        return asked.path.rsplit("/", 1)[-1]

    def respond(self, name: str, asked: Asked, fault: Fault | None) -> Reply:
        body = self.bodies.get(name, {})
        return Reply(body, self.statuses.get(name, 200), self.headers)
