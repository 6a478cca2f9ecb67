"""The whole demo story: invented patients with what they were given, wrote, pricked and answered, from one seed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from backend.demo.course import Course, course
from backend.demo.diary import Written, diary
from backend.demo.forms import Answered, forms
from backend.demo.people import Person, people, source
from backend.demo.pricks import Prick, pricks

SEED = 20
PATIENTS = 60


@dataclass(frozen=True, slots=True)
class Life:
    """Two years of one invented patient."""

    person: Person
    course: Course
    entries: tuple[Written, ...]
    pricks: tuple[Prick, ...]
    forms: tuple[Answered, ...]


def tell(now: datetime, seed: int = SEED, patients: int = PATIENTS) -> Iterator[Life]:
    """Yield the life of each patient in turn, the same for the same arguments; it ends at `now` (aware)."""
    for person in people(seed, patients, now):
        given = course(person, source(seed, f"course {person.number}"), now)
        yield Life(
            person,
            given,
            tuple(diary(person, given, source(seed, f"diary {person.number}"), now)),
            tuple(pricks(person, given, source(seed, f"pricks {person.number}"), now)),
            tuple(forms(person, given, source(seed, f"forms {person.number}"), now)),
        )
