"""A force's own weights of evidence as a TOML file: read, checked against the priors, written."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from config.sources import read_toml
from triage.errors import BadSettings
from triage.weights import FARTHEST, SHIPPED, Table, Weights

MOST = 30.0
"""Bits of a name, and of what a level may lose."""

HEAD = """\
# Bits of evidence per field and level: log2 of how much likelier it is to see this of the person
# than of somebody else. What is not named here weighs as shipped.
"""


def read_weights(path: Path | None) -> Weights:
    """The weights of a file over those that are shipped; without a file, those.

    Raises:
        BadSettings: names the file, the field and the level: unknown, not a number, or too far
            from what is shipped.
    """
    if path is None:
        return SHIPPED
    tree = read_toml(path)
    where = str(path)
    _known(tree, ("levels", "names", "rarity", "unlisted", "less", "shared"), where)
    return replace(
        SHIPPED,
        levels=_tables(tree, "levels", SHIPPED.levels, where),
        names=_tables(tree, "names", SHIPPED.names, where),
        rarity=_rarity(tree, where),
        unlisted=_bits(tree, "unlisted", SHIPPED.unlisted, where),
        less=_bits(tree, "less", SHIPPED.less, where),
        shared=_bits(tree, "shared", SHIPPED.shared, where),
    )


def weights_toml(weights: Weights, remark: Callable[[str, str], str] = lambda *_: "") -> str:
    """The whole table as `read_weights` reads it; `remark(field, level)` goes behind a level."""
    return "\n".join(_lines(weights, remark)) + "\n"


# --- reading --------------------------------------------------------------------------------------


def _tables(tree: Mapping[str, Any], name: str, shipped: Table, where: str) -> Table:
    """Levels by field, none of them far from its prior."""
    fields = _mapping(tree.get(name, {}), f"{where}: {name}")
    _known(fields, shipped, f"{where}: {name}")
    found = {}
    for field, priors in shipped.items():
        place = f"{where}: {name}.{field}"
        given = _mapping(fields.get(field, {}), place)
        _known(given, priors, place)
        bits = {level: _number(value, f"{place}: {level}") for level, value in given.items()}
        for level, value in bits.items():
            if abs(value - priors[level]) > FARTHEST:
                raise BadSettings(
                    f"{place}: {level}: {value:g} is over {FARTHEST:g} bits from the prior, "
                    f"{priors[level]:g}"
                )
        found[field] = {**priors, **bits}
    return found


def _rarity(tree: Mapping[str, Any], where: str) -> Table:
    """Names may be any: a list that is given stands for the whole of it."""
    fields = _mapping(tree.get("rarity", {}), f"{where}: rarity")
    _known(fields, SHIPPED.rarity, f"{where}: rarity")
    given = {
        field: {
            name: _positive(value, f"{where}: rarity.{field}: {name}")
            for name, value in _mapping(names, f"{where}: rarity.{field}").items()
        }
        for field, names in fields.items()
    }
    return {**SHIPPED.rarity, **given}


def _bits(
    tree: Mapping[str, Any], name: str, shipped: Mapping[str, float], where: str
) -> Mapping[str, float]:
    given = _mapping(tree.get(name, {}), f"{where}: {name}")
    _known(given, shipped, f"{where}: {name}")
    return {
        **shipped,
        **{key: _positive(value, f"{where}: {name}.{key}") for key, value in given.items()},
    }


def _known(given: Mapping[str, Any], known: Any, where: str) -> None:
    for name in given:
        if name not in known:
            raise BadSettings(f"{where}: {name}: unknown; there are {', '.join(known)}")


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadSettings(f"{where}: not a table")
    return value


def _positive(value: Any, where: str) -> float:
    number = _number(value, where)
    if not 0 <= number <= MOST:
        raise BadSettings(f"{where}: {number:g} is not between 0 and {MOST:g}")
    return number


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadSettings(f"{where}: not a finite number")
    return float(value)


# --- writing --------------------------------------------------------------------------------------


def _lines(weights: Weights, remark: Callable[[str, str], str]) -> Iterator[str]:
    for name, tables in (("levels", weights.levels), ("names", weights.names)):
        for field, table in tables.items():
            yield f"\n[{name}.{field}]"
            for level, bits in table.items():
                said = remark(field, level)
                yield _line(level, bits) + (f"  # {said}" if said else "")
    yield from _table("unlisted", weights.unlisted)
    yield from _table("less", weights.less)
    yield from _table("shared", weights.shared)
    for field, names in weights.rarity.items():
        yield from _table(f"rarity.{field}", names)


def _table(name: str, bits: Mapping[str, float]) -> Iterator[str]:
    yield f"\n[{name}]"
    yield from (_line(key, value) for key, value in bits.items())


def _line(key: str, bits: float) -> str:
    """Keys are levels and folded names: letters, blanks and commas, so quotes are enough."""
    return f'"{key}" = {bits!r}'
