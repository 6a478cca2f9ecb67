"""Consents: what a study asks people to agree to, in versions per purpose, and how what one person said stands."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from backend.domain.errors import ClinicError, invalid
from backend.domain.languages import LANGUAGES, known_language


class Purpose(StrEnum):
    """What a consent is for.

    `study`: taking part, and data that leave under a pseudonym. `care`: what the study knows is shown to those who
    treat, its dosing rules among it. `contact`: being approached by the study, and about a later one.
    """

    STUDY = "study"
    CARE = "care"
    CONTACT = "contact"


class Act(StrEnum):
    """What was done: a study asked, and somebody agreed, declined or took it back."""

    ASKED = "asked"
    GIVEN = "given"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class State(StrEnum):
    """How a consent stands: `renewing` holds until a newer text needs a new one, and has `lapsed` from then on."""

    NONE = "none"
    ASKED = "asked"
    GIVEN = "given"
    RENEWING = "renewing"
    LAPSED = "lapsed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


HOLDING = frozenset({State.GIVEN, State.RENEWING})
"""States in which data may be used for the purpose."""
ASKING = frozenset({State.ASKED, State.RENEWING, State.LAPSED})
"""States in which the person still has something to answer."""


@dataclass(frozen=True, slots=True)
class Text:
    """What is read in one language, and the SHA-256 of it, in hexadecimals."""

    text: str
    hash: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version of what a purpose asks, numbered from 1 on, by language.

    Whoever agreed to an earlier one no longer does from `needed_from` (aware) on; None where that goes on to hold.
    """

    number: int
    texts: Mapping[str, Text]
    needed_from: datetime | None
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that was done about one purpose at a moment (aware); `version` is 0 for a yes to no text of ours.

    `by_patient` tells that they said it themselves, on their phone; else the clinic recorded it.
    """

    act: Act
    at: datetime
    version: int = 0
    language: str | None = None
    hash: str | None = None
    by_patient: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """What somebody answered to a purpose, whether or not they were asked anew since.

    `said` is the yes or the no, `state` how it stands, `last` what was said last: for a withdrawn yes the withdrawal.
    A yes holds until `until`, which may be to come; None where nothing ends it.
    """

    state: State
    said: Said
    last: Said
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How the consent of one person to one purpose stands.

    `agreed` is the version that was agreed to, `asks` the one that is still to be answered; `since` the moment of
    what was last said, `lapses_at` that from which a newer version will be, or was, needed.
    """

    purpose: Purpose
    state: State
    agreed: int | None = None
    language: str | None = None
    hash: str | None = None
    asks: int | None = None
    since: datetime | None = None
    lapses_at: datetime | None = None

    @property
    def holds(self) -> bool:
        """Whether data may be used for the purpose."""
        return self.state in HOLDING


def text_hash(text: str) -> str:
    """Return the SHA-256 of a text as it is read, however its accents and line ends are coded (NFC, LF)."""
    same = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").strip()
    return sha256(same.encode()).hexdigest()


def texts(told: Mapping[str, str]) -> dict[str, Text]:
    """Return the texts of a version by language, with their hashes.

    Raises ClinicError `invalid` for none, an empty one or a language in which nobody is written to.
    """
    if not told:
        raise invalid("/texts", f"Must have one of: {', '.join(LANGUAGES)}.")
    for language, text in told.items():
        known_language(language, f"/texts/{language}")
        if not text.strip():
            raise invalid(f"/texts/{language}", "Is empty.")
    return {language: Text(text, text_hash(text)) for language, text in told.items()}


def lapses_at(versions: Sequence[Version], agreed: int) -> datetime | None:
    """Return the moment from which a yes to a version no longer holds, None while no later one needs a new yes."""
    return min((one.needed_from for one in versions if one.number > agreed and one.needed_from), default=None)


def agreeing(
    versions: Sequence[Version], number: int | None, language: str | None, hash_: str | None, now: datetime
) -> tuple[int, str | None, str | None]:
    """Return version, language and hash of what somebody agrees to.

    Without a text there is nothing to name: a paper of the study's own, version 0. Raises ClinicError `invalid` for a
    version, language or hash that is none of the purpose's, and `stale-version` for one that a newer one overtook.
    """
    if not versions:
        if number is not None:
            raise invalid("/version", "The study has no text for this purpose.")
        return 0, None, None
    found = next((one for one in versions if one.number == number), None)
    if found is None:
        raise invalid("/version", f"Name the version that was read; the newest is {versions[-1].number}.")
    text = found.texts.get(language or "")
    if text is None:
        raise invalid("/language", f"Name the language it was read in: {', '.join(found.texts)}.")
    if hash_ is not None and hash_ != text.hash:
        raise invalid("/hash", "Is not that of the text.")
    needed = lapses_at(versions, found.number)
    if needed is not None and needed <= now:
        raise ClinicError("stale-version", f"Version {versions[-1].number} is asked now.")
    return found.number, language, text.hash


def standing(purpose: Purpose, said: Sequence[Said], versions: Sequence[Version], now: datetime) -> Standing:
    """Return how a consent stands after what was said of a purpose, oldest first.

    Whoever is asked anew, or declines a newer text, does not lose what they agreed to: only a withdrawal takes it
    away, or the moment from which the newer text is needed.
    """
    if not said:
        return Standing(purpose, State.NONE)
    last, given = said[-1], _given(said)
    newest = versions[-1].number if versions else None
    if given is None:
        asks = newest if last.act is Act.ASKED else None
        return Standing(purpose, State(last.act.value), asks=asks, since=last.at)
    state, until = _held(given, versions, now)
    return Standing(
        purpose, state, given.version, given.language, given.hash, newest if until else None, given.at, until
    )


def answered(said: Sequence[Said], versions: Sequence[Version], now: datetime) -> Answered | None:
    """Return what somebody last answered to a purpose, of what was said of it, oldest first; None for no answer."""
    answers = [one for one in said if one.act is not Act.ASKED]
    if not answers:
        return None
    last, stands = answers[-1], _given(answers)
    if stands is None and last.act is Act.DECLINED:
        return Answered(State.DECLINED, last, last)
    if stands is None:
        yes = next((one for one in reversed(answers) if one.act is Act.GIVEN), last)
        needed = lapses_at(versions, yes.version)
        return Answered(State.WITHDRAWN, yes, last, last.at if needed is None else min(last.at, needed))
    state, until = _held(stands, versions, now)
    return Answered(state, stands, stands, until)


def _held(given: Said, versions: Sequence[Version], now: datetime) -> tuple[State, datetime | None]:
    """Return how a yes that was not taken back stands, and the moment from which a newer one is needed."""
    until = lapses_at(versions, given.version)
    return (State.GIVEN if until is None else State.RENEWING if until > now else State.LAPSED), until


def _given(said: Sequence[Said]) -> Said | None:
    """Return the last yes that was not taken back."""
    for one in reversed(said):
        if one.act is Act.GIVEN:
            return one
        if one.act is Act.WITHDRAWN:
            return None
    return None


def chosen(version: Version, language: str) -> tuple[str, Text]:
    """Return the text in a language, else in the first there is one in, and which that is."""
    found = next(one for one in (language, *LANGUAGES) if one in version.texts)
    return found, version.texts[found]
