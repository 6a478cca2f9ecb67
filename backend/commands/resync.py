"""`uitwerk resync`: makes phones and studies read everything anew, as after a database was restored from a copy."""

import argparse
from uuid import UUID

from sqlalchemy.orm import Session

from backend.commands import Refused, surroundings
from backend.storage import feed, study_feeds
from backend.storage.db import unit_of_work


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take whose phones are meant."""
    parser.add_argument("--patient", metavar="ID", help="only the phones of this patient; all without it")


def run(args: argparse.Namespace) -> int:
    """Renew the feeds and print how many. Raises Refused for an id that is none, or a patient without a feed."""
    try:
        patient_id = UUID(args.patient) if args.patient else None
    except ValueError as error:
        raise Refused("that is not the id of a patient.") from error
    with (
        surroundings.database(surroundings.settings()) as engine,
        unit_of_work(Session(engine), writes=True) as session,
    ):
        renewed = feed.renew(session, patient_id)
        studies = study_feeds.renew(session) if patient_id is None else 0
    if patient_id is not None and not renewed:
        raise Refused("no phone of such a patient has synced yet.")
    print(f"{renewed} feeds renewed: their phones read everything anew at their next call, and lose nothing unsent")
    if patient_id is None:
        print(f"{studies} feeds of studies begin anew: researchers' scripts are given everything again")
    return 0
