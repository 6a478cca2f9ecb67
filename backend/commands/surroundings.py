"""What a command finds around it: settings, the database at the right schema, and an act nobody is logged in for."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from backend import logs, mailing
from backend.clock import chosen
from backend.commands import Refused
from backend.domain.errors import ClinicError
from backend.services.context import Actor, Context
from backend.services.unit import act
from backend.settings import Settings, SettingsError, load
from backend.storage import keys, migrate
from backend.storage.db import make_engine
from backend.storage.sealing import Sealer, SealError


def settings() -> Settings:
    """Return the settings of the environment. Raises Refused."""
    try:
        found = load()
    except SettingsError as error:
        raise Refused(str(error)) from error
    logs.configure(found.log_level)
    return found


def alarms(found: Settings) -> None:
    """Pass when alerts can be sent as the settings say. Raises Refused where what that needs is not installed."""
    try:
        mailing.alarms(found)
    except SettingsError as error:
        raise Refused(str(error)) from error


@contextmanager
def database(found: Settings) -> Iterator[Engine]:
    """Open the database and close it again. Raises Refused when it cannot be reached."""
    if not found.database_url:
        found.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = make_engine(found.url, found.busy_timeout_ms, pooled=False)
    try:
        yield engine
    except OperationalError as error:
        raise Refused(f"the database does not answer ({type(error.orig).__name__}); look at DATABASE_URL.") from error
    finally:
        engine.dispose()


def at_head(engine: Engine) -> None:
    """Do nothing for a database at the newest schema; raises Refused for any other."""
    stands, newest = migrate.current(engine), migrate.head()
    if stands == newest:
        return
    if stands is None or migrate.knows(stands):
        raise Refused(f"the database stands at {stands or 'nothing'} and needs {newest}; run: uitwerk migrate")
    raise Refused(f"the database stands at {stands}, which this version does not know; install the newer version.")


def sealer(found: Settings, engine: Engine) -> Sealer:
    """Return what seals in this database. Raises Refused for a key that is gone, malformed or another's."""
    try:
        return keys.sealer(engine, found.keys)
    except SealError as error:
        raise Refused(f"the key does not serve: {error}.") from error


@contextmanager
def unit(found: Settings, engine: Engine, actor: Actor | None = None, *, writes: bool) -> Iterator[Context]:
    """Run one act from the console, on a database at the newest schema. Raises Refused."""
    at_head(engine)
    try:
        held = sealer(found, engine)
        with Session(engine) as session:
            ctx = Context(session, actor, chosen(found.clock_file)(), "console", held, found)
            with act(session, ctx, writes=writes) as running:
                yield running
    except SealError as error:
        raise Refused(f"the key does not serve: {error}.") from error
    except ClinicError as error:
        told = " ".join(filter(None, (error.error.title, error.detail, *error.pointers.values())))
        raise Refused(told) from error
