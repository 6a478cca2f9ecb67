"""Dose events: the standing version of each, and every version it ever had."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    Select,
    String,
    bindparam,
    case,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.domain.dosing import Act, BodySite, Dose, PartGiven, Status
from backend.domain.moments import Occurred, offset_minutes, with_offset
from backend.domain.regimens import Route
from backend.storage.db import Base, Instant
from backend.storage.occurrences import as_json, from_json


class _DoseColumns:
    """What a dose event and each of its versions hold."""

    status: Mapped[str] = mapped_column(String(20))
    route: Mapped[str] = mapped_column(String(10))
    planned: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    parts: Mapped[list[Any]] = mapped_column(JSON)
    act: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    device_at: Mapped[datetime | None] = mapped_column(Instant)
    device_offset: Mapped[int | None]
    recorded_by: Mapped[UUID | None]


class DoseRow(_DoseColumns, Base):
    """The standing version. `anchor_at` orders doses and reports; `given_on` is the first part's local day."""

    __tablename__ = "doses"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    treatment_id: Mapped[UUID] = mapped_column(ForeignKey("treatments.id"))
    anchor_at: Mapped[datetime] = mapped_column(Instant)
    given_on: Mapped[date | None]
    version: Mapped[int]

    __table_args__ = (
        CheckConstraint("status IN ('planned','given','missed','cancelled','undone')", name="status"),
        Index("ix_doses_patient_anchor", "patient_id", "anchor_at"),
    )


