"""Settings: typed, with safe defaults, and refusing the test seam anywhere else."""

from pathlib import Path

import pytest

from backend.settings import SettingsError, load


def test_an_empty_environment_gives_sqlite_on_loopback() -> None:
    settings = load({})
    assert settings.host == "127.0.0.1"
    assert settings.url.startswith("sqlite:///")
    assert not settings.testing


@pytest.mark.parametrize("url", ["postgresql://db/uitwerk", "postgres://db/uitwerk"])
def test_a_plain_postgresql_address_names_the_driver(url: str) -> None:
    assert load({"DATABASE_URL": url}).url == "postgresql+psycopg://db/uitwerk"


@pytest.mark.promise("P34")
def test_the_clock_file_is_refused_outside_tests(tmp_path: Path) -> None:
    seam = {"CLOCK_FILE": str(tmp_path / "clock")}
    with pytest.raises(SettingsError, match="APP_ENV"):
        load(seam)
    assert load(seam | {"APP_ENV": "test"}).clock_file == tmp_path / "clock"


@pytest.mark.parametrize(
    ("name", "value"),
    [("UITWERK_PORT", "1e5"), ("UITWERK_LEASE_S", "soon"), ("APP_ENV", "staging"), ("UITWERK_MAIL_SECURITY", "ssl3")],
)
def test_a_value_of_the_wrong_sort_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load({name: value})
