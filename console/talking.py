"""Joins what officers ask in chat with the desk, for each chat tool that is configured."""

from datetime import timedelta

from config.settings import Settings, SlackSink, TeamsSink
from console.app import App
from console.home_refresh import LOOK_SECONDS, HomeRefresh
from console.homes import ChatDesk
from console.passing import PassingDesk
from console.presses import PressDesk
from console.service import Service
from console.wiring import told_address
from notifier.card import CardContext
from notifier.slack_presses import press_of as pressed_in_slack
from notifier.slack_talk import SlackTalk
from notifier.teams import TeamsSink as Teams
from notifier.teams_presses import press_of as pressed_in_teams
from notifier.teams_talk import TeamsTalk
from storage.store import SqlStore
from triage.threads import Telling


class Talking:
    """Homes, words and passed-on messages of every chat tool, over one desk."""

    def __init__(
        self,
        settings: Settings,
        store: SqlStore,
        service: Service,
        context: CardContext,
        presses: PressDesk,
    ) -> None:
        self._settings = settings
        self._service = service
        self._store = store
        self._context = context
        self._presses = presses
        self._clock = service.desk.clock
        polls = {
            each.name: None if each.kind == "webhook" else timedelta(seconds=each.every_seconds)
            for each in settings.collector
        }
        self._desk = ChatDesk(store, context, self._clock, polls=polls)
        self._passing = PassingDesk(
            service=service, store=store, context=context, clock=self._clock
        )
        self.homes = HomeRefresh(
            store,
            self._desk,
            self._clock,
            officer=lambda account: store.officer(slack_id=account),
        )

    def slack(self, sink: SlackSink) -> SlackTalk:
        """What Slack is answered with beside cards; its open homes are drawn again from now on."""
        talk = SlackTalk(
            sink,
            self._context,
            self._clock,
            telling=self._desk.tell,
            passing_on=self._passing.pass_on,
            answering=self._presses.answer,
            press_of=lambda payload, now: pressed_in_slack(payload, now=now),
            opened=lambda account: self.homes.opened(sink.name, account),
        )
        self.homes.add(sink.name, talk.draw)
        return talk

    def teams(self, sink: TeamsSink) -> TeamsTalk:
        """What Teams is answered with beside cards."""
        bot = Teams(sink, self._context, self._clock, service_url=told_address(sink, self._store))
        return TeamsTalk(
            sink,
            self._context,
            self._clock,
            telling=self._desk.tell,
            passing_on=self._passing.pass_on,
            answering=self._presses.answer,
            say=bot.say,
            press_of=lambda activity, now: pressed_in_teams(activity, now=now),
        )

    def plan(self, app: App) -> None:
        """Look after open homes and the threads of incidents while the service runs."""
        if self.homes.sinks:
            app.every(LOOK_SECONDS, "homes", self.homes.look)
        app.every(LOOK_SECONDS, "threads", self.tell_threads)

    def tell_threads(self) -> None:
        """Have those told of who joined an incident (docs/concepts/incidents.md)."""
        desk = self._service.desk
        telling = Telling(
            zone=self._context.zone,
            most=self._settings.incidents.lines_per_minute,
            has_threads=self._has_threads,
            show_up_to=desk.show_up_to,
        )
        if self._store.tell_threads(telling, now=desk.clock()):
            self._service.drain_soon()

    def _has_threads(self, destination: str) -> bool:
        """The channels of Slack and of a Teams bot show lines under a card; nothing else does."""
        name, _, place = destination.partition(":")
        return any(
            place in set(sink.channels.values())
            for sink in self._settings.sink
            if sink.name == name and isinstance(sink, SlackSink | TeamsSink)
        )
