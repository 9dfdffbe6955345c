"""The composition root: the only place that names concrete classes."""

import logging
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from rich.console import Console

import classifiers
import collectors
from classifiers.rules import shipped_rules
from collectors.facebook_hide import FacebookHider
from collectors.x_hide import XHider
from config.platforms import may_link, may_remember
from config.settings import Settings, SinkSettings, SlackSink, TeamsSink
from console.backlog import Strain
from console.gazetteer import read_gazetteer
from console.lastword import LastWord
from console.linking import recorded_linker
from console.opening import existing_store, open_store, utc_now
from console.replying import (
    Replier,
    account_of,
    answering_of,
    pace_of,
    reply_line,
    reply_windows,
)
from console.rightofway import RightOfWay, YieldingClassifier, yielding_linker
from console.rota import rota_files
from console.screen import Screen
from console.service import Patience, Service
from console.tuning.lines import LinesInForce
from notifier.card import CardContext
from notifier.outbox import Deliverer, DelivererSettings
from notifier.places import destination_of, has_bot
from storage.store import SqlStore
from triage.conversations import Conversations
from triage.desk import Direct, SceneReader
from triage.digests import SurgeMode
from triage.dispatch import Messengers
from triage.errors import BadSettings, Unavailable
from triage.flow import Desk, Destinations
from triage.handing_over import Hours
from triage.hiding import Hider
from triage.identifiers import keys_of
from triage.lifecycle import Tell
from triage.model import Case, Officer, Person, Priority
from triage.ports import Clock, Collector, Sink
from triage.rota import OnCall, asked
from triage.scenes import scene_of
from triage.surges import Surging
from triage.taxonomy import Label, Lane

log = logging.getLogger("firstcontact.wiring")

MOST_APART = timedelta(minutes=1)
CARD_SINKS = ("slack", "teams", "terminal")
FALLBACKS: Mapping[Lane, tuple[Lane, ...]] = {
    Lane.CONTROL_ROOM: (Lane.DESK,),
    Lane.DESK: (Lane.CONTROL_ROOM,),
    Lane.SAFEGUARDING: (Lane.DESK, Lane.CONTROL_ROOM),
    Lane.COMMS: (Lane.DESK, Lane.CONTROL_ROOM),
    # Not the desk first: the officer complained about may work there.
    Lane.STANDARDS: (Lane.CONTROL_ROOM, Lane.DESK),
}
"""Where a lane's cards go in a tool that has no place for it: somebody must see them."""


def destinations(settings: Settings) -> Destinations:
    """Which destinations a lane has, for owners' cards and for escalations.

    Cards go to every chat tool; an escalation beyond the owner also to mail and gateways, or
    to the sinks named in `escalation.second_route`.
    """
    cards = [sink for sink in settings.sink if sink.kind in CARD_SINKS] or list(settings.sink)
    named = set(settings.escalation.second_route)
    others = [sink for sink in settings.sink if not named or sink.name in named]

    def find(lane: Lane, tell: Tell) -> Sequence[str]:
        sinks = cards if tell is Tell.OWNER else [*others, *(each for each in cards if named)]
        places = (_place(sink, lane) for sink in sinks)
        return list(dict.fromkeys(place for place in places if place))

    return find


def _place(sink: SinkSettings, lane: Lane) -> str:
    lanes = (lane, *FALLBACKS[lane])
    return next((place for each in lanes if (place := destination_of(sink, each))), "")


def direct(settings: Settings) -> Direct:
    """The destinations that reach one officer alone, in each chat tool they are known in."""

    def find(officer: Officer) -> Sequence[str]:
        known = {"slack": officer.slack_id, "teams": officer.teams_id}
        sinks = [each for each in settings.sink if known.get(each.kind) and has_bot(each)]
        return [f"{each.name}:{known[each.kind]}" for each in sinks]

    return find


def mailboxes(settings: Settings) -> Callable[[str], Sequence[str]]:
    """By which destinations a mail reaches an address: every mail sink can write to any."""
    mail = [sink.name for sink in settings.sink if sink.kind == "email"]
    return lambda address: [f"{name}:{address}" for name in mail]


def hours_of(settings: Settings) -> Hours:
    """When shifts end and digests are told."""
    return Hours(
        zone=ZoneInfo(settings.desk.timezone),
        shift_ends=settings.desk.shift_ends,
        daily_at=settings.desk.daily_digest_at,
        reply_hours={name: window.hours for name, window in reply_windows().items()},
    )


