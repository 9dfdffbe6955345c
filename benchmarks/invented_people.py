"""Any number of invented people, each made from its number alone, and what they might write.

Households share surname, address and phone; names are as common as `triage.identify.namelist`
says, so namesakes abound. Postcodes are of no real area, phones of Ofcom's ranges for drama: so
few that each is shared by thousands, and only e-mails, plates and accounts tell people apart.

python benchmarks/invented_people.py 1000000 > people.jsonl
"""

import argparse
import json
import sys
from bisect import bisect
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Any

from triage.identify.lexicon import words
from triage.identify.namelist import FORENAME_BITS, FORENAMES, SURNAME_BITS
from triage.model import Author, Item
from triage.taxonomy import Kind

SEED = 4
SIZES = (1, 2, 4, 1, 3, 2, 5, 1, 2, 3)
"""How many live together, over and over."""

BEFORE = tuple(accumulate(SIZES, initial=0))
ROUND = sum(SIZES)
BORN_FROM, DAYS = date(1936, 1, 1), 72 * 365
STARTS = sorted(
    words(
        "alder ash birch bram brook cal dun elm fal fern gar hal hazel holm ivy kes lang lark lin "
        "lyn mar mead mill moor nor oak pen quar raven rook row sal sed thorn tor under wal wen "
        "wil yar"
    )
)
ENDS = sorted(
    words(
        "beck bourne bridge by combe cote croft dale den field ford gate ham hurst ley mere more "
        "ridge stead stow thorpe ton wade wick wood worth"
    )
)
TYPES = sorted(words("road street lane avenue close drive crescent terrace grove way"))
LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
DRAMA = ("07700 900{:03}", "01632 960{:03}", "0161 496 0{:03}", "020 7946 0{:03}")
NOW = datetime(2026, 11, 23, 9, 41, tzinfo=UTC)


class _Drawn:
    """Names drawn as often as they are borne; what is not listed is put together."""

    def __init__(self, bits: Mapping[str, float]) -> None:
        self._names = list(bits)
        self._sums = list(accumulate(2.0**-each for each in bits.values()))

    def draw(self, random: Random) -> str:
        """A listed name, or "" as often as people have others."""
        at = bisect(self._sums, random.random())
        return self._names[at].capitalize() if at < len(self._names) else ""


SURNAMES, COMMON_FORENAMES = _Drawn(SURNAME_BITS), _Drawn(FORENAME_BITS)
OTHER_FORENAMES = sorted(FORENAMES - set(FORENAME_BITS))


def invented(number: int, seed: int = SEED) -> dict[str, Any]:
    """The record of a number, as `firstcontact records import` reads it."""
    rounds, place = divmod(number, ROUND)
    size = bisect(BEFORE, place) - 1
    home = Random(f"{seed}:{rounds}:{size}")
    surname = _surname(home)
    address = {"line": _line(home), "postcode": _postcode(home)}
    phone = _phone(home)
    own = Random(f"{seed}:{number}")
    raw = {
        "record_id": f"P{number:09}",
        "forename": _forename(own),
        "middle_names": _forename(own) if own.random() < 0.6 else "",
        "surname": surname if own.random() < 0.9 else _surname(own),
        "date_of_birth": (BORN_FROM + timedelta(days=own.randrange(DAYS))).isoformat(),
        "sex": own.choice("FM"),
        "addresses": [address],
        "phones": [phone, _phone(own)] if own.random() < 0.7 else [phone],
    }
    _add_what_few_have(raw, number, own)
    return {key: value for key, value in raw.items() if value}


def _add_what_few_have(raw: dict[str, Any], number: int, own: Random) -> None:
    if own.random() < 0.6:
        raw["emails"] = [f"{raw['forename']}.{raw['surname']}.{number}@mail.example".lower()]
    if own.random() < 0.2:
        handle = {"platform": "x", "handle": f"{raw['forename']}{number}".lower()}
        raw["handles"] = [handle | {"account_id": str(10**9 + number)}]
    if own.random() < 0.5:
        raw["vehicles"] = [_plate(number)]
    if own.random() < 0.25:
        before = {"line": _line(own), "postcode": _postcode(own), "current": False}
        raw["addresses"] = [*raw["addresses"], before]
    if own.random() < 0.1:
        raw["preferred_name"] = _forename(own)
    if own.random() < 0.2:
        raw["cases"] = [{"reference": f"WB/{number:08}/26", "status": "open"}]


