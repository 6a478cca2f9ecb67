"""Taking a hospital's list in: stored once however often it is read, and what differs is told and left alone."""

from dataclasses import dataclass

import pytest
from sqlalchemy import func, select

from backend.domain.dosing import Status
from backend.domain.errors import ClinicError
from backend.domain.intake import Dates, dose_lines, patient_lines
from backend.services import intake, intervals, patients
from backend.services.intake import Taken
from backend.storage import people, reminders
from backend.storage.doses import DoseRow
from backend.storage.events import EventRow
from backend.storage.patients import PatientRow
from tests.house import House, Staff

PATIENTS = """hospital_number,name,birth_date,email,drug,interval_weeks,started_on,slot,plan_from,stopped_on
7001,Anna de Wit,1984-03-02,anna@voorbeeld.example,natalizumab_iv,4,2025-11-03,09:30,,
7001,Anna de Wit,1984-03-02,anna@voorbeeld.example,natalizumab_iv,6,2025-11-03,09:30,2026-02-23,
7002,Dirk Smit,1990-12-31,,ocrelizumab_iv,,2025-10-06,10:00,,
"""
DOSES = """hospital_number,drug,given_on,given_at,route,status,parts
7001,natalizumab_iv,2025-11-03,09:35,iv,given,300
7001,natalizumab_iv,2025-12-01,,,,
7001,natalizumab_iv,2025-12-29,09:30,,missed,
7001,natalizumab_iv,2026-01-05,09:30,,given,
7001,natalizumab_iv,2026-06-22,09:30,,planned,
7002,ocrelizumab_iv,2025-10-06,10:00,,given,300|300@2025-10-20 10:00
"""


@dataclass(frozen=True, slots=True)
class Desk:
    """Who takes lists in."""

    house: House
    nurse: Staff

    def read(self, patients_csv: str = PATIENTS, doses_csv: str = DOSES) -> Taken:
        now = self.house.clock.now
        told = (
            patient_lines(patients_csv.encode(), Dates.ISO, now), dose_lines(doses_csv.encode(), Dates.ISO, now)
        )  # fmt: skip
        folders, taken = intake.folders(*told)
        for folder in folders:
            with self.house.unit(self.nurse) as ctx:
                taken.add(intake.take_in(ctx, folder))
        return taken

    def count(self, row: type) -> int:
        with self.house.unit(writes=False) as ctx:
            return ctx.session.execute(select(func.count()).select_from(row)).scalar_one()


@pytest.fixture
def desk(house: House) -> Desk:
    return Desk(house, house.login("nurse"))


def test_a_list_becomes_patients_plans_and_doses(desk: Desk) -> None:
    taken = desk.read()
    assert (taken.patients, taken.plans, taken.doses, taken.refused) == (2, 3, 6, 0)
    with desk.house.unit(desk.nurse, writes=False) as ctx:
        anna = patients.numbered(ctx, desk.house.site.id, "7001")
        assert anna is not None
        assert patients.opened(ctx, anna).identity.name == "Anna de Wit"
        line = intervals.line(ctx, anna.id)
        assert [dose.status for dose in line.doses] == [
            Status.GIVEN, Status.GIVEN, Status.MISSED, Status.GIVEN, Status.PLANNED,
        ]  # fmt: skip
        assert [interval.length_days for interval in line.chain.intervals] == [28, 35, None]
        assert [version.interval_weeks for version in line.treatments[0].versions] == [4, 6]
        assert "dose" in {row.kind for row in reminders.of_patient(ctx.session, anna.id)}


def test_read_again_it_stores_nothing_new(desk: Desk) -> None:
    desk.read()
    before = [desk.count(row) for row in (PatientRow, DoseRow, EventRow)]
    again = desk.read()
    assert (again.patients, again.plans, again.doses, again.refused) == (0, 0, 0, 0)
    assert again.unchanged == 9
    assert [desk.count(row) for row in (PatientRow, DoseRow, EventRow)] == before


