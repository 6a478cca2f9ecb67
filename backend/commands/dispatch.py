"""`uitwerk dispatch`: sends reminders without serving the web; run as many as you like."""

import argparse
from collections.abc import Callable
from importlib import import_module

from backend import worker
from backend.commands import Refused, lifeline, surroundings
from backend.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take which engine brings the reminders to their senders."""
    parser.add_argument(
        "--engine",
        choices=("own", "procrastinate"),
        default="own",
        help="who says what is to be looked at: our own ticker, or Procrastinate (PostgreSQL, uitwerk[procrastinate])",
    )
    lifeline.add_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Dispatch until told to stop. Raises Refused for a database at another schema or another key's."""
    found = surroundings.settings()
    main = worker.main if args.engine == "own" else _carried(found)
    with surroundings.database(found) as engine:
        surroundings.at_head(engine)
        surroundings.sealer(found, engine)
    lifeline.hold(args.lifeline)
    return main(found)


def _carried(found: Settings) -> Callable[[Settings], int]:
    """Return the dispatcher that another engine feeds; it is loaded by those who ask for it alone."""
    if not found.url.startswith("postgresql"):
        raise Refused("Procrastinate needs PostgreSQL.")
    try:
        main: Callable[[Settings], int] = import_module("backend.carrier").main
    except ImportError as error:
        raise Refused("Procrastinate is not installed; run: pip install 'uitwerk[procrastinate]'") from error
    return main
