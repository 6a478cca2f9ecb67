"""Emergency access: a record opened for a few hours with a reason, by somebody who does not care for the patient."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

DAY = timedelta(hours=24)
"""So far back openings are counted."""

MOST_ENDED = 2
"""So often within a day those who care may end somebody's access to a record before they can no longer open it again.

The first time may be a mistake about an emergency that is real, so it can be opened again at once, with a new reason.
After the second, a carer has to let them in. One that was over by itself counts for nothing: an emergency may last.
"""

MOST_RECORDS = 10
"""So many different records one person opens within a day; a colleague can open the next."""

LISTED = timedelta(days=7)
"""So long those who care find it on their worklist, unless one of them has looked into it."""

WRONG_TRIES = 10
"""So many within a quarter of an hour; each after the fifth costs a delay that doubles (`tries`)."""

SHUT = frozenset({"care:write", "patients:pair", "patients:write", "subjects:write"})
"""What it does not open: whatever would outlast it.

Somebody could let a colleague in, or end the care of those who are to see it; pair a phone and go on as the patient;
have the patient's messages sent elsewhere; give the patient's consent to a study.
"""


@dataclass(frozen=True, slots=True)
class Opening:
    """A record that somebody opened, until when it is or was open, and how long it would have been."""

    patient_id: UUID
    starts_at: datetime
    ends_at: datetime
    meant: timedelta

    @property
    def was_ended(self) -> bool:
        """Whether somebody ended it before its time."""
        return self.ends_at - self.starts_at < self.meant


def free_at(openings: Sequence[Opening], patient_id: UUID, now: datetime) -> datetime | None:
    """Return from when one person may open a record again, None for now; `openings` are theirs, in any order."""
    recent = [one for one in openings if one.starts_at > now - DAY]
    ended = sorted(one.starts_at for one in recent if one.patient_id == patient_id and one.was_ended)
    last = {one.patient_id: one.starts_at for one in sorted(recent, key=lambda one: one.starts_at)}
    others = sorted(at for record, at in last.items() if record != patient_id)
    full = [ended[-MOST_ENDED]] if len(ended) >= MOST_ENDED else []
    full += [others[-MOST_RECORDS]] if len(others) >= MOST_RECORDS else []
    return max(full) + DAY if full else None


def before(openings: Sequence[Opening], this: Opening) -> tuple[int, bool]:
    """Return how often the same person had opened the same record within a day before, and whether the last was ended.

    `openings` are that person's of that record, in any order; `this` may be one of them.
    """
    earlier = sorted(
        (one for one in openings if this.starts_at - DAY < one.starts_at < this.starts_at),
        key=lambda one: one.starts_at,
    )
    return len(earlier), bool(earlier) and earlier[-1].was_ended
