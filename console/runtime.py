"""Joins the service, the chat presses and the web console into one `App`."""

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from collectors.webhook import receive
from config.settings import Settings, SlackSink, TeamsSink, WebhookCollector
from console.app import App
from console.observe import registry_of
from console.opening import accounts_of, open_store, utc_now
from console.presses import PressDesk
from console.rota import RotaFiles, RotaWatch
from console.service import Service
from console.talking import Talking
from console.web.app import create_app
from console.wiring import build_service, card_context, hiders_of, hours_of
from notifier.card import CardContext
from notifier.inbox import Inbox
from notifier.slack_presses import SlackPresses
from notifier.teams_presses import TeamsPresses
from storage.store import SqlStore
from triage.accepted import AcceptedPresses
from triage.conversations import Conversation, Conversations
from triage.errors import BadInput, Unauthorised, Unavailable

MAX_BODY = 5_000_000
DIGEST_SECONDS = 30.0
RESUME_SECONDS = 5.0


def build_app(settings: Settings) -> App:
    """Everything `firstcontact run` runs, not yet started.

    Raises:
        BadSettings, Unavailable: says what to mend.
    """
    store = open_store(settings)
    service = build_service(settings, store)
    return assemble(settings, store, service)


def assemble(settings: Settings, store: SqlStore, service: Service) -> App:
    """The app around a service that was built elsewhere (the demo has its own sinks)."""
    app = App(settings, store, service)
    if settings.linking.keys_in_memory:
        app.beside(store.keep_keys_in_memory().start, lambda: None)
    _watch_rota(app, service)
    hours = hours_of(settings)
    app.every(DIGEST_SECONDS, "digests", lambda: service.hand_over(hours))
    context = card_context(settings, store)
    presses = PressDesk(service, enrol=settings.desk.enrol_chat_users, context=context)
    talking = Talking(settings, store, service, context, presses)
    routes: list[BaseRoute] = [
        _hook(each, service) for each in settings.collector if each.kind == "webhook"
    ]
    for sink in settings.sink:
        if sink.kind == "slack":
            routes += _slack(sink, presses, app, service, store, talking)
        elif sink.kind == "teams":
            routes += _teams(sink, presses, app, context, store, talking)
    talking.plan(app)
    console = create_app(
        service.desk,
        accounts_of(store, settings),
        settings,
        extra_routes=routes,
        hiders=hiders_of(settings, service.desk.clock),
        registry=registry_of(store, service.desk.clock, settings.learning),
        checks={"database": lambda: store.change_mark() >= 0},
        lines=service.lines,
    )
    app.serve(console)
    return app


def _watch_rota(app: App, service: Service) -> None:
    rota = service.desk.rota
    if isinstance(rota, RotaFiles):
        watch = RotaWatch(
            rota, alarm=service.tell, over=service.well_again, clock=service.desk.clock
        )
        app.every(60.0, "rota", watch.look)


def _hook(settings: WebhookCollector, service: Service) -> BaseRoute:
    """`POST /hooks/ACCOUNT`: 202 when stored, so that a sender may forget what it sent."""

    def take(body: bytes, headers: dict[str, str]) -> Response:
        try:
            harvest = receive(settings, headers, body, utc_now())
            taken = service.take_pushed(settings.name, harvest)
        except Unauthorised as error:
            return PlainTextResponse(str(error), status_code=401)
        except BadInput as error:
            return PlainTextResponse(str(error), status_code=422)
        except Unavailable as error:
            return PlainTextResponse(str(error), status_code=503, headers={"Retry-After": "5"})
        return JSONResponse(
            {"new": taken.new, "changed": taken.changed, "repeated": taken.repeated},
            status_code=202,
        )

    return _post(f"/hooks/{settings.account}", take)


def _slack(
    sink: SlackSink,
    presses: PressDesk,
    app: App,
    service: Service,
    kept: AcceptedPresses,
    talking: Talking,
) -> list[BaseRoute]:
    """Socket Mode with an app token, signed HTTP with a signing secret, or both."""
    slack = SlackPresses(
        sink,
        presses.answer,
        service.desk.clock,
        inbox=Inbox(kept, sink.name, service.desk.clock),
        on_trouble=lambda text: service.tell(f"presses:{sink.name}", text),
        beside=talking.slack(sink).take,
    )
    app.every(RESUME_SECONDS, f"presses of {sink.name}", slack.resume)
    if sink.app_token is not None:
        app.beside(slack.start, slack.stop)
        service.watching.probe(
            f"presses:{sink.name}",
            f"{sink.name}: Socket Mode is not connected: buttons in Slack do not work, "
            "use the console",
            lambda: slack.connected,
        )
    else:
        app.beside(lambda: None, slack.stop)
    if sink.signing_secret is None:
        return []

    def take(body: bytes, headers: dict[str, str]) -> Response:
        status, answer = slack.receive(headers, body)
        # A command is acknowledged with nothing: Slack would show whatever stands there.
        return JSONResponse(answer, status_code=status) if answer else Response(status_code=status)

    return [
        _post("/slack/events", take),
        _post("/slack/interactive", take),
        _post("/slack/commands", take),
    ]


def _teams(
    sink: TeamsSink,
    presses: PressDesk,
    app: App,
    context: CardContext,
    conversations: Conversations,
    talking: Talking,
) -> list[BaseRoute]:
    """The address of the bot: what is pressed in Teams arrives there."""

    def remember(told: Conversation) -> None:
        conversations.save_conversation(sink.name, told, now=utc_now())

    teams = TeamsPresses(
        sink,
        context,
        presses.answer,
        utc_now,
        on_conversation=remember,
        beside=talking.teams(sink).take,
    )
    app.beside(lambda: None, teams.stop)

    def take(body: bytes, headers: dict[str, str]) -> Response:
        status, answer = teams.receive(headers, body)
        return JSONResponse(answer, status_code=status)

    return [_post("/teams/messages", take), _post("/api/messages", take)]


def _post(path: str, take: Callable[[bytes, dict[str, str]], Response]) -> BaseRoute:
    """A route that reads the whole body, at most `MAX_BODY` bytes, and answers from a thread."""

    async def endpoint(request: Request) -> Response:
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > MAX_BODY:
                return PlainTextResponse("body too large", status_code=413)
        return await run_in_threadpool(take, bytes(body), dict(request.headers))

    return Route(path, endpoint, methods=["POST"])
