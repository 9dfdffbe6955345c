import json
import threading
from collections.abc import Callable, Iterator

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from config.settings import TeamsSink as Settings
from notifier.card import CardContext
from notifier.forms import Asking, form_of
from notifier.press import Answer, Press, verb_of
from notifier.teams import TeamsPresses
from tests.servers.chat_vendor import Fault
from tests.servers.desk import NOW, Time, a_case
from tests.servers.teams import APP_ID, DESK, TENANT, Teams, texts
from triage.conversations import Conversation
from triage.errors import Stale, Unavailable
from triage.lifecycle import Verb
from triage.model import Officer, State
from triage.seen import UNMARKED, seen
from triage.taxonomy import Lane

REF = "FC-26-1123-0041"
CONTEXT = CardContext(desk="Westbridge Police", officer_name=lambda officer: "Officer Khan")
STAMP = NOW.timestamp()
OURS = "00000000-0000-0000-0000-0000000000a1"
THEIRS = "00000000-0000-0000-0000-0000000000a2"
CLAIMED = a_case(state=State.CLAIMED, claimed_by="o7", claimed_at=NOW)


@pytest.fixture(scope="module")
def running() -> Iterator[Teams]:
    with Teams() as server:
        yield server


@pytest.fixture
def teams(running: Teams) -> Teams:
    running.calls.clear()
    running.faults.clear()
    return running


class Desk:
    def __init__(self, answer: Answer | Exception) -> None:
        self.presses: list[Press] = []
        self.answer = answer

    def __call__(self, press: Press) -> Answer:
        self.presses.append(press)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def settings_of(teams: Teams, **fields: object) -> Settings:
    values: dict[str, object] = {
        "kind": "teams",
        "app_id": APP_ID,
        "base_url": teams.connector,
        "openid_url": f"{teams.url}/openid",
        "channels": {Lane.DESK: DESK},
        "timeout_seconds": 1,
    }
    return Settings.model_validate(values | fields)


class Receiver:
    """`TeamsPresses` with its desk, clock and the conversations it was told of."""

    def __init__(
        self,
        teams: Teams,
        desk: Callable[[Press], Answer],
        *,
        answer_seconds: float = 5,
        **fields: object,
    ) -> None:
        self.time = Time()
        self.met: list[Conversation] = []
        self.presses = TeamsPresses(
            settings_of(teams, **fields),
            CONTEXT,
            desk,
            self.time,
            on_conversation=self.met.append,
            answer_seconds=answer_seconds,
        )

    def __call__(self, activity: object, authorization: str = "") -> tuple[int, dict]:
        headers = {"authorization": authorization} if authorization else {}
        return self.presses.receive(headers, json.dumps(activity).encode())


@pytest.fixture
def receiving(teams: Teams) -> Iterator[Callable[..., Receiver]]:
    made: list[Receiver] = []

    def make(desk: Callable[[Press], Answer], **fields: object) -> Receiver:
        made.append(Receiver(teams, desk, **fields))
        return made[-1]

    yield make
    for each in made:
        each.presses.stop()


def test_a_press_is_read_and_answered_with_the_card_as_it_is_now(teams, receiving):
    desk = Desk(Answer(case=CLAIMED))

    status, body = receiving(desk)(teams.press("fc_claim", REF), teams.bearer(now=STAMP))

    (press,) = desk.presses
    assert (press.ref, verb_of(press), press.tool) == (REF, Verb.CLAIM, "teams")
    assert (press.teams_id, press.actor_name) == ("aad-khan", "Officer Khan")
    assert (status, body["statusCode"]) == (200, 200)
    assert body["type"] == "application/vnd.microsoft.card.adaptive"
    assert texts(body["value"])[-1].startswith("Claimed by Officer Khan at 09:42")


