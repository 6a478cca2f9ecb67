"""Taking in a hospital's list: patients, treatments and doses that are new are stored, what differs is only told."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID, uuid5

from backend.domain import dosing
from backend.domain import treatment as plans
from backend.domain.dosing import Dose, Status
from backend.domain.errors import ClinicError
from backend.domain.intake import DoseLine, PatientLine
from backend.domain.moments import plausible
from backend.domain.permissions import Role
from backend.domain.regimens import Daily
from backend.domain.tables import Refused, sentence
from backend.domain.treatment import Treatment
from backend.services import events, feed, gate, intervals, patients, relinking, reminders, treatment, words
from backend.services.contact import Contact
from backend.services.context import Actor, Context
from backend.services.feed import Kind
from backend.services.patients import Identity
from backend.services.treatment import Decision
from backend.storage import doses, people
from backend.storage import treatment as courses
from backend.storage.patients import PatientRow

WHY = "Imported from the hospital's list."
DIFFERS = "differs"
NEEDED = ("patients:enrol", "treatments:write", "doses:write")


@dataclass(frozen=True, slots=True)
class Folder:
    """All rows of one hospital number."""

    hospital_number: str
    patients: tuple[PatientLine, ...]
    doses: tuple[DoseLine, ...]


@dataclass(slots=True)
class Taken:
    """What became of rows: new ones by sort, those already there, and those refused, of each file."""

    patients: int = 0
    plans: int = 0
    doses: int = 0
    unchanged: int = 0
    refused_patients: list[Refused] = field(default_factory=list)
    refused_doses: list[Refused] = field(default_factory=list)

    def add(self, other: "Taken") -> None:
        """Count another folder's rows in."""
        self.patients += other.patients
        self.plans += other.plans
        self.doses += other.doses
        self.unchanged += other.unchanged
        self.refused_patients += other.refused_patients
        self.refused_doses += other.refused_doses

    @property
    def refused(self) -> int:
        """How many rows were not taken."""
        return len(self.refused_patients) + len(self.refused_doses)


class _Differs(ClinicError):
    """What the row says is stored otherwise, and stays so."""


def importer(ctx: Context, site_name: str, email: str) -> Actor:
    """Return the member of staff in whose name rows are taken in.

    Raises ClinicError `not-found` for nobody of that site, `role-lacks-permission` for who may not enrol or treat.
    """
    site = people.site_named(ctx.session, site_name)
    row = people.staff_by_email(ctx.session, email)
    works = row is not None and row.joined_at is not None and row.left_at is None
    if site is None or row is None or not works or row.site_id != site.id:
        raise ClinicError("not-found", "Nobody with this address works at a site of this name.")
    actor = Actor(Role(row.role), staff_id=row.id, site_id=site.id)
    for permission in NEEDED:
        gate.permit(Context(ctx.session, actor, ctx.now, ctx.request_id, ctx.sealer, ctx.settings), permission)
    return actor


def folders(
    patient_rows: Iterable[PatientLine | Refused], dose_rows: Iterable[DoseLine | Refused]
) -> tuple[list[Folder], Taken]:
    """Return the rows by hospital number in the order of the files, and those that reading them refused."""
    taken = Taken()
    found: dict[str, tuple[list[PatientLine], list[DoseLine]]] = {}
    for row in patient_rows:
        if isinstance(row, Refused):
            taken.refused_patients.append(row)
        else:
            found.setdefault(patients.normal(row.hospital_number), ([], []))[0].append(row)
    for told in dose_rows:
        if isinstance(told, Refused):
            taken.refused_doses.append(told)
        else:
            found.setdefault(patients.normal(told.hospital_number), ([], []))[1].append(told)
    return [Folder(number, tuple(who), tuple(given)) for number, (who, given) in found.items()], taken


def take_in(ctx: Context, folder: Folder) -> Taken:
    """Store what is new of one patient's rows and return what became of each; belongs in a transaction of its own."""
    taken = Taken()
    row = _patient(ctx, folder, taken)
    if row is None:
        why = "No patient with this hospital number is enrolled, or not in your care."
        taken.refused_doses += [Refused(told.line, "not-found", why) for told in folder.doses]
        return taken
    before = intervals.line(ctx, row.id)
    _treatments(ctx, row, folder, taken)
    _doses(ctx, row, folder.doses, taken)
    if taken.plans or taken.doses:
        relinking.follow(ctx, row.id, before, intervals.line(ctx, row.id))
        reminders.replan(ctx, row)
    return taken


