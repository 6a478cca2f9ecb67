"""Anna, of whom everything is kept; made once for each database, since these tests only read."""

from collections.abc import Iterator

import pytest

from tests.conftest import Copies, open_house
from tests.fhir.lived import Lived, lived


@pytest.fixture(scope="package")
def anna(copies: Copies, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """Return anna in a house of her own."""
    with open_house(copies.url(), tmp_path_factory.mktemp("fhir")) as house:
        yield lived(house)
