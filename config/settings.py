"""One TOML file, overridden by `FIRSTCONTACT__SECTION__KEY`; secrets come from files.

Every key is documented in config/default.toml and docs/reference/settings.md.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    ValidationError,
)

from triage.errors import BadSettings
from triage.taxonomy import Lane

PREFIX = "FIRSTCONTACT__"


class Section(BaseModel):
    """A table of the settings file: typed, frozen, and strict about unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Desk(Section):
    """The force's desk."""

    name: str = "Example Police"
    mode: Literal["staffed", "warn_only"] = "staffed"
    timezone: str = "Europe/London"
    enrol_chat_users: bool = True
    shift_ends: tuple[str, ...] = ("06:00", "14:00", "22:00")


class Storage(Section):
    """Where everything is kept."""

    url: str = "sqlite:///firstcontact.db"
    pool_size: PositiveInt = 5
    busy_timeout_seconds: PositiveFloat = 10.0


class XCollector(Section):
    """An X account: mentions and direct messages."""

    kind: Literal["x"]
    account: str
    user_id: str
    bearer_token: SecretStr
    dm_token: SecretStr | None = None
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
    page_token: SecretStr
    app_secret: SecretStr
    base_url: str = "https://graph.facebook.com"
    version: str = "v26.0"
    every_seconds: PositiveFloat = 60
    sources: tuple[Literal["comments", "messages"], ...] = ("comments", "messages")
    timeout_seconds: PositiveFloat = 10
    posts_back: PositiveInt = 50

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
    secret: SecretStr
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
    bot_token: SecretStr
    app_token: SecretStr | None = None
    signing_secret: SecretStr | None = None
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
    app_password: SecretStr | None = None
    tenant_id: str = "botframework.com"
    base_url: str = "https://smba.trafficmanager.net/uk/"
    login_url: str = "https://login.microsoftonline.com/"
    openid_url: str = "https://login.botframework.com/v1/.well-known/openidconfiguration"
    allow_unsigned: bool = False
    channels: dict[Lane, str] = {}
    workflows: dict[Lane, SecretStr] = {}
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
    password: SecretStr | None = None
    starttls: bool = True
    channels: dict[Lane, str]
    timeout_seconds: PositiveFloat = 10
    per_second: PositiveFloat = 2.0


class WebhookSink(Section):
    """Signed HTTP posts to a gateway of the force (SMS, phone, pager)."""

    kind: Literal["webhook"]
    name: str = "webhook"
    url: str
    secret: SecretStr
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
    emergency: float | None = Field(default=None, ge=0, le=1)
    abuse: float | None = Field(default=None, ge=0, le=1)
    threads: PositiveInt = 2
    batch: PositiveInt = 32


class Linking(Section):
    """How links to citizen records are suggested and remembered."""

    suggest_at: float = Field(default=0.2, ge=0, le=1)
    link_expires_days: PositiveInt = 365


class Escalation(Section):
    """Who is told when nobody acts. Sinks by name; empty means every other sink."""

    second_route: tuple[str, ...] = ()
    unclaimed_p1_seconds: PositiveFloat = 60
    collector_failures: PositiveInt = 3
    silent_factor: PositiveFloat = 4.0
    silent_floor_minutes: PositiveFloat = 30


class Engine(Section):
    """How work is carried. The defaults suit one machine with two cores."""

    node: str = ""
    poll_seconds: PositiveFloat = 0.1
    sweep_seconds: PositiveFloat = 5
    tick_seconds: PositiveFloat = 2
    ingest_batch: PositiveInt = 500
    triage_workers: PositiveInt = 2
    send_workers: PositiveInt = 4
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
    console: Console = Console()
    classifier: Classifier = Classifier()
    linking: Linking = Linking()
    escalation: Escalation = Escalation()
    engine: Engine = Engine()
    logging: Logging = Logging()


def load(path: Path | None = None, *, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings: file, then environment, then secrets.

    Args:
        path: the TOML file; None means `FIRSTCONTACT_CONFIG`, or defaults alone.
        environ: the environment; None means the real one.

    Raises:
        BadSettings: names the file and the key, never the value of a secret.
    """
    environ = os.environ if environ is None else environ
    if path is None and environ.get("FIRSTCONTACT_CONFIG"):
        path = Path(environ["FIRSTCONTACT_CONFIG"])
    tree = _read_toml(path) if path else {}
    where = str(path) if path else "environment"
    _overlay(tree, environ)
    _read_secrets(tree, base=path.parent if path else Path.cwd(), where=where)
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        raise BadSettings(_first_problem(error, where)) from error


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSettings(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path}: not valid TOML: {error}") from error


def _overlay(tree: dict[str, Any], environ: Mapping[str, str]) -> None:
    for name, value in sorted(environ.items()):
        if not name.startswith(PREFIX):
            continue
        *parents, last = name.removeprefix(PREFIX).lower().split("__")
        node: Any = tree
        for part in parents:
            node = _step(node, part, name)
        if not isinstance(node, dict):
            raise BadSettings(f"{name}: names no key of a table")
        node[last] = value


def _step(node: Any, part: str, name: str) -> Any:
    if isinstance(node, list):
        if not part.isdigit() or int(part) >= len(node):
            raise BadSettings(f"{name}: the settings file has no entry number {part} there")
        return node[int(part)]
    if not isinstance(node, dict):
        raise BadSettings(f"{name}: names no key of a table")
    return node.setdefault(part, {})


def _read_secrets(tree: Any, *, base: Path, where: str) -> None:
    """Replace `name_file = "path"` by `name = content`, wherever it stands."""
    if isinstance(tree, list):
        for entry in tree:
            _read_secrets(entry, base=base, where=where)
    if not isinstance(tree, dict):
        return
    for key in list(tree):
        if key.endswith("_file") and isinstance(tree[key], str):
            tree[key.removesuffix("_file")] = _secret(base / tree.pop(key), key, where)
        else:
            _read_secrets(tree[key], base=base, where=where)


def _secret(path: Path, key: str, where: str) -> str:
    try:
        content = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise BadSettings(f"{where}: {key}: secret file {path} cannot be read: {reason}") from error
    if not content:
        raise BadSettings(f"{where}: {key}: secret file {path} is empty")
    return content


def _first_problem(error: ValidationError, where: str) -> str:
    """One line for the first problem; inputs are left out, they may be secrets."""
    problems = error.errors(include_input=False, include_url=False)
    first = problems[0]
    key = ".".join(str(part) for part in first["loc"])
    what = "unknown setting" if first["type"] == "extra_forbidden" else first["msg"]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{where}: {key}: {what}{more}"
