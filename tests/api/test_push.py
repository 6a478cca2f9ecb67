"""Push over HTTP and out of the door: sealed, bound to the phone, to every phone that stands, else by mail."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from backend.mailing import OUTBOX
from backend.settings import SettingsError, load
from backend.storage.access import SessionRow
from backend.storage.ledger import AttemptRow
from backend.storage.outbox import SqlOutbox
from backend.storage.patients import PatientRow
from backend.storage.push import SubscriptionRow
from backend.storage.reminders import ReminderRow
from backend.storage.sealing import Place, load_key
from backend.worker import make_dispatcher
from notifications import vapid
from notifications.dispatcher import Dispatcher, Tally
from tests.factories.chains import chain
from tests.factories.reminders import ReminderRowFactory
from tests.house import House, Patient
from tests.notifications.pushing import Browser, PushService, push_service, signer

PATH = "/me/push-subscriptions"
OUTSIDE = "https://fcm.googleapis.com"
WISH = {"language": "nl", "zone": "Europe/Amsterdam"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PushService]:
    with push_service(tmp_path_factory.mktemp("push")) as service:
        yield service


@pytest.fixture
def service(running: PushService, house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[PushService]:
    """A push service that this house may call; its key is made anew for every test."""
    running.got.clear()
    running.answers.clear()
    told = replace(house.settings, push_test_hosts=running.seam, push_test_ca=running.ca)
    monkeypatch.setattr(house, "settings", told)
    monkeypatch.setattr(house.app.extensions["uitwerk"], "settings", told)
    told.push_key.unlink(missing_ok=True)
    yield running
    for file in (told.data_dir / OUTBOX).glob("*.eml"):
        file.unlink()


@pytest.fixture
def dispatcher(house: House) -> Iterator[Callable[[], Dispatcher]]:
    made: list[Dispatcher] = []

    def make() -> Dispatcher:
        made.append(make_dispatcher(house.settings, house.clock))
        return made[-1]

    yield make
    for one in made:
        assert isinstance(one.outbox, SqlOutbox)
        one.outbox.engine.dispose()


def enrolled(house: House, channels: str = "push email", mail: bool = True) -> Patient:
    patient = house.patient(channels=channels)
    with house.unit() as ctx:
        row, mine = ctx.session.get_one(PatientRow, patient.id), str(patient.id)
        if mail:
            row.email_sealed = ctx.sealer.seal(row.key, mine, "anna@example.org", Place("patients", "email", mine))
    return patient


def woken(house: House, phone: dict[str, str], browser: Browser) -> str:
    answer = house.post(PATH, headers=phone, json=browser.told)
    assert answer.status_code == 201, answer.json
    return str(answer.json["id"])


def due(house: House, patient: Patient, **columns: Any) -> UUID:
    row = ReminderRowFactory.build(patient_id=patient.id, **{"channel": "push", **columns})
    row_id: UUID = row.id
    house.add(row)
    return row_id


def standing(house: House, *phones: dict[str, str]) -> list[list[str]]:
    return [[item["id"] for item in house.get(PATH, headers=phone).json["items"]] for phone in phones]


def told(house: House) -> list[tuple[str, str, str]]:
    with house.unit(writes=False) as ctx:
        rows = ctx.session.scalars(select(ReminderRow).order_by(ReminderRow.send_at, ReminderRow.key))
        return [(row.channel, row.status, row.why) for row in rows]


def mails(house: House) -> int:
    return len(list((house.settings.data_dir / OUTBOX).glob("*.eml")))


def work(one: Dispatcher) -> Tally:
    """Work until nothing moves, as the ticker does."""
    rounds = [one.run_once()]
    while rounds[-1].settled:
        rounds.append(one.run_once())
    return Tally(sent=sum(r.sent for r in rounds), failed=sum(r.failed for r in rounds))


def test_everybody_gets_the_same_key_and_only_its_owner_reads_the_file(house: House, service: PushService) -> None:
    keys = {house.get("/push-key").json["public_key"] for _ in range(3)}
    file = house.settings.push_key
    assert keys == {vapid.public_key(load_key(file))}
    assert file.parent == house.settings.keys.parent
    assert oct(file.stat().st_mode & 0o777) == "0o600"


@pytest.mark.promise("P34")
def test_processes_that_need_the_key_at_once_get_the_same(tmp_path: Path) -> None:
    settings = replace(load({}), data_dir=tmp_path / "new")
    gate = Barrier(8)

    def need() -> bytes:
        gate.wait()
        return load_key(settings.push_key)

    with ThreadPoolExecutor(8) as threads:
        found = [done.result() for done in [threads.submit(need) for _ in range(8)]]
    assert len(set(found)) == 1
    assert [file.name for file in settings.push_key.parent.iterdir()] == ["push.key"]


def test_a_key_that_can_not_be_kept_says_so_and_hurts_nothing_else(house: House, service: PushService) -> None:
    house.settings.push_key.write_text("no key")
    answer = house.get("/push-key")
    assert (answer.status_code, answer.json["code"]) == (503, "storage-unavailable")
    house.settings.push_key.unlink()


@pytest.mark.promise("P34")
@pytest.mark.parametrize("name", ["UITWERK_PUSH_TEST_HOSTS", "UITWERK_PUSH_TEST_CA"])
def test_the_seams_are_refused_outside_tests(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}.*APP_ENV"):
        load({name: "127.0.0.1:4433"})


@pytest.mark.promise("P32")
@pytest.mark.parametrize(
    "host", ["*", "*.com", "localhost", "10.0.0.1", "*.10.0.0.1", "a_b.example", "x.example:80", "é.nl"]
)
def test_the_list_of_push_services_holds_names_only(host: str) -> None:
    with pytest.raises(SettingsError, match="UITWERK_PUSH_HOSTS"):
        load({"UITWERK_PUSH_HOSTS": f"push.example.org {host}"})


def test_the_same_subscription_again_is_nothing_new(house: House, service: PushService) -> None:
    phone, browser = house.phone(enrolled(house)), Browser(OUTSIDE)
    first = woken(house, phone, browser)
    again = house.post(PATH, headers=phone, json=browser.told)
    assert (again.status_code, again.json) == (200, {"id": first})
    (item,) = house.get(PATH, headers=phone).json["items"]
    assert (item["id"], item["device"], item["this"]) == (first, "phone", True)


@pytest.mark.promise("P29")
@pytest.mark.promise("P30")
def test_endpoint_and_keys_are_kept_nowhere_in_clear(house: House, service: PushService) -> None:
    browser = Browser(OUTSIDE)
    woken(house, house.phone(enrolled(house)), browser)
    with house.unit(writes=False) as ctx:
        kept = str(ctx.session.execute(text("SELECT mark, target_sealed FROM push_subscriptions")).mappings().one())
        events = str(ctx.session.execute(text("SELECT * FROM events")).all())
    assert not any(word in kept + events for word in (browser.path[6:], OUTSIDE, *browser.told["keys"].values()))


@pytest.mark.promise("P32")
@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x",
        "https://localhost/x",
        "https://127.0.0.1/x",
        "https://127.0.0.1:1/x",
        "https://2130706433/x",
        "https://0x7f000001/x",
        "https://[::1]/x",
        "https://[::ffff:10.0.0.1]/x",
        "https://169.254.169.254/latest/meta-data",
        "https://fcm.googleapis.com:80/x",
        "https://fcm.googleapis.com@10.0.0.1/x",
        "https://fcm.googleapis.com./x",
        "https://fcm.googleapis.com.example.org/x",
        "https://fcm\u3002googleapis.com/x",
        "https://example.org/x",
    ],
)
def test_no_other_address_is_taken(house: House, service: PushService, endpoint: str) -> None:
    phone = house.phone(enrolled(house))
    answer = house.post(PATH, headers=phone, json=Browser(OUTSIDE).told | {"endpoint": endpoint})
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")
    assert [one["pointer"] for one in answer.json["pointers"]] == ["/endpoint"]
    assert standing(house, phone) == [[]]


@pytest.mark.parametrize(("name", "key"), [("p256dh", "B" * 87), ("p256dh", "é"), ("auth", "short"), ("auth", "=")])
def test_no_other_keys_are_taken(house: House, service: PushService, name: str, key: str) -> None:
    good = Browser(OUTSIDE).told
    answer = house.post(PATH, headers=house.phone(enrolled(house)), json=good | {"keys": good["keys"] | {name: key}})
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json["pointers"]] == [f"/keys/{name}"]


@pytest.mark.promise("P11")
def test_a_due_reminder_wakes_every_phone_that_stands(
    house: House, service: PushService, dispatcher: Callable[[], Dispatcher]
) -> None:
    anna, browsers = enrolled(house), [Browser(service.origin) for _ in range(2)]
    for browser in browsers:
        woken(house, house.phone(anna), browser)
    row_id = due(house, anna)
    assert work(dispatcher()) == Tally(sent=1)
    assert {pushed.path for pushed in service.got} == {browser.path for browser in browsers}
    opened = [b.opened(p.body) for p in service.got for b in browsers if b.path == p.path]
    assert {one["id"] for one in opened} == {str(row_id)}
    assert signer(service.got[0].headers["Authorization"])[1] == house.get("/push-key").json["public_key"]
    assert (told(house), mails(house)) == ([("push", "sent", "")], 0)


@pytest.mark.promise("P11")
def test_two_dispatchers_wake_a_phone_once_for_each_reminder(
    house: House, service: PushService, dispatcher: Callable[[], Dispatcher]
) -> None:
    anna = enrolled(house)
    woken(house, house.phone(anna), Browser(service.origin))
    for _ in range(12):
        due(house, anna)
    workers, gate = [replace(dispatcher(), batch=3) for _ in range(2)], Barrier(2)

    def at_once(one: Dispatcher) -> int:
        gate.wait()
        return work(one).sent

    with ThreadPoolExecutor(2) as threads:
        assert sum(threads.map(at_once, workers)) == 12
    assert len(service.got) == len({pushed.headers["Topic"] for pushed in service.got}) == 12


@pytest.mark.promise("P11")
@pytest.mark.parametrize("status", [404, 410])
def test_where_the_only_phone_is_gone_the_reminder_goes_by_mail_in_the_same_breath(
    house: House, service: PushService, dispatcher: Callable[[], Dispatcher], status: int
) -> None:
    anna, browser = enrolled(house), Browser(service.origin)
    phone = house.phone(anna)
    woken(house, phone, browser)
    service.answers[browser.path] = (status, {})
    due(house, anna)
    assert work(dispatcher()) == Tally(sent=1)
    assert (len(service.got), mails(house)) == (1, 1)
    assert (told(house), standing(house, phone)) == ([("email", "sent", "")], [[]])
    with house.unit(writes=False) as ctx:
        assert [row.outcome for row in ctx.session.query(AttemptRow).order_by(AttemptRow.attempt)] == [
            f"push-{status}",
            "accepted",
        ]
        assert ctx.session.scalars(select(SubscriptionRow.target_sealed)).one() == b""


def test_a_phone_that_is_gone_does_not_keep_the_message_from_the_other(
    house: House, service: PushService, dispatcher: Callable[[], Dispatcher]
) -> None:
    anna = enrolled(house)
    here, gone = Browser(service.origin), Browser(service.origin)
    phones = [house.phone(anna) for _ in range(2)]
    kept = woken(house, phones[0], here)
    woken(house, phones[1], gone)
    service.answers[gone.path] = (410, {})
    due(house, anna)
    assert work(dispatcher()) == Tally(sent=1)
    assert standing(house, *phones) == [[kept], [kept]]
    due(house, anna)
    assert work(dispatcher()) == Tally(sent=1)
    assert len(service.got) == 3


def test_without_mail_and_with_a_browser_that_is_gone_it_waits_in_the_app(
    house: House, service: PushService, dispatcher: Callable[[], Dispatcher]
) -> None:
    anna, browser = enrolled(house, mail=False), Browser(service.origin)
    woken(house, house.phone(anna), browser)
    service.answers[browser.path] = (410, {})
    due(house, anna)
    assert work(dispatcher()) == Tally(sent=1)
    assert told(house) == [("inbox", "sent", "")]


def test_with_the_signing_key_lost_every_subscription_is_gone_and_reminders_go_by_mail(
    house: House, service: PushService, dispatcher: Callable[[], Dispatcher]
) -> None:
    anna = enrolled(house)
    woken(house, house.phone(anna), Browser(service.origin))
    before = house.get("/push-key").json
    house.settings.push_key.unlink()
    due(house, anna)
    assert work(dispatcher()) == Tally(sent=1)
    assert (service.got, mails(house)) == ([], 1)
    assert house.get("/push-key").json != before


@pytest.mark.promise("P22")
def test_a_phone_that_was_sent_away_is_not_woken(
    house: House, service: PushService, dispatcher: Callable[[], Dispatcher]
) -> None:
    anna = enrolled(house)
    woken(house, house.phone(anna), Browser(service.origin))
    with house.unit() as ctx:
        ctx.session.query(SessionRow).where(SessionRow.patient_id == anna.id).update({"revoked_at": house.clock.now})
    due(house, anna)
    assert work(dispatcher()) == Tally(sent=1)
    assert (service.got, mails(house)) == ([], 1)


def test_what_is_planned_moves_to_push_with_the_first_phone_and_back_to_mail_with_the_last(
    house: House, service: PushService
) -> None:
    anna = enrolled(house, channels="email")
    phone = house.phone(anna)
    chain(house, anna, ["2026-05-11 09:00"])
    wish = WISH | {"email": "anna@example.org", "channels": ["push", "email"]}
    assert house.put("/me/profile", headers=phone, json=wish).status_code == 200
    planned = told(house)
    assert {channel for channel, *_ in planned} == {"email"}
    first = woken(house, phone, Browser(OUTSIDE))
    assert {channel for channel, *_ in told(house)} == {"push"}
    second = woken(house, house.phone(anna), Browser(OUTSIDE))
    assert house.delete(f"{PATH}/{first}", headers=phone).status_code == 204
    assert {channel for channel, *_ in told(house)} == {"push"}
    assert house.delete(f"{PATH}/{second}", headers=phone).status_code == 204
    assert house.delete(f"{PATH}/{second}", headers=phone).status_code == 204
    assert told(house) == planned


def test_a_shared_phone_wakes_for_whoever_has_it_now(house: House, service: PushService) -> None:
    anna, other, browser = enrolled(house), enrolled(house), Browser(OUTSIDE)
    phones = [house.phone(anna), house.phone(other)]
    first = woken(house, phones[0], browser)
    chain(house, anna, ["2026-05-11 09:00"])
    house.put(
        "/me/profile", headers=phones[0], json=WISH | {"email": "anna@example.org", "channels": ["push", "email"]}
    )
    second = woken(house, phones[1], browser)
    assert first != second
    assert standing(house, *phones) == [[], [second]]
    assert {channel for channel, *_ in told(house)} == {"email"}


@pytest.mark.promise("P03")
def test_the_same_subscription_sent_many_times_at_once_stands_once(house: House, service: PushService) -> None:
    anna, browser, gate = enrolled(house), Browser(OUTSIDE), Barrier(4)
    phone = house.phone(anna)

    def send() -> int:
        gate.wait()
        return int(house.app.test_client().post(f"/api/v1{PATH}", headers=phone, json=browser.told).status_code)

    with ThreadPoolExecutor(4) as threads:
        answers = sorted(done.result() for done in [threads.submit(send) for _ in range(4)])
    assert answers == [200, 200, 200, 201]
    assert len(standing(house, phone)[0]) == 1


def test_a_phone_has_one_subscription_and_a_patient_not_more_than_ten(house: House, service: PushService) -> None:
    anna = enrolled(house)
    phone = house.phone(anna)
    woken(house, phone, Browser(OUTSIDE))
    oldest = woken(house, phone, Browser(OUTSIDE))
    assert standing(house, phone) == [[oldest]]
    for _ in range(10):
        house.clock.now += timedelta(seconds=1)
        woken(house, house.phone(anna), Browser(OUTSIDE))
    (ids,) = standing(house, phone)
    assert len(ids) == 10
    assert oldest not in ids


@pytest.mark.promise("P19")
def test_nobody_elses_subscription_can_be_ended(house: House, service: PushService) -> None:
    phones = [house.phone(enrolled(house)) for _ in range(2)]
    mine = woken(house, phones[0], Browser(OUTSIDE))
    answers = [house.delete(f"{PATH}/{one}", headers=phones[1]) for one in (mine, uuid4())]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert standing(house, phones[0]) == [[mine]]
