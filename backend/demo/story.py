"""The whole demo story: invented patients with what they were given, wrote, pricked and answered, from one seed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from backend.demo.checks import Checked, checks
from backend.demo.course import Course, course
from backend.demo.diary import Written, diary
from backend.demo.findings import Entered, findings
from backend.demo.forms import Answered, forms
from backend.demo.matters import Left, Matters, Wish
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
    checks: tuple[Checked, ...] = ()
    findings: tuple[Entered, ...] = ()
    wishes: tuple[Wish, ...] = ()


def tell(now: datetime, seed: int = SEED, patients: int = PATIENTS) -> Iterator[Life]:
    """Yield the life of each patient in turn, the same for the same arguments; it ends at `now` (aware)."""
    matters = Matters()
    for person in people(seed, patients, now):
        given = course(person, source(seed, f"course {person.number}"), now)
        done = tuple(checks(given, source(seed, f"checks {person.number}"), now))
        life = Life(
            person,
            given,
            tuple(diary(person, given, source(seed, f"diary {person.number}"), now)),
            tuple(pricks(person, given, source(seed, f"pricks {person.number}"), now)),
            tuple(forms(person, given, source(seed, f"forms {person.number}"), now)),
            done,
            tuple(findings(person, given, done, source(seed, f"findings {person.number}"), now)),
        )
        yield _left(life, matters.leave(person, given, source(seed, f"matters {person.number}"), now))


def _left(life: Life, left: Left) -> Life:
    """Return a life with what is left to do: where a dose was taken out, nobody has told of it either."""
    kept = replace(life, course=left.course, pricks=(*life.pricks, *left.pricks), wishes=left.wishes)
    gone = left.taken_out
    if gone is None:
        return kept
    return replace(
        kept,
        forms=tuple(form for form in life.forms if form.report.occurred.on < gone.on),
        findings=tuple(one for one in life.findings if one.values.get("dose_id") != str(gone.id)),
    )
