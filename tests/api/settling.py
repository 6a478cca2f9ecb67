"""An installation that is set up otherwise, for the length of one test."""

from dataclasses import replace
from typing import Any

import pytest

from tests.house import House


def settle(house: House, monkeypatch: pytest.MonkeyPatch, **told: Any) -> None:
    """Run the house's app under other settings until the test is over."""
    settings = replace(house.settings, **told)
    monkeypatch.setattr(house, "settings", settings)
    monkeypatch.setattr(house.app.extensions["uitwerk"], "settings", settings)