def test_the_card_in_the_answer_shows_no_more_than_its_conversation_may(teams, receiving):
    closed = receiving(Desk(Answer(case=CLAIMED)))
    opened = receiving(Desk(Answer(case=CLAIMED)), privacy={Lane.DESK: 2})

    shown = [
        str(each(teams.press("fc_claim", REF), teams.bearer(now=STAMP)))
        for each in (closed, opened)
    ]

    assert ["knife" in each for each in shown] == [False, True]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(text=f"{REF}: Officer Khan has it since 09:43", refused=True, case=CLAIMED),
        Answer(text=f"{REF}: Officer Khan has it since 09:43", refused=True),
        Stale(f"{REF}: Officer Khan has it since 09:43"),
    ],
)
def test_whoever_comes_late_is_told_who_has_it(teams, receiving, answer):
    status, body = receiving(Desk(answer))(teams.press("fc_claim", REF), teams.bearer(now=STAMP))

    assert status == 200
    assert "Officer Khan has it since 09:43" in str(body["value"])


def test_what_was_filled_in_arrives_as_arguments(teams, receiving):
    desk = Desk(Answer(case=CLAIMED))

    receiving(desk)(
        teams.press("fc_result", REF, code="advice", ref="42/1"), teams.bearer(now=STAMP)
    )

    assert desk.presses[0].args == {"code": "advice", "ref": "42/1"}
    assert desk.presses[0].ref == REF


def test_what_needs_more_is_answered_with_a_form_for_the_presser(teams, receiving):
    officer = Officer(id="khan", name="Officer Khan")
    asking = Asking(officer=officer, now=NOW, context=CONTEXT, seen=seen(CLAIMED))
    desk = Desk(Answer(form=form_of("fc_grade", CLAIMED, asking)))

    _, body = receiving(desk)(teams.press("fc_grade", REF, reason=" "), teams.bearer(now=STAMP))

    assert [press.needs_form for press in desk.presses] == [True]
    assert body["type"] == "application/vnd.microsoft.card.adaptive"
    inputs = [each["id"] for each in body["value"]["body"] if each["type"].startswith("Input.")]
    assert inputs == ["arg_priority", "arg_reason"]
    save, back = body["value"]["actions"]
    assert (save["verb"], save["data"]["seen"]) == ("fc_grade", str(seen(CLAIMED)))
    assert (back["verb"], back["associatedInputs"]) == ("fc_back", "none")


def test_a_press_tells_what_its_card_showed(teams, receiving):
    desk = Desk(Answer(case=CLAIMED))
    press = teams.press("fc_claim", REF)
    press["value"]["action"]["data"]["seen"] = str(seen(CLAIMED))
    receiver = receiving(desk)

    receiver(press, teams.bearer(now=STAMP))
    receiver(teams.press("fc_claim", REF), teams.bearer(now=STAMP))

    assert [each.seen for each in desk.presses] == [seen(CLAIMED), UNMARKED]


@pytest.mark.parametrize(
    "mark", ["7", "0-00000000-00000000", "-1-00000000-00000000", "x" * 4000, 7, None, ["7"], {}]
)
def test_a_press_with_a_mark_we_never_made_is_an_error_card(teams, receiving, mark):
    desk = Desk(Answer())
    press = teams.press("fc_claim", REF)
    press["value"]["action"]["data"]["seen"] = mark

    _, body = receiving(desk)(press, teams.bearer(now=STAMP))

    assert (body["statusCode"], desk.presses) == (400, [])


def test_a_press_carried_out_before_says_so_on_the_card_of_the_presser(teams, receiving):
    said = Answer(text=f"{REF} is already yours", unchanged=True, case=CLAIMED)

    _, body = receiving(Desk(said))(teams.press("fc_claim", REF), teams.bearer(now=STAMP))

    assert texts(body["value"])[0] == f"{REF} is already yours"


def test_a_press_from_a_place_the_settings_do_not_name_is_marked(teams, receiving):
    desk = Desk(Answer(case=CLAIMED))
    receiver = receiving(desk)
    elsewhere = teams.press("fc_claim", REF) | {"conversation": {"id": "a:personal-chat"}}

    for press in (teams.press("fc_claim", REF), elsewhere):
        receiver(press, teams.bearer(now=STAMP))

    assert [each.at_desk for each in desk.presses] == [True, False]


@pytest.mark.parametrize(("verb", "ref"), [("fc_unheard_of", REF), ("fc_claim", "x'; --")])
def test_what_is_no_press_of_ours_is_an_error_card(teams, receiving, verb, ref):
    desk = Desk(Answer())

    status, body = receiving(desk)(teams.press(verb, ref), teams.bearer(now=STAMP))

    assert (status, body["statusCode"], desk.presses) == (200, 400, [])


