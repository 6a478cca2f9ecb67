"""Hospital lists: reads and checks the rows of two CSV files, patients with their treatments and doses given."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from backend.domain.dosing import PartGiven, Status
from backend.domain.drugs import Drug, Route, drug
from backend.domain.errors import invalid
from backend.domain.languages import known_language
from backend.domain.moments import Occurred, at_instant, at_wall, known_zone, on_day, plausible_on
from backend.domain.regimens import check_plan
from backend.domain.tables import Layout, Refused, rows
from backend.domain.treatment import check_route

PATIENTS = Layout(
    (
        "hospital_number", "name", "birth_date", "email", "language", "zone", "drug", "regimen", "interval_weeks",
        "started_on", "slot", "stopped_on", "plan_from", "reason",
    ),
    ("hospital_number", "name", "birth_date", "drug", "started_on", "slot"),
)  # fmt: skip
DOSES = Layout(
    ("hospital_number", "drug", "given_on", "given_at", "route", "status", "parts"),
    ("hospital_number", "drug", "given_on"),
)
MG_MAX = 10_000
_MG = re.compile(r"\d{1,5}(\.\d{1,3})?", re.ASCII)
_EMAIL = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\"]+")
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9./ -]{0,39}")


class Dates(StrEnum):
    """How days are written: 2026-03-09, or the Dutch way 9-3-2026."""

    ISO = "iso"
    NL = "nl"


_DAYS = {
    Dates.ISO: re.compile(r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})", re.ASCII),
    Dates.NL: re.compile(r"(?P<d>\d{1,2})-(?P<m>\d{1,2})-(?P<y>\d{4})", re.ASCII),
}
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class PatientLine:
    """One row of the patients file: who somebody is, and one version of the plan of one treatment."""

    line: int
    hospital_number: str
    name: str
    birth_on: date
    email: str | None
    language: str | None
    zone: str | None
    drug: Drug
    regimen: str
    interval_weeks: int | None
    started_on: date
    slot: time
    stopped_on: date | None
    plan_from: date
    reason: str


@dataclass(frozen=True, slots=True)
class DoseLine:
    """One row of the doses file. `parts` are milligrams with the part's own day and clock, where they were told."""

    line: int
    hospital_number: str
    drug: Drug
    on: date
    at: time | None
    route: Route
    status: Status
    parts: tuple[tuple[float | None, date, time | None], ...]

    def moment(self, zone: str) -> Occurred:
        """Return the dose's moment in a zone."""
        return _moment(self.on, self.at, zone)

    def given(self, zone: str) -> tuple[PartGiven, ...]:
        """Return the parts with their moments in a zone."""
        return tuple(PartGiven(_moment(on, at, zone), mg) for mg, on, at in self.parts)


def patient_lines(content: bytes, dates: Dates, now: datetime) -> list[PatientLine | Refused]:
    """Return the rows of a patients file in order. Raises ClinicError `invalid` for a file that is no such table."""
    return list(rows(content, PATIENTS, _Reader(dates, now).patient))


