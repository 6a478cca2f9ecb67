"""Reasons in words: why a reminder exists, and why it was not sent, was held back or ended."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from notifications.policy import DEFAULT_CLOCK, OWN, SNOOZED, Rule, Step

DEFAULT_LANGUAGE = "nl"
REASONS: Mapping[str, Mapping[str, Any]] = json.loads(
    Path(__file__).with_name("reasons.json").read_text(encoding="utf-8")
)

_ERROR = re.compile(r"_?[A-Z][A-Za-z0-9]*")
_ABOUT = re.compile(r"(?P<what>[a-z-]*?)-?(?P<number>-?[0-9]+)?")


def why_words(code: str, language: str) -> str:
    """Return what a short code says, empty for none.

    A code nobody foresaw is told as it is. A language without words falls back to Dutch.
    """
    if not code:
        return ""
    words = _words(language)
    known: str | None = words["why"].get(code)
    return known or _of_way(code, words) or words["ours" if _ERROR.fullmatch(code) else "other"].format(code=code)


def rule_words(kind: str, step: str, key: str, rules: Mapping[str, Rule], language: str) -> str:
    """Return by which rule a reminder of a kind, step and key came to be, as the rules of its site stand now."""
    words = _words(language)["rule"]
    if kind in OWN:
        return str(words[kind])
    if SNOOZED in key:
        return str(words["snoozed"])
    found = next((one for one in rules[kind].steps if one.name == step), None) if kind in rules else None
    if found is None:
        return str(words["changed"])
    return str(words["whole"]).format(day=_day(found, words), clock=_clock(found, words))


def _words(language: str) -> Mapping[str, Any]:
    return REASONS.get(language[:2].lower(), REASONS[DEFAULT_LANGUAGE])


def _of_way(code: str, words: Mapping[str, Any]) -> str | None:
    """Return what a code says of a provider: its name, what it did, and the number it gave, as in smtp-content-554."""
    way = max((name for name in words["ways"] if code.startswith(f"{name}-")), key=len, default=None)
    found = _ABOUT.fullmatch(code.removeprefix(f"{way}-")) if way else None
    if way is None or found is None:
        return None
    told: str | None = words["about"].get(found["what"] or "answered")
    if told is None or ("{number}" in told) != bool(found["number"]):
        return None
    return told.format(way=words["ways"][way], number=found["number"])


def _day(step: Step, words: Mapping[str, Any]) -> str:
    if step.fraction is not None:
        name = {0.0: "begin", 1.0: "end"}.get(step.fraction, "part")
        return str(words[name]).format(percent=round(step.fraction * 100))
    if step.days_before == 0:
        return str(words["on"])
    return _counted(words["before" if step.days_before > 0 else "after"], abs(step.days_before))


def _clock(step: Step, words: Mapping[str, Any]) -> str:
    clock = f"{step.at or DEFAULT_CLOCK:%H:%M}"
    if step.lead is None:
        return str(words["clock"]).format(clock=clock)
    name = "either" if step.at else "lead" if step.lead else "moment"
    return str(words[name]).format(clock=clock, lead=_lead(step.lead, words))


def _lead(lead: timedelta, words: Mapping[str, Any]) -> str:
    minutes = int(lead.total_seconds() // 60)
    hours, left = divmod(minutes, 60)
    return _counted(words["minutes"], minutes) if left else _counted(words["hours"], hours)


def _counted(forms: list[str], n: int) -> str:
    return forms[n != 1].format(n=n)
