"""An item that is linked twice in a row is read once."""

from console.linking import OnceRead
from tests.factories import an_item
from triage.identifiers import extract


def test_the_same_item_is_read_once_and_another_anew() -> None:
    read, item = OnceRead(), an_item("I'm Liam Pemberton, 07700 900218")
    first = read(item, ())
    assert first == extract(item, ())
    assert read(item, ()) is first
    other = an_item("It's Jade")
    assert read(other, ()) == extract(other, ())
    assert read(item, ()) == first


def test_a_longer_thread_is_read_anew() -> None:
    read, item = OnceRead(), an_item("any news?")
    read(item, ())
    assert read(item, ["my number is 07700 900218"]).found