def _patient(ctx: Context, folder: Folder, taken: Taken) -> PatientRow | None:
    """Return the patient's row, enrolling whoever is new; None where nobody is or the importer may not treat them."""
    standing = patients.numbered(ctx, gate.own_site(ctx), folder.hospital_number)
    if standing is None:
        if not folder.patients:
            return None
        made = patients.enrol(ctx, *_identity(ctx, folder.patients[0]))
        taken.patients += 1
        return gate.patient(ctx, "treatments:write", made.id, lock=True)
    try:
        return gate.patient(ctx, "treatments:write", standing.id, lock=True)
    except ClinicError as error:
        taken.refused_patients += [_refused(told.line, error) for told in folder.patients]
        return None


def _identity(ctx: Context, told: PatientLine) -> tuple[Identity, Contact]:
    zone, language = patients.site_defaults(ctx)
    contact = Contact(told.email, told.language or language, told.zone or zone, None, None, ("email",))
    return Identity(told.name, told.birth_on, told.hospital_number), contact


def _treatments(ctx: Context, row: PatientRow, folder: Folder, taken: Taken) -> None:
    stored = patients.opened(ctx, row)
    for told in sorted(folder.patients, key=lambda line: (line.started_on, line.drug.key, line.plan_from)):
        identity, contact = _identity(ctx, told)
        known = (stored.contact.email, stored.contact.language, stored.contact.zone)
        if (identity, (contact.email, contact.language, contact.zone)) != (stored.identity, known):
            taken.refused_patients.append(_refused(told.line, _differs("Who the patient is")))
            continue
        _each(ctx, told.line, taken, taken.refused_patients, partial(_plan, ctx, row.id, told, taken))
    for told in folder.patients:
        if told.stopped_on is not None:
            _each(ctx, told.line, taken, taken.refused_patients, partial(_stop, ctx, row.id, told))


def _each(ctx: Context, line: int, taken: Taken, refused: list[Refused], store: Callable[[], bool | None]) -> None:
    """Store one row or nothing of it; False means it was there already, None that it does not count by itself."""
    try:
        with ctx.session.begin_nested():
            stored = store()
    except ClinicError as error:
        refused.append(_refused(line, error))
        return
    if stored is False:
        taken.unchanged += 1


def _plan(ctx: Context, patient_id: UUID, told: PatientLine, taken: Taken) -> bool:
    """Start the treatment or add the plan's next version."""
    decision = Decision(told.regimen, None, told.interval_weeks, told.slot, (), told.plan_from, told.reason or WHY)
    stored = _course(ctx, patient_id, told)
    if stored is None:
        name = f"treatment {told.drug.key} {told.started_on}"
        treatment.start(ctx, patient_id, uuid5(patient_id, name), told.drug.key, told.started_on, decision)
        taken.plans += 1
        return True
    same = [version for version in stored.versions if version.valid_from == told.plan_from]
    if same:
        if (same[-1].regimen, same[-1].interval_weeks, same[-1].slot) != (told.regimen, told.interval_weeks, told.slot):
            raise _differs("The plan from that day")
        return False
    if told.plan_from < stored.versions[-1].valid_from or stored.stopped_on is not None:
        raise _differs("The later plan")
    treatment.amend(ctx, patient_id, stored.id, stored.versions[-1].version, decision)
    taken.plans += 1
    return True


def _stop(ctx: Context, patient_id: UUID, told: PatientLine) -> None:
    stored = _course(ctx, patient_id, told)
    if stored is None or told.stopped_on is None or stored.stopped_on == told.stopped_on:
        return
    if stored.stopped_on is not None:
        raise _differs("The day the treatment was stopped")
    treatment.stop(ctx, patient_id, stored.id, stored.versions[-1].version, told.stopped_on, told.reason or WHY)


def _course(ctx: Context, patient_id: UUID, told: PatientLine) -> Treatment | None:
    for stored in courses.of_patient(ctx.session, patient_id):
        if (stored.drug_key, stored.started_on) == (told.drug.key, told.started_on):
            return stored
    return None


