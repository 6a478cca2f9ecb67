"""`uitwerk dispatch`: sends reminders without serving the web; run as many as you like."""

import argparse

from backend import worker
from backend.commands import lifeline, surroundings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take nothing that people type."""
    lifeline.add_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Dispatch until told to stop. Raises Refused for a database at another schema or another key's."""
    found = surroundings.settings()
    with surroundings.database(found) as engine:
        surroundings.at_head(engine)
        surroundings.sealer(found, engine)
    lifeline.hold(args.lifeline)
    return worker.main(found)
