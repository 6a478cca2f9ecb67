"""`uitwerk migrate`: brings the database to the newest schema, or to one named, one process at a time."""

import argparse

from sqlalchemy import Engine

from backend.commands import Refused, surroundings
from backend.storage import migrate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take the schema to go to."""
    parser.add_argument("--to", metavar="REV", default="head", help="schema to go to, up or down; base empties it")


def run(args: argparse.Namespace) -> int:
    """Migrate, and print from where to where. Raises Refused for a schema newer than this version."""
    with surroundings.database(surroundings.settings()) as engine:
        before = migrate.current(engine)
        to(engine, args.to)
        after = migrate.current(engine)
    print(f"from {before or 'nothing'} to {after or 'nothing'}")
    return 0


def to(engine: Engine, revision: str = "head") -> None:
    """Bring a database up or down to a schema. Raises Refused for one this version does not know."""
    stands = migrate.current(engine)
    if stands is not None and not migrate.knows(stands):
        raise Refused(f"the database stands at {stands}, which this version does not know; install the newer version.")
    if revision not in {"head", "base"} and not migrate.knows(revision):
        raise Refused(f"there is no schema {revision}.")
    if stands is not None and (revision == "base" or (revision != "head" and revision < stands)):
        migrate.downgrade(engine, revision)
    else:
        migrate.upgrade(engine, revision)
