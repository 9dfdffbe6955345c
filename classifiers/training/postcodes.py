"""Writes which postcode sectors there are (`triage/identify/postcodes.txt`).

The source is the ONS Postcode Directory (OGL v3, see NOTICE), as lines of an outward code, a tab,
and for each sector its digit, a colon and the units: `M20<TAB>1:AAAB 2:BXBY`. Units are left out.

    python -m classifiers.training.postcodes postcode_units.txt.gz
"""

import argparse
import gzip
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from triage.identify.postcodes import TABLE

LINE = re.compile(r"(?P<out>[A-Z]{1,2}\d[A-Z\d]?)\t(?P<sectors>(?:\d:[A-Z]+ ?)+)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="units by outward code, gzipped")
    with gzip.open(parser.parse_args().file, "rt", encoding="ascii") as lines:
        TABLE.write_text("".join(table(lines)), encoding="ascii")


def table(lines: Iterable[str]) -> Iterator[str]:
    """A line for each outward code: the code and the digits of its sectors."""
    for line in lines:
        match = LINE.fullmatch(line.strip())
        if match is None:
            raise ValueError(f"not an outward code with its units: {line[:20]!r}")
        digits = sorted(sector[0] for sector in match["sectors"].split())
        yield f"{match['out']} {''.join(digits)}\n"


if __name__ == "__main__":
    main()
