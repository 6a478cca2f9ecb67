"""What a demo patient is given over two years: treatments, their plans, and every version of every dose."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from random import Random

from backend.demo.people import ZONE, Kind, Person, identifier
from backend.domain import dosing, regimens, treatment
from backend.domain.dosing import Dose, PartGiven, Status
from backend.domain.drugs import Route
from backend.domain.moments import Occurred, at_instant, at_wall, on_day
from backend.domain.treatment import PlanVersion, Treatment

SWITCH_AFTER_DAYS = 400
STOP_AFTER_DAYS = 430
_MOVED = ("De dagbehandeling zat vol.", "Vakantie van de patiënt.", "De patiënt was verkouden.", "Ruilen van dag.")


@dataclass(slots=True)
class Course:
    """The treatments as they stand at the end, and all versions of all doses in the order they became known."""

    treatments: list[Treatment] = field(default_factory=list)
    versions: list[Dose] = field(default_factory=list)

    @property
    def doses(self) -> list[Dose]:
        """The standing version of each dose."""
        return list({version.id: version for version in self.versions}.values())

    @property
    def given(self) -> tuple[Dose, ...]:
        """The doses that were given, in order."""
        return dosing.given(self.doses)


@dataclass(slots=True)
class _Writer:
    """Writes a course down act by act, through the clinic's own rules; nothing becomes known after `now`."""

    person: Person
    rng: Random
    now: datetime
    course: Course = field(default_factory=Course)

    @property
    def treatment(self) -> Treatment:
        return self.course.treatments[-1]

    @treatment.setter
    def treatment(self, changed: Treatment) -> None:
        self.course.treatments[-1] = changed

    def keep(self, dose: Dose) -> Dose:
        self.course.versions.append(dose)
        return dose

    def start(self, drug: str, on: date, weeks: int | None, route: Route, known_at: datetime, why: str) -> None:
        plan = PlanVersion(1, on, "standard", route, weeks, self.person.slot, (), why, known_at)
        made = Treatment(identifier(self.rng), drug, on, None, ZONE, (plan,))
        treatment.checked(plan, made.drug)
        self.course.treatments.append(made)

    def slot(self, on: date) -> Occurred:
        return _local(at_wall(on, self.person.slot, ZONE))

    def plan(self, on: date, known_at: datetime) -> Dose:
        route = self.treatment.versions[-1].route
        return self.keep(dosing.plan(identifier(self.rng), self.treatment.id, self.slot(on), route, known_at))


def course(person: Person, rng: Random, now: datetime) -> Course:
    """Return what a patient was given, planned and missed up to `now`, and the next dose planned ahead."""
    writer = _Writer(person, rng, now)
    if person.kind.natalizumab:
        _natalizumab(writer)
    elif person.kind is Kind.OCRELIZUMAB:
        _ocrelizumab(writer)
    else:
        _ofatumumab(writer)
    return writer.course


def _natalizumab(w: _Writer) -> None:
    person = w.person
    known_at = at_wall(person.started_on - timedelta(days=7), time(10), ZONE)
    drug = "natalizumab_sc" if person.kind is Kind.INJECTION else "natalizumab_iv"
    route = Route.SC if person.kind is Kind.INJECTION else Route.IV
    w.start(drug, person.started_on, 4, route, known_at, "Start van de behandeling.")
    on, number = person.started_on, 0
    while True:
        dose = _through(w, w.plan(on, known_at))
        if dose.status is Status.PLANNED:
            return
        known_at = dose.recorded_at
        if dose.status is Status.MISSED:
            on += timedelta(days=7)
            continue
        number += 1
        if person.stops and (on - person.started_on).days > STOP_AFTER_DAYS:
            w.treatment = treatment.stop(w.treatment, on, "Op verzoek van de patiënt.", known_at)
            return
        _stretch(w, dose, number)
        _switch(w, dose)
        on += timedelta(weeks=w.treatment.versions[-1].interval_weeks or 4)


def _through(w: _Writer, dose: Dose) -> Dose:
    """Take a planned dose to its day: sometimes moved, seldom missed, sometimes recorded days late."""
    dose = _moved(w, dose)
    slot = dose.planned.at if dose.planned else None
    if slot is None or slot + timedelta(hours=3) > w.now:
        return dose
    missed_at = slot + timedelta(hours=26)
    if w.rng.random() < 0.02 and missed_at <= w.now:
        return w.keep(dosing.miss(dose, missed_at, "Niet verschenen."))
    at = slot + timedelta(minutes=w.rng.randrange(0, 55, 5))
    recorded_at = at + timedelta(hours=1, minutes=30)
    late_at = recorded_at + timedelta(days=w.rng.randrange(2, 9))
    parts = _parts(w.rng, at, dose.route)
    if w.rng.random() < 0.05 and late_at <= w.now:
        return w.keep(dosing.record(dose, parts, dose.route, late_at, "Later ingevoerd."))
    return w.keep(dosing.record(dose, parts, dose.route, recorded_at))


