"""Passwords, sessions and one-time links."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from config.settings import Storage
from console.web.accounts import WRONG, Accounts
from storage.database import Database, open_database
from storage.migrations import upgrade
from storage.tables import accounts, sessions
from tests.browser.desk import CHEAP
from tests.conftest import SteppingClock
from triage.errors import Refused

PASSWORD = "three plain words"
ADDRESS = "192.0.2.7"


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    """On SQLite, then on PostgreSQL."""
    opened = open_database(store_url, Storage())
    upgrade(opened)
    yield opened
    opened.close()


@pytest.fixture
def kept(database: Database, clock: SteppingClock) -> Accounts:
    made = Accounts(database, clock, hasher=CHEAP)
    made.set_password("okafor", PASSWORD)
    return made


def try_wrong(
    kept: Accounts, times: int, *, officer: str = "okafor", address: str = ADDRESS
) -> str:
    """The answer to the last of many wrong tries."""
    said = ""
    for number in range(times):
        with pytest.raises(Refused) as refused:
            kept.sign_in(officer, f"wrong guess number {number}", address=address)
        said = str(refused.value)
    return said


def test_the_right_password_opens_a_session(kept: Accounts) -> None:
    session = kept.session(kept.sign_in("okafor", PASSWORD, address=ADDRESS))
    assert session is not None
    assert session.officer_id == "okafor"


@pytest.mark.parametrize("password", ["", "three plain word", PASSWORD + " ", PASSWORD.upper()])
def test_a_wrong_password_opens_nothing(kept: Accounts, password: str) -> None:
    with pytest.raises(Refused, match=WRONG):
        kept.sign_in("okafor", password, address=ADDRESS)


def test_an_unknown_name_is_refused_in_the_same_words(kept: Accounts) -> None:
    assert try_wrong(kept, 1, officer="nobody") == try_wrong(kept, 1) == WRONG


def test_an_unknown_name_is_throttled_like_a_known_one(kept: Accounts) -> None:
    known, unknown = (try_wrong(kept, 6, officer=name) for name in ("okafor", "nobody"))
    assert known == unknown
    assert known.startswith("Too many tries")


def test_guessing_is_locked_even_for_the_right_password(
    kept: Accounts, clock: SteppingClock
) -> None:
    try_wrong(kept, 5)
    with pytest.raises(Refused, match="Too many tries: wait 31 seconds"):
        kept.sign_in("okafor", PASSWORD, address=ADDRESS)
    clock.step(seconds=31)
    assert kept.sign_in("okafor", PASSWORD, address=ADDRESS)


def test_each_further_wrong_try_locks_for_twice_as_long(
    kept: Accounts, clock: SteppingClock
) -> None:
    try_wrong(kept, 5)
    waits = []
    for _ in range(7):
        clock.step(minutes=15, seconds=1)
        try_wrong(kept, 1)
        waits.append(try_wrong(kept, 1))
    seconds = [int(said.split()[-2]) for said in waits]
    assert seconds[:4] == [61, 121, 241, 481]
    assert seconds[-1] == 901  # fifteen minutes at most


def test_an_officer_elsewhere_is_not_locked_out_by_somebody_who_guesses(kept: Accounts) -> None:
    try_wrong(kept, 6, address="203.0.113.9")
    assert kept.sign_in("okafor", PASSWORD, address=ADDRESS)


def test_guessing_one_account_from_many_addresses_is_locked(kept: Accounts) -> None:
    for number in range(30):
        try_wrong(kept, 1, address=f"203.0.113.{number}")
    with pytest.raises(Refused, match="Too many tries"):
        kept.sign_in("okafor", PASSWORD, address=ADDRESS)


def test_guessing_many_accounts_from_one_address_is_locked(kept: Accounts) -> None:
    for number in range(100):
        try_wrong(kept, 1, officer=f"officer-{number}")
    assert try_wrong(kept, 1, officer="another").startswith("Too many tries")


def test_guessing_in_parallel_gains_nothing(kept: Accounts) -> None:
    def guess(number: int) -> str:
        try:
            return kept.sign_in("okafor", f"parallel guess {number}", address=ADDRESS)
        except Refused as refused:
            return str(refused)

    with ThreadPoolExecutor(max_workers=12) as pool:
        said = list(pool.map(guess, range(40)))
    assert said.count(WRONG) <= 6


def test_a_right_password_forgives_earlier_slips(kept: Accounts) -> None:
    for _ in range(4):
        try_wrong(kept, 4)
        assert kept.sign_in("okafor", PASSWORD, address=ADDRESS)


def test_old_slips_are_forgotten(kept: Accounts, clock: SteppingClock) -> None:
    try_wrong(kept, 4)
    clock.step(hours=1)
    assert try_wrong(kept, 5) == WRONG


@pytest.mark.parametrize(
    ("password", "fine"), [("a" * 11, False), ("a" * 12, True), ("a" * 201, False)]
)
def test_the_length_of_a_password_is_checked(kept: Accounts, password: str, fine: bool) -> None:
    if fine:
        kept.set_password("lind", password)
        assert kept.sign_in("lind", password, address=ADDRESS)
    else:
        with pytest.raises(Refused, match="12 to 200"):
            kept.set_password("lind", password)


def test_a_session_ends_when_nothing_is_done(kept: Accounts, clock: SteppingClock) -> None:
    token = kept.open_session("okafor")
    clock.step(minutes=59)
    assert kept.session(token) is not None  # and this was something
    clock.step(minutes=59)
    assert kept.session(token) is not None
    clock.step(minutes=60)
    assert kept.session(token) is None


def test_watching_does_not_keep_a_session_open(kept: Accounts, clock: SteppingClock) -> None:
    token = kept.open_session("okafor")
    for _ in range(4):
        clock.step(minutes=14)
        assert kept.session(token, active=False) is not None
    clock.step(minutes=4)
    assert kept.session(token, active=False) is None


def test_a_session_ends_after_its_life_however_busy(kept: Accounts, clock: SteppingClock) -> None:
    token = kept.open_session("okafor")
    for _ in range(19):
        clock.step(minutes=30)
        assert kept.session(token) is not None
    clock.step(minutes=30)
    assert kept.session(token) is None


def test_signing_out_ends_the_session(kept: Accounts) -> None:
    token = kept.open_session("okafor")
    kept.sign_out(token)
    assert kept.session(token) is None


@pytest.mark.parametrize("token", ["", "made up", "\ud800", "x" * 10_000])
def test_an_invented_token_is_no_session(kept: Accounts, token: str) -> None:
    assert kept.session(token) is None


def test_a_new_password_ends_every_other_session(kept: Accounts) -> None:
    mine, other = kept.open_session("okafor"), kept.open_session("okafor")
    kept.change_password("okafor", PASSWORD, "four other plain words", token=mine)
    assert kept.session(mine) is not None
    assert kept.session(other) is None
    assert kept.sign_in("okafor", "four other plain words", address=ADDRESS)
    with pytest.raises(Refused):
        kept.sign_in("okafor", PASSWORD, address=ADDRESS)


def test_the_old_password_is_needed_for_a_new_one(kept: Accounts) -> None:
    with pytest.raises(Refused, match=WRONG):
        kept.change_password("okafor", "not the old one", "four other plain words", token="")
    assert kept.sign_in("okafor", PASSWORD, address=ADDRESS)


def test_a_link_is_good_once(kept: Accounts) -> None:
    link = kept.sign_in_link("okafor")
    token = kept.redeem(link)
    assert token is not None
    assert kept.session(token) is not None
    assert kept.redeem(link) is None


def test_a_link_is_good_for_ten_minutes(kept: Accounts, clock: SteppingClock) -> None:
    link = kept.sign_in_link("okafor")
    clock.step(minutes=10)
    assert kept.redeem(link) is None


def test_a_link_used_twice_at_once_signs_in_once(kept: Accounts) -> None:
    link = kept.sign_in_link("okafor")
    with ThreadPoolExecutor(max_workers=8) as pool:
        tokens = list(pool.map(lambda _: kept.redeem(link), range(8)))
    assert sum(token is not None for token in tokens) == 1


def test_a_link_is_no_session_and_a_session_no_link(kept: Accounts) -> None:
    assert kept.session(kept.sign_in_link("okafor")) is None
    assert kept.redeem(kept.open_session("okafor")) is None


def test_whoever_reads_the_database_can_sign_in_as_nobody(
    kept: Accounts, database: Database
) -> None:
    token = kept.open_session("okafor")
    with database.read() as tx:
        stored = [*tx.execute(select(sessions)).all(), *tx.execute(select(accounts)).all()]
    text = repr(stored)
    assert token not in text
    assert PASSWORD not in text
    assert "$argon2id$" in text


def test_ended_sessions_leave_the_table(
    kept: Accounts, clock: SteppingClock, database: Database
) -> None:
    kept.open_session("okafor")
    clock.step(hours=11)
    kept.open_session("lind")
    with database.read() as tx:
        left = tx.execute(select(sessions.c.officer_id)).scalars().all()
    assert left == ["lind"]


def test_settings_decide_how_long_a_session_lives(database: Database, clock: SteppingClock) -> None:
    short = Accounts(database, clock, hasher=CHEAP, lives=timedelta(minutes=5))
    token = short.open_session("okafor")
    clock.step(minutes=5)
    assert short.session(token) is None
