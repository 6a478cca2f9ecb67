"""The web server's own words: they tell what went wrong and quote no request; and files of the program are private."""

from pathlib import Path

import pytest
from gunicorn.config import Config

from backend import logs
from backend.commands.web import Words
from tests.commands.conftest import Uitwerk

SECRET = "c2VjcmV0LXRva2Vu"


@pytest.mark.promise("P30")
def test_the_server_quotes_no_request(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("WARNING")
    words = Words(Config())
    words.warning(f"Invalid request from ip=192.0.2.1: Invalid HTTP request line: 'GET /api/v1/calendar/{SECRET}'")
    try:
        int(SECRET)
    except ValueError:
        words.exception("Error handling request %s", f"/api/v1/calendar/{SECRET}")
    told = capsys.readouterr().err
    assert SECRET not in told
    assert "192.0.2.1" not in told
    assert '"about": "Invalid request from ip"' in told
    assert '"about": "Error handling request", "error": "ValueError"' in told


@pytest.mark.promise("P34")
def test_what_is_written_is_for_its_owner_alone_in_any_folder(
    tmp_path: Path, uitwerk: Uitwerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("UITWERK_DATA_DIR", str(folder))
    assert uitwerk("migrate").code == 0
    assert uitwerk("invite", "--site", "C", "--name", "F", "--email", "f@c.example", "--role", "admin").code == 0
    assert {path.name for path in folder.iterdir()} >= {"uitwerk.db", "uitwerk.key"}
    assert [path.name for path in folder.iterdir() if path.stat().st_mode & 0o077] == []
