"""A collector with its counterpart, ready for the contract suite and the vendors' own tests."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from collectors import build
from collectors.x import XCollector as XReader
from config.settings import FacebookCollector, ReplayCollector, WebhookCollector, XCollector
from tests.servers import facebook, x
from tests.servers.facebook import FacebookServer
from tests.servers.social_vendor import SocialVendor
from tests.servers.x import XServer
from triage.errors import FirstContactError
from triage.model import Arrival, Change, Harvest
from triage.ports import Collector

NOW = datetime(2026, 11, 23, 9, 41, tzinfo=UTC)
OWN = {"account_id": "1001", "handle": "westbridgepolice"}
OWN_PAGE = {"account_id": "2002", "display_name": "Westbridge Police"}
WRITER = {"account_id": "5005", "handle": "k8_loom", "display_name": "K8 Loom"}


@dataclass
class Hands:
    """A clock that stands until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, **amount: float) -> datetime:
        self.now += timedelta(**amount)
        return self.now


@dataclass
class Shelf:
    """Keeps harvests as storage does: each with its cursor, items by key, texts as versions."""

    cursor: str = ""
    texts: dict[str, list[str]] = field(default_factory=dict)
    changes: list[tuple[str, Change]] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    harvests: list[Harvest] = field(default_factory=list)

    def keep(self, harvest: Harvest) -> None:
        self.cursor = harvest.cursor
        self.harvests.append(harvest)
        for arrival in harvest.arrivals:
            item = arrival.item
            self.arrivals.append(arrival)
            self.changes.append((item.id, arrival.change))
            versions = self.texts.setdefault(item.id, [])
            if arrival.change is not Change.DELETE and versions[-1:] != [item.text]:
                versions.append(item.text)

    def fill(self, collector: Collector) -> Self:
        """Poll once from where the shelf stands and keep every harvest."""
        for harvest in collector.collect(self.cursor):
            self.keep(harvest)
        return self

    def complaint(self, collector: Collector) -> str:
        """What a poll ended with; "" if all went well."""
        try:
            self.fill(collector)
        except FirstContactError as error:
            return str(error)
        return ""

    @property
    def problems(self) -> list[str]:
        return [problem for harvest in self.harvests for problem in harvest.problems]

    @property
    def rejected(self) -> list[tuple[str, bytes]]:
        return [each for harvest in self.harvests for each in harvest.rejected]


@dataclass
class Rig:
    """`feed` makes new texts arrive at the platform, one second after another."""

    name: str
    build: Callable[[float], Collector]
    feed: Callable[[list[str]], None]
    feed_own: Callable[[str], None]
    clock: Hands
    vendor: SocialVendor | None = None
    route: str = ""
    shelf: Shelf = field(default_factory=Shelf)
    patience: float = 10

    def poll(self, *, pages: int | None = None) -> list[Arrival]:
        """Poll with a collector that knows nothing but the cursor; stop (die) after some pages."""
        before = len(self.shelf.arrivals)
        harvests = self.make().collect(self.shelf.cursor)
        for number, harvest in enumerate(harvests, 1):
            self.shelf.keep(harvest)
            if number == pages:
                harvests.close()  # type: ignore[attr-defined]
                break
        return self.shelf.arrivals[before:]

    def make(self) -> Collector:
        """A collector as after a restart, that waits so many seconds for an answer."""
        return self.build(self.patience)

    @property
    def texts(self) -> list[str]:
        return sorted(versions[-1] for versions in self.shelf.texts.values())

    @property
    def network(self) -> SocialVendor:
        assert self.vendor is not None
        return self.vendor


def x_settings(vendor: SocialVendor, **changes: Any) -> XCollector:
    values = {
        "kind": "x",
        "account": "westbridgepolice",
        "user_id": x.USER_ID,
        "bearer_token": x.TOKEN,
        "base_url": vendor.url,
        "timeout_seconds": 10,
    }
    return XCollector.model_validate({**values, **changes})


