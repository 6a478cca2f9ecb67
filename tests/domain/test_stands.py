"""Where many reports stand: the short way gives what `place` gives of each, across zones and for mere days."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from backend.domain.linking import chain, place, stands
from backend.domain.moments import Occurred, at_moment, on_day
from tests.factories import doses
from tests.factories.doses import TreatmentFactory

FIRST = date(2026, 3, 20)
ZONES = ("Europe/Amsterdam", "Pacific/Auckland", "Pacific/Honolulu")


@st.composite
def moments(draw: st.DrawFn) -> Occurred:
    """Draw a moment or a mere day about the change of the clocks, at home or far away."""
    on, zone = FIRST + timedelta(days=draw(st.integers(0, 40))), draw(st.sampled_from(ZONES))
    if draw(st.booleans()):
        return on_day(on, zone)
    return at_moment(datetime.combine(on, time(draw(st.integers(0, 23))), ZoneInfo(zone)), zone)


AMSTERDAM_EARLY = at_moment(datetime(2026, 4, 1, 1, tzinfo=ZoneInfo("Europe/Amsterdam")), "Europe/Amsterdam")


@given(st.lists(moments(), max_size=5), moments())
@example([AMSTERDAM_EARLY], on_day(date(2026, 4, 1), "Pacific/Honolulu"))
def test_interval_and_days_are_those_of_its_place(given_at: list[Occurred], report: Occurred) -> None:
    treatment = TreatmentFactory.build()
    line = chain([treatment], [doses.given(treatment, one) for one in given_at])
    full = place(report, None, line)
    found = stands(report.on, report.anchor if report.at else None, line)
    if full.interval is None:
        assert found is None
    else:
        assert found == (full.interval, full.day_since_dose, full.days_before_actual)
