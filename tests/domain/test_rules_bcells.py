"""Ocrelizumab by B cells: 10 or more CD19 cells counted after the last dose, and the next one may come."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.errors import ClinicError
from backend.domain.protocols import protocol
from backend.domain.rules import check_settings
from backend.domain.verdicts import Measured, Verdict
from tests.domain.measuring import cd19, course, failing, said, unknown

DOSE_ON = date(2026, 3, 2)
AFTER = DOSE_ON + timedelta(weeks=20)


def by_bcells(*measured: Measured, **settings: Any) -> Verdict:
    return said("OCR-BCELL-AMS", course(None, None, last_dose_on=DOSE_ON), measured, **settings)


@pytest.mark.parametrize("text", ["10", "10.0", "57", ">10"])
def test_10_cells_or_more_make_eligible(text: str) -> None:
    verdict = by_bcells(cd19(text, AFTER))
    assert (verdict.met, verdict.statement) == (True, "eligible-for-next-dose")


@pytest.mark.parametrize("text", ["9.99", "0", "<10", "<1"])
def test_fewer_postpone_and_when_to_measure_again_is_not_verified(text: str) -> None:
    verdict = by_bcells(cd19(text, AFTER))
    assert (verdict.met, verdict.statement) == (False, "postponed-and-measured-again")
    assert failing(verdict) == {"cd19-threshold": "below-threshold"}
    assert protocol("OCR-BCELL-AMS").unverified is not None


def test_a_site_may_say_when_it_measures_again() -> None:
    verdict = by_bcells(cd19("3", AFTER), remeasure_weeks=4)
    assert (verdict.statement, verdict.params) == ("postponed-and-measured-again-after", {"weeks": 4})
    assert check_settings(protocol("OCR-BCELL-AMS"), {"remeasure_weeks": 4}) == {"remeasure_weeks": 4}
    with pytest.raises(ClinicError):
        check_settings(protocol("OCR-BCELL-AMS"), {"remeasure_weeks": 27})


@pytest.mark.parametrize("text", ["<20", ">9"])
def test_a_bound_on_both_sides_of_10_leaves_it_open(text: str) -> None:
    verdict = by_bcells(cd19(text, AFTER))
    assert (verdict.met, verdict.statement) == (None, "cannot-be-said")
    assert unknown(verdict) == {"cd19-threshold": "cannot-tell"}


@pytest.mark.parametrize("days", [0, -1, -100])
def test_a_count_from_before_the_last_dose_says_nothing_of_the_next(days: int) -> None:
    verdict = by_bcells(cd19("57", DOSE_ON + timedelta(days=days)))
    assert (verdict.met, verdict.statement) == (False, "measure-again")
    assert failing(verdict) == {"cd19-since-dose": "before-last-dose"}


def test_the_latest_count_counts() -> None:
    assert by_bcells(cd19("3", AFTER + timedelta(days=1)), cd19("57", AFTER)).met is False
    assert by_bcells(cd19("57", AFTER + timedelta(days=1)), cd19("3", AFTER)).met is True


def test_without_a_count_it_is_measured() -> None:
    verdict = by_bcells()
    assert (verdict.met, failing(verdict)) == (False, {"cd19-since-dose": "no-cd19"})


def test_a_count_nobody_has_is_shown_as_outside() -> None:
    assert by_bcells(cd19("6000", AFTER)).outside == ("implausible-value",)
    assert by_bcells(cd19("<1", AFTER)).outside == ("below-assay-range",)


@given(st.decimals(0, 5000, places=2), st.integers(-200, 200))
def test_eligible_is_exactly_10_or_more_after_the_last_dose(value: Decimal, days: int) -> None:
    verdict = by_bcells(cd19(str(value), DOSE_ON + timedelta(days=days)))
    assert verdict.met is (value >= 10 and days > 0)
