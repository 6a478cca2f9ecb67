"""What the demo prints at its start: what to open, who can log in with what, and commands that work as they stand."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pyotp

from backend.demo.people import ZONE
from backend.demo.staff import Login
from backend.domain.permissions import Role

_JSON = "-H 'Content-Type: application/json'"


@dataclass(frozen=True, slots=True)
class Opened:
    """What this start of the demo opened: address, log-ins, a patient's codes and feed, and whose record to look at.

    `app_secret` pairs a browser with the patient's app.
    """

    url: str
    outbox: Path
    logins: Sequence[Login]
    pairing_code: str
    app_secret: str
    feed: str
    patient_id: UUID
    study_id: UUID


def guide(opened: Opened, now: datetime) -> str:
    """Return the text for the terminal; every command in it works as it stands."""
    by_role = {login.role: login for login in opened.logins}
    api = f"{opened.url}/api/v1"
    trend = f'  curl -s {api}/patients/{opened.patient_id}/trend -H "Authorization: Bearer $NURSE"\n'
    entries = f"{api}/research/studies/{opened.study_id}/entries.csv"
    pull = f'  curl -s {entries} -H "Authorization: Bearer $RESEARCHER" | head\n'
    parts = (
        _open(opened, api),
        _people(opened.logins, now),
        _patient(api, opened.pairing_code, now),
        "The MS nurse reads a patient's wearing-off trend:\n"
        + _log_in(api, by_role[Role.NURSE], "NURSE") + trend,
        "The researcher pulls the diary entries as CSV:\n"
        + _log_in(api, by_role[Role.RESEARCHER], "RESEARCHER") + pull,
        "Every patient is invented. Stop with Ctrl-C.\n",
    )  # fmt: skip
    return "\n".join(parts)


def _open(opened: Opened, api: str) -> str:
    return (
        "Open\n"
        f"  {opened.url}/pair#{opened.app_secret}  (a patient's app; works once, for 15 minutes)\n"
        f"  {opened.url}/clinic  (the nurse's desk; log in as below)\n"
        f"  {api}/docs  (every call of the API, readable)\n"
        f"  {opened.feed}  (a patient's private calendar feed)\n"
        f"  {opened.outbox}  (mail lands in this folder; none leaves this machine)\n"
    )


def _people(logins: Sequence[Login], now: datetime) -> str:
    lines = [f"  {'role':<13}{'e-mail':<30}{'password':<37}{'TOTP secret':<35}code now"]
    for login in logins:
        code = pyotp.TOTP(login.totp_secret).at(now)
        lines.append(f"  {login.role.value:<13}{login.email:<30}{login.password:<37}{login.totp_secret:<35}{code}")
    told = "Log in (made for this start; a code works once, the next one comes within 30 seconds)\n"
    return told + "\n".join(lines) + "\n"


def _patient(api: str, pairing_code: str, now: datetime) -> str:
    moment = now.astimezone(ZoneInfo(ZONE)).replace(microsecond=0).isoformat()
    entry = {
        "id": str(uuid4()),
        "recorded_at": moment,
        "occurred": {"at": moment, "zone": "Europe/Amsterdam"},
        "ratings": [{"symptom": "fatigue", "intensity": 6}],
        "wearing_off": "yes",
    }
    told = json.dumps({"code": pairing_code, "device_name": "curl"})
    return (
        f"A patient pairs a phone (code {pairing_code}, once, for 15 minutes), logs a complaint and sees its place:\n"
        + _token(api, "pairing", "PATIENT", told)
        + f"  curl -s {api}/me/diary-entries -H \"Authorization: Bearer $PATIENT\" {_JSON} -d '{json.dumps(entry)}'\n"
    )


def _log_in(api: str, login: Login, name: str) -> str:
    code = f"$({sys.executable} -c 'import pyotp; print(pyotp.TOTP(\"{login.totp_secret}\").now())')"
    told = json.dumps({"email": login.email, "password": login.password, "totp_code": "CODE"})
    return _token(api, "log-in", name, told.replace("CODE", f"'\"{code}\"'"))


def _token(api: str, door: str, name: str, told: str) -> str:
    """Return the line that keeps an access token in a shell variable."""
    reader = 'import json, sys; told = json.load(sys.stdin); print(told.get("access_token") or sys.exit(told["title"]))'
    reading = f"{sys.executable} -c '{reader}'"
    return f"  {name}=$(curl -s {api}/access/{door} {_JSON} -d '{told}' | {reading})\n"
