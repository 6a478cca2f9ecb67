"""What the clinic found in a demo patient: relapses, tests twice a year, scans, blood values, weight, reactions."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from backend.demo.checks import Checked
from backend.demo.course import Course
from backend.demo.people import ZONE, Kind, Person, identifier, workday
from backend.domain import findings as found
from backend.domain.dosing import Dose
from backend.domain.finding_values import check
from backend.domain.moments import Occurred, at_wall, local_date, on_day
from backend.domain.regimens import Route

HALF_YEAR = timedelta(days=182)
_ABOUT = {
    found.Kind.RELAPSE: "Dubbelzien sinds twee dagen, geen koorts.",
    found.Kind.INFECTION: "Zelf gemeld bij de controle.",
    found.Kind.MRI: "Protocol zoals vorig jaar.",
    found.Kind.EDSS: "Loopt wat minder soepel dan vorige keer.",
}
_SIGNS = {Route.IV: ("headache", "flushing", "chills", "itching", "fatigue"), Route.SC: ("site_redness", "site_pain")}
_Said = tuple[found.Kind, date, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Entered:
    """One finding, the moment it was entered (aware), and its note if it has one."""

    id: UUID
    kind: found.Kind
    occurred: Occurred
    ended_on: date | None
    values: Mapping[str, Any]
    note: str | None
    entered_at: datetime


def findings(person: Person, course: Course, done: Iterable[Checked], rng: Random, now: datetime) -> Iterator[Entered]:
    """Yield what was found in two years, none entered after `now`; `done` are the checks some of it came from."""
    today = local_date(now, ZONE)
    told = [*_events(person, rng), *_tests(person, rng, today), *_weights(person, rng, today)]
    told += [*_from_checks(person, list(done), rng), *_bloods(person, course, rng), *_reactions(course, rng)]
    for kind, on, values in told:
        ended_on = _end(kind, on, rng)
        entered_at = at_wall((ended_on or on) + timedelta(days=rng.randrange(3)), time(17, rng.randrange(60)), ZONE)
        note = _ABOUT.get(kind) if rng.random() < 0.2 else None
        if entered_at <= now:
            yield Entered(identifier(rng), kind, on_day(on, ZONE), ended_on, check(kind, values), note, entered_at)


def _end(kind: found.Kind, on: date, rng: Random) -> date | None:
    """Return when it ended, for a relapse or an infection of which somebody asked."""
    lengths = {found.Kind.RELAPSE: range(12, 60), found.Kind.INFECTION: range(3, 14)}
    if kind not in lengths or rng.random() < 0.4:
        return None
    return on + timedelta(days=rng.choice(lengths[kind]))


def _events(person: Person, rng: Random) -> Iterator[_Said]:
    for _ in range(rng.choices((0, 1, 2), (78, 18, 4))[0]):
        on, treated = _some_day(person, rng), rng.random() < 0.6
        severity = rng.choice(("mild", "moderate", "moderate", "severe"))
        confirmed = treated or rng.random() < 0.6
        yield found.Kind.RELAPSE, on, {"severity": severity, "confirmed": confirmed, "treated": treated}
        if treated:
            days: dict[str, Any] = {"mg_per_day": 1000, "days": rng.choice((3, 3, 5))}
            begun_on = workday(on + timedelta(days=rng.randrange(2, 8)))
            yield found.Kind.STEROID_COURSE, begun_on, {"drug": "methylprednisolone", "route": "iv", **days}
    for _ in range(rng.choices((0, 1, 2, 3), (35, 35, 20, 10))[0]):
        site = rng.choice(("respiratory", "respiratory", "urinary", "urinary", "skin", "gastrointestinal"))
        fever: bool | None = rng.choice((True, False, None))
        yield (
            found.Kind.INFECTION,
            _some_day(person, rng),
            {"site": site, "fever": fever, "treated": rng.random() < 0.5},
        )
    if rng.random() < 0.25:
        system = rng.choice(("liver", "skin", "gastrointestinal", "blood", "mind"))
        grade, related = rng.choice((1, 1, 2)), rng.choice(("no", "unsure", "yes"))
        yield found.Kind.ADVERSE_EVENT, _some_day(person, rng), {"system": system, "grade": grade, "related": related}


def _some_day(person: Person, rng: Random) -> date:
    return person.started_on + timedelta(days=rng.randrange(40, 725))


def _tests(person: Person, rng: Random, today: date) -> Iterator[_Said]:
    """Yield the tests of each half-year's visit; what is slow for somebody stays slow for them."""
    halves, symbols, hand = rng.randrange(2, 12), rng.gauss(52, 9), rng.gauss(20, 2)
    for visit, on in enumerate(_visits(person, today)):
        halves = min(max(halves + rng.choice((-1, 0, 0, 0, 0, 1)), 2), 13)
        score = halves / 2
        yield found.Kind.EDSS, on, {"score": score}
        yield found.Kind.SDMT, on, {"correct": min(max(round(symbols + 0.6 * visit + rng.gauss(0, 2)), 10), 110)}
        walk = 4 + 0.35 * score**1.4
        seconds = {f"seconds_{n}": round(walk * rng.uniform(0.95, 1.06), 1) for n in (1, 2)}
        yield found.Kind.T25FW, on, seconds | {"aid": score >= 6}
        pegs = hand + score
        hands = {"dominant_s": round(pegs + rng.gauss(0, 0.6), 1), "other_s": round(pegs + 1.5 + rng.gauss(0, 0.8), 1)}
        yield found.Kind.NHPT, on, hands


