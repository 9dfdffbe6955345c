import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from config.settings import TeamsSink as Settings
from notifier.card import CardContext
from notifier.outbox import Deliverer
from notifier.teams import TeamsSink
from tests.servers.chat_vendor import HTML, Fault, coded
from tests.servers.desk import NOW, OutboxInMemory, Time, a_card, a_case
from tests.servers.teams import APP_ID, APP_PASSWORD, DESK, TEAM, Teams, texts, titles
from triage.errors import (
    BadRequest,
    FirstContactError,
    Gone,
    OutcomeUnknown,
    RateLimited,
    Removed,
    Unauthorised,
    Unavailable,
)
from triage.model import Case, Outgoing, State
from triage.taxonomy import Lane

CONTEXT = CardContext(desk="Westbridge Police", officer_name=lambda officer: "Officer Khan")
AT_DESK = f"teams:{DESK}"


@pytest.fixture(scope="module")
def running() -> Iterator[Teams]:
    with Teams() as server:
        yield server


@pytest.fixture
def teams(running: Teams) -> Teams:
    """The server as if nothing had happened yet."""
    running.calls.clear()
    running.faults.clear()
    running.workflow.clear()
    running.may_read, running.page, running.clock = True, 50, Time()
    running.tokens, running.open_door, running.expires_in = 0, False, 3600
    for activities in running.activities.values():
        activities.clear()
    return running


def sink_on(teams: Teams, time: Time | None = None, **fields: object) -> TeamsSink:
    values: dict[str, object] = {
        "kind": "teams",
        "app_id": APP_ID,
        "app_password": APP_PASSWORD,
        "tenant_id": "invented-tenant",
        "base_url": teams.connector,
        "login_url": f"{teams.url}/login/",
        "channels": {Lane.DESK: DESK, Lane.CONTROL_ROOM: "19:cr@thread.tacv2"},
        "timeout_seconds": 0.5,
    }
    return TeamsSink(Settings.model_validate(values | fields), CONTEXT, time or Time())


def posted(sink: TeamsSink, case: Case | None = None) -> str:
    case = case or a_case()
    return sink.post(a_card(case, AT_DESK), case, now=NOW)


def test_a_card_is_posted_as_the_bot_with_its_key(teams):
    external = posted(sink_on(teams))

    (activity,) = teams.activities[DESK]
    assert external == activity["id"]
    assert activity["channelData"]["firstcontact"]["key"] == f"card:FC-26-1123-0041:{AT_DESK}"
    assert activity["summary"].startswith("P1 Emergency · direct message · FC-26-1123-0041")
    (attached,) = activity["attachments"]
    assert attached["contentType"] == "application/vnd.microsoft.card.adaptive"


def test_a_card_is_edited_in_place(teams):
    sink = sink_on(teams)
    external = posted(sink)
    claimed = a_case(state=State.CLAIMED, claimed_by="o7", claimed_at=NOW)

    sink.edit(replace(a_card(claimed, AT_DESK), external_id=external), claimed, now=NOW)

    (activity,) = teams.activities[DESK]
    assert activity["edited"]
    shown = texts(activity["attachments"][0]["content"])
    assert shown[-1] == "Claimed by Officer Khan at 09:42 · 4 min left (by 09:46)"


def test_privacy_is_that_of_the_conversation(teams):
    sink = sink_on(teams, privacy={Lane.CONTROL_ROOM: 2})
    case = a_case()
    sink.post(a_card(case, "teams:19:cr@thread.tacv2"), case, now=NOW)
    posted(sink, case)

    open_, closed = (str(each) for each in reversed(teams.activities.values()))
    assert "knife" in open_
    assert "knife" not in closed
    assert "knife" not in teams.activities["19:cr@thread.tacv2"][0]["summary"]


def test_the_address_teams_told_last_is_used_for_a_conversation(teams):
    sink = TeamsSink(
        Settings(kind="teams", base_url="http://127.0.0.1:9/", channels={Lane.DESK: DESK}),
        CONTEXT,
        Time(),
        service_url=lambda conversation: teams.connector if conversation == DESK else "",
    )
    teams.open_door = True

    posted(sink)

    assert len(teams.activities[DESK]) == 1


def test_without_a_password_no_token_is_asked_for(teams):
    teams.open_door = True

    posted(sink_on(teams, app_password=None))

    assert teams.named("token") == []


def test_a_token_is_kept_until_shortly_before_it_expires(teams):
    time = Time()
    sink = sink_on(teams, time)

    for _ in range(3):
        posted(sink)
    assert teams.tokens == 1
    time.pass_(3600 - 30)
    posted(sink)
    assert teams.tokens == 2


def test_a_token_the_connector_refuses_is_fetched_anew_once(teams):
    sink = sink_on(teams)
    posted(sink)
    teams.tokens += 1  # the connector forgets what it gave out

    posted(sink)

    assert len(teams.activities[DESK]) == 2


