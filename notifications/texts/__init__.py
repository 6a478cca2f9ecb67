"""The texts, one JSON file per language, and how a reminder is put into words at the moment it is sent."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from notifications.reminder import LATE_AFTER, Claimed, Message
from notifications.walltime import local

DEFAULT_LANGUAGE = "nl"
TEXTS: Mapping[str, Mapping[str, Any]] = {
    file.stem: json.loads(file.read_text(encoding="utf-8")) for file in Path(__file__).parent.glob("*.json")
}


def render(claimed: Claimed, now: datetime, clinic_phone: str = "", app_url: str = "") -> Message:
    """Return the message as it reads when sent at `now`: no drug, disease, ward, level or person (P17).

    Days are counted on the reader's own calendar, so nothing calls a day tomorrow that is not (P14). A
    language without texts falls back to Dutch. Raises KeyError for a kind and step without a text, or an
    unknown zone.
    """
    texts = TEXTS.get(claimed.language[:2].lower(), TEXTS[DEFAULT_LANGUAGE])
    reminder = claimed.reminder
    variant = _variant(claimed, now)
    facts = {
        "days": str((reminder.due_on - local(now, claimed.zone).date()).days),
        "date": _date(reminder.due_on, texts),
        "clock": f"{local(reminder.due_at, claimed.zone):%H:%M}" if reminder.due_at else "",
    }
    brief = "\n".join((texts["opening"][variant].format(**facts), texts["line"][reminder.kind][reminder.step]))
    lines = [brief, ""]
    if app_url:
        lines.append(texts["link"].format(app_url=app_url))
    if clinic_phone:
        lines.append(texts["phone"].format(clinic_phone=clinic_phone))
    body = "\n".join([*lines, texts["closing"], ""])
    subject = texts["subject"][variant].format(**facts)
    late = variant.startswith("late")
    return Message(subject, body, claimed.message_id, late, now, brief, claimed.id, reminder.expires_at)


def _variant(claimed: Claimed, now: datetime) -> str:
    if claimed.reminder.kind == "test":
        return "test"
    days = (claimed.reminder.due_on - local(now, claimed.zone).date()).days
    if days < 0:
        return "late"
    due_at = claimed.reminder.due_at
    if due_at is not None and now > due_at + LATE_AFTER:
        return "late-today" if days == 0 else "late"
    return {0: "today", 1: "tomorrow"}.get(days, "ahead")


def _date(on: date, texts: Mapping[str, Any]) -> str:
    weekday, month = texts["weekdays"][on.weekday()], texts["months"][on.month - 1]
    written: str = texts["date"].format(weekday=weekday, day=on.day, month=month)
    return written
