"""Generated histories of three phones: lost, doubled, reordered and late deliveries end where the model ends (P05)."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from backend.services import corrections
from backend.storage import records
from backend.storage.patients import PatientRow
from backend.storage.symptoms import get
from tests.api.phones import Model, Phone, content, ids
from tests.house import House

IDS = ids(8)
PHONES = 3
STEPS = 30

entry_ids = st.sampled_from(IDS)
phones = st.integers(0, PHONES - 1)
intensities = st.integers(0, 3)
words = st.sampled_from([None, "tram", "bad night", "hot day"])


class Phones(RuleBasedStateMachine):
    """Three phones of one patient; each rule is something that a phone, or the way between, does."""

    house: House

    @initialize()
    def begin(self) -> None:
        self.house.clock.now = datetime.fromisoformat("2026-06-01T10:00:00+00:00")
        self.anna = self.house.patient()
        self.phones = [Phone(self.house.phone(self.anna)) for _ in range(PHONES)]
        self.model = Model()
        self.wire: list[tuple[int, list[dict[str, Any]]]] = []
        self._queue(0, {"op": "put", "id": IDS[0]}, 1, None)
        for of in range(PHONES):
            self._deliver(of, list(self.phones[of].queue), lost=False)

    @rule(of=phones, entry=entry_ids, intensity=intensities, note=words)
    def log(self, of: int, entry: str, intensity: int, note: str | None) -> None:
        """Log an entry; two phones may even hit upon one id."""
        self._queue(of, {"op": "put", "id": entry}, intensity, note)

    @rule(of=phones, data=st.data(), intensity=intensities, note=words, ahead=st.sampled_from([0, 0, 0, 1]))
    def correct(self, of: int, data: st.DataObject, intensity: int, note: str | None, ahead: int) -> None:
        """Correct an entry in the version this phone knows, or the one its own correction will make."""
        entry = self._one_known(of, data)
        known = self.phones[of].known.get(entry)
        self._queue(of, {"op": "put", "id": entry, "base_version": (known or {"version": 1})["version"] + ahead},
                    intensity, note)  # fmt: skip

    @rule(of=phones, data=st.data(), really=st.integers(0, 2))
    def take_back(self, of: int, data: st.DataObject, really: int) -> None:
        """Retract an entry in the version this phone knows, now and then."""
        if really:
            return
        entry = self._one_known(of, data)
        known = self.phones[of].known.get(entry)
        told = {"recorded_at": self.house.clock.now.isoformat(), "reason": "mistake"}
        base = (known or {"version": 1})["version"]
        change = {"op": "retract", "type": "diary-entry", "id": entry, "base_version": base, "data": told}
        self.phones[of].queue.append(change)

    @precondition(lambda self: any(phone.queue for phone in self.phones))
    @rule(of=phones, data=st.data(), lost=st.booleans())
    def send(self, of: int, data: st.DataObject, lost: bool) -> None:
        """Send what waits, shuffled and in part twice; the answer may be lost, and a copy stays on the way."""
        queue = self.phones[of].queue
        batch = data.draw(st.permutations(queue + queue[: data.draw(st.integers(0, 2))]))
        self.wire.append((of, batch))
        self._deliver(of, batch, lost=lost)

    @precondition(lambda self: self.wire)
    @rule(data=st.data(), days=st.integers(0, 30))
    def arrive_late(self, data: st.DataObject, days: int) -> None:
        """A copy of an earlier batch arrives, up to a month later; nobody reads the answer."""
        of, batch = data.draw(st.sampled_from(self.wire))
        self.house.clock.now += timedelta(days=days)
        self._deliver(of, batch, lost=True)

    @rule(of=phones)
    def pull(self, of: int) -> None:
        """Get what changed."""
        self._call(of, [])

    @invariant()
    def nothing_comes_back(self) -> None:
        """What the model retracted no phone is given as standing, once it pulled."""
        for phone in self.phones:
            assert all(not known["retracted"] for known in phone.known.values())

    def teardown(self) -> None:
        """Everybody comes online: all is sent, all is pulled, and everything is as the model says."""
        if not hasattr(self, "phones"):
            return
        for _ in range(2):
            for of, phone in enumerate(self.phones):
                self._deliver(of, list(phone.queue), lost=False)
        self._equal()

    def _one_known(self, of: int, data: st.DataObject) -> str:
        return str(data.draw(st.sampled_from([*sorted(self.phones[of].known), IDS[-1]])))

    def _queue(self, of: int, change: dict[str, Any], intensity: int, note: str | None) -> None:
        moment = self.house.clock.now.isoformat()
        data = {
            "occurred": {"at": "2026-06-01T11:00:00+02:00", "zone": "Europe/Amsterdam"},
            "recorded_at": moment,
            "ratings": [{"symptom": "fatigue", "intensity": intensity}],
            "note": note,
        }
        self.phones[of].queue.append({**change, "type": "diary-entry", "data": data})

    def _deliver(self, of: int, batch: list[dict[str, Any]], *, lost: bool) -> None:
        expected = [self.model.deliver(change) for change in batch]
        answer = self._call(of, batch, lost=lost)
        assert [result["result"] for result in answer["results"]] == expected
        if not lost:
            self.phones[of].settle(batch, answer["results"])

    def _call(self, of: int, batch: list[dict[str, Any]], *, lost: bool = False) -> dict[str, Any]:
        phone = self.phones[of]
        told = {"cursor": phone.cursor, "changes": batch, "sent_at": self.house.clock.now.isoformat(), "limit": 5}
        made = self.house.post("/me/sync", json=told, headers=phone.headers)
        assert made.status_code == 200, made.json
        answer: dict[str, Any] = made.json
        while not lost:
            phone.take(made.json)
            if not made.json["more"]:
                break
            told = {"cursor": phone.cursor, "limit": 5}
            made = self.house.post("/me/sync", json=told, headers=phone.headers)
        return answer

    def _equal(self) -> None:
        standing = {id_: one for id_, one in self.model.records.items() if not one.retracted}
        for of in range(PHONES):
            self._call(of, [])
            known = self.phones[of].known
            assert {id_: content(data) for id_, data in known.items()} == {
                id_: one.versions[-1] for id_, one in standing.items()
            }
        with self.house.unit(self.anna, writes=False) as ctx:
            for id_, one in self.model.records.items():
                row = get(ctx.session, self.anna.id, UUID(id_))
                assert row is not None
                assert (row.version, row.retracted) == (one.version, one.retracted)
                kept = records.versions(ctx.session, "diary-entry", self.anna.id, row.id)
                said = [v.content["ratings"][0]["intensity"] for v in kept]
                assert said == [intensity for intensity, _ in one.versions[: len(kept)]]
            patient = ctx.session.get_one(PatientRow, self.anna.id)
            aside = {
                (str(one.record_id), one.base_version, content(dict(one.statement)))
                for one in corrections.refused(ctx, patient)
            }
        assert aside == {(id_, base, said) for id_, one in self.model.records.items() for base, said in one.aside}


@pytest.mark.promise("P05")
def test_three_phones_end_where_the_model_ends_whatever_happens_on_the_way(
    house: House, pytestconfig: pytest.Config
) -> None:
    run_state_machine_as_test(
        type("Here", (Phones,), {"house": house}),
        settings=settings(
            max_examples=int(pytestconfig.getoption("--histories")),
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
