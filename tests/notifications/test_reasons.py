"""Reasons in words: no code that our own code gives is without them, in any language, and rules read as they are."""

import ast
from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path

import pytest

from notifications.policy import RULES, SNOOZED, Rule, Step
from notifications.reasons import REASONS, rule_words, why_words

ROOT = Path(__file__).parents[2]
SOURCES = [
    *(ROOT / "notifications").rglob("*.py"),
    ROOT / "backend" / "services" / "reminders.py",
    *(ROOT / "backend" / "storage" / name for name in ("fates.py", "heard.py", "outbox.py", "reminders.py")),
]
NUMBER = "503"
TAKERS = {"Failed": 1, "Deferred": 0, "Suppressed": 0, "gone": 1, "refused": 0, "item": 1, "change": 4, "advance": 5}
"""Calls that take a code by place, and at which."""
RETURNERS = {"withheld", "_connecting"}
"""Functions that return one."""
NAMED = {"UNDELIVERED", "BY_PHONE", "SNOOZED", "NO_LONGER_DUE"}
"""Constants that are one, where they stand in the database's own modules."""
CHANNELS = ("push", "fcm", "fcm-token", "apns", "sms")
OTHER = {language: words["other"].format(code="") for language, words in REASONS.items()}


def texts(node: ast.AST | None) -> Iterator[str]:
    """Yield the texts an expression may be, with a number or each channel for what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*texts(node.body), *texts(node.orelse))
    elif isinstance(node, ast.JoinedStr):
        of_channel = isinstance(node.values[0], ast.FormattedValue)
        for fill in CHANNELS if of_channel else (NUMBER,):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else fill for part in node.values)


def of_call(call: ast.Call) -> Iterator[str]:
    """Yield the codes a call hands over, by place or by name."""
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    at = TAKERS.get(name)
    if at is not None and len(call.args) > at:
        yield from texts(call.args[at])
    yield from (code for word in call.keywords if word.arg == "why" for code in texts(word.value))


def of_assignment(node: ast.Assign | ast.AnnAssign) -> Iterator[str]:
    """Yield the codes that something called a reason is set to."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if any(isinstance(one, ast.Name) and one.id in {"why", *NAMED} for one in targets):
        yield from texts(node.value)


def codes(path: Path) -> Iterator[str]:
    """Yield the codes that stand in a module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield from of_call(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            yield from of_assignment(node)
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            yield from (code for key, value in pairs if "why" in texts(key) for code in texts(value))
        elif isinstance(node, ast.FunctionDef) and node.name in RETURNERS:
            returned = (one for one in ast.walk(node) if isinstance(one, ast.Return))
            yield from (code for one in returned for code in texts(one.value))


KNOWN = sorted({code for path in SOURCES for code in codes(path) if code and SNOOZED not in code})


def test_the_codes_are_found_where_they_stand() -> None:
    some = {
        "no-channel",
        "paused",
        "too-late",
        "told-by-phone",
        "sms-undelivered",
        "not-seen",
        "quiet-hours",
        "snoozed",
    }
    some |= {"smtp-content-503", "push-503", "apns-unreachable", "fcm-token-unreadable", "tries-used-up"}
    assert some - set(KNOWN) == set()
    assert len(KNOWN) > 50


@pytest.mark.parametrize("language", sorted(REASONS))
@pytest.mark.parametrize("code", [*KNOWN, "accepted", "open", "reached"])
def test_no_code_is_without_words(code: str, language: str) -> None:
    told = why_words(code, language)
    assert told
    assert not told.startswith(OTHER[language].split("(")[0])
    assert "{" not in told


def test_every_language_has_the_same_words() -> None:
    parts = ("ways", "why", "about", "rule")
    assert len({str([sorted(words[part]) for part in parts]) for words in REASONS.values()}) == 1
    assert len({tuple(sorted(words)) for words in REASONS.values()}) == 1


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("push-503", "the push service answered 503"),
        ("fcm-token-401", "the push service answered 401"),
        ("smtp-recipient-550", "the mail server did not take the address (550)"),
        ("smtp-sender--1", "the mail server did not take us as the sender (-1)"),
        ("KeyError", "something went wrong on our side (KeyError)"),
        ("moon-phase", "for another reason (moon-phase)"),
        ("push-slow-5", "for another reason (push-slow-5)"),
        ("", ""),
    ],
)
def test_a_code_reads_as_what_happened(code: str, words: str) -> None:
    assert why_words(code, "en") == words


def test_a_language_without_words_falls_back_to_dutch() -> None:
    assert why_words("paused", "pl") == why_words("paused", "nl-BE") == "de berichten zijn gepauzeerd"


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Step("s", 1), "1 day before, at 09:00"),
        (Step("s", 7, time(18, 30)), "7 days before, at 18:30"),
        (Step("s", 0), "on the day itself, at 09:00"),
        (Step("s", -2, time(10)), "2 days after, at 10:00"),
        (Step("s", 0, time(8), timedelta(hours=1)), "on the day itself, at 08:00, or 1 hour before if that is earlier"),
        (
            Step("s", 0, None, timedelta(0)),
            "on the day itself, at its very moment, or at 09:00 where that is not known",
        ),
        (
            Step("s", 0, None, timedelta(minutes=90)),
            "on the day itself, 90 minutes before, or at 09:00 where its moment is not known",
        ),
        (Step("s", fraction=0), "at the beginning, at 09:00"),
        (Step("s", fraction=0.25), "after 25% of the time, at 09:00"),
        (Step("s", fraction=1), "at the end, at 09:00"),
    ],
)
def test_a_rule_reads_as_it_is(step: Step, words: str) -> None:
    assert rule_words("dose", "s", "dose:1", {"dose": Rule((step,))}, "en") == words


@pytest.mark.parametrize("language", sorted(REASONS))
def test_every_step_of_every_default_rule_has_words(language: str) -> None:
    changed = REASONS[language]["rule"]["changed"]
    for kind, rule in RULES.items():
        for step in rule.steps:
            told = rule_words(kind, step.name, "", RULES, language)
            assert told != changed
            assert "{" not in told


def test_what_no_rule_tells_of_any_more_says_so_and_what_was_put_off_too() -> None:
    changed = "by a rule that the centre has changed since"
    assert rule_words("dose", "gone", "dose:1", RULES, "en") == rule_words("moon", "now", "", RULES, "en") == changed
    put_off = "once more, at the moment to which it was put off"
    assert rule_words("dose", "day-before", f"dose:1{SNOOZED}2026", RULES, "en") == put_off
