"""The people most tests of the API need; a module that needs others defines its own."""

import pytest

from tests.factories.chains import local
from tests.house import House, Patient, Staff


@pytest.fixture
def bram(house: House) -> Staff:
    """The MS nurse."""
    return house.login("nurse")


@pytest.fixture
def carla(house: House) -> Staff:
    """The neurologist."""
    return house.login("clinician")


@pytest.fixture
def anna(house: House, bram: Staff) -> Patient:
    """A patient in bram's care since March, who can be reached by mail."""
    now, house.clock.now = house.clock.now, local("2026-03-01 09:00")
    patient = house.patient(cares_for=[bram], email_sealed=b"somewhere")
    house.clock.now = now
    return patient