def test_a_connector_that_refuses_every_token_is_told(teams):
    teams.fail("post", Fault(status=401), Fault(status=401))

    with pytest.raises(Unauthorised):
        posted(sink_on(teams))
    assert len(teams.named("post")) == 2


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(status=400, body=b"{}"), Unauthorised),
        (Fault(status=401, body=b"{}"), Unauthorised),
        (Fault(status=429), Unavailable),
        (Fault(status=500, body=HTML), Unavailable),
        (Fault(body=HTML), Unavailable),
        (Fault(body=b"{}"), Unavailable),
        (Fault(body=b"[]"), Unavailable),
        (Fault(disconnect=True), Unavailable),
        (Fault(sleep=2), Unavailable),
    ],
)
def test_trouble_at_the_login_means_that_nothing_was_posted(teams, fault, expected):
    teams.fail("token", fault)

    with pytest.raises(FirstContactError) as caught:
        posted(sink_on(teams))

    assert type(caught.value) is expected
    assert APP_PASSWORD not in str(caught.value)
    assert teams.named("post") == []


FAULTS = {
    "429 with Retry-After": (Fault(status=429, headers={"Retry-After": "30"}), RateLimited),
    "429 without": (Fault(status=429), RateLimited),
    "400": (Fault(status=400), BadRequest),
    "403": (Fault(status=403), Unauthorised),
    "404": (Fault(status=404), Gone),
    "412": (Fault(status=412), Unavailable),
    "413": (Fault(status=413), BadRequest),
    "500": (Fault(status=500, body=HTML), OutcomeUnknown),
    "502": (Fault(status=502, body=HTML), OutcomeUnknown),
    "503": (Fault(status=503, body=HTML), Unavailable),
    "redirect": (Fault(status=302, headers={"Location": "http://127.0.0.1:9/"}), BadRequest),
    "HTML": (Fault(body=HTML), OutcomeUnknown),
    "disconnect": (Fault(disconnect=True), OutcomeUnknown),
    "cut in mid-body": (Fault(body=b'{"id": "1', cut=True), OutcomeUnknown),
    "timeout": (Fault(sleep=2), OutcomeUnknown),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_goes_wrong_at_teams_is_told_in_our_words(teams, name):
    fault, expected = FAULTS[name]
    teams.fail("post", fault, fault)

    with pytest.raises(FirstContactError) as caught:
        posted(sink_on(teams))

    assert type(caught.value) is expected


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (403, "BotNotInConversationRoster", Gone),
        (403, "BotDisabledByAdmin", Gone),
        (403, "ForbiddenOperationException", Unauthorised),
        (404, "ConversationNotFound", Gone),
    ],
)
def test_the_code_teams_gives_tells_a_removed_bot_from_a_dead_token(teams, status, code, expected):
    teams.fail("post", coded(status, code))

    with pytest.raises(expected, match=code) as caught:
        posted(sink_on(teams))

    assert type(caught.value) is expected
    assert (len(teams.named("post")), teams.tokens) == (1, 1)


@pytest.mark.parametrize(
    ("code", "expected"),
    [("ActivityNotFoundInConversation", Removed), ("ConversationNotFound", Gone)],
)
def test_an_edit_tells_a_removed_card_from_a_removed_conversation(teams, code, expected):
    sink, case = sink_on(teams), a_case()
    card = replace(a_card(case, AT_DESK), external_id="1763890000001")
    teams.fail("edit", coded(404, code))

    with pytest.raises(FirstContactError) as caught:
        sink.edit(card, case, now=NOW)

    assert type(caught.value) is expected


def test_retry_after_says_when(teams):
    teams.fail("post", Fault(status=429, headers={"Retry-After": "30"}))

    with pytest.raises(RateLimited) as caught:
        posted(sink_on(teams))

    assert caught.value.retry_at == NOW + timedelta(seconds=30)


def test_a_teams_that_is_not_there_has_received_nothing(teams):
    sink = sink_on(teams, base_url="http://127.0.0.1:9/", app_password=None)

    with pytest.raises(Unavailable):
        posted(sink)


def test_an_unknown_conversation_is_gone(teams):
    case = a_case()

    with pytest.raises(Gone):
        sink_on(teams).post(a_card(case, "teams:19:unknown"), case, now=NOW)


def test_teams_cannot_be_searched_where_the_team_is_not_named(teams):
    assert sink_on(teams).find(a_card(a_case(), AT_DESK)) == ""
    assert teams.named("search") == []


def in_team(teams: Teams, **fields: object) -> TeamsSink:
    return sink_on(teams, team_id=TEAM, graph_url=teams.graph, **fields)


def test_a_card_that_was_posted_before_is_found_by_its_key(teams):
    sink, case = in_team(teams), a_case()
    for number in range(7):
        other = replace(case, ref=f"FC-26-1123-{number:04}")
        sink.post(a_card(other, AT_DESK), other, now=NOW)
    external = sink.post(a_card(case, AT_DESK), case, now=NOW)
    for number in range(7, 20):
        other = replace(case, ref=f"FC-26-1123-{number:04}")
        sink.post(a_card(other, AT_DESK), other, now=NOW)
    teams.page = 5

    assert sink.find(replace(a_card(case, AT_DESK), tried_at=NOW)) == external
    assert len(teams.named("search")) == 3
    assert sink.find(a_card(replace(case, ref="FC-26-1123-9999"), AT_DESK)) == ""