def hiders_of(settings: Settings, clock: Clock) -> dict[str, Hider]:
    """The accounts that can hide what others wrote to them, by name."""
    found: dict[str, Hider] = {}
    for each in settings.collector:
        if each.kind == "x" and each.hide_token is not None:
            found[each.name] = XHider(each, clock)
        elif each.kind == "facebook" and each.hide_comments:
            found[each.name] = FacebookHider(each, clock)
    return found


def card_context(settings: Settings, store: SqlStore) -> CardContext:
    """What cards show beside their case."""

    def person(case: Case) -> Person | None:
        return store.person(case.link.candidates[0].record_id) if case.link.candidates else None

    def officer_name(officer_id: str) -> str:
        officer = store.officer(officer_id) if officer_id else None
        return officer.name if officer else officer_id

    return CardContext(
        desk=settings.desk.name,
        zone=ZoneInfo(settings.desk.timezone),
        console_url=settings.console.public_url,
        reply_windows=reply_windows(),
        person=person,
        officer_name=officer_name,
        reply=lambda case: reply_line(store, case, ZoneInfo(settings.desk.timezone)),
    )


def build_sink(
    settings: SinkSettings,
    context: CardContext,
    clock: Clock,
    *,
    screen: Console | None = None,
    conversations: Conversations | None = None,
) -> Sink:
    """One sink; a terminal prints on `screen`, a bot looks in `conversations` where to post.

    Vendors' packages are imported where used.
    """
    match settings.kind:
        case "slack":
            from notifier.slack import SlackSink as Slack

            return Slack(settings, context, clock)
        case "teams":
            from notifier.teams import TeamsSink as Teams

            if conversations is None:
                return Teams(settings, context, clock)
            return Teams(
                settings, context, clock, service_url=told_address(settings, conversations)
            )
        case "email":
            from notifier.email import EmailSink

            return EmailSink(settings, context)
        case "webhook":
            from notifier.webhook import WebhookSink

            return WebhookSink(settings, context)
        case "terminal":
            from notifier.terminal import TerminalSink as Terminal

            return Terminal(settings, context, screen)


def told_address(sink: TeamsSink, conversations: Conversations) -> Callable[[str], str]:
    """Where Teams last said that a conversation of a sink is reached."""

    def service_url(conversation_id: str) -> str:
        told = conversations.conversation(sink.name, conversation_id)
        return told.service_url if told else ""

    return service_url


def build_collectors(settings: Settings, clock: Clock) -> Mapping[str, Collector]:
    """Every configured collector by its source name.

    Raises:
        BadSettings: two collectors have the same name.
    """
    built = [collectors.build(each, clock) for each in settings.collector if each.kind != "webhook"]
    names = [each.name for each in built]
    for name in names:
        if names.count(name) > 1:
            raise BadSettings(f"collector {name}: configured twice")
    return {each.name: each for each in built}


def build_service(
    settings: Settings,
    store: SqlStore,
    *,
    clock: Clock = utc_now,
    sinks: Mapping[str, Sink] | None = None,
) -> Service:
    """The service over its store, with collectors, classifier and sinks of the settings."""
    late: list[Service] = []  # desk and deliverer report to the service, which needs them first
    way = RightOfWay()
    reader = classifiers.load(settings.classifier)
    desk = Desk(
        store=store,
        classifier=YieldingClassifier(reader, way),
        linker=yielding_linker(recorded_linker(settings, clock, store), way),
        destinations=destinations(settings),
        clock=clock,
        acted=lambda ref: late[0].refresh(ref),
        direct=direct(settings),
        show_up_to=Priority.P3 if settings.desk.mode == "warn_only" else Priority.P5,
        link_lasts=timedelta(days=settings.linking.link_expires_days),
        check_share=settings.learning.check_share,
        may_link=may_link,
        may_remember=may_remember,
        scene_of=scene_reader(settings),
        answering=answering_of(settings, lambda reply_id: late[0].urge(reply_id)),
        rota=rota_files(settings),
        mailboxes=mailboxes(settings),
    )
    context = card_context(settings, store)
    if sinks is None:
        sinks = {
            each.name: build_sink(each, context, clock, conversations=store)
            for each in settings.sink
        }
    deliverer = Deliverer(
        store,
        store,
        sinks,
        clock,
        {each.name: each.per_second for each in settings.sink},
        DelivererSettings(hold_seconds=settings.engine.hold_seconds),
        pull_over=way.give_way,
        on_trouble=lambda destination, error: late[0].trouble(destination, error),
        on_recovered=lambda destination: late[0].recovered(destination),
    )
    service = Service(
        desk,
        collectors=build_collectors(settings, clock),
        sender=deliverer,
        screen=screen(),
        patience=Patience(
            failures=settings.escalation.collector_failures,
            silent_factor=settings.escalation.silent_factor,
            silent_floor=timedelta(minutes=settings.escalation.silent_floor_minutes),
            unread_private=timedelta(minutes=settings.escalation.unread_private_minutes),
            unread_public=timedelta(minutes=settings.escalation.unread_minutes),
            undelivered=timedelta(seconds=settings.escalation.undelivered_seconds),
            surging=Surging(
                senders=settings.incidents.surge_senders,
                within=timedelta(minutes=settings.incidents.surge_minutes),
                factor=settings.incidents.surge_factor,
            ),
            strain=strain(settings),
        ),
        last_word=LastWord(sinks, lambda: last_places(desk), clock),
        way=way,
        sources={
            each.name: None if each.kind == "webhook" else timedelta(seconds=each.every_seconds)
            for each in settings.collector
        },
    )
    late.append(service)
    senders = messengers(settings, clock)
    service.answer_through(Replier(desk, senders, pace_of(settings), service.tell))
    service.lines = LinesInForce(
        store,
        reader,
        clock,
        node=node_name(settings),
        tell=service.tell,
        well_again=service.well_again,
    )
    with suppress(Unavailable):  # asked again as soon as the service starts
        service.take_up_lines()
    for each in sinks.values():
        if isinstance(each, TellsTime):
            service.watching.probe(
                f"clock:{each.name}", _clock_words(each.name), partial(_right, each)
            )
    return service


