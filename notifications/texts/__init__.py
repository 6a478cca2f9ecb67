"""The texts, one JSON file per language, and how a reminder is put into words at the moment it is sent."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from notifications.policy import local_day
from notifications.reminder import LATE_AFTER, Claimed, Message
from notifications.walltime import local

DEFAULT_LANGUAGE = "nl"
TEXTS: Mapping[str, Mapping[str, Any]] = {
    file.stem: json.loads(file.read_text(encoding="utf-8")) for file in Path(__file__).parent.glob("*.json")
}


def render(claimed: Claimed, now: datetime, clinic_phone: str = "", app_url: str = "") -> Message:
    """Return the message as it reads when sent at `now`: no drug, disease, ward, level or person (P17).

    Days are counted on the reader's own calendar, so nothing calls a day tomorrow that is not (P14). A
    language without texts falls back to Dutch, a step without a line of its own to that of its kind. Raises KeyError
    for a kind without a text, or an unknown zone.
    """
    texts = TEXTS.get(claimed.person.language[:2].lower(), TEXTS[DEFAULT_LANGUAGE])
    reminder, zone = claimed.reminder, claimed.person.zone
    variant, due_on = _variant(claimed, now), local_day(reminder.due_on, reminder.due_at, zone)
    facts = {
        "days": str((due_on - local(now, zone).date()).days),
        "date": _date(due_on, texts),
        "clock": f"{local(reminder.due_at, zone):%H:%M}" if reminder.due_at else "",
    }
    lines = texts["line"][reminder.kind]
    opening = _said(texts["opening"], reminder.kind, variant).format(**facts)
    brief = "\n".join((opening, lines.get(reminder.step, lines["default"])))
    whole = [brief, ""]
    if app_url:
        whole.append(texts["link"].format(app_url=app_url))
    if clinic_phone:
        whole.append(texts["phone"].format(clinic_phone=clinic_phone))
    body = "\n".join([*whole, texts["closing"], ""])
    subject = _said(texts["subject"], reminder.kind, variant).format(**facts)
    late = variant.startswith("late")
    return Message(subject, body, claimed.message_id, late, now, brief, claimed.id, reminder.expires_at)


def _variant(claimed: Claimed, now: datetime) -> str:
    """Return which of the texts fits; what is written at the moment meant for it is not late, whatever it is about."""
    reminder, zone = claimed.reminder, claimed.person.zone
    if reminder.kind == "test":
        return "today"
    due_at = reminder.due_at
    days = (local_day(reminder.due_on, due_at, zone) - local(now, zone).date()).days
    over = days < 0 or (due_at is not None and now > due_at + LATE_AFTER)
    if over and now > reminder.send_at + LATE_AFTER:
        return "late-today" if days == 0 else "late"
    return "open" if days < 0 else {0: "today", 1: "tomorrow"}.get(days, "ahead")


def _said(texts: Mapping[str, Mapping[str, str]], kind: str, variant: str) -> str:
    """Return how a kind says something on a day: in its own words where it has any, else in everybody's."""
    own = texts.get(kind, {})
    in_general = own.get("late" if variant == "late-today" else "default")
    return own.get(variant) or in_general or texts["default"][variant]


def _date(on: date, texts: Mapping[str, Any]) -> str:
    weekday, month = texts["weekdays"][on.weekday()], texts["months"][on.month - 1]
    written: str = texts["date"].format(weekday=weekday, day=on.day, month=month)
    return written
