"""Which items are put to one incident: pairs right and missed, and what one item costs.

Two sets: messages typed by hand (benchmarks/data/incidents/hand.tsv, incidents of even number to
look at while the rules are written, odd ones only to judge), and a seeded stream: several of one
kind at once in different places, one place at different times, two matters in one place,
retellings, chatter about the news of it, and routine noise.

    python benchmarks/incidents.py
    python benchmarks/incidents.py --read          # with the classifier, as the service does it
    python benchmarks/incidents.py --read --gazetteer benchmarks/data/incidents/places.csv
    python benchmarks/incidents.py --streets FILE.csv --gazetteer FILE.csv   # streets of your own
    python benchmarks/incidents.py --volume 15000                            # cost of one item
"""

import argparse
import csv
import random
import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

import classifiers
from config.settings import Settings
from console.gazetteer import opened_rows, read_gazetteer
from storage.store import SqlStore, connect
from triage.flow import unread
from triage.gazetteer import NOWHERE, Gazetteer
from triage.incidents import Board, assign
from triage.model import Arrival, Case, Harvest, History, Item, Link, Priority, Verdict
from triage.ports import Reading, Triaged
from triage.priority import prioritise
from triage.scenes import Scene, as_read, scene_of
from triage.taxonomy import Kind

HERE = Path(__file__).parent / "data" / "incidents"
BEGIN = datetime(2026, 11, 20, 6, tzinfo=UTC)
BATCH = 32
PHRASES = HERE / "phrases.tsv"
ALONE = ("e", "o")
"""What the hand-written set calls messages that tell of no incident, by half."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message, when it came, and the incident it tells of ("" none)."""

    minute: float
    text: str
    incident: str


# --- the hand-written set -------------------------------------------------------------------------


def by_hand(half: int) -> list[Message]:
    """Messages of the incidents with even (0) or odd (1) numbers, and that half of the rest."""
    with (HERE / "hand.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Message(float(minute), text, "" if incident in ALONE else incident)
        for incident, minute, text in rows
        if (incident == ALONE[half]) or (incident not in ALONE and int(incident) % 2 == half)
    ]


# --- the seeded stream ----------------------------------------------------------------------------

SYLLABLES = """ash bar cal dun el fen gar hol ing kel lang mor nor ock pen quar ros sel tor ul ven
wal yar zel bry cro dra fro gle pri stan thor"""
ENDS = "ley ton ham ford wick den by combe stead ridge"
TYPES = "Road Street Lane Avenue Close Drive Way Crescent Terrace Grove"
SHORT = {"Road": "Rd", "Street": "St", "Lane": "Ln", "Avenue": "Ave", "Close": "Cl",
         "Drive": "Dr", "Crescent": "Cres", "Terrace": "Terr"}  # fmt: skip
LANDMARKS = "Park;Bridge;Station;Arms;Retail Park;Primary School;Common;Estate;Library"
BESIDE = ("the Esso", "the Co-op", "the church", "the bus stop", "the pharmacy", "Greggs",
          "the chip shop", "the mosque", "the school gates", "the car wash")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Street:
    """Where something happens: a name, its town, and a place on the map if one is known."""

    name: str
    town: str


