"""docs/reference/peers.md: each line of it has a test, and some of them are here."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors import build, facebook_shapes
from collectors.http import Answer
from config.settings import Settings
from console.linking import linker
from storage.memory import memory_store
from tests.collector_rigs import NOW, Hands, Shelf, facebook_settings, x_settings
from tests.servers.facebook import PAGE_ID, FacebookServer
from tests.servers.x import USER_ID
from tests.spoiled import Canned
from triage.errors import RateLimited
from triage.items import CHANNELS, parse_item
from triage.linking import NOT_ALLOWED

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "peers.md"


def test_every_test_the_page_names_is_there() -> None:
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", PAGE.read_text(encoding="utf-8")))
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    there = {name for source in sources for name in re.findall(r"def (test_\w+)\(", source)}
    assert len(named) > 60
    assert named - there == set()


def test_every_line_of_the_page_is_held_by_a_test_or_told_where_one_connects() -> None:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:2] == "| "]
    lines = [line for line in lines if "held by" not in line]
    loose = [line for line in lines if "`test_" not in line and "../howto/" not in line]
    assert loose == []


# --- Facebook -------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [4, 17, 32, 613, *range(80001, 80007)])
@pytest.mark.parametrize("status", [400, 403, 429, 500])
def test_every_limit_is_a_limit_whatever_the_status(code: int, status: int) -> None:
    body = {"error": {"code": code, "message": f"(#{code}) There have been too many calls"}}
    answer = Answer(status=status, headers={}, path="/", body=body)
    refused = facebook_shapes.refusal(answer, name="facebook:2002", what="posts", now=NOW)
    assert isinstance(refused, RateLimited)
    assert refused.retry_at == NOW + facebook_shapes.WAIT_UNTOLD


@pytest.fixture
def network() -> Iterator[FacebookServer]:
    with FacebookServer(page_size=2) as server:
        yield server


def test_the_version_that_is_set_is_the_one_that_is_asked(network: FacebookServer) -> None:
    list(build(facebook_settings(network, version="v27.0"), Hands()).collect(""))
    assert {entry["path"].split("/")[1] for entry in network.asked()} == {"v27.0"}


def test_every_page_is_asked_for_with_the_proof(network: FacebookServer) -> None:
    clock = Hands()
    for number in range(5):
        stamp = clock.move(seconds=1).isoformat()
        network.add({"channel": "fb_comment", "text": f"{number}", "sent_at": stamp})
    list(build(facebook_settings(network), clock).collect(""))
    pages = network.asked("comments")
    assert len(pages) == 3
    assert all(entry["query"]["appsecret_proof"] for entry in network.asked())


def test_importing_the_sdk_is_no_error_where_warnings_are(tmp_path: Path) -> None:
    spec = importlib.util.find_spec("facebook")
    assert spec is not None
    assert spec.origin is not None
    fresh = shutil.ignore_patterns("__pycache__")  # it warns only when it is compiled
    shutil.copytree(Path(spec.origin).parent, tmp_path / "facebook", ignore=fresh)
    strict = [sys.executable, "-B", "-W", "error::SyntaxWarning", "-W", "error::DeprecationWarning"]

    def imported(module: str) -> bool:
        command, path = [*strict, "-c", f"import {module}"], {"PYTHONPATH": str(tmp_path)}
        env = {**os.environ, **path}
        return not subprocess.run(command, cwd=ROOT, env=env, capture_output=True).returncode

    assert imported("collectors.facebook_api")
    assert not imported("facebook")  # or this test holds nothing


# --- both -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["text/javascript; charset=UTF-8", "text/plain", "image/png"])
def test_json_is_read_whatever_it_calls_itself(said: str) -> None:
    message = {"id": "m_1", "created_time": "2026-11-23T09:40:00+0000", "message": "café 🆘"}
    event = {"id": "1992530880000000012", "sender_id": "5005", "text": "café 🆘"}
    with Canned() as vendor:
        vendor.content_type = said
        vendor.bodies = {
            "me": {"id": PAGE_ID, "data": {"id": USER_ID}},
            "conversations": {"data": [{"id": "t_1", "updated_time": message["created_time"]}]},
            "messages": {"data": [message]},
            "dm_events": {"data": [event]},
        }
        for settings in (facebook_settings(vendor), x_settings(vendor)):
            shelf = Shelf()
            for harvest in build(settings, Hands()).collect(""):
                shelf.keep(harvest)
            assert [arrival.item.text for arrival in shelf.arrivals] == ["café 🆘"]


@pytest.mark.parametrize("channel", sorted(CHANNELS))
def test_what_a_platform_does_not_allow_to_be_linked_is_not(channel: str) -> None:
    item = parse_item({"channel": channel, "text": "ring me on 07700 900219"}, "x", now=NOW)
    link = linker(Settings(), Hands())(item, (), memory_store())
    assert (NOT_ALLOWED in link.notes) is (channel == "reddit")
