"""The import contracts of pyproject.toml hold, and each of them bites when it is broken on purpose."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BREACHES = [
    ("layers", "backend/storage/people.py", "import backend.services.gate"),
    ("layers", "backend/stray.py", "'A module without a floor.'"),
    ("layers", "backend/watch.py", "import backend.app"),
    ("notified-by", "backend/api/paging.py", "import notifications.policy"),
    ("pure-domain", "backend/domain/levels.py", "import backend.clock"),
    ("leaf", "notifications/policy.py", "import sqlalchemy"),
    ("ticker", "backend/worker.py", "import apscheduler"),
    ("one-door", "backend/services/gate.py", "import flask"),
    ("thin-api", "backend/api/paging.py", "import backend.storage.people"),
    ("web-by-api", "backend/web/pages.py", "import backend.domain.errors"),
    ("channels", "notifications/channels/email.py", "import notifications.channels.folder"),
    ("acyclic", "backend/domain/errors.py", "import backend.domain.symptoms"),
]


def _lint(folder: Path) -> tuple[int, str]:
    """Check the contracts of a tree, and return the exit code and what was said."""
    code = "from importlinter.cli import lint_imports_command as run; run(['--no-cache'])"
    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return told.returncode, told.stdout + told.stderr


def test_every_contract_holds() -> None:
    code, told = _lint(ROOT)
    assert code == 0, told


@pytest.mark.parametrize(("contract", "path", "line"), BREACHES)
def test_a_contract_bites(contract: str, path: str, line: str, tmp_path: Path) -> None:
    for package in ("backend", "notifications"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / path).open("a") as module:
        module.write(f"\n{line}\n")
    code, told = _lint(tmp_path)
    verdict = next((row for row in told.splitlines() if row.startswith(contract)), told)
    assert code == 1
    assert verdict.endswith("BROKEN")