def test_a_fault_of_ours_is_told_without_details(teams, receiving):
    _, body = receiving(Desk(KeyError("secret")))(
        teams.press("fc_claim", REF), teams.bearer(now=STAMP)
    )

    assert body["value"] == f"{REF}: that did not work. Please use the console."


def test_a_slow_decision_does_not_keep_teams_waiting(teams, receiving):
    released = threading.Event()

    def slow(press: Press) -> Answer:
        released.wait(5)
        return Answer()

    _, body = receiving(slow, answer_seconds=0.1)(
        teams.press("fc_claim", REF), teams.bearer(now=STAMP)
    )
    released.set()

    assert body["value"] == f"{REF}: still working on it. The card will change."


def test_a_conversation_is_remembered_with_its_address(teams, receiving):
    receiver = receiving(Desk(Answer()))

    assert receiver(teams.joined(), teams.bearer(now=STAMP)) == (200, {})
    assert receiver.met == [
        Conversation(
            id=DESK,
            service_url=teams.connector,
            tenant=TENANT,
            bot_id=f"28:{APP_ID}",
            name="Desk",
        )
    ]


def test_a_press_tells_where_its_conversation_is_reached_too(teams, receiving):
    receiver = receiving(Desk(Answer(case=CLAIMED)))

    receiver(teams.press("fc_claim", REF), teams.bearer(now=STAMP))
    receiver.presses.stop()

    (told,) = receiver.met
    assert (told.id, told.service_url, told.tenant) == (DESK, teams.connector, TENANT)


@pytest.mark.parametrize(
    "address",
    ["https://connector.example/", "https://evil.trafficmanager.net/", "ftp://127.0.0.1/"],
)
def test_an_address_our_token_may_not_be_sent_to_is_not_remembered(teams, receiving, address):
    receiver = receiving(Desk(Answer()))
    token = teams.bearer(now=STAMP, serviceurl=address)

    assert receiver(teams.joined() | {"serviceUrl": address}, token) == (200, {})
    assert receiver.met == []


def test_an_unsigned_request_tells_no_address(teams, receiving):
    receiver = receiving(Desk(Answer(case=CLAIMED)), allow_unsigned=True)

    receiver(teams.joined())
    receiver(teams.press("fc_claim", REF))
    receiver.presses.stop()

    assert receiver.met == []


def test_a_database_that_is_away_keeps_no_press_from_its_answer(teams, receiving):
    receiver = receiving(Desk(Answer(case=CLAIMED)))

    def away(told: Conversation) -> None:
        raise Unavailable("database: locked")

    receiver.presses = TeamsPresses(
        settings_of(teams), CONTEXT, Desk(Answer(case=CLAIMED)), receiver.time, on_conversation=away
    )

    assert receiver(teams.joined(), teams.bearer(now=STAMP)) == (200, {})
    assert receiver(teams.press("fc_claim", REF), teams.bearer(now=STAMP))[0] == 200


@pytest.mark.parametrize("activity", [{"type": "message", "text": "hello"}, {"type": "typing"}, {}])
def test_talk_is_taken_note_of_and_nothing_else(teams, receiving, activity):
    desk = Desk(Answer())

    assert receiving(desk, allow_unsigned=True)(activity) == (200, {})
    assert desk.presses == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_activity_is_refused(teams, receiving, body):
    receiver = receiving(Desk(Answer()), allow_unsigned=True)

    assert receiver.presses.receive({}, body)[0] == 400


@pytest.mark.parametrize(
    "activity",
    [
        {"type": "invoke", "name": "adaptiveCard/action"},
        {"type": "invoke", "name": "adaptiveCard/action", "value": [], "from": "x"},
        {"type": "conversationUpdate", "conversation": 7},
    ],
)
def test_an_activity_of_odd_shape_breaks_nothing(teams, receiving, activity):
    status, _ = receiving(Desk(Answer()), allow_unsigned=True)(activity)

    assert status == 200


# --- is it really Teams? -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-app"},
        {"iss": "https://example.org"},
        {"exp": STAMP - 301},
        {"nbf": STAMP + 301},
        {"serviceurl": "https://example.org/"},
        {"serviceurl": ""},
    ],
    ids=["audience", "issuer", "expired", "future", "service address", "no service address"],
)
def test_a_token_with_a_wrong_claim_is_refused(teams, receiving, claims):
    desk = Desk(Answer())

    status, _ = receiving(desk)(teams.press("fc_claim", REF), teams.bearer(now=STAMP, **claims))

    assert (status, desk.presses) == (401, [])


