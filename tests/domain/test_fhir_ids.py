"""FHIR ids: every record has one of the allowed form, that leads back to its patient and says nothing else."""

import string
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from backend.domain.fhir import diary, findings, ids, laboratory
from backend.domain.symptoms import vocabulary


@given(st.uuids(), st.uuids())
def test_an_id_leads_back_to_whose_record_it_is(patient_id: UUID, record_id: UUID) -> None:
    key = ids.of_record(patient_id, record_id)
    assert ids.whose(key) == patient_id
    assert ids.long(key.partition(".")[2]) == record_id
    assert ids.FORM.fullmatch(key + diary.suffix("fatigue"))


@given(st.text(string.ascii_lowercase + string.digits + ".-", max_size=70))
def test_any_text_is_somebodys_id_or_nobodys(text: str) -> None:
    found = ids.whose(text)
    assert found is None or text.startswith(ids.short(found))


def test_what_would_be_larger_than_any_uuid_is_nobodys() -> None:
    assert ids.long("7" + "z" * 25) == UUID(int=(1 << 128) - 1)
    assert ids.long("8" + "0" * 25) is None


def test_the_parts_of_a_record_are_told_apart_without_a_word_of_health() -> None:
    parts = [diary.suffix(key) for key in (*vocabulary(), diary.WHOLE, diary.NOTHING)]
    parts += [findings.suffix(), laboratory.suffix("level"), laboratory.suffix("antibodies")]
    assert len(set(parts)) == len(parts)
    assert {len(part) for part in parts} == {8}
