"""What stands before every page: headers, host, sessions, form tokens, sizes."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from config.settings import Console, Settings
from console.web.app import create_app
from tests.browser.desk import (
    PASSWORD,
    ConsoleDesk,
    Said,
    console_desk,
    post,
    say,
    token_of,
)
from tests.conftest import SteppingClock
from triage.errors import BadSettings, Unavailable
from triage.model import Case, Priority

PAGES = ("/queue", "/health", "/help", "/account", "/live/now", "/item/FC-26-1123-0001")


@pytest.fixture
def console(clock: SteppingClock) -> Iterator[ConsoleDesk]:
    made = console_desk(clock)
    yield made
    made.store.close()


@pytest.fixture
def case(console: ConsoleDesk) -> Case:
    return say(console, Said(text="a man is at the back door", priority=Priority.P2, minutes=1))


# --- headers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/login", "/queue", "/no-page", "/healthz", "/static/x/no.css"])
def test_every_answer_carries_the_headers_that_keep_browsers_safe(
    console: ConsoleDesk, path: str
) -> None:
    headers = console.signed_in().get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert "unsafe" not in policy
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["cache-control"] == "no-store"


def test_scripts_and_styles_carry_the_nonce_of_their_answer_and_no_other(
    console: ConsoleDesk,
) -> None:
    client = console.signed_in()
    nonces = set()
    for _ in range(2):
        page = client.get("/queue")
        allowed = set(re.findall(r"'nonce-([^']+)'", page.headers["content-security-policy"]))
        used = set(re.findall(r'nonce="([^"]+)"', page.text))
        assert used == allowed
        nonces |= used
    assert len(nonces) == 2


def test_a_page_that_breaks_says_nothing_of_why(clock: SteppingClock) -> None:
    def broken() -> bool:
        raise ValueError("07700 900123 is in this message")

    console = console_desk(clock, checks={"odd": broken})
    client = TestClient(console.app, raise_server_exceptions=False)
    answer = client.get("/readyz")
    assert answer.status_code == 500
    assert "07700" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_static_files_are_kept_for_ever_under_their_hash(console: ConsoleDesk) -> None:
    client = console.client()
    address = re.search(r'href="(/static/[^"]+console\.css)"', client.get("/login").text)
    assert address is not None
    found = client.get(address[1])
    assert "immutable" in found.headers["cache-control"]
    old = client.get("/static/0000000000000000/console.css")
    assert (old.content, old.headers["cache-control"]) == (found.content, "no-cache")


@pytest.mark.parametrize("name", ["../app.py", "%2e%2e/app.py", "vendor/manifest.json"])
def test_nothing_but_the_named_files_is_served(console: ConsoleDesk, name: str) -> None:
    assert console.client().get(f"/static/x/{name}").status_code in (303, 404)


def test_the_queue_weighs_under_60_kb_with_everything_it_loads(console: ConsoleDesk) -> None:
    for number in range(50):
        text = (
            f"van number {number} is parked across the pavement outside the school on Loom Street"
        )
        say(console, Said(text=text, priority=Priority.P4, minutes=number))
    client = console.signed_in()
    page = client.get("/queue")
    total = int(page.headers["content-length"])
    for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text):
        total += int(client.get(address).headers["content-length"])
    assert page.text.count('class="fc-row ') == 50
    assert total < 60_000


# --- host ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "evil.example:8000", "[::2]", "a b"]
)
def test_another_host_name_is_refused(console: ConsoleDesk, host: str) -> None:
    assert console.client().get("/login", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000", "LOCALHOST"])
def test_this_machine_is_reached_by_each_of_its_names(console: ConsoleDesk, host: str) -> None:
    assert console.client().get("/login", headers={"host": host}).status_code == 200


def test_the_public_name_is_served(clock: SteppingClock) -> None:
    console = console_desk(
        clock, console={"bind": "0.0.0.0:8000", "public_url": "https://desk.westbridge.example"}
    )
    answer = console.client("https://desk.westbridge.example").get("/login")
    assert answer.status_code == 200
    assert "max-age" in answer.headers["strict-transport-security"]


# --- sessions -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_nobody_sees_a_page_without_signing_in(console: ConsoleDesk, case: Case, path: str) -> None:
    answer = console.client().get(path)
    assert answer.status_code in (303, 401)
    assert "back door" not in answer.text


def test_signing_in_leads_back_to_the_page_that_was_asked_for(
    console: ConsoleDesk, case: Case
) -> None:
    client = console.client()
    asked = client.get(f"/item/{case.ref}?done=claim")
    page = client.get(asked.headers["location"])
    fields = {
        "csrf_token": token_of(page.text),
        "name": "okafor",
        "password": PASSWORD,
        "next": f"/item/{case.ref}?done=claim",
    }
    assert f'value="/item/{case.ref}?done=claim"' in page.text
    assert client.post("/login", data=fields).headers["location"] == f"/item/{case.ref}?done=claim"


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "evil",
        "/\n/evil.example",
        "javascript:alert(1)",
    ],
)
def test_signing_in_leads_nowhere_else(console: ConsoleDesk, path: str) -> None:
    fields = {"name": "okafor", "password": PASSWORD, "next": path}
    answer = post(console.client(), "/login", fields, page="/login")
    assert answer.headers["location"] == "/queue"


def test_a_session_from_before_signing_in_is_never_taken_over(console: ConsoleDesk) -> None:
    client = console.client()
    client.cookies.set("fc_session", "planted by somebody else")
    answer = post(client, "/login", {"name": "okafor", "password": PASSWORD}, page="/login")
    assert "planted" not in answer.headers["set-cookie"]
    thief = console.client()
    thief.cookies.set("fc_session", "planted by somebody else")
    assert thief.get("/queue").status_code == 303


def test_signing_in_twice_gives_two_sessions(console: ConsoleDesk) -> None:
    tokens = {console.signed_in().cookies["fc_session"] for _ in range(2)}
    assert len(tokens) == 2


def test_signing_out_ends_the_session_on_the_server(console: ConsoleDesk) -> None:
    client = console.signed_in()
    stolen = client.cookies["fc_session"]
    assert post(client, "/logout", {}).status_code == 303
    thief = console.client()
    thief.cookies.set("fc_session", stolen)
    assert thief.get("/queue").status_code == 303


def test_an_officer_who_left_is_out_at_once(console: ConsoleDesk) -> None:
    client = console.signed_in()
    console.store.remove_officer("okafor")
    assert client.get("/queue").status_code == 303
    answer = post(
        console.client(), "/login", {"name": "okafor", "password": PASSWORD}, page="/login"
    )
    assert answer.status_code == 401


def test_an_idle_session_is_over_and_a_form_sent_then_changes_nothing(
    console: ConsoleDesk, case: Case, clock: SteppingClock
) -> None:
    client = console.signed_in()
    token = token_of(client.get(f"/item/{case.ref}").text)
    clock.step(hours=1)
    answer = client.post(f"/item/{case.ref}/claim", data={"csrf_token": token})
    assert answer.headers["location"] == "/login?ended=1"
    kept = console.store.case(case.ref)
    assert kept is not None
    assert kept.claimed_by == ""


def test_guessing_on_the_page_is_throttled_and_recorded_without_what_was_typed(
    console: ConsoleDesk,
) -> None:
    client = console.client()
    for _ in range(6):
        answer = post(
            client, "/login", {"name": "okafor", "password": "hunter2hunter2"}, page="/login"
        )
    assert answer.status_code == 401
    assert "Too many tries" in answer.text
    post(client, "/login", {"name": "my secret password", "password": ""}, page="/login")
    events = console.store.audit_events(action="sign_in_failed")
    assert {entry.event.subject for entry in events} == {"officer:okafor", "officer:unknown"}
    assert "secret" not in repr(events)
    assert "hunter2" not in repr(events)


# --- cookies ------------------------------------------------------------------------------------


def test_cookies_on_this_machine_work_without_tls(console: ConsoleDesk) -> None:
    client = console.client()
    answer = post(client, "/login", {"name": "okafor", "password": PASSWORD}, page="/login")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie
    assert client.get("/queue").status_code == 200


def test_cookies_elsewhere_travel_over_tls_only(clock: SteppingClock) -> None:
    origin = "https://desk.westbridge.example"
    console = console_desk(clock, console={"bind": "127.0.0.1:8000", "public_url": origin})
    answer = post(
        console.client(origin), "/login", {"name": "okafor", "password": PASSWORD}, page="/login"
    )
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-fc_session=")
    assert "; Secure" in cookie


# --- forms --------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "AAAA", "not base64 ü", "A" * 88])
def test_a_form_without_its_token_changes_nothing(
    console: ConsoleDesk, case: Case, token: str
) -> None:
    fields = {"csrf_token": token} if token else {"version": "1"}
    answer = console.signed_in().post(f"/item/{case.ref}/claim", data=fields)
    assert answer.status_code == 403
    kept = console.store.case(case.ref)
    assert kept is not None
    assert kept.claimed_by == ""


def test_the_token_of_another_session_is_no_good(console: ConsoleDesk, case: Case) -> None:
    theirs = token_of(console.signed_in("lind").get("/help").text)
    answer = console.signed_in().post(f"/item/{case.ref}/claim", data={"csrf_token": theirs})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, True),
        ({"origin": "http://127.0.0.1:8000"}, True),
        ({"origin": "null"}, True),  # what our no-referrer pages make old browsers send
        ({}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"origin": "http://127.0.0.1:8001"}, False),
        ({"origin": "https://evil.example"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "null"}, False),
    ],
)
def test_a_form_from_another_site_is_refused_even_with_the_token(
    console: ConsoleDesk, case: Case, headers: dict[str, str], passes: bool
) -> None:
    answer = post(console.signed_in(), f"/item/{case.ref}/claim", {}, headers=headers)
    assert answer.status_code == (303 if passes else 403)


def test_the_sign_in_form_too_must_be_ones_own(console: ConsoleDesk) -> None:
    fields = {
        "name": "okafor",
        "password": PASSWORD,
        "csrf_token": token_of(console.client().get("/login").text),
    }
    assert console.client().post("/login", data=fields).status_code == 403


def test_tokens_look_different_on_every_page(console: ConsoleDesk) -> None:
    client = console.signed_in()
    assert token_of(client.get("/help").text) != token_of(client.get("/help").text)


@pytest.mark.parametrize(
    "kind", ["application/json", "multipart/form-data; boundary=x", "text/plain"]
)
def test_what_is_not_a_plain_form_is_refused(console: ConsoleDesk, case: Case, kind: str) -> None:
    answer = console.signed_in().post(
        f"/item/{case.ref}/claim", content=b"{}", headers={"content-type": kind}
    )
    assert answer.status_code == 415


def test_a_huge_form_is_refused(console: ConsoleDesk, case: Case) -> None:
    answer = post(console.signed_in(), f"/item/{case.ref}/note", {"text": "x" * 70_000})
    assert answer.status_code == 413


def test_a_huge_form_in_pieces_is_refused(console: ConsoleDesk, case: Case) -> None:
    pieces = (b"x" * 10_000 for _ in range(10))
    answer = console.signed_in().post(
        f"/item/{case.ref}/note",
        content=pieces,
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 413


def test_a_form_with_too_many_fields_is_refused(console: ConsoleDesk, case: Case) -> None:
    fields = {f"field{number}": "1" for number in range(200)}
    assert post(console.signed_in(), f"/item/{case.ref}/note", fields).status_code == 413


# --- one-time links -----------------------------------------------------------------------------


def test_a_link_signs_in_once_on_this_machine(clock: SteppingClock) -> None:
    console = console_desk(clock)
    link = f"/login/once?token={console.accounts.sign_in_link('okafor')}"
    client = TestClient(
        console.app,
        base_url="http://127.0.0.1:8000",
        follow_redirects=False,
        client=("127.0.0.1", 50000),
    )
    assert client.get(link).headers["location"] == "/queue"
    assert client.get("/queue").status_code == 200
    again = TestClient(
        console.app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000)
    ).get(link)
    assert "used before" in again.text


def test_a_link_is_worth_nothing_from_another_machine(console: ConsoleDesk) -> None:
    link = f"/login/once?token={console.accounts.sign_in_link('okafor')}"
    assert console.client().get(link).status_code == 404  # the client's address is not loopback


# --- for machines -------------------------------------------------------------------------------


def test_probes_answer_without_signing_in_and_under_any_name(clock: SteppingClock) -> None:
    well = {"database": True}

    def gone() -> bool:
        raise Unavailable("no")

    console = console_desk(
        clock, checks={"database": lambda: well["database"], "model": lambda: True}
    )
    client = console.client("http://10.0.0.9")
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").status_code == 200
    well["database"] = False
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"database": False, "model": True})
    down = console_desk(clock, checks={"database": gone}).client().get("/readyz")
    assert (down.status_code, down.json()) == (503, {"database": False})


def test_metrics_are_those_of_the_registry(clock: SteppingClock) -> None:
    registry = CollectorRegistry()
    Counter("items_seen", "Items", registry=registry).inc(3)
    answer = console_desk(clock, registry=registry).client().get("/metrics")
    assert "items_seen_total 3.0" in answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=")


def test_mounted_routes_check_their_callers_themselves(clock: SteppingClock) -> None:
    async def hook(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(len(await request.body())))

    console = console_desk(clock, extra_routes=[Route("/hooks/{account}", hook, methods=["POST"])])
    client = console.client("http://gateway.example")
    assert client.post("/hooks/webchat", content=b"x" * 200_000).text == "200000"
    assert client.post("/hooks/webchat", content=b"x" * 1_000_001).status_code == 413
    assert client.post("/hooks/webchat", content=b"").headers["x-frame-options"] == "DENY"


def test_a_way_of_signing_in_that_is_not_built_stops_the_start(clock: SteppingClock) -> None:
    console = console_desk(clock)
    settings = Settings(console=Console(auth="oidc"))
    with pytest.raises(BadSettings, match=r"console\.auth"):
        create_app(console.desk, console.accounts, settings)


def test_a_database_that_is_away_is_said_plainly(clock: SteppingClock, tmp_path: Path) -> None:
    console = console_desk(clock, f"sqlite:///{tmp_path}/console.db")
    client = console.signed_in()
    console.store.database.engine.dispose()
    for path in tmp_path.iterdir():
        path.unlink()
    answer = client.get("/queue")
    assert answer.status_code == 503
    assert "database does not answer" in answer.text
