"""Reports made on a phone: the id the phone gave them, and their three times."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from backend.domain.errors import ClinicError, invalid
from backend.domain.moments import Occurred, at_moment, local, local_date, on_day, plausible

_ROUNDING = timedelta(minutes=5)
NO_SKEW = timedelta(0)
TOLERANCE = timedelta(minutes=2)
"""So far a phone's clock may be from ours before what it says of time is put right."""


LATE = timedelta(hours=24)
"""A report that came in so long after what it is about is late."""
_DAY = timedelta(hours=24)


def is_late(after: timedelta, *, only_day: bool) -> bool:
    """Tell whether a report is late that came in so long after its anchor.

    Where only the day is known, which is anchored at its beginning, that counts from its end.
    """
    return after > (LATE + _DAY if only_day else LATE)


@dataclass(frozen=True, slots=True)
class Report:
    """What every record made on a phone carries.

    `id` is the phone's own and the idempotency key; `occurred` is claimed; `recorded_at` is the device's clock, with
    its offset. The server's own time is added on receipt; order never comes from the phone's clock (API.md). Of a
    phone whose clock was wrong `occurred` is already put right and `skew` says by how much (`settled`).
    """

    id: UUID
    occurred: Occurred
    recorded_at: datetime
    skew: timedelta = NO_SKEW

    @property
    def written_at(self) -> datetime:
        """When it was written down, by a clock that is right."""
        return shifted(self.recorded_at, self.skew)

    @property
    def known_at(self) -> datetime:
        """Up to when the reporter knew the plan: the moment reported, or its day's end, at most when it was written."""
        return min(self.occurred.dose_anchor, self.written_at)


def skew(sent_at: datetime, now: datetime) -> timedelta:
    """Return by how much a phone's clock is behind ours (negative: ahead), in whole seconds.

    Nothing where it is within two minutes: so much may be the way the message took.
    """
    found = timedelta(seconds=round((now - sent_at).total_seconds()))
    return found if abs(found) > TOLERANCE else NO_SKEW


def settled(report: Report, by: timedelta) -> Report:
    """Return a report of a phone whose clock was behind by `by`, as that phone would have made it with a right one.

    How long before its writing something happened is what the phone knew; its clock only said when that was. So a
    moment moves with the clock, and a day stays as many days before the day of writing as it was.
    """
    if not by:
        return report
    was = report.occurred
    right = shifted(report.recorded_at, by)
    if was.at is not None:
        moved = local(shifted(was.at, by), was.zone)
        # On the calendar the phone had, unless its zone's offset changed on the way.
        same = was.at.utcoffset() != local(was.at, was.zone).utcoffset()
        occurred = at_moment(moved.astimezone(was.at.tzinfo) if same else moved, was.zone)
    else:
        days = local_date(right, was.zone) - local_date(report.recorded_at, was.zone)
        occurred = on_day(shifted_day(was.on, days), was.zone)
    return replace(report, occurred=occurred, skew=by)


def shifted(at: datetime, by: timedelta) -> datetime:
    """Return a moment moved, in its own offset. Raises ClinicError `out-of-time` where no calendar goes."""
    try:
        return at if not by else (at.astimezone(UTC) + by).astimezone(at.tzinfo)
    except OverflowError as error:
        raise invalid("/recorded_at", "No calendar goes there.", "out-of-time") from error


def shifted_day(on: date, by: timedelta) -> date:
    """Return a day moved. Raises as `shifted`."""
    try:
        return on + by
    except OverflowError as error:
        raise invalid("/occurred", "No calendar goes there.", "out-of-time") from error


def checked(report: Report, now: datetime) -> Report:
    """Return the report, or raise ClinicError `out-of-time` outside 2000 to now + 2 years or after its own writing."""
    written_at = plausible(report.written_at, now, "/recorded_at")
    occurred = report.occurred
    plausible(occurred.anchor, now, "/occurred")
    ahead = occurred.at > written_at + _ROUNDING if occurred.at else occurred.on > written_at.date()
    if ahead:
        raise invalid("/occurred", "Lies after the moment it was written down.", "out-of-time")
    return report


def derived_id(patient_id: UUID, kind: str, said: Mapping[str, Any]) -> UUID:
    """Return the id of a record whose client makes none: the same for the same words, so that a retry is known."""
    told = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return uuid5(patient_id, f"{kind} {told}")


def same_upload(stored_mark: bytes, mark: bytes) -> None:
    """Pass for a retry; raise ClinicError `id-in-use` when the id holds something else (P04)."""
    if stored_mark != mark:
        raise ClinicError("id-in-use", pointers={"/id": "holds something else"})


def arrived(base_version: int, version: int) -> None:
    """Pass when the version a change builds on is here; raise ClinicError `not-yet-known` (retryable) otherwise."""
    if base_version > version:
        raise ClinicError("not-yet-known", f"The version is {version} now.", {"/base_version": "has not arrived"})
