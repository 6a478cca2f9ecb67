"""Claims: which published instrument a questionnaire is, by what licence, and the scores its answers come to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from backend.domain.errors import ClinicError, invalid
from backend.domain.instruments import Instrument, Item, Ship, instrument, instruments
from backend.domain.licences import LicenceEvidence, publishable
from backend.domain.questionnaires import Form, Type
from backend.domain.questionnaires import Item as Question
from backend.domain.scores import Score
from backend.domain.scoring import score

SHIPPED: Mapping[str, tuple[str, Mapping[str, str]]] = MappingProxyType(
    {"nrs-11-fatigue": ("nrs-11", {"fatigue": "q1"}), "vas-100": ("vas-100", {"trouble": "q1"})}
)
"""Of the forms that ship: the instrument each is, and the instrument's item that a question asks."""
NONE: Mapping[str, Instrument] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Claim:
    """That a site's questionnaire is an instrument; without evidence where its text is free."""

    instrument: str
    licence: LicenceEvidence | None


def check(form: Form, claim: Claim | None, today: date, site: Mapping[str, Instrument] = NONE) -> None:
    """Pass when a questionnaire may be published as what it is said to be.

    `site` has the instruments a site supplied something to, as they are then.

    Raises ClinicError `licence-needed` for one that bears an instrument's key and claims none, or whose licence is not
    shown (`licences.publishable`); `invalid` for a test, for an instrument that is scored by its maker alone, and with
    pointers below /definition for an item it misses, or asks otherwise.
    """
    if claim is None:
        if form.key in instruments():
            raise invalid("/instrument", "Say that it is this instrument, and by what licence.", "licence-needed")
        return
    asked = site.get(claim.instrument) or instrument(claim.instrument)
    for language in form.languages:
        publishable(asked, language, claim.licence, today)
    if asked.ship is Ship.IMPORT:
        return  # its text may be used by licence; its scores come from its maker
    for code, item in asked.items.items():
        if code not in form.places:
            raise invalid("/definition/items", f"{asked.name} has an item {code}, which is not asked.")
        if not _asks(form.item(code), item):
            why = f"Must be one whole number from {item.low} to {item.high}, or options of these codes."
            raise ClinicError("invalid", why, {f"/definition/items/{code}": why})


def _asks(question: Question, item: Item) -> bool:
    """Whether the answers a question takes are those of an instrument's item."""
    if question.repeats:
        return False
    if question.type is Type.CHOICE:
        codes = {option.code for option in question.options}
        return bool(codes) and codes <= {str(number) for number in range(item.low, item.high + 1)}
    bounds = (question.low, question.high) == (item.low, item.high)
    return bounds and question.type in ({Type.INTEGER} if item.whole else {Type.INTEGER, Type.DECIMAL})


def scores(
    form_key: str, claimed: str | None, answers: Mapping[str, object], site: Mapping[str, Instrument] = NONE
) -> Mapping[str, Score]:
    """Return what the answers to a questionnaire come to by scale; nothing for one that is no instrument.

    `claimed` is the instrument that a site's own questionnaire is, `site` as for `check`.
    """
    key, codes = SHIPPED.get(form_key, (claimed, {}))
    if key is None:
        return {}
    asked = site.get(key) or instrument(key)
    told = {codes.get(question, question): answer for question, answer in answers.items()}
    return score(asked, {code: _number(told[code]) for code in asked.items if code in told})


def _number(answer: object) -> object:
    return int(answer) if isinstance(answer, str) and answer.lstrip("-").isdigit() else answer
