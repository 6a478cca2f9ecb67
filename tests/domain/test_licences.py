"""Licences: text goes with the product only where a source says it is free, and the rest is published on evidence."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from backend.domain.errors import ClinicError
from backend.domain.instruments import instrument, instruments
from backend.domain.licences import LicenceEvidence, may_ship, publishable

TODAY = date(2026, 6, 1)
SHOWN = LicenceEvidence("contract 2026-17", "Carla de Vries", TODAY)


def refused(key: str, evidence: LicenceEvidence | None, language: str = "nl") -> tuple[str, list[str]]:
    with pytest.raises(ClinicError) as caught:
        publishable(instrument(key), language, evidence, TODAY)
    return caught.value.error.code, list(caught.value.pointers)


def test_only_what_is_free_by_a_source_goes_with_the_product() -> None:
    free = {
        (key, language) for key, one in instruments().items() for language in ("nl", "en") if may_ship(one, language)
    }
    own = {(key, language) for key in ("wo-diary", "nrs-11", "vas-100") for language in ("nl", "en")}
    assert free == own | {("rand-36", "en")}


def test_a_licence_believed_from_memory_does_not_count() -> None:
    claimed = replace(instrument("nrs-11"), licence=instrument("phq-9").licence)
    assert not may_ship(claimed, "en")


def test_what_is_free_needs_no_evidence() -> None:
    assert publishable(instrument("rand-36"), "en", None, TODAY) is None
    assert publishable(instrument("nrs-11"), "nl", None, TODAY) is None


@pytest.mark.parametrize(
    "key", [key for key, one in instruments().items() if one.finding is None and not may_ship(one, "nl")]
)
def test_what_is_not_free_is_published_on_evidence_only(key: str) -> None:
    assert refused(key, None) == ("licence-needed", ["/licence"])
    assert publishable(instrument(key), "nl", SHOWN, TODAY) == SHOWN


def test_evidence_says_what_and_who_and_not_of_a_day_to_come() -> None:
    assert refused("fss", replace(SHOWN, reference=" ")) == ("licence-needed", ["/licence/reference"])
    assert refused("fss", replace(SHOWN, seen_by="")) == ("licence-needed", ["/licence/seen_by"])
    tomorrow = replace(SHOWN, seen_on=TODAY + timedelta(days=1))
    assert refused("fss", tomorrow) == ("licence-needed", ["/licence/seen_on"])


@pytest.mark.parametrize("key", ["edss", "sdmt", "t25fw", "nhpt"])
def test_a_test_of_a_clinician_is_no_questionnaire_whatever_is_shown(key: str) -> None:
    assert refused(key, SHOWN) == ("invalid", ["/instrument"])
