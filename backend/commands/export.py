"""`uitwerk export`: writes a dataset of a study to a file, in the name of a researcher admitted to it."""

import argparse
import os
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Engine

from backend.commands import Refused, surroundings
from backend.domain.datasets import DATASETS
from backend.domain.permissions import Role
from backend.services import research
from backend.services.context import Actor
from backend.settings import Settings
from backend.storage import people


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take the study, in whose name, which dataset, and where to."""
    parser.add_argument("--study", required=True, metavar="NAME", help="name of the study")
    parser.add_argument("--as", required=True, dest="email", metavar="E-MAIL", help="the researcher who pulls")
    parser.add_argument("--dataset", required=True, choices=(*DATASETS, research.CODE_BOOK_NAME), help="what to pull")
    parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="file to write, readable by you alone")


def run(args: argparse.Namespace) -> int:
    """Write the file whole or not at all. Raises Refused, before the first byte, for who was not admitted."""
    found = surroundings.settings()
    with surroundings.database(found) as engine:
        actor = _researcher(found, engine, args.email)
        with surroundings.unit(found, engine, actor, writes=False) as ctx:
            study = next((study for study in research.mine(ctx) if study.name == args.study), None)
            if study is None:
                raise Refused("there is no such study that this researcher was admitted to.")
            pieces = research.stream(ctx, study.id, args.dataset)
        draft = args.out.with_name(f".{args.out.name}.{uuid4().hex[:8]}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.writelines(pieces)
            draft.replace(args.out)
        except OSError as error:
            raise Refused(f"cannot write {args.out}: {error.strerror}.") from error
        finally:
            draft.unlink(missing_ok=True)
    print(f"wrote {args.out}")
    return 0


def _researcher(found: Settings, engine: Engine, email: str) -> Actor:
    with surroundings.unit(found, engine, writes=False) as ctx:
        row = people.staff_by_email(ctx.session, email.strip().lower())
        if row is None or row.role != Role.RESEARCHER or row.joined_at is None or row.left_at is not None:
            raise Refused("there is no researcher with that address.")
        return Actor(Role.RESEARCHER, staff_id=row.id, site_id=row.site_id)
