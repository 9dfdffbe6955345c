"""kill -9 at random moments under load: counts what was lost and what came twice.

The real service runs in processes of its own against loopback X and Slack servers. While items
keep coming, a node is killed at a random moment and started again, over and over. Then the
feed stops, the service catches up, and every item that was sent is looked for: once in the
database, once as a card in every channel that was owed one.

    python benchmarks/kill.py --kills 200
    python benchmarks/kill.py --kills 200 --nodes 2 --postgres

`--postgres` starts a server of its own, or takes the URL of an empty database.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import create_engine, text

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.servers.postgres import NO_SERVER, fresh_database, own_postgres
from tests.servers.slack import BOT_TOKEN, Slack
from tests.servers.x import TOKEN, USER_ID, XServer

START = "from console.cli import main; main()"
CATCH_UP_SECONDS = 900
PORT = 18200
PHRASES = (
    "there is a man with a knife outside the shop",
    "my bike was stolen last night from the station",
    "what time does the front desk open",
    "he hit me again and i am scared to go home",
    "thanks for the help yesterday",
    "someone is breaking into the house next door right now",
    "lost my wallet in Market Place",
)

CONFIG = """
[desk]
name = "Westbridge Police"
[storage]
url = "{url}"
[[collector]]
kind = "x"
account = "westbridgepolice"
user_id = "{user_id}"
bearer_token = "{token}"
base_url = "{x_url}"
every_seconds = 0.5
[[sink]]
kind = "slack"
bot_token = "{bot}"
base_url = "{slack_url}"
per_second = 500
[sink.channels]
control_room = "C01"
desk = "C02"
safeguarding = "C03"
comms = "C04"
[console]
bind = "127.0.0.1:{port}"
[engine]
node = "{node}"
sweep_seconds = 1
hold_seconds = 3
[logging]
level = "ERROR"
"""


class Nodes:
    """The processes of the service."""

    def __init__(self, configs: list[Path], log: Path) -> None:
        self._configs = configs
        self._log = log.open("ab")
        self._running: dict[int, subprocess.Popen[bytes]] = {}

    def __len__(self) -> int:
        return len(self._configs)

    def start(self, number: int) -> None:
        self._running[number] = subprocess.Popen(
            [sys.executable, "-c", START, "run", "--config", str(self._configs[number])],
            cwd=self._configs[number].parent,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
            stdout=self._log,
            stderr=self._log,
        )

    def kill(self, number: int) -> None:
        self._running[number].send_signal(signal.SIGKILL)
        self._running[number].wait()

    def alive(self, number: int) -> bool:
        return self._running[number].poll() is None

    def stop(self) -> None:
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


def feed(x: XServer, rate: float, stop: threading.Event, draw: random.Random) -> None:
    """Send items at `rate` a second until told to stop."""
    number = 0
    while not stop.is_set():
        number += 1
        channel = draw.choice(["x_dm", "x_mention"])
        author = {"account_id": str(7000 + number % 400), "handle": f"person{number % 400}"}
        words = f"{draw.choice(PHRASES)} ({number})"
        x.feed([{"channel": channel, "text": words, "author": author}])
        stop.wait(draw.expovariate(rate))


def wait_ready(port: int) -> None:
    """Wait until a node answers for the first time."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("a node does not come up: see the log")


def wait_caught_up(url: str, expected: int) -> float:
    """Wait until every item is stored, triaged and shown; returns the seconds it took."""
    began, calm = time.monotonic(), 0
    engine = create_engine(url)
    while time.monotonic() - began < CATCH_UP_SECONDS and calm < 3:
        with engine.connect() as tx:
            stored = tx.execute(text("SELECT count(*) FROM items")).scalar_one()
            waiting = tx.execute(
                text("SELECT count(*) FROM items WHERE state = 'received'")
            ).scalar_one()
            owed = tx.execute(
                text("SELECT count(*) FROM outbox WHERE delivered = 0 AND key LIKE 'card:%'")
            ).scalar_one()
        if time.monotonic() - began > 5:
            print(f"  stored {stored} of {expected}, waiting {waiting}, owed {owed}", flush=True)
        calm = calm + 1 if stored >= expected and not waiting and not owed else 0
        time.sleep(1)
    engine.dispose()
    return time.monotonic() - began