def test_a_search_ends_with_what_is_older_than_the_attempt(teams):
    sink, case = in_team(teams), a_case()
    for number in range(30):
        other = replace(case, ref=f"FC-26-1123-{number:04}")
        sink.post(a_card(other, AT_DESK), other, now=NOW)
    teams.page = 5

    later = NOW + timedelta(minutes=10)
    assert sink.find(replace(a_card(case, AT_DESK), tried_at=later)) == ""
    assert len(teams.named("search")) == 1


def test_a_team_that_lets_nobody_read_is_told_as_that(teams):
    teams.may_read = False

    with pytest.raises(Unauthorised):
        in_team(teams).find(a_card(a_case(), AT_DESK))


def test_a_page_elsewhere_does_not_get_our_token(teams):
    body = json.dumps({"value": [], "@odata.nextLink": "https://graph.example/next"}).encode()
    teams.fail("search", Fault(body=body))

    assert in_team(teams).find(a_card(a_case(), AT_DESK)) == ""


@pytest.mark.parametrize(
    "fault",
    [
        Fault(accept=True, disconnect=True),
        Fault(accept=True, sleep=2),
        Fault(accept=True, status=502, body=HTML),
        Fault(accept=True, body=b'{"id": "1', cut=True),
    ],
    ids=["disconnect", "timeout", "bad gateway", "cut in mid-body"],
)
def test_a_post_teams_took_before_it_failed_ends_as_one_card(teams, fault):
    time, outbox, case = Time(), OutboxInMemory(), a_case()
    card = a_card(case, AT_DESK)
    outbox.add(case, card)
    deliverer = Deliverer(outbox, outbox, {"teams": in_team(teams)}, time, {"teams": 100})
    teams.fail("post", fault)

    assert not deliverer.deliver(card.key)
    time.pass_(20)
    assert deliverer.deliver(card.key)

    (activity,) = teams.activities[DESK]
    assert outbox.rows[card.key].external_id == activity["id"]


@pytest.mark.parametrize("text", ["a" * 5000, "👮" * 5000])
def test_an_abusive_text_of_any_length_does_not_block_its_own_alert(teams, text):
    posted(sink_on(teams, privacy={Lane.DESK: 2}), a_case(text))

    assert len(teams.activities[DESK]) == 1


# --- workflows -----------------------------------------------------------------------------------


def workflow_sink(teams: Teams) -> TeamsSink:
    return sink_on(teams, channels={}, workflows={Lane.DESK: f"{teams.url}/workflow/invented"})


def test_a_workflow_gets_the_card_with_a_link_only(teams):
    case = a_case()

    external = workflow_sink(teams).post(a_card(case, "teams:desk"), case, now=NOW)

    (message,) = teams.workflow
    card = message["attachments"][0]["content"]
    assert message["type"] == "message"
    assert titles(card) == ["Open in console"]
    assert external == "-"


def test_what_a_workflow_posted_is_not_edited(teams):
    case = a_case()

    workflow_sink(teams).edit(replace(a_card(case, "teams:desk"), external_id="-"), case, now=NOW)

    assert teams.calls == []


def test_a_workflow_that_is_gone_is_told_without_its_secret_address(teams):
    teams.fail("workflow", Fault(status=404))
    case = a_case()

    with pytest.raises(Gone) as caught:
        workflow_sink(teams).post(a_card(case, "teams:desk"), case, now=NOW)

    assert "invented" not in str(caught.value)


def test_a_notice_goes_to_teams_as_a_card(teams):
    notice = Outgoing(key="notice:1", destination=AT_DESK, urgency=1, body="Collector silent")

    sink_on(teams).post(notice, None, now=NOW)

    (activity,) = teams.activities[DESK]
    assert "Collector silent" in texts(activity["attachments"][0]["content"])


@pytest.mark.parametrize("person", ["29:1abc", "00000000-0000-0000-0000-0000000000b7"])
def test_what_is_for_one_officer_goes_to_their_own_chat_with_the_bot(teams, person):
    sink = sink_on(teams)
    word = Outgoing(
        key="notice:FC-26-1123-0041:follow:3",
        destination=f"teams:{person}",
        urgency=1,
        case_ref="FC-26-1123-0041",
        body='{"title": "You follow this", "text": "FC-26-1123-0041: P1 Emergency now"}',
        created_at=NOW,
    )

    sink.post(word, None, now=NOW)
    sink.post(replace(word, key="notice:2"), None, now=NOW)

    own = teams.activities[f"a:{person}"]
    assert [texts(each["attachments"][0]["content"])[1] for each in own] == [
        "FC-26-1123-0041: P1 Emergency now",
        "FC-26-1123-0041: P1 Emergency now",
    ]
    assert len(teams.calls) == 4  # a token, the conversation once, two messages