def test_a_row_twice_in_one_file_is_one_dose(desk: Desk) -> None:
    line = DOSES.splitlines()[1]
    taken = desk.read(doses_csv=f"{DOSES}{line}\n")
    assert (taken.doses, taken.unchanged) == (6, 1)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2025-11-03,09:35,iv,given,300", "2025-11-03,09:50,iv,given,300"),
        ("2025-11-03,09:35,iv,given,300", "2025-11-03,09:35,sc,given,300"),
        ("2025-11-03,09:35,iv,given,300", "2025-11-03,09:35,iv,given,150"),
        ("2025-12-29,09:30,,missed", "2025-12-29,09:30,,given"),
    ],
    ids=["clock", "route", "milligrams", "status"],
)
def test_a_dose_that_changed_is_told_and_not_overwritten(desk: Desk, old: str, new: str) -> None:
    desk.read()
    again = desk.read(doses_csv=DOSES.replace(old, new))
    (told,) = again.refused_doses
    assert (told.code, again.doses) == ("differs", 0)
    assert desk.count(DoseRow) == 6


def test_a_patient_who_changed_is_told_and_not_overwritten(desk: Desk) -> None:
    desk.read()
    again = desk.read(patients_csv=PATIENTS.replace("Dirk Smit", "Dirk Smid").replace(",6,", ",7,"))
    assert [(row.line, row.code) for row in again.refused_patients] == [(3, "differs"), (4, "differs")]
    assert "Smi" not in "".join(row.sentence for row in again.refused_patients)


def test_good_rows_are_stored_though_others_are_refused(desk: Desk) -> None:
    bad = (
        "7001,natalizumab_iv,2026-07-01,09:00,,given,\n7001,ofatumumab,2026-01-01,,,,\n7009,ofatumumab,2026-01-01,,,,\n"
    )
    taken = desk.read(doses_csv=f"{DOSES}{bad}7001,natalizumab_iv,soon,,,,\n")
    codes = {row.line: row.code for row in taken.refused_doses}
    assert codes == {8: "out-of-time", 9: "not-found", 10: "not-found", 11: "invalid"}
    assert (taken.doses, desk.count(DoseRow)) == (6, 6)


def test_a_stop_ends_the_treatment_once(desk: Desk) -> None:
    stopped = PATIENTS.replace(",2025-10-06,10:00,,", ",2025-10-06,10:00,,2026-05-04")
    assert desk.read(patients_csv=stopped).refused == 0
    assert desk.read(patients_csv=stopped).refused == 0
    with desk.house.unit(desk.nurse, writes=False) as ctx:
        row = patients.numbered(ctx, desk.house.site.id, "7002")
        assert row is not None
        (treatment,) = intervals.line(ctx, row.id).treatments
        assert str(treatment.stopped_on) == "2026-05-04"


def test_a_patient_in_nobodys_care_stays_closed(desk: Desk) -> None:
    desk.read()
    stranger = Desk(desk.house, desk.house.login("nurse"))
    taken = stranger.read()
    assert {row.code for row in taken.refused_patients + taken.refused_doses} == {"not-found"}
    assert taken.refused == 9


def test_who_may_take_lists_in(house: House) -> None:
    staff = {role: house.login(role).id for role in ("nurse", "clinician", "coordinator", "researcher")}
    elsewhere = house.login("nurse", site=house.new_site())
    with house.unit(writes=False) as ctx:
        email = {role: (people.staff(ctx.session, one) or people.StaffRow()).email for role, one in staff.items()}
        other = (people.staff(ctx.session, elsewhere.id) or people.StaffRow()).email
        assert intake.importer(ctx, house.site.name, email["nurse"]).staff_id == staff["nurse"]
        assert intake.importer(ctx, house.site.name, email["clinician"]).staff_id == staff["clinician"]
        for address, code in (
            (email["coordinator"], "role-lacks-permission"),
            (email["researcher"], "role-lacks-permission"),
            (other, "not-found"),
            ("nobody@clinic.example", "not-found"),
        ):
            with pytest.raises(ClinicError) as caught:
                intake.importer(ctx, house.site.name, address)
            assert caught.value.error.code == code
