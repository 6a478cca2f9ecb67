"""What a message says: everything has a text, nothing gives anything away, and late is said to be late."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.policy import RULES, Step
from notifications.reminder import Message
from notifications.texts import TEXTS, render
from notifications.walltime import at_wall, local
from tests.notifications.making import AMSTERDAM, ClaimedFactory, PersonFactory, ReminderFactory, utc

STEPS = [(kind, step.name) for kind, rule in RULES.items() for step in (*rule.steps, Step("a-site-s-own"))]
TELLING = re.compile(
    r"natalizumab|tysabri|ocrelizumab|ms\b|sclero|infu|inject|prik|prick|bloed|blood|spiegel|trough|level|dos[ei]s?\b|"
    r"gift|medic|ziek|hospital|clinic|kliniek|poli|neuro|nurse|verpleeg|afspraak|appointment|anna|bram|carla",
    re.IGNORECASE,
)
NOW = utc("2026-03-09 08:00")


def _said(now: datetime, language: str = "nl", zone: str = AMSTERDAM, **of_reminder: Any) -> Message:
    person = PersonFactory.build(language=language, zone=zone)
    return render(ClaimedFactory.build(person=person, reminder=ReminderFactory.build(**of_reminder)), now)


def _line(language: str, kind: str, step: str) -> str:
    lines = TEXTS[language]["line"][kind]
    return str(lines.get(step, lines["default"]))


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
    assert _line(language, kind, step) in message.body
    assert message.body.startswith(message.brief)
    assert len(message.subject) <= 78  # a line of a letter (RFC 5322, 2.1.1)
    assert len(message.brief) <= 240  # what a phone shows of a push, opened


def test_both_languages_say_the_same_things_and_nothing_nobody_asks_for() -> None:
    def shape(texts: Any) -> Any:
        return {key: shape(value) for key, value in texts.items()} if isinstance(texts, dict) else type(texts)

    assert set(TEXTS) == {"nl", "en"}
    assert shape(TEXTS["nl"]) == shape(TEXTS["en"])
    lines = TEXTS["nl"]["line"]
    assert lines.keys() == RULES.keys()
    known = {kind: {"default", *(step.name for step in rule.steps)} for kind, rule in RULES.items()}
    assert all("default" in told and told.keys() <= known[kind] for kind, told in lines.items())
    assert all(TEXTS["nl"][part].keys() <= {"default", *RULES} for part in ("subject", "opening"))


ELSEWHERE = [AMSTERDAM, "Pacific/Kiritimati", "Pacific/Pago_Pago"]


@pytest.mark.promise("P14")
@pytest.mark.parametrize(("language", "tomorrow", "today"), [("nl", "morgen", "vandaag"), ("en", "tomorrow", "today")])
@given(st.integers(-60, 60), st.times(), st.sampled_from(ELSEWHERE), st.sampled_from(STEPS))
def test_tomorrow_is_said_the_day_before_and_on_no_other_day(
    language: str, tomorrow: str, today: str, days: int, clock: time, zone: str, told: tuple[str, str]
) -> None:
    kind, step = told
    due_on = date(2026, 3, 29)
    now = at_wall(due_on - timedelta(days=days), clock, zone)
    message = _said(now, language, zone, kind=kind, step=step, due_on=due_on, due_at=None)
    ahead = (due_on - local(now, zone).date()).days
    said = (message.subject + message.body).lower()
    assert tomorrow not in said or ahead == 1
    assert today not in said or ahead == 0
    assert message.late == (ahead < 0 and kind != "test")
    assert not re.search(r"\b-?0 da|-[0-9]+ da", said)  # no "in 0 days"


@pytest.mark.promise("P14")
@pytest.mark.parametrize("days", range(-8, 9))
def test_a_task_says_which_day_it_is_on(days: int) -> None:
    message = _said(utc(f"2026-03-{10 - days:02}T08:00"), due_at=None)
    said = message.subject + message.body
    assert ("orgen" in said) == (days == 1)
    assert ("andaag" in said) == (days == 0)
    assert (f"over {days} dagen" in said) == (days > 1)
    assert message.subject.startswith("Laat bericht") == message.late == (days < 0)


@pytest.mark.promise("P14")
@pytest.mark.parametrize(("language", "late"), [("nl", "komt later dan bedoeld"), ("en", "comes later than planned")])
@pytest.mark.parametrize(("kind", "step"), STEPS)
def test_what_comes_after_its_day_says_so(kind: str, step: str, language: str, late: str) -> None:
    message = _said(utc("2026-03-12 08:00"), language, kind=kind, step=step, due_at=None)
    told_later = kind in {"test", "sample-post"}  # a test has no day; a parcel is asked for the day after too
    assert (late in message.body) == (not told_later)


@pytest.mark.promise("P14")
@pytest.mark.parametrize(
    ("kind", "now", "opening"),
    [
        ("form", "2026-03-01", "U kunt ze beantwoorden tot en met dinsdag 10 maart."),
        ("form", "2026-03-09", "U kunt ze beantwoorden tot en met morgen, dinsdag 10 maart."),
        ("form", "2026-03-10", "Vandaag, dinsdag 10 maart, kunt u ze voor het laatst beantwoorden."),
        ("diary", "2026-03-10", "Er is een vraag voor u over vandaag, dinsdag 10 maart."),
        ("dose-late", "2026-03-10", "Een taak van de afgelopen dagen staat nog open."),
        ("sample-post", "2026-03-10", "Vandaag, dinsdag 10 maart, staat er een taak voor u klaar."),
        ("sample-post", "2026-03-11", "Een taak van dinsdag 10 maart staat nog open."),
        ("correction", "2026-03-04", "Een eerder bericht van ons klopt niet meer."),
        ("correction", "2026-03-10", "Een eerder bericht van ons klopt niet meer."),
    ],
)
def test_each_kind_opens_in_its_own_words(kind: str, now: str, opening: str) -> None:
    message = _said(utc(f"{now} 08:00"), kind=kind, step="x", due_at=None)
    assert message.brief.splitlines()[0].endswith(opening)


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


@pytest.mark.promise("P14")
@pytest.mark.parametrize(
    ("now", "subject", "late"),
    [
        ("2026-06-02 10:00", "Herinnering: taak over 2 dagen", False),
        ("2026-06-03 10:00", "Herinnering: taak morgen", False),
        ("2026-06-03 16:00", "Herinnering: taak vandaag", False),  # one o'clock at night in Tokyo
        ("2026-06-03 18:16", "Laat bericht: taak van vandaag", True),
        ("2026-06-04 15:00", "Laat bericht: taak van donderdag 4 juni", True),
    ],
)
def test_a_day_is_that_of_the_moment_where_the_reader_is(now: str, subject: str, late: bool) -> None:
    at = utc("2026-06-03 18:00")  # eight in the evening in Amsterdam, three in the morning of the fourth in Tokyo
    message = _said(utc(now), zone="Asia/Tokyo", due_on=date(2026, 6, 3), due_at=at)
    assert (message.subject, message.late) == (subject, late)
    assert ("om 03:00 uur" in message.body) == ("van vandaag" in subject)


@pytest.mark.promise("P14")
@pytest.mark.parametrize("minutes", [0, 15, 16])
@pytest.mark.parametrize(
    ("kind", "due_at", "opening"),
    [
        ("home-dose", utc("2026-03-10 06:00"), "Vandaag, dinsdag 10 maart, staat er een taak voor u klaar."),
        ("home-dose", utc("2026-03-09 19:00"), "Een taak van maandag 9 maart staat nog open."),
        ("monitoring", None, "Een taak van zondag 8 maart staat nog open."),
        ("dose-late", None, "Een taak van de afgelopen dagen staat nog open."),
    ],
)
def test_what_comes_at_the_moment_its_reader_asked_for_is_not_late(
    kind: str, due_at: datetime | None, opening: str, minutes: int
) -> None:
    asked_for = utc("2026-03-10 09:00")
    due_on = due_at.date() if due_at else date(2026, 3, 8)
    now = asked_for + timedelta(minutes=minutes)
    message = _said(now, kind=kind, step="x", due_on=due_on, due_at=due_at, send_at=asked_for)
    assert message.late == (minutes == 16)
    assert (message.brief.splitlines()[0] == opening) == (minutes < 16)


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
