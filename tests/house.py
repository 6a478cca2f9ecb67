"""The house under test: the running app over a real database, and the people in it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from flask.testing import FlaskClient

from backend.domain.permissions import Role
from backend.services import words
from backend.services.context import Actor, Context
from backend.settings import Settings
from backend.storage.patients import PatientRow
from tests.factories import base

PREFIX = "/api/v1"


class SetClock:
    """A clock that stands where the test puts it (`now`, aware)."""

    def __init__(self) -> None:
        self.now: datetime = base.NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True, slots=True)
class Site:
    """A centre, as tests name it."""

    id: UUID
    name: str
    zone: str
    language: str


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of staff who is logged in."""

    id: UUID
    headers: dict[str, str]
    actor: Actor


@dataclass(frozen=True, slots=True)
class Patient:
    """An enrolled patient."""

    id: UUID
    actor: Actor


class House:
    """One app, one database, one clock; starts every test with a single empty site."""

    def __init__(self, app: Flask, settings: Settings, clock: SetClock) -> None:
        self.app, self.settings, self.clock = app, settings, clock
        self.client: FlaskClient = app.test_client()
        clock.now = base.NOW
        self.site = self.new_site()

    def new_site(self, **columns: Any) -> Site:
        """Open a centre."""
        row = base.SiteFactory.build(**columns)
        site = Site(row.id, row.name, row.zone, row.language)
        self.add(row)
        return site

    def login(self, role: str, name: str | None = None, site: Site | None = None, **columns: Any) -> Staff:
        """Let somebody of a role work at the site, and log them in."""
        if name is not None:
            columns["name"] = name
        site_id = (site or self.site).id
        row = base.StaffFactory.build(role=Role(role).value, site_id=site_id, joined_at=self.clock.now, **columns)
        staff_id = row.id
        # Seen far ahead, so that a test which moves the clock by months does not end its own log-in.
        session_id, headers = self._session(row, staff_id=staff_id, name="browser", seen_at=base.FAR)
        return Staff(staff_id, headers, Actor(Role(role), session_id, staff_id=staff_id, site_id=site_id))

    def patient(self, cares_for: Sequence[Staff] = (), site: Site | None = None, **columns: Any) -> Patient:
        """Enrol a patient, with whom `cares_for` have a care relationship."""
        patient_id = columns.pop("id", None) or uuid4()
        row = base.PatientFactory.build(
            id=patient_id,
            site_id=(site or self.site).id,
            key=self.app.extensions["uitwerk"].sealer.new_key(str(patient_id)),
            **{"enrolled_at": self.clock.now, **columns},
        )
        cares = [
            base.CareFactory.build(patient_id=patient_id, staff_id=staff.id, starts_at=self.clock.now)
            for staff in cares_for
        ]
        self.add(row, *cares)
        return Patient(patient_id, Actor(Role.PATIENT, patient_id=patient_id))

    def phone(self, patient: Patient) -> dict[str, str]:
        """Pair a phone of a patient and return the headers it sends."""
        session_id = uuid4()
        with self.unit() as ctx:
            row = ctx.session.get_one(PatientRow, patient.id)
            name = words.sealed(ctx, row, "phone", words.of_device(session_id))
        return self._session(id=session_id, patient_id=patient.id, name=name)[1]

    def add(self, *rows: Any) -> None:
        """Store rows, in the order given."""
        with self.unit() as ctx:
            for row in rows:
                ctx.session.add(row)
                ctx.session.flush()

    @contextmanager
    def unit(self, actor: Actor | Staff | Patient | None = None, writes: bool = True) -> Iterator[Context]:
        """Run one transaction as somebody and commit it, exactly as the edge does."""
        who = actor.actor if isinstance(actor, Staff | Patient) else actor
        with self.app.app_context():
            door = self.app.extensions["uitwerk"]
            ctx: Context = replace(door.context("test"), actor=who)
            with door.act(ctx, writes=writes) as unit:
                yield unit

    def get(self, path: str, **told: Any) -> Any:
        """GET a path below /api/v1."""
        return self.client.get(PREFIX + path, **told)

    def post(self, path: str, **told: Any) -> Any:
        """POST to a path below /api/v1."""
        return self.client.post(PREFIX + path, **told)

    def put(self, path: str, **told: Any) -> Any:
        """PUT to a path below /api/v1."""
        return self.client.put(PREFIX + path, **told)

    def patch(self, path: str, **told: Any) -> Any:
        """PATCH a path below /api/v1."""
        return self.client.patch(PREFIX + path, **told)

    def delete(self, path: str, **told: Any) -> Any:
        """DELETE a path below /api/v1."""
        return self.client.delete(PREFIX + path, **told)

    def _session(self, *before: Any, **columns: Any) -> tuple[UUID, dict[str, str]]:
        token = uuid4().hex
        session = base.SessionFactory.build(**{"started_at": self.clock.now, "seen_at": self.clock.now, **columns})
        session_id = session.id
        self.add(*before, session, base.TokenFactory.build(session_id=session_id, token=token))
        return session_id, {"Authorization": f"Bearer {token}"}
