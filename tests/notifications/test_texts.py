"""What a message says: everything has a text, nothing gives anything away, and late is said to be late."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.policy import RULES
from notifications.reminder import Message
from notifications.texts import TEXTS, render
from notifications.walltime import at_wall, local
from tests.notifications.making import AMSTERDAM, ClaimedFactory, ReminderFactory, utc

STEPS = [(kind, step.name) for kind, rule in RULES.items() for step in rule.steps]
TELLING = re.compile(
    r"natalizumab|tysabri|ocrelizumab|ms\b|sclero|infu|inject|prik|prick|bloed|blood|spiegel|trough|level|dos[ei]s?\b|"
    r"gift|medic|ziek|hospital|clinic|kliniek|poli|neuro|nurse|verpleeg|afspraak|appointment|anna|bram|carla",
    re.IGNORECASE,
)
NOW = utc("2026-03-09 08:00")


def _said(now: datetime, language: str = "nl", **of_reminder: Any) -> Message:
    return render(ClaimedFactory.build(language=language, reminder=ReminderFactory.build(**of_reminder)), now)


@pytest.mark.promise("P17")
@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize(("kind", "step"), STEPS)
@pytest.mark.parametrize("days", [-3, -1, 0, 1, 7])
def test_every_kind_and_step_has_a_text_that_tells_a_stranger_nothing(
    language: str, kind: str, step: str, days: int
) -> None:
    due_on = date(2026, 3, 9) + timedelta(days=days)
    message = _said(NOW, language, kind=kind, step=step, due_on=due_on, due_at=None)
    assert not TELLING.search(message.subject + "\n" + message.body)
    assert not re.search(r"[{}]", message.subject + message.body)
    assert TEXTS[language]["line"][kind][step] in message.body


def test_both_languages_say_the_same_things_and_nothing_nobody_asks_for() -> None:
    def shape(texts: Any) -> Any:
        return {key: shape(value) for key, value in texts.items()} if isinstance(texts, dict) else type(texts)

    assert set(TEXTS) == {"nl", "en"}
    assert shape(TEXTS["nl"]) == shape(TEXTS["en"])
    assert {(kind, step) for kind, steps in TEXTS["nl"]["line"].items() for step in steps} == set(STEPS)


@pytest.mark.promise("P14")
@given(st.integers(-60, 60), st.times(), st.sampled_from([AMSTERDAM, "Pacific/Kiritimati", "Pacific/Pago_Pago"]))
def test_tomorrow_is_said_the_day_before_and_on_no_other_day(days: int, clock: time, zone: str) -> None:
    due_on = date(2026, 3, 29)
    now = at_wall(due_on - timedelta(days=days), clock, zone)
    claimed = ClaimedFactory.build(zone=zone, reminder=ReminderFactory.build(due_on=due_on, due_at=None))
    message = render(claimed, now)
    ahead = (due_on - local(now, zone).date()).days
    assert ("orgen" in message.subject + message.body) == (ahead == 1)
    assert ("andaag" in message.subject + message.body) == (ahead == 0)
    assert message.late == (ahead < 0) == message.subject.startswith("Laat bericht")


@pytest.mark.parametrize(
    ("now", "subject"),
    [
        ("2026-03-03 08:00", "Herinnering: taak over 7 dagen"),
        ("2026-03-09 22:59", "Herinnering: taak morgen"),
        ("2026-03-09 23:00", "Herinnering: taak vandaag"),  # midnight in Amsterdam
        ("2026-03-10 08:15", "Herinnering: taak vandaag"),  # the ticker's own delay is not late
        ("2026-03-10 08:16", "Laat bericht: taak van vandaag"),
        ("2026-03-10 23:00", "Laat bericht: taak van dinsdag 10 maart"),
    ],
)
@pytest.mark.promise("P14")
def test_the_subject_fits_the_moment_it_is_sent(now: str, subject: str) -> None:
    assert _said(utc(now)).subject == subject


def test_a_late_message_says_when_it_was() -> None:
    assert "vandaag om 09:00 uur" in _said(utc("2026-03-10 10:00")).body
    assert "on Tuesday 10 March" in _said(utc("2026-03-12 10:00"), "en").body


def test_a_language_without_texts_falls_back_to_dutch_and_a_region_to_its_language() -> None:
    assert _said(NOW, "fr").subject == _said(NOW, "nl-BE").subject == "Herinnering: taak morgen"
    assert _said(NOW, "en-GB").subject == "Reminder: task tomorrow"


def test_link_and_phone_stand_in_the_body_only_when_given() -> None:
    claimed = ClaimedFactory.build()
    bare = render(claimed, NOW)
    full = render(claimed, NOW, clinic_phone="020 123 45 67", app_url="https://app.example.org/")
    assert "Bel" not in bare.body
    assert "Bel 020 123 45 67." in full.body
    assert "Naar de app: https://app.example.org/" in full.body
    assert (full.message_id, full.written_at) == (claimed.message_id, NOW)


@pytest.mark.parametrize("name", ["", "../up", "a/b", "a\nb", "a b", "<a>", ".part", "a@b"])
def test_a_message_id_that_could_not_be_a_header_or_a_file_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="message id"):
        Message("s", "b", name, late=False, written_at=NOW)
