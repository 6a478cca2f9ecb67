"""The outbox on each database; what the test before left is gone, since its acts really commit."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from backend.storage.db import make_engine
from backend.storage.outbox import SqlOutbox
from backend.storage.sealing import Sealer
from tests.conftest import Copies
from tests.databases import emptied
from tests.factories.base import SiteFactory
from tests.storage.store import Store, enrol


@pytest.fixture(scope="module")
def outbox_engine(copies: Copies) -> Iterator[Engine]:
    """An engine on a database of this module's own."""
    made = make_engine(copies.url())
    yield made
    made.dispose()


@pytest.fixture
def store(outbox_engine: Engine) -> Store:
    """The outbox with one patient who can be reached by mail."""
    emptied(outbox_engine)
    sealer = Sealer(b"k" * 32)
    site = SiteFactory.build()
    site_id = site.id
    return Store(outbox_engine, SqlOutbox(outbox_engine, sealer), enrol(outbox_engine, sealer, site), site_id)
