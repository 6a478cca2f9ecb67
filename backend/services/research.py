"""Studies: set up, whom they admit, and the datasets that leave under pseudonyms, streamed patient by patient."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from backend.domain import codebook
from backend.domain.datasets import DATASETS
from backend.domain.errors import ClinicError, invalid
from backend.domain.export import as_csv, lines
from backend.domain.permissions import Role
from backend.domain.study_days import Days
from backend.domain.windows import designs
from backend.services import datasets, events, gate, pseudonyms, subjects, traits
from backend.services.context import Context
from backend.services.traits import Traits
from backend.storage import research
from backend.storage.db import unit_of_work
from backend.storage.people import StaffRow
from backend.storage.research import StudyRow

CODE_BOOK_NAME = "codebook"
BATCH = 50
"""How many patients' dosing lines are read together."""


@dataclass(frozen=True, slots=True)
class Study:
    """A study as it is shown; `windows` is the published design whose windows its patients are reminded of, if any.

    `days` is how its datasets tell days: settled at set-up, since consent was given to that and to nothing else.
    """

    id: UUID
    name: str
    windows: str | None
    days: Days
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Admission:
    """A researcher who may pull a study's data, since when, and until when; None without end."""

    staff_id: UUID
    name: str
    starts_at: datetime
    ends_at: datetime | None


def set_up(ctx: Context, name: str, windows: str | None = None, days: Days = Days.SINCE_FIRST_DOSE) -> Study:
    """Return a new study at the actor's site; `windows` is a key of `domain.windows.designs`.

    Raises ClinicError `invalid` and `already-exists`.
    """
    actor = gate.permit(ctx, "studies:write")
    if windows is not None and windows not in designs():
        raise invalid("/windows", f"Must be one of: {', '.join(designs())}.")
    study_id = uuid4()
    sealed = pseudonyms.new_secret(ctx, study_id)
    values = {"name": name, "site_id": actor.site_id, "secret_sealed": sealed, "created_at": ctx.now}
    values |= {"windows": windows, "days": days.value}
    if not research.add(ctx.session, {"id": study_id, **values}):
        raise ClinicError("already-exists", pointers={"/name": "There is a study of that name."})
    events.note(ctx, "studies:write", None, study_id, {"days": days.value})
    return Study(study_id, name, windows, days, ctx.now)


def admit(ctx: Context, study_id: UUID, staff_id: UUID, ends_at: datetime | None) -> None:
    """Let a researcher pull a study's data until a moment; again with another moment to change it.

    Raises ClinicError `not-found` for a study of another site and `invalid` for somebody who is no
    researcher, or no longer. A researcher may work at another site: studies have several centres.
    """
    _own(ctx, study_id)
    staff = ctx.session.get(StaffRow, staff_id)
    if staff is None or staff.left_at is not None or staff.role != Role.RESEARCHER.value:
        raise invalid("/staff_id", "Not a researcher.")
    research.admit(ctx.session, study_id, staff_id, ctx.now, ends_at)
    events.note(ctx, "studies:write", None, study_id, {"admitted": str(staff_id)})


def dismiss(ctx: Context, study_id: UUID, staff_id: UUID) -> None:
    """End an admission now, also of somebody who is gone; twice changes nothing. Raises ClinicError `not-found`."""
    _own(ctx, study_id)
    if not research.dismiss(ctx.session, study_id, staff_id, ctx.now):
        raise ClinicError("not-found")
    events.note(ctx, "studies:write", None, study_id, {"dismissed": str(staff_id)})


def _own(ctx: Context, study_id: UUID) -> None:
    """See to it that a study is of the acting administrator's site. Raises ClinicError `not-found`."""
    actor = gate.permit(ctx, "studies:write")
    study = research.study(ctx.session, study_id)
    if study is None or study.site_id != actor.site_id:
        raise ClinicError("not-found")


