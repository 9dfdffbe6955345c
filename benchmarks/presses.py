"""Random presses of many officers at once while the service is killed: what was done twice or lost.

The real service runs in a process of its own against a loopback Slack, which posts signed presses
as Slack does, one in twenty of them twice. Officers press whatever they like on whatever item, also
what is not possible any more, and fill in forms. The process is killed (`kill -9`) again and again
and started anew. Then every press that was answered with 200 is looked for in the audit trail, or
in what its officer was told; and the trail is played through for claims over somebody else's.

    python benchmarks/presses.py --presses 10000 --items 500 --officers 50 --kills 20
"""

import argparse
import json
import random
import re
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

sys.path.insert(0, str(Path(__file__).parents[1]))

from storage.store import SqlStore, connect, utc_now
from tests.servers.slack import (
    BOT_TOKEN,
    SIGNING_SECRET,
    Slack,
    block_actions,
    signed,
    view_submission,
)
from tests.service_rig import HOOK_SECRET, Running, sent
from triage.model import Event

CHANNELS = {"control_room": "C01", "desk": "C02", "safeguarding": "C03", "comms": "C04"}
CALM_SECONDS = 180
TWICE = 0.05
REF = re.compile(r"FC-\d\d-\d{4}-\d{4,}")
PHRASES = (
    "there is a man with a knife outside the shop",
    "my bike was stolen last night from the station",
    "what time does the front desk open",
    "he hit me again and i am scared to go home",
    "somebody keyed the cars in Tanner Row",
)
ACTIONS: Sequence[tuple[str, Mapping[str, str]]] = (
    ("fc_claim", {}),
    ("fc_claim", {}),
    ("fc_claim", {}),
    ("fc_release", {}),
    ("fc_hand_over:control_room", {}),
    ("fc_hand_over:safeguarding", {}),
    ("fc_hand_over:desk", {}),
    ("fc_accept", {}),
    ("fc_accept", {}),
    ("fc_return", {}),
    ("fc_undo", {}),
    ("fc_reopen", {}),
    ("fc_reopen", {}),
    ("fc_result", {"code": "advice", "ref": "42/1"}),
    ("fc_not_risk", {"reason": "a line from a film"}),
    ("fc_grade", {"priority": "3", "reason": "nobody is hurt"}),
    ("fc_grade", {"priority": "1", "reason": "she called again"}),
    ("fc_note", {"text": "called back"}),
    ("fc_correct", {"kind": "routine"}),
)

CONFIG = """
[desk]
name = "Westbridge Police"
[storage]
url = "sqlite:///{folder}/desk.db"
[[collector]]
kind = "webhook"
account = "webchat"
secret = "{hook}"
[[sink]]
kind = "slack"
bot_token = "{bot}"
signing_secret = "{signing}"
base_url = "{slack}"
per_second = 500
[sink.channels]
control_room = "C01"
desk = "C02"
safeguarding = "C03"
comms = "C04"
[console]
bind = "127.0.0.1:{port}"
[engine]
node = "one"
sweep_seconds = 1
hold_seconds = 3
[logging]
level = "ERROR"
"""


