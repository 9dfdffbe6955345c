"""Facebook: what naive clients get wrong (each line of it is a test here)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from collectors.facebook import FacebookCollector
from collectors.facebook_state import FacebookState
from tests.collector_rigs import NOW, OWN_PAGE, WRITER, Hands, Shelf, facebook_settings
from tests.servers.facebook import FacebookServer
from triage.errors import RateLimited, Unauthorised, Unavailable
from triage.model import Arrival, Change
from triage.taxonomy import Kind


@pytest.fixture
def network() -> Iterator[FacebookServer]:
    with FacebookServer(page_size=3) as server:
        yield server


class Desk:
    """One collector over several polls, with a clock to move."""

    def __init__(self, network: FacebookServer, **settings: object) -> None:
        self.clock = Hands()
        self.network = network
        self.collector = FacebookCollector(facebook_settings(network, **settings), self.clock)
        self.shelf = Shelf()

    def comment(self, text: str, **fields: object) -> str:
        return self._add(text, {"channel": "fb_comment", "thread_id": "2002_1", **fields})

    def message(self, text: str, **fields: object) -> str:
        return self._add(text, {"channel": "fb_message", "thread_id": "t_1", **fields})

    def _add(self, text: str, fields: dict[str, object]) -> str:
        item = {"text": text, "author": WRITER, "sent_at": self.clock.move(seconds=1).isoformat()}
        return self.network.add({**item, **fields})

    def poll(self) -> list[Arrival]:
        self.clock.move(seconds=10)
        before = len(self.shelf.arrivals)
        self.shelf.fill(self.collector)
        return self.shelf.arrivals[before:]

    def poll_texts(self) -> list[str]:
        return sorted(arrival.item.text for arrival in self.poll())


@pytest.fixture
def desk(network: FacebookServer) -> Desk:
    return Desk(network)


# --- comments -------------------------------------------------------------------------------------


def test_replies_to_comments_are_read_too(desk: Desk) -> None:
    top = desk.comment("Has anybody seen him?")
    reply = desk.comment("Yes, he is behind my house with a knife", reply_to=top)
    desk.poll()
    items = {arrival.item.id: arrival.item for arrival in desk.shelf.arrivals}
    assert items[reply].reply_to == top
    assert items[reply].thread_id == items[top].thread_id == "2002_1"
    assert items[top].reply_to == ""
    assert items[top].author.display_name == "K8 Loom"
    assert (items[top].account, items[top].channel) == ("2002", "fb_comment")
    assert items[top].sent_at == NOW + timedelta(seconds=1)


def test_fields_are_asked_for_explicitly_and_comments_as_a_stream(desk: Desk) -> None:
    desk.comment("hello")
    desk.message("hello")
    desk.poll()
    asked = {entry["name"]: entry["query"] for entry in desk.network.asked()}
    assert asked["comments"]["filter"] == "stream"
    assert all("fields" in asked[name] for name in ("posts", "comments", "conversations"))
    assert all("appsecret_proof" in query for query in asked.values())


def test_a_comment_without_an_author_is_contact_all_the_same(desk: Desk) -> None:
    desk.comment("hello", author=None)
    desk.message("hello", author=None)
    arrivals = desk.poll()
    assert [arrival.item.author.account_id for arrival in arrivals] == ["", ""]


def test_a_short_page_is_not_taken_for_the_last(network: FacebookServer, desk: Desk) -> None:
    for number in range(7):
        desk.comment(f"comment {number}")
    network.fail("short", on="comments", times=3)
    assert len(desk.poll()) == 7


@pytest.mark.parametrize("edge", ["feed", "published_posts", "posts"])
def test_posts_are_read_from_the_edge_that_answers(edge: str) -> None:
    with FacebookServer(edges=(edge,)) as network:
        desk = Desk(network, sources=("comments",))
        desk.comment("hello")
        assert desk.poll_texts() == ["hello"]
        desk.poll()
        refused = [entry for entry in network.asked("posts") if entry["status"] == 400]
        assert len(refused) == ["feed", "published_posts", "posts"].index(edge)


def test_no_more_posts_are_walked_than_set(network: FacebookServer) -> None:
    desk = Desk(network, posts_back=4, sources=("comments",))
    for number in range(8):
        desk.comment(f"comment {number}", thread_id=f"2002_{number}")
    assert desk.poll_texts() == [f"comment {number}" for number in (4, 5, 6, 7)]


def test_comments_of_posts_where_nothing_changed_are_not_asked_for(desk: Desk) -> None:
    for number in range(5):
        desk.comment(f"comment {number}", thread_id=f"2002_{number}")
    desk.poll()
    asked = len(desk.network.asked("comments"))
    desk.comment("news", thread_id="2002_3")
    assert desk.poll_texts() == ["news"]
    assert len(desk.network.asked("comments")) == asked + 1


def test_without_a_comment_count_every_post_is_read_each_time(
    network: FacebookServer, desk: Desk
) -> None:
    network.counts = False
    desk.comment("first")
    desk.poll()
    network.posts["2002_1"]["updated_time"] = "2026-01-01T08:00:00+0000"
    desk.comment("second")
    network.posts["2002_1"]["updated_time"] = "2026-01-01T08:00:00+0000"
    assert desk.poll_texts() == ["second"]


def test_two_comments_in_one_second_are_both_read(desk: Desk) -> None:
    desk.comment("first")
    same = desk.clock().isoformat()
    desk.poll()
    desk.comment("second", sent_at=same)
    assert desk.poll_texts() == ["second"]


def test_what_visitors_post_on_the_page_is_contact(network: FacebookServer, desk: Desk) -> None:
    post = desk.comment("My son is missing", kind="post", id="2002_77")
    network.post("2002_78")
    (arrival,) = desk.poll()
    assert (arrival.item.id, arrival.item.kind) == (post, Kind.POST)
    assert desk.poll() == []
    network.edit(post, "My son is missing, last seen at Weirside")
    (edited,) = desk.poll()
    assert edited.change is Change.EDIT


def test_a_post_that_vanishes_under_us_is_a_problem_not_a_failure(
    network: FacebookServer, desk: Desk
) -> None:
    desk.comment("kept", thread_id="2002_1")
    desk.comment("lost", thread_id="2002_2")
    network.fail("500", on="comments")
    with pytest.raises(Unavailable):
        desk.poll()
    network.delete("2002_2")
    assert desk.poll_texts() == ["kept"]
    assert any("not there" in problem for problem in desk.shelf.problems)


# --- edits and deletions --------------------------------------------------------------------------


def test_an_edited_comment_is_an_edit_within_ten_minutes(
    network: FacebookServer, desk: Desk
) -> None:
    own = desk.comment("there is a fire")
    desk.poll()
    network.edit(own, "there is a fire, people inside")
    desk.clock.move(minutes=11)
    (arrival,) = desk.poll()
    assert (arrival.item.id, arrival.change) == (own, Change.EDIT)
    assert arrival.item.text == "there is a fire, people inside"
    desk.clock.move(minutes=11)
    assert desk.poll() == []


def test_a_deleted_comment_is_a_deletion_and_an_old_one_is_left_alone(
    network: FacebookServer, desk: Desk
) -> None:
    old = desk.comment("yesterday", sent_at=(NOW - timedelta(hours=30)).isoformat())
    gone = desk.comment("I should not have said that")
    desk.poll()
    network.delete(gone)
    network.delete(old)
    desk.clock.move(minutes=11)
    (arrival,) = desk.poll()
    assert (arrival.item.id, arrival.change, arrival.item.text) == (gone, Change.DELETE, "")
    assert desk.shelf.texts[gone] == ["I should not have said that"]


def test_a_limit_met_while_looking_for_deletions_ends_the_poll_and_loses_none(
    network: FacebookServer, desk: Desk
) -> None:
    gone = [desk.comment(f"comment {number}") for number in range(4)]
    desk.poll()
    for each in gone:
        network.delete(each)
    desk.clock.move(minutes=11)
    network.fail("limit", on="object", minutes=42, after=1, times=-1)
    with pytest.raises(RateLimited) as raised:
        desk.poll()
    assert raised.value.retry_at == desk.clock() + timedelta(minutes=42)
    assert len(network.asked("object")) == 2
    assert network.asked()[-1]["name"] == "object"  # nothing more while the page is limited
    network.heal()
    desk.clock.move(minutes=43)
    desk.poll()
    deleted = [own for own, change in desk.shelf.changes if change is Change.DELETE]
    assert sorted(deleted) == sorted(gone)


def test_a_comment_approved_late_is_found_in_the_slow_round(desk: Desk) -> None:
    desk.comment("first")
    held_back = desk.clock.move(seconds=1).isoformat()
    desk.comment("third")
    desk.poll()
    desk.comment("second, held back as spam", sent_at=held_back)
    desk.clock.move(minutes=11)
    assert desk.poll_texts() == ["second, held back as spam"]


def test_second_looks_are_left_out_while_the_limit_is_near(
    network: FacebookServer, desk: Desk
) -> None:
    own = desk.comment("there is a fire")
    network.usage = {"X-App-Usage": '{"call_count": 80, "total_time": 25, "total_cputime": 25}'}
    desk.poll()
    network.edit(own, "there is a fire, people inside")
    desk.clock.move(minutes=11)
    desk.poll()
    (quota,) = desk.shelf.harvests[-1].quotas
    assert (quota.name, quota.remaining, quota.limit) == ("app", 20, 100)


# --- messages -------------------------------------------------------------------------------------


def test_conversations_are_walked_back_to_the_mark(network: FacebookServer, desk: Desk) -> None:
    for number in range(10):
        desk.message(f"message {number}", thread_id=f"t_{number}")
    assert len(desk.poll()) == 10
    desk.poll()
    asked = len(network.asked())
    desk.message("once more", thread_id="t_2")
    assert desk.poll_texts() == ["once more"]
    names = [entry["name"] for entry in network.asked()[asked:]]
    assert names.count("messages") == 1
    assert names.count("conversations") == 1


def test_a_message_in_the_second_in_which_we_looked_is_not_lost(desk: Desk) -> None:
    desk.message("first")
    moment = desk.clock().isoformat()
    for harvest in desk.collector.collect(""):
        desk.shelf.keep(harvest)
    desk.message("second", sent_at=moment)
    desk.clock.now -= timedelta(seconds=1)
    assert desk.poll_texts() == ["second"]
    assert desk.poll() == []


def test_a_late_message_below_anothers_second_is_not_lost(desk: Desk) -> None:
    desk.message("first", thread_id="t_1")
    moment = desk.clock().isoformat()
    desk.message("other", thread_id="t_2")
    for harvest in desk.collector.collect(""):
        desk.shelf.keep(harvest)
    desk.message("second, late", thread_id="t_1", sent_at=moment)
    assert desk.poll_texts() == ["second, late"]


def test_messages_come_before_comments_once_the_old_ones_are_read(desk: Desk) -> None:
    desk.message("years old")
    desk.comment("today's comment")
    assert [arrival.item.text for arrival in desk.poll()] == ["today's comment", "years old"]
    desk.comment("comment")
    desk.message("message")
    assert [arrival.item.text for arrival in desk.poll()] == ["message", "comment"]


def test_the_thread_of_a_message_is_its_conversation(desk: Desk) -> None:
    desk.message(
        "I need help",
        raw={
            "attachments": {
                "data": [
                    {"id": "1", "image_data": {"url": "https://example.org/1.jpg"}},
                    {"id": "2", "mime_type": "audio/mpeg", "file_url": "https://example.org/2.mp3"},
                ]
            }
        },
    )
    desk.message("Are you there?", author=OWN_PAGE)
    (arrival,) = desk.poll()
    assert (arrival.item.thread_id, arrival.item.kind) == ("t_1", Kind.DM)
    assert arrival.item.author.account_id == "5005"
    kinds = [(attachment.kind, attachment.url) for attachment in arrival.item.attachments]
    assert kinds == [
        ("image", "https://example.org/1.jpg"),
        ("audio", "https://example.org/2.mp3"),
    ]


def test_a_conversation_that_fails_does_not_stop_comments(
    network: FacebookServer, desk: Desk
) -> None:
    desk.comment("comment")
    desk.message("message")
    network.fail("scope_named", on="conversations", times=-1)
    with pytest.raises(Unauthorised, match="lacks pages_messaging"):
        desk.poll()
    assert list(desk.shelf.texts.values()) == [["comment"]]


# --- limits and refusals --------------------------------------------------------------------------


@pytest.mark.parametrize("limit", ["limit", "limit_app", "limit_page", "limit_calls"])
def test_a_limit_says_until_when_and_nothing_is_asked_before(
    network: FacebookServer, desk: Desk, limit: str
) -> None:
    desk.comment("comment")
    desk.message("message")
    network.fail(limit, on="comments", minutes=42)
    with pytest.raises(RateLimited) as raised:
        desk.poll()
    assert raised.value.retry_at == desk.clock() + timedelta(minutes=42)
    asked = len(network.asked())
    assert {entry["name"] for entry in network.asked()} == {"me", "posts", "comments"}
    with pytest.raises(RateLimited):
        desk.poll()
    assert len(network.asked()) == asked
    usage = {quota.name: quota for quota in desk.shelf.harvests[-1].quotas}
    assert usage["business_use_case"].remaining == 0
    assert usage["business_use_case"].resets_at == raised.value.retry_at
    desk.clock.move(minutes=43)
    assert desk.poll_texts() == ["comment", "message"]


def test_a_dead_token_says_why_and_names_the_page(network: FacebookServer, desk: Desk) -> None:
    network.fail("dead", times=-1)
    with pytest.raises(Unauthorised, match="facebook:2002: the page token is dead: it expired"):
        desk.poll()


def test_a_missing_permission_is_named(network: FacebookServer, desk: Desk) -> None:
    network.fail("scope", on="posts", times=-1)
    with pytest.raises(Unauthorised, match="pages_read_user_content"):
        desk.poll()


def test_a_wrong_app_secret_is_said_plainly(network: FacebookServer) -> None:
    desk = Desk(network, app_secret="another")
    with pytest.raises(Unauthorised, match="the app secret is wrong"):
        desk.poll()


def test_an_error_that_passes_is_tried_again_later(network: FacebookServer, desk: Desk) -> None:
    desk.comment("comment")
    network.fail("transient", on="posts")
    with pytest.raises(Unavailable, match="asks to try again"):
        desk.poll()
    assert desk.poll_texts() == ["comment"]


@pytest.mark.parametrize("route", ["posts", "comments", "conversations", "messages"])
def test_a_page_that_is_too_much_for_facebook_is_asked_for_in_smaller_parts(
    network: FacebookServer, desk: Desk, route: str
) -> None:
    for number in range(4):
        desk.comment(f"comment {number}")
        desk.message(f"message {number}")
    network.fail("too_much", on=route, times=-1, most=7)
    assert len(desk.poll()) == 8
    assert min(int(entry["query"]["limit"]) for entry in network.asked(route)) <= 7


def test_a_page_of_one_that_is_too_much_is_tried_again_later(
    network: FacebookServer, desk: Desk
) -> None:
    desk.comment("comment")
    network.fail("too_much", on="comments", times=-1, most=0)
    with pytest.raises(Unavailable, match="cannot answer so much at once"):
        desk.poll()


def test_a_page_cursor_that_expired_leads_back_to_the_first_page(
    network: FacebookServer, desk: Desk
) -> None:
    for number in range(7):
        desk.comment(f"comment {number}")
    harvests = desk.collector.collect("")
    desk.shelf.keep(next(harvests))
    harvests.close()  # type: ignore[attr-defined]
    network.fail("stale_cursor", on="comments")
    desk.poll()
    assert len(desk.shelf.texts) == 7


@pytest.mark.parametrize("route", ["posts", "comments", "conversations", "messages"])
def test_pages_that_repeat_are_begun_anew_and_not_where_they_looped(
    network: FacebookServer, desk: Desk, route: str
) -> None:
    for number in range(7):
        desk.comment(f"comment {number}")
        desk.message(f"message {number}")
    network.fail("endless", on=route, times=-1)
    with pytest.raises(Unavailable, match="repeat themselves"):
        desk.poll()
    state = FacebookState.read(desk.shelf.cursor, "facebook:2002")
    assert (state.comments.outer, state.comments.inner) == ("", "")
    assert (state.messages.outer, state.messages.inner) == ("", "")


def test_a_slow_round_cut_in_two_looks_nobody_up(network: FacebookServer, desk: Desk) -> None:
    for number in range(7):
        desk.comment(f"comment {number}")
    desk.poll()
    desk.clock.move(minutes=11)
    for number in range(7, 14):
        desk.comment(f"comment {number}")
    harvests = desk.collector.collect(desk.shelf.cursor)
    desk.shelf.keep(next(harvests))
    harvests.close()  # type: ignore[attr-defined]
    desk.poll()
    assert len(desk.shelf.texts) == 14
    assert network.asked("object") == []


def test_doctor_is_told_when_the_token_expires(network: FacebookServer, desk: Desk) -> None:
    assert {finding.level for finding in desk.collector.check()} == {"ok"}
    network.expires_at = int((NOW + timedelta(days=3)).timestamp())
    (worst, *_) = desk.collector.check()
    assert (worst.level, worst.text) == ("warn", "facebook:2002: the token expires on 26 Nov 2026")
    network.expires_at = int((NOW - timedelta(days=3)).timestamp())
    (worst, *_) = desk.collector.check()
    assert (worst.level, worst.text) == ("fail", "facebook:2002: the token expired on 20 Nov 2026")
    network.fail("dead", times=-1)
    assert desk.collector.check()[0].level == "fail"


def test_doctor_is_told_of_another_pages_token(network: FacebookServer) -> None:
    findings = Desk(network, page_id="666").collector.check()
    assert "belongs to 2002" in findings[0].text
