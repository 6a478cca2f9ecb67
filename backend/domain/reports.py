"""Reports made on a phone: the id the phone gave them, and their three times."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from backend.domain.errors import ClinicError, invalid
from backend.domain.moments import Occurred, plausible

_ROUNDING = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Report:
    """What every record made on a phone carries.

    `id` is the phone's own and the idempotency key; `occurred` is claimed; `recorded_at` is the device's clock, with
    its offset. The server's own time is added on receipt; order never comes from the phone's clock (API.md).
    """

    id: UUID
    occurred: Occurred
    recorded_at: datetime

    @property
    def known_at(self) -> datetime:
        """Up to when the reporter knew the plan: the moment reported, or its day's end, at most when it was written."""
        return min(self.occurred.dose_anchor, self.recorded_at)


def checked(report: Report, now: datetime) -> Report:
    """Return the report, or raise ClinicError `out-of-time` outside 2000 to now + 2 years or after its own writing."""
    plausible(report.recorded_at, now, "/recorded_at")
    occurred = report.occurred
    plausible(occurred.anchor, now, "/occurred")
    ahead = occurred.at > report.recorded_at + _ROUNDING if occurred.at else occurred.on > report.recorded_at.date()
    if ahead:
        raise invalid("/occurred", "Lies after the moment it was written down.", "out-of-time")
    return report


def same_upload(stored_mark: bytes, mark: bytes) -> None:
    """Pass for a retry; raise ClinicError `id-in-use` when the id holds something else (P04)."""
    if stored_mark != mark:
        raise ClinicError("id-in-use", pointers={"/id": "holds something else"})


def standing_version(base_version: int, version: int, *, retracted: bool) -> None:
    """Pass when a correction names the standing version; raise ClinicError `retracted` or `stale-version`."""
    if retracted:
        raise ClinicError("retracted")
    if base_version != version:
        raise ClinicError(
            "stale-version", f"The version is {version} now.", {"/base_version": f"version {version} stands"}
        )
