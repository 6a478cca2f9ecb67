"""What of a cohort's figures needs the calendar, from the research CSV alone: extended dosing, what is overdue, forms.

Written from DOMAIN.md and the published definitions; of a study that tells the calendar.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise, takewhile
from operator import itemgetter
from typing import Any

from statsmodels.stats.proportion import proportion_confint

from tests.recomputed import Row, share

WEEK, EARLY, EVERY, PAUSE = 7, 3, 28, 84
MONTHS = {"by_infusions": 18, "by_mean": 24, "by_delay": 12}
STATES = ("not_asked", "not_open", "open", "begun", "in_time", "late", "partial", "missed")
Verdict = tuple[bool | None, set[str]]


@dataclass(frozen=True)
class Held:
    """An interval on the calendar; `end` is the planned end, or of an open one the next dose expected."""

    number: int
    substance: str
    weeks: int | None
    opened: date
    closed: date | None
    end: date | None
    stopped: bool


@dataclass(frozen=True)
class Person:
    """A subject with intervals, on the local day of the pull."""

    subject: str
    today: date
    held: list[Held]

    def ago(self, months: int) -> date:
        """Return the day so many months before."""
        return later(self.today, -months)


def later(on: date, months: int) -> date:
    """Return the day of that number so many months later, or the month's last where it has none."""
    year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
    day = date(year, month + 1, 1) + timedelta(on.day - 1)
    while day.month != month + 1:
        day -= timedelta(1)
    return day


def people(subjects: Sequence[Row], intervals: Sequence[Row]) -> list[Person]:
    """Return everybody with intervals, which come in their order."""
    held: dict[str, list[Held]] = defaultdict(list)
    for row in intervals:
        opened, end = date.fromisoformat(row["date"]), _date(row["planned_end_date"])
        closed = opened + timedelta(int(row["length_days"])) if row["length_days"] else None
        weeks = int(row["planned_weeks"]) if row["planned_weeks"] else None
        told = Held(
            int(row["interval"]), row["drug"].split("_")[0], weeks, opened, closed, end, row["stopped"] == "true"
        )
        held[row["subject"]].append(told)
    days = {row["subject"]: date.fromisoformat(row["as_of_date"]) for row in subjects}
    return [Person(subject, days[subject], mine) for subject, mine in held.items()]


def _date(cell: str) -> date | None:
    return date.fromisoformat(cell) if cell else None


def verdicts(one: Person) -> dict[str, Verdict]:
    """Return what each definition says of a patient, or why it says nothing."""
    natalizumab, ocrelizumab = _last(one, "natalizumab"), _last(one, "ocrelizumab")
    return {
        "by_infusions": _by_infusions(one, natalizumab),
        "by_mean": _by_mean(one, natalizumab),
        "by_delay": _by_delay(one, ocrelizumab),
    }


def _last(one: Person, substance: str) -> list[Held]:
    return list(takewhile(lambda held: held.substance == substance, one.held[::-1]))[::-1]


def _off(mine: list[Held]) -> set[str]:
    if not mine:
        return {"other-drug"}
    return {"stopped"} if mine[-1].stopped else set()


def _lengths(one: Person, mine: list[Held], months: int) -> list[int]:
    return [(held.closed - held.opened).days for held in mine if held.closed and held.closed > one.ago(months)]


def _by_infusions(one: Person, mine: list[Held]) -> Verdict:
    why = _off(mine)
    if not mine:
        return None, why
    lengths = _lengths(one, mine, 18)
    if mine[0].opened > one.ago(18):
        why.add("under-18-months")
    if any(days < 3 * WEEK for days in lengths):
        why.add("interval-under-3-weeks")
    if max([*lengths, (one.today - mine[-1].opened).days]) > 12 * WEEK:
        why.add("interval-over-12-weeks")
    return (None if why else sum(held.opened > one.ago(18) for held in mine) <= 15), why


def _by_mean(one: Person, mine: list[Held]) -> Verdict:
    why, lengths = _off(mine), _lengths(one, mine, 24)
    if mine and len(lengths) < 2:
        why.add("too-few-intervals")
    return (None if why else sum(lengths) / len(lengths) >= 5 * WEEK), why


def _by_delay(one: Person, mine: list[Held]) -> Verdict:
    why = _off(mine)
    late = [held.closed - later(held.opened, 6) for held in mine if held.closed and held.closed > one.ago(12)]
    if mine and one.today >= later(mine[-1].opened, 6):
        late.append(one.today - later(mine[-1].opened, 6))
    if mine and not late:
        why.add("too-few-intervals")
    return (None if why else max(late) >= timedelta(4 * WEEK)), why


def extended(told: Sequence[Person]) -> dict[str, Any]:
    """Return how many each definition calls extended or not, and of how many it says nothing and why."""
    found = [verdicts(one) for one in told]
    counts = {}
    for name in MONTHS:
        answers = Counter(one[name][0] for one in found)
        why = Counter(reason for one in found for reason in one[name][1])
        counts[name] = {"yes": answers[True], "no": answers[False], "unknown": answers[None], "why": dict(why)}
    return {"n": len(told), **counts}


