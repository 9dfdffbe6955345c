"""The store: every part over one database, and the way to reach it."""

from datetime import UTC, datetime

from config.settings import Storage
from storage.accepted import AcceptedPart
from storage.audit import TrailPart
from storage.cases import CasesPart
from storage.cluster import ClusterPart
from storage.conversations import ConversationsPart
from storage.database import Database, open_database
from storage.days import DaysPart
from storage.digests import DigestsPart
from storage.grants import GrantsPart
from storage.hidings import HidingsPart
from storage.homes import HomesPart
from storage.imports import ImportsPart
from storage.intake import IntakePart
from storage.migrations import upgrade
from storage.outbox import OutboxPart
from storage.records import RecordsPart
from storage.registry import RegistryPart
from storage.replies import RepliesPart
from storage.routes import RoutesPart
from storage.scenes import ScenesPart
from storage.scores import ScoresPart
from storage.search import SearchPart
from storage.shift_figures import ShiftFiguresPart
from storage.source_records import SourceRecordsPart
from storage.threads import ThreadsPart
from storage.thresholds import ThresholdsPart
from triage.ports import Clock, Store


class SqlStore(
    IntakePart,
    CasesPart,
    OutboxPart,
    RoutesPart,
    TrailPart,
    RegistryPart,
    RecordsPart,
    ImportsPart,
    SourceRecordsPart,
    ClusterPart,
    ConversationsPart,
    AcceptedPart,
    DaysPart,
    DigestsPart,
    ShiftFiguresPart,
    HomesPart,
    ScenesPart,
    RepliesPart,
    ThreadsPart,
    ScoresPart,
    ThresholdsPart,
    SearchPart,
    HidingsPart,
    GrantsPart,
    Store,
):
    """`triage.ports.Store` over SQLite or PostgreSQL. Safe to share between threads.

    Every method raises `Unavailable` while the database is gone, locked, full or read-only, and
    works again when it is back.
    """

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    @property
    def database(self) -> Database:
        """The database, for what is kept beside the desk's rows (the console's sessions)."""
        return self._db

    def migrate(self) -> None:
        """Bring the tables up to this version. Safe when several nodes start at once.

        Raises:
            Unavailable: the database cannot be reached or another node migrates for too long.
        """
        upgrade(self._db)

    def ping(self) -> None:
        """Raise `Unavailable` unless the database answers."""
        self.change_mark()

    def close(self) -> None:
        """Give all connections back, and the index in memory. The store can be used again."""
        if self._index is not None:
            self._index.stop()
            self._index = None
        self._db.close()


def utc_now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


def connect(url: str, settings: Storage | None = None, *, clock: Clock = utc_now) -> SqlStore:
    """The store at `url`, such as `sqlite:///firstcontact.db` or `postgresql+psycopg://…`.

    Nothing is connected or created yet: call `migrate` before the first use.

    Raises:
        BadSettings: the URL cannot be read or names another database.
    """
    return SqlStore(open_database(url, settings or Storage()), clock=clock)