class WatchedSlack(Slack):
    """A Slack that notes when which card was brought to which version, and whom it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.changed: dict[str, list[tuple[float, int]]] = defaultdict(list)
        self.told: Counter[tuple[str, str]] = Counter()
        self.values: dict[str, str] = {}

    def _kept(self, fields: dict[str, Any]) -> dict[str, Any]:
        blocks = fields.get("blocks") or []
        blocks = json.loads(blocks) if isinstance(blocks, str) else blocks
        for block in blocks:
            key, _, version = str(block.get("block_id", "")).rpartition("#")
            if key.startswith("card:"):
                ref = key.split(":")[1]
                self.changed[ref].append((time.monotonic(), int(version)))
                self.values[ref] = block["elements"][0]["value"]
        return super()._kept(fields)

    def _chat_postEphemeral(self, fields: dict[str, Any]) -> dict[str, Any]:
        found = REF.search(str(fields.get("text", "")))
        self.told[(str(fields.get("user")), found[0] if found else "")] += 1
        return super()._chat_postEphemeral(fields)


@dataclass(kw_only=True)
class Pressed:
    """One press of an officer; `sent` is when it went out, by the monotonic clock."""

    id: str
    user: str
    ref: str
    action: str
    sent: float
    accepted: bool = False


@dataclass(kw_only=True)
class Day:
    """What happens during a run."""

    running: Running
    slack: WatchedSlack
    wanted: argparse.Namespace
    accepted: int = 0
    pressed: list[Pressed] = field(default_factory=list)
    down: list[tuple[float, float]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)


# --- the officers ---------------------------------------------------------------------------------


def officer(day: Day, number: int) -> None:
    """Press at random until enough was pressed; what is not accepted is not counted."""
    draw, session = random.Random(day.wanted.seed * 1000 + number), requests.Session()
    user, pause = f"U{number:02}", day.wanted.officers / day.wanted.rate
    time.sleep(draw.uniform(0, pause))
    for count in range(10**6):
        if day.stop.is_set():
            return
        press, payload = _drawn(day, draw, user, count)
        press.accepted = _sent(day, session, payload)
        if press.accepted and draw.random() < TWICE:
            _sent(day, session, payload)
        with day.lock:
            day.pressed.append(press)
            day.accepted += press.accepted
            if day.accepted >= day.wanted.presses:
                day.stop.set()
        day.stop.wait(draw.expovariate(1 / pause))


def _drawn(day: Day, draw: random.Random, user: str, count: int) -> tuple[Pressed, dict[str, Any]]:
    ref = draw.choice(sorted(day.slack.values))
    action, filled = draw.choice(ACTIONS)
    number, value = f"{user}.{count}", day.slack.values[ref]
    press = Pressed(id=number, user=user, ref=ref, action=action, sent=time.monotonic())
    if not filled:
        payload = block_actions(action, value, user=user)
        payload["actions"][0]["action_ts"] = number
        return press, payload
    kept = {"channel": "C02", "message": "1.1", "ref": value, "action": action}
    values = {
        key: {key: {"type": "plain_text_input", "value": text}} for key, text in filled.items()
    }
    payload = view_submission({"private_metadata": json.dumps(kept), "blocks": []}, values)
    payload["view"]["id"], payload["user"]["id"] = number, user
    return press, payload


_stamps = iter(range(10**9))


def _sent(day: Day, session: requests.Session, payload: dict[str, Any]) -> bool:
    """Post a press as Slack does; whether it was accepted. Each delivery is signed anew."""
    payload = payload | {"delivery": next(_stamps)}
    headers, body = signed(payload, int(time.time()))
    headers |= {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        url = f"{day.running.url}/slack/interactive"
        return session.post(url, data=body, headers=headers, timeout=3).status_code == 200
    except requests.RequestException:
        return False


def kill_again(day: Day) -> None:
    """Kill the service at random moments, as often as wanted, while officers press."""
    draw = random.Random(day.wanted.seed)
    about = day.wanted.presses / day.wanted.rate / max(1, day.wanted.kills + 1)
    for _ in range(day.wanted.kills):
        if day.stop.wait(draw.uniform(0.5 * about, 1.5 * about)):
            return
        began = time.monotonic()
        day.running.kill()
        day.running.start()
        day.down.append((began, time.monotonic()))


# --- the judgement --------------------------------------------------------------------------------


def judge(day: Day, store: SqlStore) -> bool:
    """Print what became of the presses; whether nothing was lost or done twice."""
    events = {ref: store.events(ref) for ref in day.slack.values}
    accepted = [each for each in day.pressed if each.accepted]
    double_claims = sum(_double_claims(each) for each in events.values())
    double_effects = sum(_double_effects(each) for each in events.values())
    lost = _lost(day, accepted, events)
    behind = _behind(day, store)
    done = {each.detail.get("press") for all_of in events.values() for each in all_of}
    effective = [each for each in accepted if each.id in done]
    print(f"presses sent      {len(day.pressed)}, accepted {len(accepted)}")
    print(f"carried out       {len(effective)}, refused or done {len(accepted) - len(effective)}")
    print(f"kills             {len(day.down)}")
    print(f"double claims     {double_claims}")
    print(f"double effects    {double_effects}")
    print(f"lost actions      {lost}")
    print(f"cards behind      {behind}")
    _print_latency(day, effective, events)
    store.verify()
    print("audit chain       holds")
    return not (double_claims or double_effects or lost or behind)


def _double_claims(events: Sequence[Event]) -> int:
    """Claims and accepts while somebody had the item; and two changes of one version."""
    owner, doubled = "", 0
    for event in events:
        before = event.detail.get("before", {})
        if event.action in ("claim", "accept"):
            doubled += bool(owner)
            owner = event.actor
        elif event.action == "undo":
            owner = _owner_before(events, event)
        elif event.action in ("result", "not_risk") or "claimed_by" in before:
            owner = ""
    return doubled


def _owner_before(events: Sequence[Event], undo: Event) -> str:
    undone = next(e for e in events if e.detail.get("version") == undo.detail["undone"])
    before = undone.detail.get("before", {})
    return str(before.get("claimed_by") or "") if "claimed_by" in before else ""


def _double_effects(events: Sequence[Event]) -> int:
    changing = [each for each in events if "press" in each.detail]
    presses = Counter((each.actor, each.detail["press"]) for each in changing)
    versions = Counter(each.detail["version"] for each in changing)
    return sum(count - 1 for counted in (presses, versions) for count in counted.values())


def _lost(day: Day, accepted: Sequence[Pressed], events: Mapping[str, Sequence[Event]]) -> int:
    """Accepted presses that are neither in the trail nor were answered to their officer."""
    asked = Counter((each.user, each.ref) for each in accepted)
    did = Counter(
        (str(event.actor).removeprefix("slack:"), ref)
        for ref, all_of in events.items()
        for event in all_of
        if "press" in event.detail
    )
    short = {who: count - did[who] - day.slack.told[who] for who, count in asked.items()}
    for who, count in short.items():
        if count > 0:
            print(f"  lost: {who} {count}", file=sys.stderr)
    return sum(count for count in short.values() if count > 0)


def _behind(day: Day, store: SqlStore) -> int:
    """Cards whose newest drawing is older than their item."""
    shown = {
        ref: max(version for _, version in all_of) for ref, all_of in day.slack.changed.items()
    }
    cases = {ref: store.case(ref) for ref in shown}
    return sum(case is not None and shown[ref] < case.version for ref, case in cases.items())


def _print_latency(
    day: Day, effective: Sequence[Pressed], events: Mapping[str, Sequence[Event]]
) -> None:
    versions = {
        event.detail["press"]: event.detail["version"]
        for all_of in events.values()
        for event in all_of
        if "press" in event.detail
    }
    everything, standing = [], []
    for press in effective:
        after = versions[press.id]
        moments = (at for at, version in day.slack.changed[press.ref] if version > after)
        at = min(moments, default=None)
        if at is None:
            continue
        everything.append(at - press.sent)
        if not any(press.sent < end and at > began for began, end in day.down):
            standing.append(at - press.sent)
    for name, times in (("press to card", standing), ("  kills included", everything)):
        print(f"{name:<17} {' '.join(_percentiles(times))}")


def _percentiles(times: Sequence[float]) -> Iterator[str]:
    ordered = sorted(times) or [0.0]
    for share in (0.5, 0.95, 0.99):
        at = ordered[min(int(len(ordered) * share), len(ordered) - 1)]
        yield f"p{share * 100:g} {at * 1000:.0f} ms"


# --- the run --------------------------------------------------------------------------------------


def _fill(day: Day) -> None:
    """Items in, and wait until each has its card."""
    items = [
        {"id": str(n), "text": f"{PHRASES[n % len(PHRASES)]} ({n})", "sent_at": sent()}
        for n in range(day.wanted.items)
    ]
    for at in range(0, len(items), 100):
        day.running.push(*items[at : at + 100]).raise_for_status()
    ends = time.monotonic() + 300
    while len(day.slack.values) < len(items) and time.monotonic() < ends:
        time.sleep(0.2)
    print(f"cards             {len(day.slack.values)} of {len(items)}", flush=True)


def _calm(day: Day) -> None:
    """Wait until nothing is left to do: no press in hand, no card owed."""
    ends, quiet = time.monotonic() + CALM_SECONDS, 0
    store = connect(f"sqlite:///{day.running.folder / 'desk.db'}")
    while quiet < 3 and time.monotonic() < ends:
        left = store.left_presses("slack", before=utc_now())
        quiet = quiet + 1 if not left and not sum(store.backlog().values()) else 0
        time.sleep(1)
    store.close()


def measure(wanted: argparse.Namespace, folder: Path) -> bool:
    """Fill the desk, let officers press, kill, wait and judge."""
    running = Running(folder=folder)
    with WatchedSlack() as slack:
        running.config.write_text(
            CONFIG.format(
                folder=folder,
                hook=HOOK_SECRET,
                bot=BOT_TOKEN,
                signing=SIGNING_SECRET,
                slack=slack.base_url,
                port=running.port,
            ),
            encoding="utf-8",
        )
        day = Day(running=running, slack=slack, wanted=wanted)
        try:
            running.start()
            _fill(day)
            threads = [
                threading.Thread(target=officer, args=(day, number), daemon=True)
                for number in range(1, wanted.officers + 1)
            ]
            threads.append(threading.Thread(target=kill_again, args=(day,)))
            began = time.monotonic()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            print(f"pressed for       {time.monotonic() - began:.0f} s", flush=True)
            _calm(day)
        finally:
            running.end()
        store = connect(f"sqlite:///{folder / 'desk.db'}")
        try:
            return judge(day, store)
        finally:
            store.close()


def main() -> None:
    """Run and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presses", type=int, default=10_000)
    parser.add_argument("--items", type=int, default=500)
    parser.add_argument("--officers", type=int, default=50)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--rate", type=float, default=20.0, help="presses a second, all officers")
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="firstcontact-presses-"))
    well = measure(wanted, folder)
    print(f"log               {folder / 'log'}")
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
