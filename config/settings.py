"""One TOML file, overridden by `FIRSTCONTACT__SECTION__KEY`; secrets come from files.

Every key is documented in config/default.toml and docs/reference/settings.md.
"""

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    model_validator,
)

from config.chat import Chat
from config.record_sources import RecordSource
from config.section import STRICT, Secret
from config.sources import overlay, read_secrets, read_toml
from triage.errors import BadSettings
from triage.taxonomy import Lane


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("no such time zone") from error
    return name


Zone = Annotated[str, AfterValidator(_known_zone)]
ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class Section(BaseModel):
    """A table of the settings file: typed, frozen, and strict about unknown keys."""

    model_config = STRICT


class Desk(Section):
    """The force's desk."""

    name: str = "Example Police"
    mode: Literal["staffed", "warn_only"] = "staffed"
    timezone: Zone = "Europe/London"
    enrol_chat_users: bool = True
    shift_ends: tuple[ClockTime, ...] = ("06:00", "14:00", "22:00")
    daily_digest_at: ClockTime | Literal[""] = "08:00"


class Storage(Section):
    """Where everything is kept."""

    url: str = Field(default="sqlite:///firstcontact.db", repr=False)  # may hold a password
    pool_size: PositiveInt = 5
    busy_timeout_seconds: PositiveFloat = 10.0


class XCollector(Section):
    """An X account: mentions and direct messages."""

    kind: Literal["x"]
    account: str
    user_id: str
    bearer_token: Secret
    dm_token: Secret | None = None
    reply_token: Secret | None = None
    hide_token: Secret | None = None
    base_url: str = "https://api.x.com"
    every_seconds: PositiveFloat = 60
    sources: tuple[Literal["mentions", "dms"], ...] = ("mentions", "dms")
    timeout_seconds: PositiveFloat = 10
    budget_usd_per_day: NonNegativeFloat = 0

    @property
    def name(self) -> str:
        """The source name its cursor is kept under."""
        return f"x:{self.account}"


class FacebookCollector(Section):
    """A Facebook page: comments on its posts and Messenger conversations."""

    kind: Literal["facebook"]
    page_id: str
    account: str = ""
    page_token: Secret
    app_secret: Secret
    reply_token: Secret | None = None
    base_url: str = "https://graph.facebook.com"
    version: str = "v26.0"
    every_seconds: PositiveFloat = 60
    sources: tuple[Literal["comments", "messages"], ...] = ("comments", "messages")
    timeout_seconds: PositiveFloat = 10
    posts_back: PositiveInt = 50
    hide_comments: bool = False

    @property
    def name(self) -> str:
        """The source name its cursor is kept under."""
        return f"facebook:{self.page_id}"


class ReplayCollector(Section):
    """JSON lines read from a file, once or while it grows."""

    kind: Literal["replay"]
    account: str = "replay"
    file: Path
    every_seconds: PositiveFloat = 5

    @property
    def name(self) -> str:
        """The source name its cursor is kept under."""
        return f"replay:{self.account}"


class WebhookCollector(Section):
    """Items pushed to `POST /hooks/{account}`, signed with HMAC-SHA256 of the shared secret."""

    kind: Literal["webhook"]
    account: str
    secret: Secret
    channel: str = "webhook"
    max_age_seconds: PositiveFloat = 300
    max_bytes: PositiveInt = 1_000_000
    every_seconds: PositiveFloat = 60

    @property
    def name(self) -> str:
        """The source name its items are stored under."""
        return f"webhook:{self.account}"


CollectorSettings = Annotated[
    XCollector | FacebookCollector | ReplayCollector | WebhookCollector,
    Field(discriminator="kind"),
]


class SlackSink(Section):
    """A Slack workspace. Socket Mode with `app_token`, signed HTTP with `signing_secret`."""

    kind: Literal["slack"]
    name: str = "slack"
    bot_token: Secret
    app_token: Secret | None = None
    signing_secret: Secret | None = None
    base_url: str = "https://slack.com/api/"
    channels: dict[Lane, str]
    privacy: dict[Lane, Literal[0, 1, 2]] = {}
    per_second: PositiveFloat = 1.0
    timeout_seconds: PositiveFloat = 10