class Stream:
    """Incidents and all that is said about them, drawn from phrases with one seed."""

    def __init__(self, seed: int, streets: Sequence[Street] = ()) -> None:
        self._draw = random.Random(seed)
        self._streets = list(streets) or self._invented()
        self._phrases = _phrases()

    def messages(self, count: int, *, hours: float = 48) -> list[Message]:
        """About `count` messages over so many hours, in order of time."""
        found: list[Message] = []
        number = 0
        while len(found) < count:
            number += 1
            found += self._incident(f"{number}", self._draw.uniform(0, hours * 60))
        return sorted(found, key=lambda each: each.minute)

    def _incident(self, name: str, minute: float) -> Iterator[Message]:
        """One incident, often with a twin that must not be mixed up with it, and noise."""
        draw = self._draw
        kind = draw.choices(self._phrases.kinds, weights=self._phrases.weights)[0]
        street = draw.choice(self._streets)
        yield from self._tellings(name, kind, street, minute)
        twin = draw.random()
        if twin < 0.25:
            other = draw.choice(self._streets)
            yield from self._tellings(name + "a", kind, other, minute + draw.uniform(-20, 20))
        elif twin < 0.35:
            later = minute + draw.uniform(240, 900)
            yield from self._tellings(name + "b", kind, street, later)
        elif twin < 0.45:
            another = draw.choice([each for each in self._phrases.kinds if each != kind])
            yield from self._tellings(name + "c", another, street, minute + draw.uniform(-40, 40))
        elif twin < 0.46:
            town = draw.choice([each for each in self._streets if each.town != street.town]).town
            namesake = Street(street.name, town)
            yield from self._tellings(name + "d", kind, namesake, minute + draw.uniform(-30, 30))
        for _ in range(draw.choice((0, 0, 1, 2, 3))):
            yield Message(minute + draw.uniform(10, 110), self._chatter(kind, street), "")
        for _ in range(draw.choice((1, 2, 3, 4))):
            yield Message(draw.uniform(0, 2880), self._noise(), "")

    def _tellings(self, name: str, kind: str, street: Street, minute: float) -> Iterator[Message]:
        draw = self._draw
        house = draw.randint(1, 99) if draw.random() < 0.2 else 0
        beside = draw.choice(BESIDE) if draw.random() < 0.4 else ""
        count = min(12, 1 + int(draw.expovariate(0.45)))
        phrases = draw.sample(self._phrases.told[kind], min(count, len(self._phrases.told[kind])))
        for phrase in phrases:
            where = self._where(street, house, beside)
            text = self._dressed(phrase.replace("{place}", where))
            yield Message(minute, text, name)
            minute += draw.expovariate(1 / 6)

    def _where(self, street: Street, house: int, beside: str) -> str:
        draw = self._draw
        name = street.name
        first, _, kind = name.rpartition(" ")
        if draw.random() < 0.25 and kind in SHORT:
            name = f"{first} {SHORT[kind]}"
        if house and draw.random() < 0.7:
            name = f"{house} {name}"
        elif beside and draw.random() < 0.5:
            name = f"{name} by {beside}"
        if draw.random() < 0.3:
            name += draw.choice((f", {street.town}", f" in {street.town}", f" {street.town}"))
        return name

    def _chatter(self, kind: str, street: Street) -> str:
        phrase = self._draw.choice(self._phrases.chatter)
        thing = self._draw.choice(self._phrases.things[kind])
        return self._dressed(phrase.format(thing=thing, place=self._where(street, 0, "")))

    def _noise(self) -> str:
        street = self._draw.choice(self._streets)
        return self._dressed(self._draw.choice(self._phrases.noise).format(place=street.name))

    def _dressed(self, text: str) -> str:
        """As people type: some in small letters, some loud, some addressed."""
        draw = self._draw
        way = draw.random()
        text = text.lower() if way < 0.4 else text.upper() if way < 0.43 else text
        if draw.random() < 0.2:
            text = f"@westbridgepolice {text}"
        return text + draw.choice(("", "", "", "!", "!!", " please", " asap"))

    def _invented(self) -> list[Street]:
        draw = self._draw
        names = [f"{a.title()}{b}" for a in SYLLABLES.split() for b in ENDS.split()]
        towns = draw.sample(names, 8)
        kinds = [TYPES.split()] * 4 + [LANDMARKS.split(";")]
        roads = [f"{draw.choice(names)} {draw.choice(draw.choice(kinds))}" for _ in range(1500)]
        roads += ["High Street", "Station Road", "Church Lane", "Victoria Road", "Mill Lane"]
        return [Street(road, draw.choice(towns)) for road in roads]


@dataclass(frozen=True, slots=True)
class Phrases:
    """What is said: tellings and short names by kind, chatter, and noise."""

    kinds: list[str]
    weights: list[float]
    told: dict[str, list[str]]
    things: dict[str, list[str]]
    chatter: list[str]
    noise: list[str]


