"""What speed is measured on: the journeys' installations. Without `--bench` nothing here is collected."""

from pathlib import Path

import pytest

from tests.journeys.conftest import durable_postgres, installation, seeded

__all__ = ["durable_postgres", "installation", "seeded"]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the measuring out of the ordinary run."""
    measuring = collection_path.name.startswith("test_") and not config.getoption("--bench")
    return True if measuring else None
