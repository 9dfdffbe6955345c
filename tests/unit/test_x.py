"""X: what naive clients get wrong (each line of it is a test here)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from collectors.x_state import XState
from tests.collector_rigs import NOW, WRITER, XDesk
from tests.servers.x import TOKEN, USER_ID, XServer, snowflake
from triage.errors import BadRequest, RateLimited, Unauthorised
from triage.model import Change
from triage.taxonomy import Kind


@pytest.fixture
def network() -> Iterator[XServer]:
    with XServer(tokens={TOKEN: USER_ID}, page_size=3) as server:
        yield server


@pytest.fixture
def desk(network: XServer) -> XDesk:
    return XDesk(network)


# --- what is read ---------------------------------------------------------------------------------


@pytest.mark.parametrize("vocabulary", ["tweet", "post", "both"])
def test_either_vocabulary_gives_the_same_item(vocabulary: str) -> None:
    with XServer(tokens={TOKEN: USER_ID}, vocabulary=vocabulary) as network:
        desk = XDesk(network)
        author = {**WRITER, "profile": "Loom Street, Westbridge"}
        parent = desk.mention("@westbridgepolice anybody there?")
        reply = desk.mention("and again", thread_id=parent, reply_to=parent, author=author)
        first = desk.poll()[0].item
        second = desk.shelf.arrivals[1].item
    assert (first.id, first.channel, first.account) == (parent, "x_mention", "westbridgepolice")
    assert (first.thread_id, first.reply_to, first.kind) == (parent, "", Kind.MENTION)
    assert (second.id, second.thread_id, second.reply_to) == (reply, parent, parent)
    assert second.author.handle == "k8_loom"
    assert second.author.display_name == "K8 Loom"
    assert second.author.profile == "Loom Street, Westbridge"
    assert second.sent_at == NOW + timedelta(seconds=2)
    assert second.lang == "en"


def test_a_refused_vocabulary_is_asked_for_once_only() -> None:
    with XServer(tokens={TOKEN: USER_ID}, vocabulary="post") as network:
        desk = XDesk(network, sources=("mentions",))
        desk.poll()
        desk.poll()
        assert [entry["status"] for entry in network.asked("mentions")] == [400, 200, 200]


def test_a_server_that_changes_its_vocabulary_is_followed() -> None:
    with XServer(tokens={TOKEN: USER_ID}, vocabulary="tweet") as network:
        desk = XDesk(network, sources=("mentions",))
        desk.poll()
        network.vocabulary = "post"
        desk.poll()  # the server moved on while we ran
        assert [entry["status"] for entry in network.asked("mentions")] == [400, 200, 400, 200]


def test_a_long_post_is_read_to_its_end(desk: XDesk) -> None:
    text = "He has been following me since the station. " * 12 + "Now he is at my door."
    desk.mention(text)
    assert desk.poll_texts() == [text]


def test_escaped_characters_of_posts_are_what_the_writer_typed(desk: XDesk) -> None:
    desk.mention("Tom &amp; Jerry &lt;3 &amp;lt;")
    assert desk.poll_texts() == ["Tom & Jerry <3 &lt;"]


def test_reposts_are_dropped_and_quotes_are_kept(desk: XDesk) -> None:
    repost = {"references": [{"type": "retweeted", "id": "7"}]}
    desk.mention("He is here", raw=repost)
    desk.mention("Look at this", raw={"references": [{"type": "quoted", "id": "7"}]})
    assert desk.poll_texts() == ["Look at this"]


def test_a_cry_for_help_copied_by_hand_is_no_repost(desk: XDesk) -> None:
    desk.mention("RT @k8_loom: He is here, please help her")
    assert desk.poll_texts() == ["RT @k8_loom: He is here, please help her"]


def test_only_messages_of_a_conversation_are_contact(desk: XDesk) -> None:
    desk.message("", raw={"event_type": "ParticipantsJoin"})
    desk.message("Are you there?", thread_id="5005-1001")
    (arrival,) = desk.poll()
    assert arrival.item.text == "Are you there?"
    assert arrival.item.thread_id == "5005-1001"
    assert arrival.item.kind is Kind.DM


def test_media_are_named_but_not_fetched(network: XServer, desk: XDesk) -> None:
    desk.message("", raw={"attachments": {"media_keys": ["3_1"]}})
    (arrival,) = desk.poll()
    assert [attachment.kind for attachment in arrival.item.attachments] == ["media"]
    assert {entry["name"] for entry in network.asked()} == {"me", "mentions", "dms"}


def test_an_author_who_is_not_included_is_known_by_number_only(desk: XDesk) -> None:
    desk.mention("hello")
    desk.network.users.clear()
    (arrival,) = desk.poll()
    assert arrival.item.author.account_id == "5005"
    assert arrival.item.author.handle == ""


def test_errors_beside_data_are_problems_and_the_data_arrives(
    network: XServer, desk: XDesk
) -> None:
    desk.mention("hello")
    network.fail("partial", on="mentions")
    assert desk.poll_texts() == ["hello"]
    assert desk.shelf.problems == [
        "Not Found Error: Could not find tweet with referenced_tweets.id: [77]."
    ]


def test_an_empty_page_without_data_does_not_end_the_walk(network: XServer, desk: XDesk) -> None:
    for number in range(5):
        desk.mention(f"mention {number}")
    network.fail("empty", on="mentions")
    assert desk.poll_texts() == ["mention 0", "mention 1"]  # X showed no more than that


# --- where it goes on -----------------------------------------------------------------------------


def test_since_id_moves_only_when_all_pages_are_stored(network: XServer) -> None:
    desk = XDesk(network, sources=("mentions",))
    newest = [desk.mention(f"mention {number}") for number in range(7)][-1]
    harvests = desk.collector.collect("")
    desk.shelf.keep(next(harvests))
    harvests.close()  # type: ignore[attr-defined]
    assert XState.read(desk.shelf.cursor, "x").walk("mentions").mark == ""
    desk.poll()
    assert XState.read(desk.shelf.cursor, "x").walk("mentions").mark == newest
    desk.poll()
    since = [entry["query"].get("since_id") for entry in network.asked("mentions")]
    assert since[:3] == [None, None, None]
    assert since[-1] == newest


def test_a_page_token_that_expired_leads_back_to_the_newest_page(network: XServer) -> None:
    desk = XDesk(network, sources=("mentions",))
    for number in range(7):
        desk.mention(f"mention {number}")
    harvests = desk.collector.collect("")
    desk.shelf.keep(next(harvests))
    harvests.close()  # type: ignore[attr-defined]
    network.fail("stale_token", on="mentions")
    desk.poll()
    assert len(desk.shelf.texts) == 7


def test_after_a_kill_one_poll_reads_the_rest_and_what_came_since(network: XServer) -> None:
    desk = XDesk(network, sources=("mentions",))
    for number in range(5):
        desk.mention(f"mention {number}")
    harvests = desk.collector.collect("")
    desk.shelf.keep(next(harvests))
    harvests.close()  # type: ignore[attr-defined]
    desk.mention("he is back")
    assert desk.poll_texts() == ["he is back", "mention 0", "mention 1"]


def test_messages_are_paged_back_to_the_mark_and_no_further(network: XServer, desk: XDesk) -> None:
    for number in range(9):
        desk.message(f"message {number}")
    desk.poll()
    before = len(network.asked("dms"))
    desk.message("one more")
    assert desk.poll_texts() == ["one more"]
    assert len(network.asked("dms")) == before + 1


def test_a_message_that_surfaces_late_below_the_mark_is_not_lost(desk: XDesk) -> None:
    early = snowflake(NOW + timedelta(seconds=2))
    desk.message("first")
    desk.clock.move(seconds=5)
    desk.message("third")
    desk.poll()
    desk.message("second, late", id=early, sent_at=(NOW + timedelta(seconds=2)).isoformat())
    assert desk.poll_texts() == ["second, late"]
    assert desk.poll_texts() == []


def test_a_mention_that_surfaces_late_is_found_in_the_slow_round(desk: XDesk) -> None:
    early = snowflake(NOW + timedelta(seconds=2))
    desk.mention("first")
    desk.clock.move(seconds=5)
    desk.mention("third")
    desk.poll()
    desk.mention("second, late", id=early, sent_at=(NOW + timedelta(seconds=2)).isoformat())
    assert desk.poll_texts() == []
    desk.clock.move(minutes=11)
    assert desk.poll_texts() == ["second, late"]


def test_direct_messages_are_read_with_their_own_token(network: XServer) -> None:
    network.tokens = {TOKEN: "", "dm-token-invented": USER_ID}
    desk = XDesk(network, dm_token="dm-token-invented")
    desk.mention("mention")
    desk.message("message")
    assert desk.poll_texts() == ["mention", "message"]


# --- edits and deletions --------------------------------------------------------------------------


def test_an_edit_is_a_version_of_the_first_id(network: XServer, desk: XDesk) -> None:
    first = desk.mention("Man with a knife on Loom Street")
    desk.poll()
    network.edit(first, "Man with a knife on Loom Street, now running to the station")
    (arrival,) = desk.poll()
    assert arrival.change is Change.EDIT
    assert arrival.item.id == first
    assert len(desk.shelf.texts[first]) == 2
    assert desk.poll() == []


def test_a_post_edited_before_we_saw_it_is_new_under_its_first_id(
    network: XServer, desk: XDesk
) -> None:
    first = desk.mention("help")
    network.edit(first, "help, Weirside")
    (arrival,) = desk.poll()
    assert (arrival.item.id, arrival.change) == (first, Change.NEW)


def test_an_edit_that_no_longer_mentions_us_is_found_by_looking_up(
    network: XServer, desk: XDesk
) -> None:
    first = desk.mention("@westbridgepolice he is outside")
    desk.mention("another")
    desk.poll()
    new = network.edit(first, "all fine")
    walk = XState.read(desk.shelf.cursor, "x").walk("mentions")
    assert int(new) > int(first)
    state = XState.read(desk.shelf.cursor, "x")
    state.walks["mentions"] = walk.after([new], "")  # as if the timeline had skipped it
    desk.shelf.cursor = state.write()
    desk.clock.move(minutes=11)
    assert ("all fine", Change.EDIT) in [(a.item.text, a.change) for a in desk.poll()]


def test_a_deleted_post_is_a_deletion_and_a_hidden_one_is_not(
    network: XServer, desk: XDesk
) -> None:
    gone, hidden = desk.mention("please ignore"), desk.mention("I am protected now")
    desk.poll()
    network.delete(gone)
    network.hidden.add(hidden)
    assert desk.poll() == []  # look-ups keep a slow beat
    desk.clock.move(minutes=11)
    (arrival,) = desk.poll()
    assert (arrival.item.id, arrival.change, arrival.item.text) == (gone, Change.DELETE, "")
    assert arrival.item.channel == "x_mention"
    desk.clock.move(minutes=11)
    assert desk.poll() == []
    assert desk.shelf.texts[gone] == ["please ignore"]


def test_a_deletion_is_not_lost_when_the_look_up_of_an_edit_fails(
    network: XServer, desk: XDesk
) -> None:
    gone, edited = desk.mention("please ignore"), desk.mention("@westbridgepolice he is outside")
    desk.poll()
    new = network.edit(edited, "all fine")
    network.delete(gone)
    state = XState.read(desk.shelf.cursor, "x")
    state.walks["mentions"] = state.walk("mentions").after([new], "")
    desk.shelf.cursor = state.write()
    desk.clock.move(hours=2)  # the slow round no longer reaches back so far
    network.fail("500", on="lookup", after=1)
    assert desk.poll() == []
    desk.clock.move(minutes=11)
    told = {(arrival.item.id, arrival.change) for arrival in desk.poll()}
    assert told == {(gone, Change.DELETE), (edited, Change.EDIT)}


def test_look_ups_end_after_a_day_and_never_fail_a_poll(network: XServer, desk: XDesk) -> None:
    desk.mention("hello")
    desk.poll()
    desk.clock.move(minutes=11)
    network.fail("500", on="lookup")
    assert desk.poll() == []
    assert desk.shelf.problems == ["x:westbridgepolice: answered 500"]
    desk.clock.move(hours=25)
    desk.poll()
    assert len(network.asked("lookup")) == 1


# --- limits -------------------------------------------------------------------------------------


def test_a_limit_with_a_reset_says_until_when_and_one_without_waits_five_minutes(
    network: XServer,
) -> None:
    desk = XDesk(network, sources=("mentions",))
    desk.clock.now = datetime.now(UTC)  # the server tells its own time
    network.fail("429", on="mentions")
    with pytest.raises(RateLimited) as told:
        desk.poll()
    assert told.value.retry_at is not None
    in_a_quarter = datetime.now(UTC) + timedelta(minutes=15)
    assert abs(told.value.retry_at - in_a_quarter) < timedelta(seconds=10)
    bare = XDesk(network, sources=("mentions",))
    network.fail("429_bare", on="mentions")
    with pytest.raises(RateLimited) as untold:
        bare.poll()
    assert untold.value.retry_at == bare.clock() + timedelta(minutes=5)
    assert len(network.asked("mentions")) == 2  # neither was tried again on the spot


def test_messages_are_read_before_mentions(network: XServer, desk: XDesk) -> None:
    desk.mention("mention")
    desk.message("message")
    desk.poll()
    assert [arrival.item.text for arrival in desk.shelf.arrivals] == ["message", "mention"]


def test_limited_messages_do_not_hold_up_mentions(network: XServer, desk: XDesk) -> None:
    network.fail("429_bare", on="dms")
    desk.message("message")
    desk.mention("one")
    assert desk.poll_texts() == ["one"]
    assert desk.shelf.problems == ["x:westbridgepolice: dms: too many requests"]
    desk.mention("two")
    assert desk.poll_texts() == ["two"]
    assert len(network.asked("dms")) == 1
    desk.clock.move(minutes=6)
    assert desk.poll_texts() == ["message"]


def test_the_last_request_of_a_window_is_not_followed_by_a_refused_one(network: XServer) -> None:
    network.limits["dms"] = 1
    desk = XDesk(network)
    desk.clock.now = datetime.now(UTC)
    desk.message("message")
    assert desk.poll_texts() == ["message"]
    desk.poll()
    assert [entry["status"] for entry in network.asked("dms")] == [200]
    quota = next(each for each in desk.shelf.harvests[-2].quotas if each.name == "mentions")
    assert (quota.remaining, quota.limit) == (99_998, 100_000)


# --- refusals -------------------------------------------------------------------------------------


def test_a_missing_scope_is_named(network: XServer, desk: XDesk) -> None:
    desk.mention("mention")
    network.fail("scope", on="dms")
    with pytest.raises(Unauthorised, match=r"dm\.read"):
        desk.poll()
    assert desk.shelf.texts  # mentions were read all the same


def test_credits_that_ran_out_are_an_alarm(network: XServer, desk: XDesk) -> None:
    network.fail("credits", on="mentions")
    with pytest.raises(Unauthorised, match="no credits"):
        desk.poll()


def test_doctor_is_told_what_is_wrong(network: XServer) -> None:
    well = XDesk(network).collector.check()
    assert {finding.level for finding in well} == {"ok"}
    network.tokens = {TOKEN: "666"}
    (worst, *_) = XDesk(network).collector.check()
    assert worst.level == "fail"
    assert "belongs to 666" in worst.text
    network.tokens = {TOKEN: ""}  # an app-only token
    said = {finding.level: finding.text for finding in XDesk(network).collector.check()}
    assert "cannot be read" in said["warn"]
    assert "dm.read" in said["fail"]


def test_a_request_x_cannot_make_sense_of_is_permanent(network: XServer) -> None:
    network.vocabulary = "nonsense"
    with pytest.raises(BadRequest):
        XDesk(network, sources=("mentions",)).poll()