def _phrases() -> Phrases:
    with PHRASES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    by: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for group, kind, text in rows:
        by[group][kind].append(text)
    kinds = sorted(by["told"])
    weights = [1.0 / (1 + number) ** 0.7 for number in range(len(kinds))]
    return Phrases(
        kinds=kinds,
        weights=weights,
        told=by["told"],
        things=by["thing"],
        chatter=by["chatter"][""],
        noise=by["noise"][""],
    )


# --- measuring ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """Pairs put together rightly and wrongly, pairs that belong together, and the wrong ones."""

    right: int
    put: int
    wanted: int
    wrong: list[tuple[str, str]]

    def line(self, name: str, messages: Sequence[Message]) -> str:
        precision = self.right / self.put if self.put else 1.0
        recall = self.right / self.wanted if self.wanted else 1.0
        incidents = len({each.incident for each in messages if each.incident})
        return (
            f"{name:<26}{len(messages):>9}{incidents:>11}{self.put:>8}"
            f"{precision:>11.3f}{recall:>8.3f}"
        )


Reader = Callable[[Item], tuple[Verdict, Priority]]
"""What the classifier and the rules make of an item by itself."""


def grouped(
    messages: Sequence[Message], gazetteer: Gazetteer, reader: Reader | None = None
) -> list[str]:
    """The incident each message is put to, as they arrive."""
    board, names = Board(), list[str]()
    for number, message in enumerate(messages):
        item = item_of(message, number)
        scene = scene_of(item, gazetteer)
        if reader is not None:
            scene = as_read(scene, *reader(item))
        name = assign(scene, board.near(scene)) or str(number)
        board.put(name, scene)
        names.append(name)
    return names


def shipped_reader() -> Reader:
    """The shipped classifier, which is asked once about each text."""

    @cache
    def read(text: str) -> Verdict:
        return model.read([Reading(text=text)])[0]

    def reader(item: Item) -> tuple[Verdict, Priority]:
        verdict = read(item.text)
        return verdict, prioritise(item, verdict, History()).priority

    model = classifiers.load(Settings().classifier)
    return reader


def item_of(message: Message, number: int) -> Item:
    return Item(
        id=str(number),
        channel="x_mention",
        account="westbridgepolice",
        sent_at=BEGIN + timedelta(minutes=message.minute),
        text=message.text,
        kind=Kind.MENTION,
    )


