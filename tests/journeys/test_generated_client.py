"""A client that was generated from the contract works: it logs an entry and reads it back."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.house import House
from tests.journeys.processes import Installation

# The contract a client is made from does not know the database.
pytestmark = [pytest.mark.journey, pytest.mark.parametrize("installation", ["sqlite"], indirect=True)]


@pytest.fixture
def client_package(installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The package generated from the running server's contract, importable while the test lasts."""
    installation.serve(workers=1)
    name = f"made_{uuid4().hex[:8]}"
    config = tmp_path / "client.yml"
    config.write_text(f"package_name_override: {name}\npost_hooks: []\n")
    contract = f"{installation.base_url}/api/v1/openapi.json"
    words = ["generate", "--url", contract, "--config", str(config), "--output-path", str(tmp_path / "made")]
    done = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", *words, "--meta", "none", "--fail-on-warning"],
        cwd=tmp_path,
        env=installation.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "made").rename(tmp_path / name)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield name
    for module in [module for module in sys.modules if module.split(".")[0] == name]:
        del sys.modules[module]


def test_a_generated_client_logs_an_entry_and_reads_it_back(
    installation: Installation, seeded: House, client_package: str
) -> None:
    def part(path: str) -> Any:
        return importlib.import_module(f"{client_package}.{path}")

    token = seeded.phone(seeded.patient())["Authorization"].removeprefix("Bearer ")
    client = part("client").AuthenticatedClient(base_url=installation.base_url, token=token)
    models, now = part("models"), installation.now().replace(microsecond=0)
    entry = models.EntryIn(
        id=uuid4(),
        occurred=models.OccurredIn(at=now, zone="Europe/Amsterdam"),
        recorded_at=now,
        ratings=[models.RatingIn(symptom="fatigue", intensity=6)],
    )
    with client:
        logged = part("api.diary_entries.log_entry").sync(client=client, body=entry)
        assert isinstance(logged, models.EntryOut)
        read = part("api.diary_entries.get_own_entry").sync(logged.id, client=client)
    assert (read.id, read.version, read.duplicate) == (entry.id, 1, False)
    assert isinstance(read.occurred.at, datetime)
    assert (read.occurred.at, read.recorded_at) == (now, now)
    assert [(rating.symptom, rating.intensity) for rating in read.ratings] == [("fatigue", 6)]
