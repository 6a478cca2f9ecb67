"""Generated dosing histories, and a naive model of where a report stands, written from DOMAIN.md's words alone."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from backend.domain.moments import Occurred, at_moment, on_day
from backend.domain.regimens import Route

HOME = "Europe/Amsterdam"
AWAY = ("America/New_York", "Pacific/Auckland", "Pacific/Honolulu", "Asia/Kolkata")
FIRST = date(2026, 2, 20)
DST = (date(2026, 3, 29), date(2026, 10, 25))
DAYS = 270


@dataclass(frozen=True, slots=True)
class Step:
    """One act on one dose; `moments` are a slot, or the parts given."""

    act: str
    dose_id: UUID
    moments: tuple[Occurred, ...]
    route: Route
    now: datetime


@dataclass(frozen=True, slots=True)
class Where:
    """Where the model says a report stands: how many doses went before it, and the days to both ends."""

    interval: int | None
    day_since_dose: int | None
    days_before_actual: int | None
    flagged: bool


@dataclass
class Model:
    """What was done to each dose, as a pile: every act puts a state on it, undo takes one off."""

    piles: dict[UUID, list[tuple[str, Occurred]]] = field(default_factory=dict)

    def apply(self, step: Step) -> None:
        """Do a step."""
        pile = self.piles.setdefault(step.dose_id, [])
        if step.act == "undo":
            pile.pop()
            return
        status = {"plan": "planned", "move": "planned", "miss": "missed", "cancel": "cancelled"}
        slot = step.moments[0] if step.moments else pile[-1][1]
        pile.append((status.get(step.act, "given"), slot))

    def status(self, dose_id: UUID) -> str:
        """Return the state of a dose, `gone` when everything was undone."""
        pile = self.piles[dose_id]
        return pile[-1][0] if pile else "gone"

    def given(self) -> list[tuple[datetime, date, UUID]]:
        """Return moment, day and id of the given doses in order."""
        found = [(pile[-1][1], key) for key, pile in self.piles.items() if pile and pile[-1][0] == "given"]
        return sorted((instant(moment, end=True), moment.on, key) for moment, key in found)

    def opener(self, report: Occurred) -> UUID | None:
        """Return the last dose that went before a report."""
        before = [dose for dose in self.given() if went_before(dose, report)]
        return before[-1][2] if before else None

    def where(self, report: Occurred) -> Where:
        """Return where a report stands."""
        doses = self.given()
        before = [dose for dose in doses if went_before(dose, report)]
        after = [dose for dose in doses if not went_before(dose, report)]
        # Exactly one interval: what went before comes first in the order, and nothing is left over.
        assert before + after == doses
        actual = max((after[0][1] - report.on).days, 0) if after else None
        flagged = report.at is None and bool(after) and after[0][1] == report.on
        if not before:
            return Where(None, None, actual, flagged)
        return Where(len(before), max((report.on - before[-1][1]).days, 0), actual, flagged)


def instant(moment: Occurred, *, end: bool) -> datetime:
    """Return a moment in UTC; of a day without a time its end or its begin."""
    if moment.at is not None:
        return moment.at.astimezone(UTC)
    day = moment.on + timedelta(days=1) if end else moment.on
    midnight = datetime.combine(day, time(0), ZoneInfo(moment.zone)).astimezone(UTC)
    return midnight - timedelta(microseconds=1) if end else midnight


def went_before(dose: tuple[datetime, date, UUID], report: Occurred) -> bool:
    """By exact time a dose goes before what happens after it; a mere date counts as before a dose of its day."""
    at, on, _ = dose
    return on < report.on if report.at is None else at <= report.at.astimezone(UTC)


def reports(rng: Random, count: int) -> list[Occurred]:
    """Return when a patient reported: exact moments and mere days, at home and travelling, some on DST days."""
    return [_moment(rng, _day(rng), away=0.2, dateless=0.3) for _ in range(count)]


def steps(rng: Random, model: Model, count: int) -> Iterator[Step]:
    """Yield acts, each possible in the state that the acts before it left; apply each to the model before the next."""
    now = datetime(2026, 12, 20, 12, tzinfo=UTC)
    for _ in range(count):
        now += timedelta(minutes=rng.randrange(1, 3000))
        yield _step(rng, model, now)


def undoing(model: Model, now: datetime) -> Iterator[Step]:
    """Yield the undoing of everything."""
    for dose_id, pile in model.piles.items():
        while pile:
            now += timedelta(minutes=1)
            yield Step("undo", dose_id, (), Route.IV, now)


_NEXT = {
    "planned": ("record", "record", "move", "miss", "cancel"),
    "missed": ("record", "cancel"),
    "given": ("correct",),
}


def _step(rng: Random, model: Model, now: datetime) -> Step:
    open_doses = [key for key in model.piles if model.status(key) != "gone"]
    if not open_doses or rng.random() < 0.45:
        dose_id = UUID(int=rng.getrandbits(128))
        act = rng.choice(("plan", "insert"))
        return Step(act, dose_id, _parts(rng, model, single=act == "plan"), _route(rng), now)
    dose_id = rng.choice(open_doses)
    choices = _NEXT.get(model.status(dose_id), ())
    if not choices or rng.random() < 0.25:
        return Step("undo", dose_id, (), Route.IV, now)
    act = rng.choice(choices)
    moments = _parts(rng, model, single=act == "move") if act in {"record", "correct", "move"} else ()
    return Step(act, dose_id, moments, _route(rng), now)


def _route(rng: Random) -> Route:
    return rng.choice((Route.IV, Route.IV, Route.SC))


def _parts(rng: Random, model: Model, *, single: bool) -> tuple[Occurred, ...]:
    """Return a slot or a dose's parts; in another zone two days from other doses, so that their days keep order."""
    taken = [at for at, _, _ in model.given()]
    while True:
        first = _moment(rng, _day(rng), away=0.1, dateless=0.2)
        near = any(abs(at - instant(first, end=True)) < timedelta(days=2) for at in taken)
        if not near or first.zone == HOME:
            break
    if single or first.at is None or rng.random() < 0.7:
        return (first,)
    return first, at_moment(first.at + rng.choice((timedelta(minutes=20), timedelta(days=14))), first.zone)


def _day(rng: Random) -> date:
    return rng.choice(DST) if rng.random() < 0.15 else FIRST + timedelta(days=rng.randrange(DAYS))


def _moment(rng: Random, on: date, away: float, dateless: float) -> Occurred:
    zone = rng.choice(AWAY) if rng.random() < away else HOME
    if rng.random() < dateless:
        return on_day(on, zone)
    local = datetime.combine(on, time(rng.randrange(24), rng.choice((0, 15, 30))), ZoneInfo(zone))
    return at_moment(local.astimezone(UTC).astimezone(ZoneInfo(zone)), zone)