def _surname(random: Random) -> str:
    one = SURNAMES.draw(random) or (random.choice(STARTS) + random.choice(ENDS)).capitalize()
    if random.random() < 0.04:
        return f"{one}-{SURNAMES.draw(random) or 'Marsh'}"
    return one


def _forename(random: Random) -> str:
    return COMMON_FORENAMES.draw(random) or random.choice(OTHER_FORENAMES).capitalize()


def _line(random: Random) -> str:
    street = f"{random.choice(STARTS)}{random.choice(ENDS)} {random.choice(TYPES)}".title()
    line = f"{random.randrange(1, 180)} {street}"
    return f"Flat {random.randrange(1, 13)}, {line}" if random.random() < 0.15 else line


def _postcode(random: Random) -> str:
    out, sector = random.randrange(1, 100), random.randrange(10)
    return f"WB{out} {sector}{random.choice(LETTERS)}{random.choice(LETTERS)}"


def _phone(random: Random) -> str:
    return random.choice(DRAMA).format(random.randrange(1000))


def _plate(number: int) -> str:
    """Each plate once: numbers of the years 51 to 99, of which few are given out yet."""
    rest, year = divmod(number, 49)
    letters = ""
    for _ in range(5):
        rest, at = divmod(rest, len(LETTERS))
        letters += LETTERS[at]
    return f"{letters[:2]}{51 + year} {letters[2:]}"


# --- what they write ------------------------------------------------------------------------------

LETTERS_TO_THE_DESK = (
    "My name is {name}, I live at {line}, {postcode}. Somebody has been in my garden again.",
    "Hi, it's {name}, born {born}. I reported this last week and heard nothing.",
    "{name} here. You can reach me on {phone} or {email}. My car {plate} was keyed last night.",
    "This is {name}. Please call me back on {phone}, I'm frightened to go home.",
    "I'm {name} from {postcode}. Is anybody looking at what my neighbour did?",
    "Any news on {case}? My name's {name}.",
    "my email is {email} if you need me. the same lads are outside the shop",
    "Is the bridge on {line} still closed?",
)


def letters(
    people: int, count: int, seed: int = SEED, strangers: float = 0.2
) -> Iterator[tuple[Item, str]]:
    """Items of people drawn among so many, each with the record it is from.

    A share is from strangers, whose record id is "": names as common, nothing on record.
    """
    random = Random(f"letters:{seed}:{people}")
    for index in range(count):
        number = random.randrange(people)
        known = random.random() >= strangers
        raw = invented(number if known else 10**9 + number, seed if known else seed + 1)
        yield _letter(raw, index, random), raw["record_id"] if known else ""


def _letter(raw: Mapping[str, Any], index: int, random: Random) -> Item:
    handle = raw.get("handles", [{}])[0] if random.random() < 0.3 else {}
    text = random.choice(LETTERS_TO_THE_DESK).format(
        name=f"{raw['forename']} {raw['surname']}",
        line=raw["addresses"][0]["line"],
        postcode=raw["addresses"][0]["postcode"],
        born=date.fromisoformat(raw["date_of_birth"]).strftime("%d/%m/%Y"),
        phone=raw["phones"][-1],
        email=raw.get("emails", ["nobody@mail.example"])[0],
        plate=raw.get("vehicles", ["car"])[0],
        case=raw.get("cases", [{"reference": "my case"}])[0]["reference"],
    )
    return Item(
        id=str(index),
        channel="x_dm",
        account="westbridgepolice",
        sent_at=NOW,
        text=text,
        kind=Kind.DM,
        author=Author(
            account_id=handle.get("account_id", ""), handle=handle.get("handle", f"user{index}")
        ),
    )


def main() -> None:
    """Print so many records, one JSON object a line."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("people", type=int)
    asked.add_argument("--seed", type=int, default=SEED)
    options = asked.parse_args()
    for number in range(options.people):
        sys.stdout.write(json.dumps(invented(number, options.seed)) + "\n")


if __name__ == "__main__":
    main()
