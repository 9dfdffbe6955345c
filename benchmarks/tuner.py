"""How fast the tuner answers over a million items: `python benchmarks/tuner.py [ITEMS]`.

A database is filled with invented scores, then asked as a moving slider asks: a page part for
each of a few hundred lines. The first line of each block says what is measured.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment
from sqlalchemy import text

from config.settings import Settings
from console.tuning.desk import Stand, Tuner
from console.tuning.windows import Window
from console.web.assets import Assets
from console.web.site import templates
from console.web.tuning import view
from storage.store import SqlStore, connect
from storage.types import microseconds
from triage.tuning.candidates import tidy
from triage.tuning.outcome import range_words

MODEL = "invented+12345678/int8"
NOW = datetime(2026, 11, 23, 9, 41, tzinfo=UTC)
DAYS = 90
ONE_IN = 550
JUDGED = 0.05
BATCH = 50_000


def main() -> None:
    """Fill, then ask."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("items", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--lines", type=int, default=300)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = connect(f"sqlite:///{Path(folder) / 'tuner.db'}")
        store.migrate()
        began = time.perf_counter()
        fill(store, asked.items)
        print(f"filled with {asked.items:,} items in {time.perf_counter() - began:.0f} s")
        measure(store, asked.lines)
        store.close()


def fill(store: SqlStore, count: int) -> None:
    """Items, scores and labels as many days would leave them; texts are a word each."""
    drawn = random.Random(7)
    for first in range(0, count, BATCH):
        rows = [_row(drawn, number) for number in range(first, min(count, first + BATCH))]
        with store.database.write() as tx:
            tx.exec_driver_sql(ITEM, [row["item"] for row in rows])
            tx.exec_driver_sql(SCORE, [row["score"] for row in rows])
            tx.exec_driver_sql(LABEL, [row["label"] for row in rows if row["label"]])
    with store.database.write() as tx:
        tx.execute(text("ANALYZE"))


ITEM = (
    "INSERT INTO items (ref, channel, account, external_id, platform, author_key, thread_id, "
    "reply_to, kind, public, sent_at, sent_us, received_at, text, rest, due_at) "
    "VALUES (?, 'x_dm', 'w', ?, 'x', '', '', '', 'dm', 0, ?, ?, ?, 'word', '{}', ?)"
)
SCORE = (
    "INSERT INTO item_scores (ref, model, sent_us, read_us, danger, abuse, ruled, under, channel, "
    "lang, letters, dialect) VALUES (?, ?, ?, ?, ?, 0.1, ?, ?, ?, ?, ?, '')"
)
LABEL = "INSERT INTO item_labels (ref, label, basis, at, drawn) VALUES (?, ?, 'stated', ?, ?)"


def _row(drawn: random.Random, number: int) -> dict[str, Any]:
    ref = f"FC-26-{number // 10_000:04d}-{number % 10_000:04d}"
    sent = NOW - timedelta(days=drawn.uniform(0, DAYS - 0.01))
    at, us = sent.isoformat(timespec="microseconds"), microseconds(sent)
    real = drawn.random() < 1 / ONE_IN
    score = drawn.betavariate(5, 1.2) if real else drawn.betavariate(0.4, 12)
    channel = drawn.choice(("x_dm", "x_mention", "fb_message", "fb_comment"))
    lang = drawn.choice(("en", "en", "en", "pl", "ur", "ro"))
    ruled = "emergency" if drawn.random() < (0.1 if real else 0.001) else ""
    letters = drawn.randrange(10, 400)
    judged = real or drawn.random() < JUDGED
    label = "emergency" if real else "routine"
    return {
        "item": (ref, str(number), at, us, at, at),
        "score": (
            ref, MODEL, us, us, score, ruled, drawn.randint(2, 5), channel, lang, letters
        ),
        "label": (ref, label, at, drawn.random() < 0.1) if judged else None,
    }  # fmt: skip


def measure(store: SqlStore, lines: int) -> None:
    """The first opening, a refresh, and a slider."""
    tuner = Tuner(store, Settings(), lambda: NOW, ZoneInfo("Europe/London"))
    print(f"opened for the first time     {timed(tuner.window):6.2f} s")
    window, stand = tuner.window(), tuner.stand()
    fixed = timed(lambda: (view.choices(window, stand), window.curve, window.sensitivity))
    print(f"what does not hang on a line  {fixed:6.2f} s")
    print(f"brought up to date            {timed(lambda: tuner.window(fresh=True)):6.2f} s")
    window = tuner.window()
    total, known = window.history.total, window.known.count
    print(f"{lines} lines over {total:,} items, {known:,} known emergencies")
    drawn = random.Random(3)
    at = [tidy(window.history, drawn.random()) for _ in range(lines)]
    live = stand.line
    told("figures", [timed(partial(window.outcome, line, live=live)) for line in at])
    part = partial(answer, tuner, window, stand, templates(Assets()))
    part(at[0])
    told("page part", [timed(partial(part, line)) for line in at])


def answer(tuner: Tuner, window: Window, stand: Stand, pages: Environment, line: float) -> str:
    """What a slider gets."""
    values = {
        **view.answer(tuner, window, stand, line),
        "of": "emergency",
        "slice_words": view.slice_words,
        "range_words": range_words,
    }
    return pages.get_template("tuner_answer.html").render(values)


def told(name: str, seconds: list[float]) -> None:
    """One row of the table."""
    seconds.sort()
    median, late, most = (
        each * 1000
        for each in (statistics.median(seconds), seconds[int(len(seconds) * 0.95)], seconds[-1])
    )
    print(f"{name:12} median {median:5.1f} ms   p95 {late:5.1f} ms   most {most:5.1f} ms")


def timed(work: Callable[[], object]) -> float:
    """Seconds that something takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
