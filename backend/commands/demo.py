"""`uitwerk demo`: makes an installation with invented patients in a folder of its own and serves it here."""

import argparse
import os
import socket
import sys
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session
from tqdm import tqdm

from backend import mailing
from backend.clock import chosen
from backend.commands import Refused, migrate, serve, surroundings
from backend.demo import staff
from backend.demo.fill import empty, fill
from backend.demo.guide import Opened, guide
from backend.demo.people import people
from backend.demo.story import PATIENTS, SEED, tell
from backend.demo.study import NAME
from backend.domain.permissions import Role
from backend.services import calendar, pairing, research
from backend.services.context import Actor, Context
from backend.settings import Settings
from backend.storage import people as kept

HOST = "127.0.0.1"
SHOWN = 0
"""The patient whose code, feed and trend are shown: one with a wearing-off pattern to see."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take the folder, the port, and whether to begin anew."""
    parser.add_argument(
        "--data-dir", type=Path, default=Path("instance/demo"), metavar="DIR", help="folder of the demo"
    )
    parser.add_argument("--port", type=int, default=8000, help="port to serve on; another is chosen when it is taken")
    parser.add_argument("--fresh", action="store_true", help="throw the demo's database away and begin anew")
    parser.add_argument("--patients", type=int, default=PATIENTS, help="how many patients to invent")


def run(args: argparse.Namespace) -> int:
    """Migrate, fill when empty, print what to open, and serve until told to stop. Raises Refused."""
    port = _free_port(args.port)
    if port != args.port:
        print(f"Port {args.port} is taken; the demo is on port {port}.")
    # The processes that serve read their settings from the environment.
    os.environ |= {"UITWERK_DATA_DIR": str(args.data_dir), "UITWERK_HOST": HOST, "UITWERK_PORT": str(port)}
    os.environ.setdefault("UITWERK_LOG_LEVEL", "WARNING")
    found = surroundings.settings()
    if args.fresh:
        _forget(found)
    with surroundings.database(found) as engine:
        migrate.to(engine)
        _fill(found, engine, args.patients)
        print(_opened(found, engine), flush=True)
    return serve.Keeper(dispatches=True).keep()


def _forget(found: Settings) -> None:
    """Throw the demo's own SQLite database away. Raises Refused for any other database."""
    if found.database_url:
        raise Refused("--fresh throws only the demo's own SQLite file away; DATABASE_URL names another database.")
    path = found.data_dir / "uitwerk.db"
    if path.exists():
        with surroundings.database(found) as engine:
            migrate.to(engine)
            with Session(engine) as session:
                _ours(session)
    for name in (path, path.with_name("uitwerk.db-wal"), path.with_name("uitwerk.db-shm")):
        name.unlink(missing_ok=True)


def _ours(session: Session) -> None:
    """Do nothing for an empty database and for one the demo filled; raises Refused for any other."""
    if any(site.name != staff.SITE for site in kept.sites(session)):
        raise Refused("this database holds more than the demo; choose another --data-dir.")


def _fill(found: Settings, engine: Engine, patients: int) -> None:
    with Session(engine) as session:
        _ours(session)
        if not empty(session):
            return
        session.rollback()
        now = chosen(found.clock_file)()
        ctx = Context(session, None, now, "demo", surroundings.sealer(found, engine), found)
        lives = tqdm(tell(now, SEED, patients), desc="inventing", total=patients, unit="patient", disable=None)
        filled = fill(session, ctx, lives)
    print(
        f"Invented {filled.patients} patients with {filled.doses} doses, {filled.entries} diary entries, "
        f"{filled.samples} finger pricks, {filled.responses} forms and {filled.findings} findings.",
        file=sys.stderr,
    )


def _opened(found: Settings, engine: Engine) -> str:
    """Make new log-ins, a pairing code and a feed, and return what to print."""
    with surroundings.unit(found, engine, writes=False) as ctx:
        made = staff.passwords(ctx)
    with surroundings.unit(found, engine, writes=True) as ctx:
        logins = staff.let_in(ctx, made)
        site = kept.site_named(ctx.session, staff.SITE)
        if site is None:
            raise Refused("the demo's site is gone; begin anew with --fresh.")
        actors = staff.actors(ctx, site.id)
        now, patient_id = ctx.now, people(SEED, PATIENTS, ctx.now)[SHOWN].id
    with surroundings.unit(found, engine, actors[Role.NURSE], writes=True) as ctx:
        offered, for_app = (pairing.offer(ctx, patient_id) for _ in range(2))
    with surroundings.unit(found, engine, actors[Role.RESEARCHER], writes=True) as ctx:
        study_id = next(study.id for study in research.mine(ctx) if study.name == NAME)
    with surroundings.unit(found, engine, Actor(Role.PATIENT, patient_id=patient_id), writes=True) as ctx:
        feed = f"{found.public_url}/api/v1/calendar/{calendar.make(ctx)}"
    outbox = (found.data_dir / mailing.OUTBOX).resolve()
    codes = offered.code, for_app.secret
    return guide(Opened(found.public_url, outbox, logins, *codes, feed, patient_id, study_id), now)


def _free_port(wanted: int) -> int:
    """Return the port asked for, or any free one when it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except (OSError, OverflowError):
                continue
            chosen: int = probe.getsockname()[1]
            return chosen
    raise Refused("there is no free port.")
