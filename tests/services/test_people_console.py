"""Inviting from the machine itself: the way the first person gets in, when nobody is there to invite them."""

import pytest

from backend.domain.errors import ClinicError
from backend.domain.permissions import Role
from backend.services import enrolments, people
from backend.services.people import Invitation
from backend.storage import people as stored
from tests.house import House


def invite(house: House, site: str = "Centre East", email: str = "fatima@clinic.example", **told: str) -> Invitation:
    zone, language = told.get("zone", "Europe/Brussels"), told.get("language", "nl")
    with house.unit() as ctx:
        return people.invite_from_console(ctx, site, zone, language, "Fatima", email, Role.ADMIN)


@pytest.mark.promise("P34")
def test_the_first_invitation_makes_the_site_and_the_second_finds_it(house: House) -> None:
    first, second = invite(house), invite(house, email="gert@clinic.example", zone="Europe/Paris")
    with house.unit(writes=False) as ctx:
        site = stored.site_named(ctx.session, "Centre East")
        assert site is not None
        assert (site.zone, site.language) == ("Europe/Brussels", "nl")
        assert {row.id for row in stored.staff_of_site(ctx.session, site.id)} == {first.staff_id, second.staff_id}


def test_the_link_says_whom_it_is_for(house: House) -> None:
    made = invite(house)
    with house.unit(writes=False) as ctx:
        found = enrolments.begin(ctx, made.token)
    assert (found.staff_id, found.role, found.site) == (made.staff_id, Role.ADMIN, "Centre East")


def test_the_seed_belongs_to_the_link(house: House) -> None:
    first, second = invite(house), invite(house, email="gert@clinic.example")
    with house.unit(writes=False) as ctx:
        seeds = [enrolments.begin(ctx, made.token).totp_secret for made in (first, second, first)]
    assert seeds[0] == seeds[2] != seeds[1]


@pytest.mark.parametrize("told", [{"zone": "Mars/Olympus"}, {"language": "de"}])
def test_a_site_that_cannot_be_is_not_made(house: House, told: dict[str, str]) -> None:
    with pytest.raises(ClinicError, match="invalid"):
        invite(house, **told)
    with house.unit(writes=False) as ctx:
        assert stored.site_named(ctx.session, "Centre East") is None


def test_an_address_of_another_site_is_not_taken_over(house: House) -> None:
    invite(house)
    with pytest.raises(ClinicError, match="already-exists"):
        invite(house, site="Centre West")


def test_patients_are_not_invited(house: House) -> None:
    with pytest.raises(ClinicError, match="invalid"), house.unit() as ctx:
        people.invite_from_console(ctx, "Centre East", "Europe/Paris", "nl", "Anna", "anna@p.example", Role.PATIENT)


def test_an_admin_invites_to_their_own_site_only(house: House) -> None:
    fatima, other = house.login("admin"), house.new_site()
    with pytest.raises(ClinicError, match="not-found"), house.unit(fatima) as ctx:
        people.invite(ctx, other.id, "Bram", "bram@clinic.example", Role.NURSE)


def test_whoever_left_can_come_back_with_nothing_of_before(house: House) -> None:
    fatima = house.login("admin")
    bram = house.login("nurse", email="bram@clinic.example", password_hash="old")
    with house.unit(fatima) as ctx:
        people.depart(ctx, bram.id)
    with house.unit(fatima) as ctx:
        made = people.invite(ctx, house.site.id, "Bram", "bram@clinic.example", Role.COORDINATOR)
    with house.unit(writes=False) as ctx:
        row = stored.staff(ctx.session, bram.id)
        assert row is not None
        assert (made.staff_id, row.role, row.password_hash, row.joined_at) == (bram.id, "coordinator", None, None)