class TeamsSink(Section):
    """Microsoft Teams: a bot, or Workflows webhooks where no bot is allowed."""

    kind: Literal["teams"]
    name: str = "teams"
    app_id: str = ""
    app_password: Secret | None = None
    tenant_id: str = "botframework.com"
    base_url: str = "https://smba.trafficmanager.net/uk/"
    login_url: str = "https://login.microsoftonline.com/"
    openid_url: str = "https://login.botframework.com/v1/.well-known/openidconfiguration"
    team_id: str = ""
    graph_url: str = "https://graph.microsoft.com"
    allow_unsigned: bool = False
    channels: dict[Lane, str] = {}
    workflows: dict[Lane, Secret] = {}
    privacy: dict[Lane, Literal[0, 1, 2]] = {}
    per_second: PositiveFloat = 1.0
    timeout_seconds: PositiveFloat = 10


class EmailSink(Section):
    """Mail to duty mailboxes: no content, a link to the console."""

    kind: Literal["email"]
    name: str = "email"
    host: str
    port: PositiveInt = 587
    sender: str
    username: str = ""
    password: Secret | None = None
    starttls: bool = True
    channels: dict[Lane, str]
    timeout_seconds: PositiveFloat = 10
    per_second: PositiveFloat = 2.0


class WebhookSink(Section):
    """Signed HTTP posts to a gateway of the force (SMS, phone, pager)."""

    kind: Literal["webhook"]
    name: str = "webhook"
    url: str = Field(repr=False)  # may hold a token
    secret: Secret
    lanes: tuple[Lane, ...] = (Lane.CONTROL_ROOM,)
    timeout_seconds: PositiveFloat = 10
    per_second: PositiveFloat = 5.0


class TerminalSink(Section):
    """Cards on standard output."""

    kind: Literal["terminal"]
    name: str = "terminal"
    lanes: tuple[Lane, ...] = tuple(Lane)
    per_second: PositiveFloat = 1000.0


SinkSettings = Annotated[
    SlackSink | TeamsSink | EmailSink | WebhookSink | TerminalSink, Field(discriminator="kind")
]


class Console(Section):
    """The web console."""

    bind: str = "127.0.0.1:8000"
    auth: Literal["local", "oidc"] = "local"
    public_url: str = "http://127.0.0.1:8000"
    session_hours: PositiveFloat = 10
    secure_cookies: bool = True


class Classifier(Section):
    """The model and its thresholds."""

    model_dir: Path | None = None
    models: Path = Path("models")
    emergency: float | None = Field(default=None, ge=0, le=1)
    abuse: float | None = Field(default=None, ge=0, le=1)
    threads: PositiveInt = 2
    batch: PositiveInt = 32


class Learning(Section):
    """What the service may learn from its desk, and how it is watched."""

    use_corrections: bool = False
    private_messages: bool = False
    implied_weight: float = Field(default=0.5, ge=0, le=1)
    golden: Path | None = None
    check_share: float = Field(default=0.01, ge=0, le=1)
    reference_from: date | None = None


class Tuner(Section):
    """What a force asks of its lines, and how long one is tried beside the line in force."""

    window_days: PositiveInt = 90
    alerts_a_shift: PositiveFloat = 10.0
    miss_per_thousand: float = Field(default=20.0, gt=0, lt=1000)
    miss_cost: PositiveFloat = 500.0
    shadow_hours: NonNegativeFloat = 24.0


class Linking(Section):
    """How links to citizen records are suggested and remembered."""

    suggest_at: float = Field(default=0.2, ge=0, le=1)
    link_expires_days: PositiveInt = 365
    keys_in_memory: bool = True
    weights: Path | None = None
    idle_days: PositiveInt = 180


