"""When a vendor lets us come back, whatever it writes there."""

from datetime import timedelta

import pytest

from notifier.http_errors import retry_at, told_time
from tests.servers.desk import NOW

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("said", "after"),
    [
        ("30", timedelta(seconds=30)),
        ("0.5", timedelta(seconds=0.5)),
        ("0", timedelta()),
        ("-5", timedelta()),
        ("86400", HOUR),
        ("1e400", HOUR),
        ("9" * 400, HOUR),
    ],
)
def test_seconds_are_kept_to_but_never_for_longer_than_an_hour(said, after):
    assert retry_at({"Retry-After": said}, NOW) == NOW + after


@pytest.mark.parametrize("said", ["", "nan", "soon", "Mon, 99 Foo 2026", "0x10"])
def test_what_makes_no_sense_is_as_if_nothing_had_been_said(said):
    assert retry_at({"Retry-After": said}, NOW) is None


def test_a_pause_that_is_not_named_is_ours_to_choose():
    assert retry_at({}, NOW) is None


def test_a_date_is_read_by_our_clock_where_the_vendor_tells_no_time():
    assert retry_at({"retry-after": "Mon, 23 Nov 2026 09:42:40 GMT"}, NOW) == NOW + timedelta(
        seconds=40
    )


def test_a_date_is_read_beside_the_vendors_own_clock_however_wrong_ours_is():
    headers = {
        "Retry-After": "Mon, 23 Nov 2026 12:00:40 GMT",
        "Date": "Mon, 23 Nov 2026 12:00:00 GMT",
    }
    assert retry_at(headers, NOW) == NOW + timedelta(seconds=40)


def test_a_date_long_past_is_now_and_one_of_next_year_is_an_hour():
    assert retry_at({"Retry-After": "Mon, 23 Nov 2020 09:00:00 GMT"}, NOW) == NOW
    assert retry_at({"Retry-After": "Tue, 23 Nov 2027 09:00:00 GMT"}, NOW) == NOW + HOUR


def test_the_vendors_time_is_known_only_where_it_says_it():
    assert told_time({"date": "Mon, 23 Nov 2026 09:42:00 GMT"}) == NOW
    assert told_time({"Date": "yesterday"}) is None
    assert told_time({}) is None
