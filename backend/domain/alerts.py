"""Alerts: what those who run the installation and those who care for patients are told, without naming anybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from backend.domain.languages import LANGUAGES


class Alarm(StrEnum):
    """What somebody is told: reminders do not go out, or something waits on the worklist."""

    SILENCE = "silence"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Letter:
    """A text as it is sent."""

    subject: str
    body: str


def letter(alarm: Alarm, languages: Sequence[str], since: datetime, address: str) -> Letter:
    """Return the text in each of some languages (Dutch for one that has none), one below the other.

    `since` is when it began, told in UTC, `address` where people reach the installation.
    """
    known = dict.fromkeys(language if language in LANGUAGES else LANGUAGES[0] for language in languages)
    told = [_TEXTS[alarm][language] for language in known]
    facts = {"since": f"{since.astimezone(UTC):%Y-%m-%d %H:%M} UTC", "address": address}
    body = "\n\n".join(one.body.format(**facts) for one in told)
    return Letter(" / ".join(one.subject for one in told), f"{body}\n")


_TEXTS: Mapping[Alarm, Mapping[str, Letter]] = {
    Alarm.SILENCE: {
        "nl": Letter(
            "Herinneringen blijven liggen",
            "Sinds {since} blijven herinneringen liggen.\n\n"
            "Wat u kunt doen op de computer waar het draait:\n"
            "- Kijk wat er mis is: uitwerk doctor\n"
            "- Laat ze weer uitgaan: uitwerk dispatch\n\n"
            "Of het weer werkt, ziet u op {address}/readyz\n"
            "U krijgt dit bericht één keer, tot het gewerkt heeft en opnieuw stilvalt.",
        ),
        "en": Letter(
            "Reminders are held up",
            "Since {since} reminders have been held up.\n\n"
            "What you can do on the computer where it runs:\n"
            "- See what is wrong: uitwerk doctor\n"
            "- Let them go out again: uitwerk dispatch\n\n"
            "Whether it works again is told at {address}/readyz\n"
            "You get this message once, until it has worked and falls silent anew.",
        ),
    },
    Alarm.WAITING: {
        "nl": Letter(
            "Er wacht iets op de werklijst",
            "Op de werklijst staat iets dat langer dan een dag wacht. Wilt u kijken?\n\n{address}\n\n"
            "U krijgt hierover één bericht.",
        ),
        "en": Letter(
            "Something waits on the worklist",
            "Something on the worklist has been waiting for more than a day. Please take a look.\n\n{address}\n\n"
            "You get one message about it.",
        ),
    },
}