def admitted(ctx: Context, study_id: UUID) -> list[Admission]:
    """Return who was ever admitted to a study of the acting admin's site, by name. Raises ClinicError `not-found`."""
    _own(ctx, study_id)
    events.note(ctx, "studies:write", None, study_id)
    return [
        Admission(staff.id, staff.name, row.starts_at, row.ends_at)
        for row, staff in research.admissions(ctx.session, study_id)
    ]


def of_site(ctx: Context) -> list[Study]:
    """Return the studies of the actor's site."""
    actor = gate.permit(ctx, "studies:read")
    events.note(ctx, "studies:read")
    return [_study(row) for row in research.studies_at(ctx.session, actor.site_id)] if actor.site_id else []


def mine(ctx: Context) -> list[Study]:
    """Return the studies whose data the acting researcher may pull."""
    actor = gate.permit(ctx, "datasets:read")
    events.note(ctx, "datasets:read")
    return [_study(row) for row in gate.studies(ctx, actor)]


def stream(ctx: Context, study_id: UUID, dataset: str) -> Iterator[bytes]:
    """Return a dataset as CSV in pieces, one patient at a time; refused here, before the first byte, or never.

    The pieces are read in one snapshot of their own, which begins when the first is asked for and ends with the
    last, or when the reader goes away. Raises ClinicError `not-found` for a study one was not admitted to and for a
    dataset there is not.
    """
    study = gate.study(ctx, "datasets:read", study_id)
    if dataset == CODE_BOOK_NAME:
        events.note(ctx, "datasets:read", None, study_id, {"dataset": dataset})
        return iter([as_csv([codebook.HEADER, *codebook.rows()])])
    if dataset not in DATASETS:
        raise ClinicError("not-found")
    named = research.subjects(ctx.session, study_id, ctx.now)
    events.note(ctx, "datasets:read", None, study_id, {"dataset": dataset, "subjects": len(named)})
    for patient_id in named:
        events.note(ctx, "datasets:read", patient_id, study_id, {"dataset": dataset})
    known = traits.of_study(ctx, study_id)
    pull = _Pull(study_id, dataset, named, pseudonyms.keyed(ctx, study), Days(study.days), known)
    engine = ctx.session.get_bind()  # now: when the pieces are read, the request is over
    return _pieces(ctx, engine, pull)


@dataclass(frozen=True, slots=True)
class _Pull:
    """What is pulled: a dataset of the subjects who were named, and written down as read, when it was granted."""

    study_id: UUID
    dataset: str
    named: Mapping[UUID, str]
    keyed: Callable[[UUID], str]
    days: Days
    traits: Mapping[UUID, Traits]


def _pieces(ctx: Context, engine: Engine | Connection, pull: _Pull) -> Iterator[bytes]:
    columns, rows = DATASETS[pull.dataset], datasets.ROWS[pull.dataset]
    waiting = iter(pull.named.items())
    with unit_of_work(Session(engine), writes=False) as session:
        yield lines(columns, [{column.name: column.name for column in columns}])
        while batch := dict(islice(waiting, BATCH)):
            standing = _still_standing(engine, pull.study_id, batch, ctx.now)
            reading = replace(ctx, session=session)
            for who in subjects.read(reading, pull.study_id, standing, pull.keyed, pull.days, pull.traits):
                piece = lines(columns, rows(who))
                session.expunge_all()
                if piece:
                    yield piece


def _still_standing(
    engine: Engine | Connection, study_id: UUID, batch: Mapping[UUID, str], now: datetime
) -> dict[UUID, str]:
    """Return those of a batch who have not withdrawn since; asked outside the snapshot, which is blind to it (P21)."""
    with unit_of_work(Session(engine), writes=False) as session:
        standing = research.subjects(session, study_id, now)
    return {patient_id: pseudonym for patient_id, pseudonym in batch.items() if patient_id in standing}


def _study(row: StudyRow) -> Study:
    return Study(row.id, row.name, row.windows, Days(row.days), row.created_at)