def judged(messages: Sequence[Message], names: Sequence[str]) -> Outcome:
    """Pairs of messages in one group, beside pairs that tell of one incident."""
    groups: dict[str, list[Message]] = defaultdict(list)
    for name, message in zip(names, messages, strict=True):
        groups[name].append(message)
    right, put, wrong = 0, 0, list[tuple[str, str]]()
    for members in groups.values():
        for place, one in enumerate(members):
            for other in members[:place]:
                put += 1
                if one.incident and one.incident == other.incident:
                    right += 1
                else:
                    wrong.append((other.text, one.text))
    sizes = Counter(each.incident for each in messages if each.incident)
    wanted = sum(size * (size - 1) // 2 for size in sizes.values())
    return Outcome(right=right, put=put, wanted=wanted, wrong=wrong)


def streets_of(path: Path) -> list[Street]:
    """Streets of a file, with the area (`borough`, `area`) as their town."""
    return [
        Street(str(row.get("street") or row.get("name")), str(row.get("borough") or row["area"]))
        for row in opened_rows(path)
        if row.get("borough") or row.get("area")
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gazetteer", type=Path, nargs="*", default=[])
    parser.add_argument("--streets", type=Path, help="draw the stream's streets from this file")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--count", type=int, default=2000, help="messages of each stream")
    parser.add_argument("--read", action="store_true", help="with what the classifier makes of it")
    parser.add_argument("--volume", type=int, default=0, help="time this many messages in 48 hours")
    parser.add_argument("--wrong", action="store_true", help="list wrong pairs, odd half left out")
    asked = parser.parse_args()
    gazetteer = loaded(asked.gazetteer)
    reader = shipped_reader() if asked.read else None
    streets = streets_of(asked.streets) if asked.streets else []
    if asked.volume:
        messages = Stream(0, streets).messages(asked.volume)
        cost(messages, gazetteer)
        cost_in_store(messages, gazetteer)
        return
    print(f"{'set':<26}{'messages':>9}{'incidents':>11}{'pairs':>8}{'precision':>11}{'recall':>8}")
    sets = [("hand, even (looked at)", by_hand(0)), ("hand, odd (judge)", by_hand(1))]
    sets += [
        (f"stream, seed {seed}", Stream(seed, streets).messages(asked.count))
        for seed in range(asked.seeds)
    ]
    for name, messages in sets:
        ordered = sorted(messages, key=lambda each: each.minute)
        outcome = judged(ordered, grouped(ordered, gazetteer, reader))
        print(outcome.line(name, ordered))
        if asked.wrong and "odd" not in name:
            show(outcome.wrong[:25])


def show(pairs: Iterable[tuple[str, str]]) -> None:
    for one, other in pairs:
        print(f"    {one}\n    {other}\n")


def loaded(paths: Sequence[Path]) -> Gazetteer:
    """The gazetteer of some files, and what it costs."""
    if not paths:
        return NOWHERE
    before, began = _resident(), time.process_time()
    gazetteer = read_gazetteer(paths)
    names, took = len(gazetteer), time.process_time() - began
    print(f"gazetteer: {names} names, {took:.2f} s, {_resident() - before:.1f} MB")
    return gazetteer


def cost(messages: Sequence[Message], gazetteer: Gazetteer) -> None:
    """What one item costs: reading its scene, and finding its incident among those of 48 h."""
    items = [item_of(each, number) for number, each in enumerate(messages)]
    board, reading, finding = Board(), list[float](), list[float]()
    for number, item in enumerate(items):
        began = time.process_time()
        scene = scene_of(item, gazetteer)
        read = time.process_time()
        name = assign(scene, board.near(scene)) or str(number)
        board.put(name, scene)
        reading.append(read - began)
        finding.append(time.process_time() - read)
    print(f"{len(items)} items over 48 h, ms of CPU an item")
    for name, times in (("read the scene", reading), ("find the incident", finding)):
        ordered = sorted(times)
        mean, p99 = sum(times) / len(times), ordered[int(len(ordered) * 0.99)]
        print(f"{name:<26}mean{mean * 1e3:>8.3f}   p99{p99 * 1e3:>8.3f}")


def cost_in_store(messages: Sequence[Message], gazetteer: Gazetteer) -> None:
    """What settling an item costs in an SQLite file, with its incident and without."""
    for title, reads in (("settle without incidents", False), ("settle with incidents", True)):
        with TemporaryDirectory() as folder:
            store = connect(f"sqlite:///{folder}/store.db", clock=lambda: BEGIN)
            store.migrate()
            took = sum(
                _settle(store, messages[at : at + BATCH], at, gazetteer if reads else None)
                for at in range(0, len(messages), BATCH)
            )
            store.close()
        print(f"{title:<26}mean{took / len(messages) * 1e3:>8.3f}")


def _settle(
    store: SqlStore, messages: Sequence[Message], at: int, gazetteer: Gazetteer | None
) -> float:
    items = [item_of(each, at + number) for number, each in enumerate(messages)]
    arrivals = tuple(Arrival(item=item, payload=item.text.encode()) for item in items)
    refs = store.take_in("x:bench", Harvest(arrivals=arrivals, cursor=f"{at}"), now=BEGIN).refs
    outcomes = [
        _outcome(
            waiting.case, scene_of(waiting.case.item, gazetteer) if gazetteer is not None else None
        )
        for waiting in store.waiting(limit=BATCH, refs=refs)
    ]
    began = time.process_time()
    store.settle(outcomes)
    return time.process_time() - began


def _outcome(case: Case, scene: Scene | None) -> Triaged:
    verdict = unread("not asked")
    decision = prioritise(case.item, verdict, History())
    return Triaged(
        ref=case.ref,
        version=case.version,
        verdict=verdict,
        link=Link(),
        history=History(),
        decision=decision,
        cards=(),
        scene=scene,
    )


def _resident() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
