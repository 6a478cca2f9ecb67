"""The end-of-interval forms of a demo patient: wearing-off as recalled, kept apart from the diary."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise
from random import Random

from backend.demo.course import Course
from backend.demo.people import ZONE, Person, identifier
from backend.domain.forms import form
from backend.domain.moments import at_instant, at_wall
from backend.domain.questionnaires import Answer, Form
from backend.domain.recall import FORM
from backend.domain.reports import Report
from backend.domain.responses import check


@dataclass(frozen=True, slots=True)
class Answered:
    """One completed form about the interval that a dose had just ended, with the moment it was received."""

    report: Report
    answers: Mapping[str, Answer]
    received_at: datetime


def forms(person: Person, course: Course, rng: Random, now: datetime) -> Iterator[Answered]:
    """Yield a form in the days after some of the doses."""
    asked = form(FORM)
    for before, dose in pairwise(course.given):
        if dose.given is None or before.given is None or rng.random() >= person.forms:
            continue
        answered_at = at_wall(dose.given.on + timedelta(days=rng.choice((1, 2, 2, 3))), time(20, 15), ZONE)
        if answered_at > now:
            continue
        length_days = (dose.given.on - before.given.on).days
        occurred = at_instant(answered_at, ZONE)
        report = Report(identifier(rng), occurred, occurred.at or answered_at)
        yield Answered(report, _answers(person, rng, asked, length_days), answered_at + timedelta(seconds=4))


def _answers(person: Person, rng: Random, asked: Form, length_days: int) -> Mapping[str, Answer]:
    pattern = person.wearing_off
    told: dict[str, object]
    if pattern is None:
        ever = "yes" if person.number % 10 == 3 else "no"
        told = {"ever_experienced": ever, "experienced": "no", "frequency": "never"}
        return check(asked, told, completed=True).answers
    if rng.random() < 0.15:
        told = {"ever_experienced": "yes", "experienced": rng.choice(("no", "unsure"))}
        return check(asked, told, completed=True).answers
    onset = max(length_days - pattern.onset_in(length_days) + rng.choice((-1, 0, 0, 1)), 0)
    told = {
        "ever_experienced": "yes",
        "experienced": "yes",
        "frequency": rng.choice(("regularly", "regularly", "sometimes")),
        "onset_days_before_dose": onset,
        "onset_band": "lt_1wk" if onset < 7 else "wk1_4" if onset < 28 else "gt_4wk",
        "not_resolved": False,
        "resolved_days_after_dose": pattern.relief_days,
        "overall_intensity": min(round(pattern.worse + 2 + rng.random()), 10),
        "worse_than_previous_interval": rng.choice(("same", "same", "less", "more")),
        "symptoms": [symptom for symptom, _ in person.baseline],
        "existing_complaints_worse": rng.choice(("yes", "no", "unsure")),
        "work_missed_days": rng.choice((0, 0, 0, 1, 2)),
    }
    return check(asked, told, completed=True).answers