def facebook_settings(vendor: SocialVendor, **changes: Any) -> FacebookCollector:
    values = {
        "kind": "facebook",
        "page_id": facebook.PAGE_ID,
        "page_token": facebook.TOKEN,
        "app_secret": facebook.SECRET,
        "base_url": vendor.url,
        "timeout_seconds": 10,
    }
    return FacebookCollector.model_validate({**values, **changes})


def _timed(clock: Hands, texts: list[str], item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for text in texts:
        yield {**item, "text": text, "sent_at": clock.move(seconds=1).isoformat()}
    clock.move(seconds=10)


def _network_rig(
    name: str,
    vendor: SocialVendor,
    settings: XCollector | FacebookCollector,
    item: dict[str, Any],
    own: dict[str, str],
) -> Rig:
    clock = Hands()
    return Rig(
        name=name,
        build=lambda patience: build(
            settings.model_copy(update={"timeout_seconds": patience}), clock
        ),
        feed=lambda texts: _fed(vendor, _timed(clock, texts, {"author": WRITER, **item})),
        feed_own=lambda text: _fed(vendor, _timed(clock, [text], {**item, "author": own})),
        clock=clock,
        vendor=vendor,
        route=ROUTES[name],
    )


def _fed(vendor: SocialVendor, items: Iterator[dict[str, Any]]) -> None:
    vendor.feed(items)


ROUTES = {
    "x mentions": "mentions",
    "x messages": "dms",
    "facebook comments": "comments",
    "facebook messages": "messages",
}


def x_rig(source: str, stack: ExitStack, *, page_size: int = 3) -> Rig:
    vendor = stack.enter_context(XServer(page_size=page_size, tokens={x.TOKEN: x.USER_ID}))
    channel = "x_mention" if source == "mentions" else "x_dm"
    name = "x mentions" if source == "mentions" else "x messages"
    settings = x_settings(vendor, sources=(source,))
    return _network_rig(name, vendor, settings, {"channel": channel}, OWN)


def facebook_rig(source: str, stack: ExitStack, *, page_size: int = 3) -> Rig:
    vendor = stack.enter_context(FacebookServer(page_size=page_size))
    channel = "fb_comment" if source == "comments" else "fb_message"
    settings = facebook_settings(vendor, sources=(source,))
    item = {"channel": channel, "thread_id": "2002_1" if source == "comments" else "t_1"}
    return _network_rig(f"facebook {source}", vendor, settings, item, OWN_PAGE)


def replay_rig(folder: Path) -> Rig:
    file, clock = folder / "items.jsonl", Hands()
    file.touch()
    settings = ReplayCollector(kind="replay", file=file)

    def feed(texts: list[str]) -> None:
        with file.open("a", encoding="utf-8") as lines:
            for item in _timed(clock, texts, {"channel": "x_dm", "author": WRITER}):
                lines.write(json.dumps(item) + "\n")

    return Rig(
        name="replay",
        build=lambda patience: build(settings, clock),
        feed=feed,
        feed_own=lambda text: None,
        clock=clock,
    )


def webhook_settings(**changes: Any) -> WebhookCollector:
    values = {"kind": "webhook", "account": "gateway", "secret": "invented-shared-secret"}
    return WebhookCollector.model_validate({**values, **changes})


class XDesk:
    """The collector of X over several polls, with a clock to move."""

    def __init__(self, network: XServer, **settings: object) -> None:
        self.clock = Hands()
        self.network = network
        self.collector = XReader(x_settings(network, **settings), self.clock)
        self.shelf = Shelf()

    def mention(self, text: str, **fields: object) -> str:
        return self._add(text, {"channel": "x_mention", **fields})

    def message(self, text: str, **fields: object) -> str:
        return self._add(text, {"channel": "x_dm", **fields})

    def _add(self, text: str, fields: dict[str, object]) -> str:
        item = {"text": text, "author": WRITER, "sent_at": self.clock.move(seconds=1).isoformat()}
        return self.network.add({**item, **fields})

    def poll(self) -> list[Arrival]:
        before = len(self.shelf.arrivals)
        self.shelf.fill(self.collector)
        return self.shelf.arrivals[before:]

    def poll_texts(self) -> list[str]:
        return sorted(arrival.item.text for arrival in self.poll())
