"""Anna, on a four-weekly infusion, for tests of what is planned for her and what she is told."""

from dataclasses import dataclass, replace
from datetime import time, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from backend.domain import dosing
from backend.domain.dosing import Dose, PartGiven
from backend.domain.moments import Occurred, at_moment, at_wall, local_date
from backend.domain.regimens import Route
from backend.domain.samples import Matrix, State, Step
from backend.services import receipts, reminders
from backend.services.context import Context
from backend.services.receipts import Receipt
from backend.services.reminders import Moved
from backend.storage import doses, patients, samples, undelivered
from backend.storage.outbox import SqlOutbox
from backend.storage.patients import PatientRow
from backend.storage.reminders import ReminderRow
from backend.storage.undelivered import UndeliveredRow
from backend.storage.wishes import SiteRulesRow, WishesRow
from notifications.reminder import Accepted, Claimed, Outcome
from tests.factories.base import CareFactory
from tests.factories.chains import ZONE, chain
from tests.house import House, Patient, Staff

LEASE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Anna:
    """A patient on a four-weekly infusion, the last one three weeks before the standing moment."""

    house: House
    patient: Patient
    treatment_id: UUID

    def row(self, ctx: Context) -> PatientRow:
        row = patients.get(ctx.session, self.patient.id, lock=True)
        assert row is not None
        return row

    def replan(self) -> Moved:
        with self.house.unit() as ctx:
            return reminders.replan(ctx, self.row(ctx))

    def slot(self, days: int, at: time = time(9)) -> Occurred:
        on = local_date(self.house.clock.now, ZONE) + timedelta(days=days)
        return at_moment(at_wall(on, at, ZONE), ZONE)

    def plan(self, days: int) -> tuple[Dose, Moved]:
        dose = dosing.plan(uuid4(), self.treatment_id, self.slot(days), Route.IV, self.house.clock.now)
        return dose, self.put(dose, new=True)

    def move(self, dose: Dose, days: int) -> tuple[Dose, Moved]:
        moved = dosing.move(dose, self.slot(days), self.house.clock.now, "asked")
        return moved, self.put(moved)

    def cancel(self, dose: Dose) -> tuple[Dose, Moved]:
        cancelled = dosing.cancel(dose, self.house.clock.now, "asked")
        return cancelled, self.put(cancelled)

    def give(self, dose: Dose) -> tuple[Dose, Moved]:
        given = dosing.record(dose, [PartGiven(at_moment(self.house.clock.now, ZONE))], Route.IV, self.house.clock.now)
        return given, self.put(given)

    def give_unplanned(self) -> Moved:
        part = PartGiven(at_moment(self.house.clock.now, ZONE))
        dose = dosing.record_new(uuid4(), self.treatment_id, [part], Route.IV, self.house.clock.now)
        return self.put(dose, new=True)

    def sample(self, *states: State) -> UUID:
        """Let a finger prick be ordered, with the steps it has passed, and plan by it."""
        sample_id = uuid4()
        with self.house.unit() as ctx:
            row = self.row(ctx)
            made = {"patient_id": row.id, "id": sample_id, "matrix": Matrix.CAPILLARY_WET.value, "created_mark": b"m"}
            samples.add(ctx.session, {**made, "created_at": ctx.now, "version": 1})
        for state in (State.ORDERED, *states):
            self.step(sample_id, state)
        return sample_id

    def step(self, sample_id: UUID, state: State) -> Moved:
        """Let a finger prick pass one step more, and plan by it."""
        with self.house.unit() as ctx:
            row, at = self.row(ctx), at_moment(ctx.now, ZONE)
            passed = len(samples.steps(ctx.session, row.id).get(sample_id, ()))
            samples.append_step(ctx.session, row.id, sample_id, passed, Step(state, at, "nurse", ctx.now, ctx.now))
            return reminders.replan(ctx, row)

    def cared_for(self, staff: Staff) -> None:
        self.house.add(CareFactory.build(patient_id=self.patient.id, staff_id=staff.id, starts_at=self.house.clock.now))

    def forward(self, **span: float) -> None:
        self.house.clock.now += timedelta(**span)

    def put(self, dose: Dose, *, new: bool = False) -> Moved:
        with self.house.unit() as ctx:
            row = self.row(ctx)
            self.write(ctx, dose, new=new)
            return reminders.replan(ctx, row)

    def write(self, ctx: Context, dose: Dose, *, new: bool = False) -> None:
        if new:
            doses.add(ctx.session, self.patient.id, [dose], None)
        else:
            assert doses.put(ctx.session, self.patient.id, dose, None)

    def change(self, **columns: Any) -> Moved:
        with self.house.unit() as ctx:
            row = self.row(ctx)
            for name, value in columns.items():
                setattr(row, name, value)
            return reminders.replan(ctx, row)

    def said(self, **wishes: Any) -> Moved:
        """Let the patient say what they want to hear, and plan by it."""
        with self.house.unit() as ctx:
            row = self.row(ctx)
            known = ctx.session.get(WishesRow, row.id)
            if known is None:
                ctx.session.add(WishesRow(patient_id=row.id, changed_at=ctx.now, **wishes))
            for name, value in wishes.items() if known else ():
                setattr(known, name, value)
            ctx.session.flush()
            return reminders.replan(ctx, row)

    def site_says(self, rules: dict[str, Any]) -> Moved:
        """Let the site remind otherwise, and plan by it."""
        with self.house.unit() as ctx:
            row = self.row(ctx)
            made = SiteRulesRow(site_id=row.site_id, rules=rules, version=1, changed_at=ctx.now)
            ctx.session.merge(made)
            ctx.session.flush()
            return reminders.replan(ctx, row)

    def opened(self, reminder_id: UUID) -> None:
        """Let a phone say that a reminder was opened there."""
        actor = replace(self.patient.actor, session_id=uuid4())
        with self.house.unit(actor) as ctx:
            receipts.take(ctx, self.row(ctx), [Receipt(reminder_id, "opened", ctx.now)])

    def items(self) -> list[UndeliveredRow]:
        """What is or was on the list of those who care for the patient."""
        with self.house.unit(writes=False) as ctx:
            rows = list(undelivered.all_of(ctx.session, self.patient.id))
            ctx.session.expunge_all()
        return rows

    def stored(self) -> list[ReminderRow]:
        with self.house.unit(writes=False) as ctx:
            query = select(ReminderRow).where(ReminderRow.patient_id == self.patient.id)
            rows = list(ctx.session.scalars(query.order_by(ReminderRow.send_at, ReminderRow.key)))
            ctx.session.expunge_all()
        return rows

    def open(self, kind: str = "dose") -> list[ReminderRow]:
        return [row for row in self.stored() if row.status in {"planned", "due", "claimed"} and row.kind == kind]

    def of(self, kind: str) -> list[ReminderRow]:
        return [row for row in self.stored() if row.kind == kind]

    def claim(self, kind: str = "dose") -> list[Claimed]:
        claimed = self.outbox().claim(self.house.clock.now, "one", LEASE, 100)
        return [one for one in claimed if one.reminder.kind == kind]

    def outbox(self) -> SqlOutbox:
        with self.house.unit(writes=False) as ctx:
            return SqlOutbox(ctx.session.get_bind().engine, ctx.sealer)

    def tell(self, outcome: Outcome = Accepted("ref")) -> list[Claimed]:  # noqa: B008 - frozen
        """Send everything that is due, as a dispatcher would."""
        told = self.outbox().claim(self.house.clock.now, "one", LEASE, 100)
        for one in told:
            assert self.outbox().attempt(one, self.house.clock.now)
            assert self.outbox().acknowledge(one, outcome, self.house.clock.now, None)
        return told


def treated(house: House) -> Anna:
    patient = house.patient(email_sealed=b"sealed")
    return Anna(house, patient, chain(house, patient, ["2026-04-13 09:00", "2026-05-11 09:00"]))