def _doses(ctx: Context, row: PatientRow, lines: Sequence[DoseLine], taken: Taken) -> None:
    running = courses.of_patient(ctx.session, row.id)
    standing, new = doses.of_patient(ctx.session, row.id), list[list[Dose]]()
    for told in lines:
        try:
            made = _made(ctx, row, running, told)
            twin = _twin(told, made[-1], standing)
            if twin is None:
                _roomy(running, standing, made[-1])
        except ClinicError as error:
            taken.refused_doses.append(_refused(told.line, error))
            continue
        if twin is None:
            new.append(made)
            standing.append(made[-1])
        elif _content(twin) == _content(made[-1]):
            taken.unchanged += 1
        else:
            taken.refused_doses.append(_refused(told.line, _differs("The dose of that day")))
    _keep(ctx, row, new)
    taken.doses += len(new)


def _made(ctx: Context, row: PatientRow, running: Sequence[Treatment], told: DoseLine) -> list[Dose]:
    """Return the versions of the dose a row tells of, by the clinic's own rules. Raises ClinicError."""
    course = _running(running, told)
    dose_id = uuid5(row.id, f"dose {told.drug.key} {told.on} {told.at or ''}")
    moment = told.moment(row.zone)
    plausible(moment.dose_anchor, ctx.now, "/given_on")
    if told.status is Status.GIVEN:
        parts = told.given(row.zone)
        return [dosing.record_new(dose_id, course.id, parts, told.route, ctx.now, WHY)]
    planned = dosing.plan(dose_id, course.id, moment, told.route, ctx.now, WHY)
    if told.status is Status.PLANNED:
        if course.stopped_on is not None:
            raise ClinicError("wrong-state", "The treatment was stopped.")
        return [planned]
    act = dosing.miss if told.status is Status.MISSED else dosing.cancel
    return [planned, act(planned, ctx.now, WHY)]


def _running(running: Sequence[Treatment], told: DoseLine) -> Treatment:
    """Return the treatment a dose belongs to: of the same substance, the last one that had started by then."""
    found = [t for t in running if t.drug.substance == told.drug.substance and t.started_on <= told.on]
    if not found:
        raise ClinicError("not-found", "The patient has no treatment with this drug that had started by then.")
    return max(found, key=lambda t: (t.started_on, t.drug_key == told.drug.key))


def _twin(told: DoseLine, made: Dose, standing: Iterable[Dose]) -> Dose | None:
    """Return the dose that is stored for the same day; for drugs taken daily, for the same clock time."""
    daily = any(isinstance(regimen.pattern, Daily) for regimen in told.drug.regimens)
    for dose in standing:
        same_day = dose.treatment_id == made.treatment_id and dose.on == told.on
        if dose.id == made.id or (same_day and not daily and dose.status is not Status.UNDONE):
            return dose
    return None


def _roomy(running: Sequence[Treatment], standing: Sequence[Dose], dose: Dose) -> None:
    if dose.status is Status.PLANNED:
        course = next(t for t in running if t.id == dose.treatment_id)
        if plans.crowded(course, running, standing, dose):
            raise ClinicError("too-soon")


def _keep(ctx: Context, row: PatientRow, made: Sequence[Sequence[Dose]]) -> None:
    held = [[words.hidden(ctx, row, dose, dose.id, dose.version) for dose in versions] for versions in made]
    if held:
        doses.add(ctx.session, row.id, [versions[0] for versions in held], ctx.who.id)
    for versions in held:
        for later in versions[1:]:
            doses.put(ctx.session, row.id, later, ctx.who.id)
        last = versions[-1]
        events.note(ctx, "doses:write", row.id, last.id, {"act": last.act.value, "imported": True})
        feed.touch(ctx, row.id, Kind.DOSE, last.id)


def _content(dose: Dose) -> tuple[object, ...]:
    planned = dose.planned if dose.status is not Status.GIVEN else None
    return dose.status, dose.route, planned, dose.parts


def _differs(what: str) -> ClinicError:
    return _Differs("already-exists", f"{what} is stored with other content; nothing was changed.")


def _refused(line: int, error: ClinicError) -> Refused:
    return Refused(line, DIFFERS if isinstance(error, _Differs) else error.error.code, sentence(error))