def messengers(settings: Settings, clock: Clock) -> Messengers:
    """Who writes to citizens, by platform and account: those with a `reply_token`."""
    built = ((each, collectors.messenger(each, clock)) for each in settings.collector)
    return {account_of(each): messenger for each, messenger in built if messenger is not None}


@runtime_checkable
class TellsTime(Protocol):
    """A sink that knows what time it is at the other end."""

    name: str

    @property
    def ahead(self) -> timedelta | None:
        """How far the clock there is ahead of ours; None while that is not known."""
        ...


def _right(sink: TellsTime) -> bool:
    return sink.ahead is None or abs(sink.ahead) <= MOST_APART


def _clock_words(name: str) -> str:
    return (
        f"The clock of this machine and that of {name} are more than a minute apart. Over five "
        "minutes its buttons are refused: mend the time service"
    )


def strain(settings: Settings) -> Strain:
    """What the chat tools can take, and when their channels are spared."""
    rates = {sink.name: sink.per_second for sink in settings.sink}
    chat = settings.chat
    return Strain(
        surge=SurgeMode(
            within=timedelta(minutes=chat.surge_minutes),
            edit_every=timedelta(seconds=chat.digest_seconds),
        ),
        urgent_wait=timedelta(seconds=chat.urgent_wait_seconds),
        per_second=lambda destination: rates.get(destination.partition(":")[0], 1.0),
    )


def last_places(desk: Desk) -> Sequence[str]:
    """Where people hear that nothing can be stored: by every route, and whoever is on call by mail.

    The rota is read without the database, which is what is gone.
    """
    turns, _ = asked(desk.rota, Tell.DUTY, desk.clock())
    mails = tuple(each.mail for each in turns if each.mail)
    routes = desk.places((Lane.CONTROL_ROOM, Lane.DESK), Tell.DUTY)
    return list(dict.fromkeys((*routes, *desk.mailed(OnCall(mails=mails)))))


def scene_reader(settings: Settings) -> SceneReader:
    """Where and when texts tell of, on the force's map if it has one.

    Raises:
        BadSettings: a file of the map is not there.
    """
    if not settings.incidents.gazetteer:
        return scene_of
    return partial(scene_of, gazetteer=read_gazetteer(settings.incidents.gazetteer))


def screen() -> Screen:
    """The first glance at a burst: the rules alone, half a millisecond a text."""
    rules = shipped_rules()

    def sounds_dangerous(text: str) -> bool:
        return any(hit.raises is Label.EMERGENCY for hit in rules.hits(text))

    return sounds_dangerous


def node_name(settings: Settings) -> str:
    """What this node is called among its peers: the same again after a restart."""
    port = settings.console.bind.rpartition(":")[2]
    return settings.engine.node or f"{socket.gethostname()}:{port}"


def index_keys() -> Callable[[Person], Sequence[str]]:
    """The blocking keys under which records are found."""
    return keys_of


__all__ = [
    "SlackSink",
    "TeamsSink",
    "build_collectors",
    "build_service",
    "build_sink",
    "destinations",
    "existing_store",
    "hours_of",
    "node_name",
    "open_store",
    "scene_reader",
    "screen",
    "utc_now",
]
