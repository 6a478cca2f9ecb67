"""Emergency access: a record opened for a few hours with a reason, by somebody who does not care for the patient."""

from datetime import timedelta

LISTED = timedelta(days=7)
"""So long those who care find it on their worklist, unless one of them has looked into it."""

WRONG_TRIES = 10
"""So many within a quarter of an hour; each after the fifth costs a delay that doubles (`tries`)."""

SHUT = frozenset({"care:write", "patients:pair", "patients:write", "subjects:write"})
"""What it does not open: whatever would outlast it.

Somebody could let a colleague in, or end the care of those who are to see it; pair a phone and go on as the patient;
have the patient's messages sent elsewhere; give the patient's consent to a study.
"""