@pytest.mark.parametrize("authorization", ["", "Bearer", "Basic abc", "Bearer abc", "Bearer a.b.c"])
def test_a_request_without_a_good_token_is_refused(teams, receiving, authorization):
    assert receiving(Desk(Answer()))(teams.press("fc_claim", REF), authorization)[0] == 401


def test_a_token_signed_by_somebody_else_is_refused(teams, receiving):
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    claims = {"aud": APP_ID, "iss": "https://api.botframework.com", "exp": STAMP + 60}
    forged = jwt.encode(claims, stranger, "RS256", headers={"kid": "k1"})

    assert receiving(Desk(Answer()))(teams.press("fc_claim", REF), f"Bearer {forged}")[0] == 401


@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
def test_a_token_with_another_algorithm_is_refused(teams, receiving):
    claims = {"aud": APP_ID, "iss": "https://api.botframework.com", "exp": STAMP + 60}
    none = jwt.encode(claims, "", "none", headers={"kid": "k1"})
    shared = jwt.encode(claims, "guess", "HS256", headers={"kid": "k1"})

    receiver = receiving(Desk(Answer()))
    for token in (none, shared):
        assert receiver(teams.press("fc_claim", REF), f"Bearer {token}")[0] == 401


def test_a_key_endorsed_for_another_channel_is_refused(teams, receiving):
    activity = teams.press("fc_claim", REF) | {"channelId": "webchat"}

    assert receiving(Desk(Answer()))(activity, teams.bearer(now=STAMP))[0] == 401


def test_keys_are_read_once_and_again_when_a_new_key_signs(teams, receiving):
    receiver = receiving(Desk(Answer(case=CLAIMED)))
    for _ in range(3):
        receiver(teams.press("fc_claim", REF), teams.bearer(now=STAMP))
    assert len(teams.named("keys")) == 1

    teams.keys["k2"] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    try:
        early = receiver(teams.press("fc_claim", REF), teams.bearer(kid="k2", now=STAMP))
        receiver.time.pass_(301)
        later = receiver(teams.press("fc_claim", REF), teams.bearer(kid="k2", now=STAMP))
    finally:
        del teams.keys["k2"]

    assert (early[0], later[0]) == (401, 200)
    assert len(teams.named("keys")) == 2


@pytest.mark.parametrize("name", ["openid", "keys"])
@pytest.mark.parametrize(
    "fault", [Fault(status=500), Fault(disconnect=True), Fault(body=b"<html>"), Fault(sleep=3)]
)
def test_while_the_keys_cannot_be_read_nothing_is_believed(teams, receiving, name, fault):
    desk = Desk(Answer())
    teams.fail(name, fault)

    status, _ = receiving(desk)(teams.press("fc_claim", REF), teams.bearer(now=STAMP))

    assert (status, desk.presses) == (503, [])


@pytest.mark.parametrize(("tenant", "status"), [(OURS, 200), (OURS.upper(), 200), (THEIRS, 401)])
def test_a_press_from_another_tenant_is_refused(teams, receiving, tenant, status):
    desk = Desk(Answer(case=CLAIMED))
    press = teams.press("fc_claim", REF) | {"conversation": {"id": DESK, "tenantId": tenant}}

    receiver = receiving(desk, tenant_id=OURS)

    assert receiver(press, teams.bearer(now=STAMP))[0] == status
    assert len(desk.presses) == (1 if status == 200 else 0)


def test_only_a_setting_lets_unsigned_requests_in(teams, receiving):
    desk = Desk(Answer(case=CLAIMED))

    assert receiving(desk)(teams.press("fc_claim", REF))[0] == 401
    assert receiving(desk, allow_unsigned=True)(teams.press("fc_claim", REF))[0] == 200


def test_without_an_app_id_no_token_can_be_meant_for_us(teams, receiving):
    receiver = receiving(Desk(Answer()), app_id="")

    assert receiver(teams.press("fc_claim", REF), teams.bearer(now=STAMP, aud=""))[0] == 401