class Incidents(Section):
    """How items of one incident are put together, and when many of them are told."""

    gazetteer: tuple[Path, ...] = ()
    surge_senders: PositiveInt = 5
    surge_minutes: PositiveFloat = 10
    surge_factor: PositiveFloat = 4.0
    lines_per_minute: PositiveInt = 5


class Escalation(Section):
    """Who is told when nobody acts. Sinks by name; empty means every other sink."""

    second_route: tuple[str, ...] = ()
    undelivered_seconds: PositiveFloat = 20
    collector_failures: PositiveInt = 3
    silent_factor: PositiveFloat = 4.0
    silent_floor_minutes: PositiveFloat = 30
    unread_private_minutes: PositiveFloat = 2
    unread_minutes: PositiveFloat = 10
    rota: tuple[Path, ...] = ()


class Replies(Section):
    """What officers are offered when they answer citizens from here."""

    templates: Path | None = None
    staffed_from: ClockTime = "00:00"
    staffed_to: ClockTime = "00:00"
    look_after_seconds: PositiveFloat = 90
    ask_after_seconds: PositiveFloat = 900


class Engine(Section):
    """How work is carried. The defaults suit one machine with two cores."""

    node: str = ""
    poll_seconds: PositiveFloat = 0.1
    sweep_seconds: PositiveFloat = 5
    tick_seconds: PositiveFloat = 2
    triage_workers: PositiveInt = 2
    hold_seconds: PositiveFloat = 30


class Logging(Section):
    """Structured logs, never with personal data."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    json_lines: bool = True


class Settings(Section):
    """Everything that can be set."""

    desk: Desk = Desk()
    storage: Storage = Storage()
    collector: tuple[CollectorSettings, ...] = ()
    sink: tuple[SinkSettings, ...] = ()
    record_source: tuple[RecordSource, ...] = ()
    chat: Chat = Chat()
    console: Console = Console()
    classifier: Classifier = Classifier()
    learning: Learning = Learning()
    tuner: Tuner = Tuner()
    linking: Linking = Linking()
    incidents: Incidents = Incidents()
    escalation: Escalation = Escalation()
    replies: Replies = Replies()
    engine: Engine = Engine()
    logging: Logging = Logging()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        """Two of one name would share a cursor or an outbox: items would be lost."""
        for kind, names in (
            ("collector", [each.name for each in self.collector]),
            ("sink", [each.name for each in self.sink]),
            ("record_source", [each.name for each in self.record_source]),
        ):
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise ValueError(f"{kind}: two are named {twice}")
        return self

    @model_validator(mode="after")
    def _second_route_exists(self) -> Self:
        """A name that is no sink's would leave a P1 without its second route."""
        names = {each.name for each in self.sink}
        unknown = next((each for each in self.escalation.second_route if each not in names), None)
        if unknown is not None:
            raise ValueError(f"escalation.second_route: no sink is named {unknown}")
        return self


def named_file(environ: Mapping[str, str]) -> Path | None:
    """The settings file that the environment names, if any."""
    named = environ.get("FIRSTCONTACT_CONFIG")
    return Path(named) if named else None


def load(path: Path | None = None, *, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings: file, then environment, then secrets.

    Args:
        path: the TOML file; None means `FIRSTCONTACT_CONFIG`, or defaults alone.
        environ: the environment; None means the real one.

    Raises:
        BadSettings: names the file and the key, never the value of a secret.
    """
    environ = os.environ if environ is None else environ
    path = path or named_file(environ)
    tree = read_toml(path) if path else {}
    where = str(path) if path else "environment"
    overlay(tree, environ)
    read_secrets(tree, base=path.parent if path else Path.cwd(), where=where)
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        raise BadSettings(_first_problem(error, where)) from error


def _first_problem(error: ValidationError, where: str) -> str:
    """One line for the first problem; inputs are left out, they may be secrets."""
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    first = problems[0]
    key = "".join(f"{part}." for part in first["loc"]).rstrip(".")
    what = "unknown setting" if first["type"] == "extra_forbidden" else first["msg"]
    what = what.removeprefix("Value error, ")
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return ": ".join(part for part in (where, key, f"{what}{more}") if part)
