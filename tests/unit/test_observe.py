"""What the log holds, and what it never holds."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from config.settings import Logging
from console.observe import set_up_logging
from triage.errors import Unavailable

PHONE = "07700 900123"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Standard error; afterwards all loggers are as they were."""
    kept = {
        name: (logger.handlers[:], logger.level, logger.propagate)
        for name in ("", "dbos", "firstcontact")
        for logger in [logging.getLogger(name)]
    }
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    set_up_logging(Logging())
    yield out
    for name, (handlers, level, propagate) in kept.items():
        logger = logging.getLogger(name)
        logger.handlers[:], logger.propagate = handlers, propagate
        logger.setLevel(level)


def logged(lines: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def broken(error: Exception, logger: str) -> None:
    try:
        raise error
    except type(error):
        logging.getLogger(logger).exception("it broke")


@pytest.mark.parametrize("logger", ["apscheduler.executors.default", "dbos", "uvicorn.error"])
def test_an_exception_is_logged_with_its_places_and_without_its_message(
    lines: io.StringIO, logger: str
) -> None:
    broken(ValueError(f"cannot read {PHONE}"), logger)
    (line,) = logged(lines)
    assert line["exception"] == "ValueError"
    assert "test_observe.py" in str(line["places"])
    assert PHONE not in lines.getvalue()


def test_our_own_errors_are_fit_for_people_and_keep_their_words(lines: io.StringIO) -> None:
    broken(Unavailable("x: answered 503"), "firstcontact.service")
    (line,) = logged(lines)
    assert line["exception"] == "Unavailable: x: answered 503"


def test_a_line_is_one_json_object_with_readable_times(lines: io.StringIO) -> None:
    at = datetime(2026, 11, 23, 9, 41, tzinfo=UTC)
    logging.getLogger("firstcontact.x").info("later", extra={"retry_at": at})
    logging.getLogger("vendor").info("a URL with a token")
    (line,) = logged(lines)
    assert line["retry_at"] == "2026-11-23 09:41:00+00:00"
    assert line["event"] == "later"