def judge(url: str, x: XServer, slack: Slack) -> bool:
    """Print the counts; whether nothing was lost and nothing came twice."""
    sent = Counter([*x.posts, *x.messages])
    engine = create_engine(url)
    with engine.connect() as tx:
        stored = Counter(tx.execute(text("SELECT external_id FROM items")).scalars())
        waiting = tx.execute(
            text("SELECT count(*) FROM items WHERE state = 'received'")
        ).scalar_one()
        cards = set(tx.execute(text("SELECT key FROM outbox WHERE key LIKE 'card:%'")).scalars())
    engine.dispose()
    posted = Counter(_keys(slack))
    lost = sum((sent - stored).values())
    doubled = sum((stored - Counter(set(stored))).values())
    cards_lost = len(cards - set(posted))
    cards_doubled = sum(count - 1 for count in posted.values())
    print(f"items sent        {sum(sent.values())}")
    print(f"items stored      {sum(stored.values())}, lost {lost}, doubled {doubled}")
    print(f"items not triaged {waiting}")
    print(f"cards owed        {len(cards)}, lost {cards_lost}, doubled {cards_doubled}")
    return not (lost or doubled or waiting or cards_lost or cards_doubled)


def _keys(slack: Slack) -> list[str]:
    keys = []
    for messages in slack.messages.values():
        for message in messages:
            payload = message.get("metadata", {}).get("event_payload", {})
            if str(payload.get("key", "")).startswith("card:"):
                keys.append(payload["key"])
    return keys


def kill_at_random(nodes: Nodes, count: int, draw: random.Random, *, longest: float) -> int:
    """Kill and start nodes again; returns how many had fallen by themselves."""
    fell = 0
    for kill in range(1, count + 1):
        time.sleep(draw.uniform(0.05, longest))
        number = draw.randrange(len(nodes))
        fell += not nodes.alive(number)
        nodes.kill(number)
        nodes.start(number)
        if kill % 20 == 0:
            print(f"{kill} kills", flush=True)
    return fell


def write_config(path: Path, number: int, **values: str) -> Path:
    """The settings of one node."""
    path.write_text(
        CONFIG.format(
            user_id=USER_ID,
            token=TOKEN,
            bot=BOT_TOKEN,
            port=PORT + number,
            node=f"node{number}",
            **values,
        )
    )
    return path


def measure(wanted: argparse.Namespace, url: str, folder: Path) -> bool:
    """Feed, kill, catch up and judge; whether all was well."""
    draw, stop = random.Random(wanted.seed), threading.Event()
    with XServer(tokens={TOKEN: USER_ID}) as x, Slack() as slack:
        places = {"url": url, "x_url": x.url, "slack_url": slack.base_url}
        configs = [
            write_config(folder / f"node{number}.toml", number, **places)
            for number in range(wanted.nodes)
        ]
        nodes = Nodes(configs, folder / "log")
        for number in range(wanted.nodes):
            nodes.start(number)
            wait_ready(PORT + number)
        feeder = threading.Thread(target=feed, args=(x, wanted.rate, stop, draw), daemon=True)
        feeder.start()
        began = time.monotonic()
        fell = kill_at_random(nodes, wanted.kills, draw, longest=wanted.longest)
        stop.set()
        feeder.join()
        print(
            f"{wanted.kills} kills in {time.monotonic() - began:.0f} s on "
            f"{url.partition(':')[0]}, {wanted.nodes} node(s); {fell} had fallen by themselves"
        )
        took = wait_caught_up(url, len(x.posts) + len(x.messages))
        print(f"caught up after   {took:.0f} s")
        nodes.stop()
        return judge(url, x, slack)


def main() -> None:
    """Run the kills and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--nodes", type=int, default=1)
    parser.add_argument("--postgres", nargs="?", const="own", help="not SQLite")
    parser.add_argument("--rate", type=float, default=8.0, help="items a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, default=6.0, help="seconds between kills")
    wanted = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="firstcontact-kill-"))
    with ExitStack() as stack:
        url = wanted.postgres or f"sqlite:///{folder / 'desk.db'}"
        if url == "own":
            server = stack.enter_context(own_postgres())
            if server is None:
                raise SystemExit(NO_SERVER)
            url = stack.enter_context(fresh_database(server.url))
        well = measure(wanted, url, folder)
    print(f"log               {folder / 'log'}")
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