def _weights(person: Person, rng: Random, today: date) -> Iterator[_Said]:
    kg = min(max(rng.gauss(74, 13), 45), 130)
    for on in list(_visits(person, today))[::2]:
        kg += rng.gauss(0, 1.5)
        yield found.Kind.WEIGHT, on, {"kg": round(kg, 1)}


def _visits(person: Person, today: date) -> Iterator[date]:
    on = workday(person.started_on - timedelta(days=8))
    while on <= today:
        yield on
        on = workday(on + HALF_YEAR)


def _from_checks(person: Person, done: list[Checked], rng: Random) -> Iterator[_Said]:
    """Yield what the checks showed: JC virus twice a year, a scan each year and at the start."""
    positive, index = rng.random() < 0.57, rng.lognormvariate(0.2, 0.6)
    for one in done:
        if one.check == "jcv-antibody":
            yield _lab(one.done_on, "jcv_status", status="positive" if positive else "negative")
            if positive:
                index *= rng.uniform(0.92, 1.12)
                yield _lab(one.done_on, "jcv_index", value=round(min(index, 9.5), 2), unit="1")
            positive = positive or rng.random() < 0.03
        elif one.check == "mri":
            yield found.Kind.MRI, one.done_on, _scan(rng.choices((0, 1, 2), (88, 9, 3))[0], contrast=False)
    first = workday(person.started_on - timedelta(days=20))
    yield found.Kind.MRI, first, _scan(rng.choice((0, 1, 2, 4)), contrast=True)


def _scan(lesions: int, *, contrast: bool) -> dict[str, Any]:
    changed = "yes" if lesions else "no"
    enhancing = min(lesions, 1) if contrast else None
    told = {"region": "brain", "new_t2": lesions, "gadolinium": enhancing, "contrast": contrast}
    return told | {"changed": changed}


def _bloods(person: Person, course: Course, rng: Random) -> Iterator[_Said]:
    """Yield B cells before each dose of ocrelizumab, lymphocytes and IgG with them, and liver values once a year."""
    given = [dose.given.on for dose in course.given if dose.given]
    if person.kind is Kind.OCRELIZUMAB:
        for number, dosed_on in enumerate(given):
            on = workday(dosed_on - timedelta(days=rng.randrange(9, 15)))
            cells = rng.randrange(120, 320) if number == 0 else rng.choice((0, 1, 2, 4, 7, 11, 18, 34))
            yield _lab(on, "cd19", value=cells, unit="cells/uL")
            yield _lab(on, "lymphocytes", value=round(rng.uniform(0.8, 2.4), 2), unit="10*9/L")
            yield _lab(on, "igg", value=round(rng.uniform(6.5, 12.5) - 0.3 * number, 1), unit="g/L")
        return
    for dosed_on in given[:: max(len(given) // 2, 1)]:
        yield _lab(dosed_on, "alt", value=rng.randrange(9, 62), unit="U/L")


def _lab(on: date, analyte: str, **values: Any) -> _Said:
    return found.Kind.LAB, on, {"analyte": analyte, **values}


def _reactions(course: Course, rng: Random) -> Iterator[_Said]:
    for dose in course.given:
        if rng.random() < 0.02 and dose.given is not None:
            yield found.Kind.REACTION, dose.given.on, _reaction(dose, rng)


def _reaction(dose: Dose, rng: Random) -> dict[str, Any]:
    signs = _SIGNS.get(dose.route, _SIGNS[Route.IV])
    return {"grade": rng.choice((1, 1, 1, 2)), "signs": rng.sample(signs, rng.choice((1, 2))), "dose_id": str(dose.id)}
