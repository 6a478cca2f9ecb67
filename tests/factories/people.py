"""Factories for people who get in: staff with a password and a seed, and the bodies that enrol patients."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import factory
import pyotp

from backend.services import secrets
from backend.services.access import totp_place
from tests.factories.base import NAMES, StaffFactory
from tests.house import House

PASSWORD = "correct horse battery staple"
SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


class PatientBody(factory.DictFactory):
    """What staff send to enrol anna."""

    name = "Anna de Vries"
    birth_on = "1988-02-29"
    hospital_number = factory.Sequence(lambda n: f"H{n:06}")
    email = "anna@patient.example"
    language = "nl"
    zone = "Europe/Amsterdam"


class InvitationBody(factory.DictFactory):
    """What an admin sends to invite bram."""

    role = "nurse"
    name = factory.LazyAttribute(lambda body: NAMES[body.role])
    email = factory.Sequence(lambda n: f"invited{n}@clinic.example")


def joined(house: House, role: str = "nurse", **columns: Any) -> dict[str, str]:
    """Let somebody have joined with PASSWORD and SEED; return what they log in with, but for the code."""
    staff_id = uuid4()
    sealer = house.app.extensions["uitwerk"].sealer
    row = StaffFactory.build(
        id=staff_id,
        role=role,
        site_id=house.site.id,
        password_hash=secrets.hashed(house.settings, PASSWORD),
        totp_sealed=sealer.seal_own(SEED, totp_place(staff_id)),
        **columns,
    )
    email: str = row.email
    house.add(row)
    return {"email": email, "password": PASSWORD}


def code(at: datetime, seed: str = SEED) -> str:
    """Return the code an authenticator app shows at a moment."""
    return pyotp.TOTP(seed).at(int(at.timestamp()))