class DoseVersionRow(_DoseColumns, Base):
    """One version a dose had; none is ever changed."""

    __tablename__ = "dose_versions"

    dose_id: Mapped[UUID] = mapped_column(ForeignKey("doses.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)
    treatment_id: Mapped[UUID]


def add(session: Session, patient_id: UUID, doses: Iterable[Dose], by: UUID | None) -> None:
    """Store new doses in their first version."""
    rows = [(d, _values(d, by) | {"patient_id": patient_id, "treatment_id": d.treatment_id}) for d in doses]
    session.execute(insert(DoseRow), [v | {"id": d.id, "version": d.version} | _order(d) for d, v in rows])
    session.execute(insert(DoseVersionRow), [v | {"dose_id": d.id, "version": d.version} for d, v in rows])


def put(session: Session, patient_id: UUID, dose: Dose, by: UUID | None) -> bool:
    """Store a dose's next version; False when somebody else's came first."""
    values = _values(dose, by)
    standing = update(DoseRow).where(DoseRow.id == dose.id, DoseRow.version == dose.version - 1)
    changed = session.execute(standing.values(version=dose.version, **values, **_order(dose)))
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # a CursorResult for UPDATE
        return False
    own = {
        "dose_id": dose.id,
        "version": dose.version,
        "patient_id": patient_id,
        "treatment_id": dose.treatment_id,
    }
    session.execute(insert(DoseVersionRow), values | own)
    return True


def get(session: Session, patient_id: UUID, dose_id: UUID) -> Dose | None:
    """Return a patient's dose in its standing version."""
    row = session.execute(_SELECT.where(DoseRow.patient_id == patient_id, DoseRow.id == dose_id)).first()
    return None if row is None else _dose(row[1:])


def holder(session: Session, dose_id: UUID) -> UUID | None:
    """Return whose dose an id is, None for a free id."""
    return session.scalar(select(DoseRow.patient_id).where(DoseRow.id == dose_id))


def of_patients(session: Session, patient_ids: Sequence[UUID]) -> dict[UUID, list[Dose]]:
    """Return each patient's doses in their standing versions, in the order of their anchors."""
    found: dict[UUID, list[Dose]] = {}
    for row in session.execute(_OF_PATIENTS, {"patients": patient_ids}):
        found.setdefault(row[0], []).append(_dose(row[1:]))
    return found


def around(session: Session, patient_ids: Sequence[UUID], first: date, last: date) -> dict[UUID, list[Dose]]:
    """Return as `of_patients`, but only doses of about those days: all whose local day is from `first` to `last`."""
    since, until = (datetime.combine(on, time(0), UTC) for on in (first, last))
    found: dict[UUID, list[Dose]] = {}
    told = {"patients": patient_ids, "since": since - _ABOUT, "until": until + _ABOUT}
    for row in session.execute(_AROUND, told):
        found.setdefault(row[0], []).append(_dose(row[1:]))
    return found


def newest_of_patients(session: Session, patient_ids: Sequence[UUID], kept: int) -> dict[UUID, list[Dose]]:
    """Return as `of_patients`, but of the given doses of each treatment only the newest so many."""
    found: dict[UUID, list[Dose]] = {}
    for row in session.execute(_NEWEST, {"patients": patient_ids, "kept": kept}):
        found.setdefault(row[0], []).append(_dose(row[1:]))
    return found


def of_patient(session: Session, patient_id: UUID) -> list[Dose]:
    """Return a patient's doses in their standing versions."""
    return of_patients(session, [patient_id]).get(patient_id, [])


def history(session: Session, dose_id: UUID) -> list[tuple[Dose, UUID | None]]:
    """Return all versions of a dose in order, each with who recorded it."""
    query = _VERSIONS.where(DoseVersionRow.dose_id == dose_id).order_by(DoseVersionRow.version)
    return [(_dose(row[1:]), row[0]) for row in session.execute(query)]


def histories(session: Session, patient_id: UUID) -> dict[UUID, list[tuple[Dose, UUID | None]]]:
    """Return what `history` gives of each of a patient's doses."""
    query = _VERSIONS.where(DoseVersionRow.patient_id == patient_id)
    found: dict[UUID, list[tuple[Dose, UUID | None]]] = {}
    for row in session.execute(query.order_by(DoseVersionRow.dose_id, DoseVersionRow.version)):
        dose = _dose(row[1:])
        found.setdefault(dose.id, []).append((dose, row[0]))
    return found


def recorders(session: Session, patient_id: UUID) -> dict[UUID, UUID | None]:
    """Return who recorded the standing version of each of a patient's doses."""
    query = select(DoseRow.id, DoseRow.recorded_by).where(DoseRow.patient_id == patient_id)
    return dict(session.execute(query).all())


def versions(session: Session, patient_id: UUID) -> list[Dose]:
    """Return every version of every dose of a patient."""
    return [_dose(row[1:]) for row in session.execute(_VERSIONS.where(DoseVersionRow.patient_id == patient_id))]


_SHARED = ("status", "route", "planned", "parts", "version", "act", "recorded_at", "reason", "device_at",
           "device_offset")  # fmt: skip
# Read on columns, without the cost of objects: every report that is logged asks for its patient's doses.
_DOSES = DoseRow.__table__.c
_SELECT = select(_DOSES.patient_id, _DOSES.id, _DOSES.treatment_id, *(_DOSES[name] for name in _SHARED))
_OF_PATIENTS = _SELECT.where(_DOSES.patient_id.in_(bindparam("patients", expanding=True))).order_by(
    _DOSES.anchor_at, _DOSES.id
)

_ABOUT = timedelta(days=3)  # an anchor is the day itself in some zone, or the end of it
_AROUND = _OF_PATIENTS.where(_DOSES.anchor_at.between(bindparam("since"), bindparam("until")))


def _newest() -> Select[Any]:
    """Return the query of `newest_of_patients`, built once: given doses are counted from the newest one back."""
    given = case((_DOSES.status == Status.GIVEN.value, 1), else_=0)
    order = (_DOSES.anchor_at.desc(), _DOSES.id.desc())
    place = func.row_number().over(partition_by=(_DOSES.treatment_id, given), order_by=order)
    among = _DOSES.patient_id.in_(bindparam("patients", expanding=True))
    ranked = select(_DOSES.id, given.label("given"), place.label("place")).where(among).subquery()
    wanted = _SELECT.join_from(DoseRow.__table__, ranked, ranked.c.id == _DOSES.id)
    wanted = wanted.where(or_(ranked.c.given == 0, ranked.c.place <= bindparam("kept")))
    return wanted.order_by(_DOSES.anchor_at, _DOSES.id)


_NEWEST = _newest()
_VERSIONS = select(
    DoseVersionRow.recorded_by,
    DoseVersionRow.dose_id,
    DoseVersionRow.treatment_id,
    *(getattr(DoseVersionRow, name) for name in _SHARED),
)


def _values(dose: Dose, by: UUID | None) -> dict[str, Any]:
    return {
        "status": dose.status.value,
        "route": dose.route.value,
        "planned": as_json(dose.planned),
        "parts": [{"given": as_json(p.given), "mg": p.mg, "body_site": p.body_site} for p in dose.parts],
        "act": dose.act.value,
        "reason": dose.reason,
        "recorded_at": dose.recorded_at,
        "device_at": dose.device_at,
        "device_offset": offset_minutes(dose.device_at) if dose.device_at else None,
        "recorded_by": by,
    }


def _order(dose: Dose) -> dict[str, Any]:
    return {"anchor_at": dose.anchor, "given_on": dose.given.on if dose.given else None}


def _dose(row: Sequence[Any]) -> Dose:
    dose_id, treatment_id, status, route, planned, parts, version, act, recorded_at, reason, at, offset = row
    given = tuple(PartGiven(_moment(p["given"]), p["mg"], _site(p["body_site"])) for p in parts)
    return Dose(
        id=dose_id,
        treatment_id=treatment_id,
        status=Status(status),
        route=Route(route),
        planned=from_json(planned),
        given=given[0].given if given else None,
        parts=given,
        version=version,
        act=Act(act),
        recorded_at=recorded_at,
        reason=reason,
        device_at=with_offset(at, offset) if at else None,
    )


def _site(value: str | None) -> BodySite | None:
    return None if value is None else BodySite(value)


def _moment(value: dict[str, Any]) -> Occurred:
    moment = from_json(value)
    if moment is None:
        raise ValueError("a part without a moment")
    return moment