def dose_lines(content: bytes, dates: Dates, now: datetime) -> list[DoseLine | Refused]:
    """Return the rows of a doses file in order. Raises ClinicError `invalid` for a file that is no such table."""
    return list(rows(content, DOSES, _Reader(dates, now).dose))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads cells into values, in one way of writing days and as of one moment."""

    dates: Dates
    now: datetime

    def patient(self, line: int, told: Mapping[str, str]) -> PatientLine:
        medicine = drug(told["drug"])
        started_on = self.day(told, "started_on")
        found = PatientLine(
            line=line,
            hospital_number=_hospital_number(told),
            name=told["name"],
            birth_on=self.birth(told),
            email=_email(told),
            language=_language(told),
            zone=known_zone(told["zone"]) if told.get("zone") else None,
            drug=medicine,
            regimen=medicine.regimen(told.get("regimen") or medicine.regimens[0].key).key,
            interval_weeks=_weeks(told),
            started_on=started_on,
            slot=_clock(told["slot"], "slot"),
            stopped_on=self.day(told, "stopped_on") if told.get("stopped_on") else None,
            plan_from=self.day(told, "plan_from") if told.get("plan_from") else started_on,
            reason=told.get("reason") or "",
        )
        return self.checked(found)

    def checked(self, found: PatientLine) -> PatientLine:
        check_plan(found.drug.regimen(found.regimen), found.interval_weeks)
        if found.stopped_on and found.stopped_on < found.started_on:
            raise invalid("/stopped_on", "lies before started_on.", "contradiction")
        if found.plan_from < found.started_on:
            raise invalid("/plan_from", "lies before started_on.", "contradiction")
        return found

    def dose(self, line: int, told: Mapping[str, str]) -> DoseLine:
        medicine = drug(told["drug"])
        on = self.day(told, "given_on")
        at = _clock(told["given_at"], "given_at") if told.get("given_at") else None
        status = _status(told)
        return DoseLine(
            line=line,
            hospital_number=_hospital_number(told),
            drug=medicine,
            on=on,
            at=at,
            route=_route(told, medicine),
            status=status,
            parts=self.parts(told, status, on, at),
        )

    def parts(
        self, told: Mapping[str, str], status: Status, on: date, at: time | None
    ) -> tuple[tuple[float | None, date, time | None], ...]:
        """Read `300` or `150|150@14:10` or `300|300@2026-01-20 09:30`: milligrams, then day and clock if other."""
        if status is not Status.GIVEN:
            if told.get("parts"):
                raise invalid("/parts", "belong to a dose that was given.", "contradiction")
            return ()
        if not told.get("parts"):
            return ((None, on, at),)
        return tuple(self.part(text.strip(), on, at) for text in told["parts"].split("|"))

    def part(self, text: str, on: date, at: time | None) -> tuple[float | None, date, time | None]:
        mg, _, moment = text.partition("@")
        words = moment.split()
        if len(words) > 2:
            raise invalid("/parts", "are milligrams, then @ with a day, a clock time, or both.")
        clock = _clock(words.pop(), "parts") if words and ":" in words[-1] else None
        if words:
            on, at = self.read_day(words[0], "parts"), None
        return _mg(mg.strip()), on, clock or at

    def birth(self, told: Mapping[str, str]) -> date:
        on = self.read_day(told["birth_date"], "birth_date")
        if not date(1900, 1, 1) <= on <= self.now.date():
            raise invalid("/birth_date", "must lie between 1900 and today.", "out-of-time")
        return on

    def day(self, told: Mapping[str, str], name: str) -> date:
        return plausible_on(self.read_day(told[name], name), self.now, f"/{name}")

    def read_day(self, text: str, name: str) -> date:
        found = _DAYS[self.dates].fullmatch(text)
        form = "2026-03-09" if self.dates is Dates.ISO else "9-3-2026"
        if found is None:
            raise invalid(f"/{name}", f"must be a day written like {form}.")
        try:
            return date(int(found["y"]), int(found["m"]), int(found["d"]))
        except ValueError as error:
            raise invalid(f"/{name}", "is not a day of the calendar.") from error


def _hospital_number(told: Mapping[str, str]) -> str:
    if not _NUMBER.fullmatch(told["hospital_number"]):
        raise invalid("/hospital_number", "has at most 40 letters, digits, dots, slashes, dashes or spaces.")
    return told["hospital_number"]


def _email(told: Mapping[str, str]) -> str | None:
    text = told.get("email")
    if text and not (_EMAIL.fullmatch(text) and len(text) <= 254):
        raise invalid("/email", "is not an e-mail address.")
    return text or None


def _language(told: Mapping[str, str]) -> str | None:
    return known_language(told["language"]) if told.get("language") else None


def _weeks(told: Mapping[str, str]) -> int | None:
    text = told.get("interval_weeks")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 2):
        raise invalid("/interval_weeks", "must be a whole number of weeks.")
    return int(text)


def _clock(text: str, name: str) -> time:
    found = _CLOCK.fullmatch(text)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise invalid(f"/{name}", "must be a clock time like 09:30.")
    return time(int(found[1]), int(found[2]))


def _route(told: Mapping[str, str], medicine: Drug) -> Route:
    text = (told.get("route") or medicine.routes[0].value).lower()
    if text not in {route.value for route in Route}:
        raise invalid("/route", f"is one of {', '.join(Route)}.")
    check_route(medicine, Route(text))
    return Route(text)


def _status(told: Mapping[str, str]) -> Status:
    allowed = (Status.GIVEN, Status.PLANNED, Status.MISSED, Status.CANCELLED)
    text = (told.get("status") or Status.GIVEN.value).lower()
    if text not in {status.value for status in allowed}:
        raise invalid("/status", f"is one of {', '.join(allowed)}.")
    return Status(text)


def _mg(text: str) -> float | None:
    if not text:
        return None
    value = float(text) if _MG.fullmatch(text) else 0.0
    if not 0 < value <= MG_MAX:
        raise invalid("/parts", "need milligrams above 0, with a point for decimals.")
    return value


def _moment(on: date, at: time | None, zone: str) -> Occurred:
    if at is None:
        return on_day(on, zone)
    return at_instant(at_wall(on, at, zone), zone)