def avoided(told: Sequence[Person]) -> dict[str, Any]:
    """Return the doses avoided against every 28 days, over closed intervals of at most twelve weeks."""
    every = [doses for one in told if (doses := [held for held in one.held if held.substance == "natalizumab"])]
    expected = given = days = pauses = 0
    for doses in every:
        pieces = [[doses[0].opened]]
        for before, after in pairwise(doses):
            straight = after.number == before.number + 1
            paused = straight and (after.opened - before.opened).days > PAUSE
            pauses += paused
            if straight and not paused:
                pieces[-1].append(after.opened)
            else:
                pieces.append([after.opened])
        for piece in pieces:
            lasted = (piece[-1] - piece[0]).days
            expected, given, days = expected + (lasted + EARLY) // EVERY + 1, given + len(piece), days + lasted
    rate = (expected - given) / (days / 365.25) if days else None
    shown = {"doses": expected - given, "expected": expected, "given": given, "days": days, "pauses": pauses}
    return {"n": len(every), **shown, "per_patient_year": rate}


def jc_virus(told: Sequence[Person], treatments: Sequence[Row], checks: Sequence[Row]) -> dict[str, Any]:
    """Return whose JC-virus test is overdue: due at the start, then every six months while natalizumab runs."""
    done: dict[str, date] = {}
    for row in checks:
        if row["check"] == "jcv-antibody":
            on = date.fromisoformat(row["date"])
            done[row["treatment"]] = max(on, done.get(row["treatment"], on))
    running: dict[str, list[tuple[date, date | None]]] = defaultdict(list)
    for row in treatments:
        if row["substance"] == "natalizumab" and not row["stopped_date"]:
            last = done.get(row["treatment"])
            due = later(last, 6) if last else date.fromisoformat(row["started_date"])
            running[row["subject"]].append((due, last))
    treated = [(one.today, *min(running[one.subject], key=itemgetter(0))) for one in told if one.subject in running]
    late = sorted((f"{due}", (today - due).days, f"{last or ''}") for today, due, last in treated if due < today)
    return {"n": len(treated), "overdue": share(len(late), len(treated)), "items": late}


def relapses(told: Sequence[Person], findings: Sequence[Row]) -> list[dict[str, Any]]:
    """Return how many of those extended by each definition had a relapse in the months it looks back."""
    began: dict[str, dict[str, date]] = defaultdict(dict)
    for row in findings:
        if row["kind"] == "relapse":
            began[row["subject"]][row["finding"]] = date.fromisoformat(row["date"])
    items = []
    for by, months in MONTHS.items():
        those = [one for one in told if verdicts(one)[by][0]]
        counts = [sum(one.ago(months) < on <= one.today for on in began[one.subject].values()) for one in those]
        items.append(
            {"by": by, "months": months, "events": sum(counts), **_exactly(sum(map(bool, counts)), len(counts))}
        )
    return items


def _exactly(k: int, n: int) -> dict[str, Any]:
    if n == 0:
        return {"k": k, "n": n, "share": None, "low": None, "high": None}
    low, high = proportion_confint(k, n, method="beta")
    return {"k": k, "n": n, "share": k / n, "low": float(low), "high": float(high)}


def adherence(told: Sequence[Person], answers: Sequence[Row]) -> dict[str, Any]:
    """Return how it stands with the form about every interval: all, and by planned weeks, those without last."""
    said: dict[tuple[str, int], dict[str, tuple[date, bool]]] = defaultdict(dict)
    for row in answers:
        if row["form"] == "end-of-interval" and row["about_interval"]:
            answered = date.fromisoformat(row["date"]), row["completed"] == "true"
            said[row["subject"], int(row["about_interval"])][row["response"]] = answered
    states = [
        (held.weeks, _state(held, one.today, said[one.subject, held.number].values()))
        for one in told
        for held in one.held
    ]
    order = sorted({weeks for weeks, _ in states}, key=lambda weeks: (weeks is None, weeks or 0))
    items = [{"planned_weeks": weeks, **_counted(state for at, state in states if at == weeks)} for weeks in order]
    return {**_counted(state for _, state in states), "items": items}


def _counted(states: Iterable[str]) -> dict[str, Any]:
    counts = Counter(states)
    return {"n": sum(counts.values()), "counts": {state: counts[state] for state in STATES}}


def _state(held: Held, today: date, answers: Iterable[tuple[date, bool]]) -> str:
    """Return the state of a form that opens two days before the dose and closes seven after the given one."""
    known = [(on, whole) for on, whole in answers if on <= today]
    done = [on for on, whole in known if whole]
    closes = held.closed + timedelta(7) if held.closed else None
    if done:
        return "late" if closes and min(done) > closes else "in_time"
    ends = held.closed or held.end
    if ends is None or (ends - held.opened).days < 15:
        return "not_asked"
    if today < min(ends, held.end or ends) - timedelta(2):
        return "not_open"
    if closes is None or today <= closes:
        return "begun" if known else "open"
    return "partial" if known else "missed"
