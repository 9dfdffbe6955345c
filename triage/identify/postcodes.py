"""Which postcodes there are: outward codes and sectors of Great Britain, and what misreads mean.

`postcodes.txt` is made by `classifiers/training/postcodes.py` from open data of 2025. New districts
come, and invented ones stand in test data: what is not there is less sure, never impossible.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import product
from pathlib import Path

TABLE = Path(__file__).with_name("postcodes.txt")
OUTWARD = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?")
UNIT = re.compile(r"\d[ABD-HJLNP-UW-Z]{2}")
"""The second half: six letters never stand there."""

NORTHERN_IRELAND = re.compile(r"BT\d{1,2}")
"""Its codes are not open data: any of this form may be."""

ALIKE = {"0": "0O", "O": "O0", "1": "1I", "I": "I1", "L": "L1"}


@lru_cache(maxsize=1)
def sectors() -> Mapping[str, str]:
    """The digits of the sectors of each outward code."""
    lines = TABLE.read_text(encoding="ascii").splitlines()
    return dict(line.split(" ") for line in lines)


def known(outward: str, inward: str) -> bool:
    """Whether a postcode in capitals is one as far as can be told: its sector is there."""
    if OUTWARD.fullmatch(outward) is None or UNIT.fullmatch(inward) is None:
        return False
    if NORTHERN_IRELAND.fullmatch(outward):
        return True
    return inward[0] in sectors().get(outward, "")


def mended(written: str) -> str:
    """What is meant by capitals and digits without blanks in which O and 0, I and 1 were mixed up.

    `M2O4BX` is `M20 4BX`. "" unless exactly one reading is known.
    """
    readings = {each for each in _readings(written) if known(each[:-3], each[-3:])}
    if len(readings) != 1:
        return ""
    (whole,) = readings
    return f"{whole[:-3]} {whole[-3:]}"


def _readings(written: str) -> Iterator[str]:
    """The unit's letters are taken as they stand: neither O nor I is among them."""
    for letters in product(*(ALIKE.get(each, each) for each in written[:-2])):
        yield "".join(letters) + written[-2:]