def _moved(w: _Writer, dose: Dose) -> Dose:
    if dose.planned is None or w.rng.random() >= 0.07:
        return dose
    told_at = at_wall(dose.planned.on - timedelta(days=w.rng.randrange(2, 7)), time(11, 15), ZONE)
    if not dose.recorded_at < told_at <= w.now:
        return dose
    slot = w.slot(_weekday(dose.planned.on + timedelta(days=w.rng.choice((1, 2, 7)))))
    return w.keep(dosing.move(dose, slot, told_at, w.rng.choice(_MOVED)))


def _parts(rng: Random, at: datetime, route: Route) -> tuple[PartGiven, ...]:
    if route is Route.IV:
        return (PartGiven(_local(at), 300.0),)
    second_at = at + timedelta(minutes=rng.randrange(2, 20))
    return (PartGiven(_local(at), 150.0), PartGiven(_local(second_at), 150.0))


def _stretch(w: _Writer, dose: Dose, number: int) -> None:
    """Lengthen the plan from the dose at which it is decided: at once, or a week longer every two doses."""
    person, plan = w.person, w.treatment.versions[-1]
    weeks, since = plan.interval_weeks or 4, number - person.stretch_after
    if since < 0 or weeks >= person.weeks or dose.given is None:
        return
    if person.stepwise and since % 2:
        return
    longer = weeks + 1 if person.stepwise else person.weeks
    changed = replace(
        plan,
        valid_from=dose.given.on,
        interval_weeks=longer,
        reason=f"In overleg uitgesteld van {weeks} naar {longer} weken.",
        recorded_at=dose.recorded_at,
    )
    w.treatment = treatment.amend(w.treatment, changed)


def _switch(w: _Writer, dose: Dose) -> None:
    """Go from infusion to injection from the next dose on: another route of one treatment."""
    running = w.treatment.versions[-1]
    if w.person.kind is not Kind.SWITCHED or running.route is Route.SC or dose.given is None:
        return
    if (dose.given.on - w.person.started_on).days > SWITCH_AFTER_DAYS:
        why = "Op verzoek van infuus naar injectie."
        changed = replace(running, valid_from=dose.given.on, route=Route.SC, reason=why, recorded_at=dose.recorded_at)
        w.treatment = treatment.amend(w.treatment, changed)


def _ocrelizumab(w: _Writer) -> None:
    """Two half doses two weeks apart are one event; then a dose every six months (drugs.json)."""
    person = w.person
    known_at = at_wall(person.started_on - timedelta(days=14), time(10), ZONE)
    w.start("ocrelizumab_iv", person.started_on, None, Route.IV, known_at, "Start van de behandeling.")
    on, days = person.started_on, list[date]()
    while True:
        dose = _moved(w, w.plan(on, known_at))
        if dose.planned is None or dose.planned.at is None or dose.planned.at + timedelta(hours=5) > w.now:
            return
        first = PartGiven(_local(dose.planned.at + timedelta(minutes=20)), 600.0 if days else 300.0)
        recorded_at = first.given.dose_anchor + timedelta(hours=4)
        dose = w.keep(dosing.record(dose, [first], Route.IV, recorded_at))
        if not days:
            second = PartGiven(_local(first.given.dose_anchor + timedelta(days=14)), 300.0)
            recorded_at += timedelta(days=14)
            w.keep(dosing.correct(dose, [first, second], Route.IV, recorded_at, "Tweede deel van de startdosis."))
        days.append(first.given.on)
        known_at = recorded_at
        regimen = w.treatment.drug.regimen("standard")
        on = _weekday(regimens.next_due(regimen, person.started_on, days) or on)


def _ofatumumab(w: _Writer) -> None:
    """Monthly injections at home, told by the patient: nobody plans them, the plan itself says when."""
    person = w.person
    known_at = at_wall(person.started_on - timedelta(days=7), time(10), ZONE)
    w.start("ofatumumab", person.started_on, None, Route.SC, known_at, "Start van de behandeling.")
    days = list[date]()
    while True:
        due_on = regimens.next_due(w.treatment.drug.regimen("standard"), person.started_on, days)
        on = (due_on or person.started_on) + timedelta(days=w.rng.choice((0, 0, 0, 0, 0, 1, 2)) if len(days) > 3 else 0)
        at = at_wall(on, time(20, w.rng.randrange(0, 60, 5)), ZONE)
        recorded_at = at + timedelta(days=w.rng.choice((0, 0, 0, 0, 1)), minutes=5)
        if recorded_at > w.now:
            return
        taken = on_day(on, ZONE) if recorded_at - at > timedelta(days=1) else _local(at)
        part = PartGiven(taken, 20.0)
        w.keep(dosing.record_new(identifier(w.rng), w.treatment.id, [part], Route.SC, recorded_at))
        days.append(on)


def _weekday(on: date) -> date:
    return on + timedelta(days=7 - on.weekday()) if on.weekday() > 4 else on


def _local(at: datetime) -> Occurred:
    return at_instant(at, ZONE)
