"""The server cannot be aimed inward: a browser names the address, and only a push service out there is called (P32)."""

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from notifications.channels.webpush import WebPush
from notifications.endpoint import Endpoint, Hosts, NotPublic, addresses, all_public, listed, parse
from notifications.reminder import Accepted, Failed
from tests.notifications.making import MessageFactory
from tests.notifications.pushing import CONTACT, LOOPBACK, NAME, SECRET, Browser, push_service

pytestmark = pytest.mark.promise("P32")

HOSTS = Hosts(("fcm.googleapis.com", "*.notify.windows.com"), ("127.0.0.1:4433",))
FCM = "https://fcm.googleapis.com"
REFUSED = [
    "",
    "word",
    "//fcm.googleapis.com/x",
    "http://fcm.googleapis.com/x",
    "HTTPS://fcm.googleapis.com/x",
    "ftp://fcm.googleapis.com/x",
    "https://fcm.googleapis.com",
    "https://fcm.googleapis.com:80/x",
    "https://fcm.googleapis.com:0443/x",
    "https://fcm.googleapis.com:443443/x",
    "https://fcm.googleapis.com:/x",
    "https://fcm.googleapis.com./x",
    "https://.fcm.googleapis.com/x",
    "https://FCM.googleapis.com/x",
    "https://fcm.googleapis.com@10.0.0.1/x",
    "https://user:word@fcm.googleapis.com/x",
    "https://@fcm.googleapis.com/x",
    "https://fcm.googleapis.com\\@10.0.0.1/x",
    "https://fcm.googleapis.com%2eexample.org/x",
    "https://fcm.googleapis.com#@10.0.0.1/x",
    "https://fcm.googleapis.com?@10.0.0.1/x",
    "https://fcm.googleapis.com.example.org/x",
    "https://example.org/fcm.googleapis.com",
    "https://evilfcm.googleapis.com/x",
    "https://notify.windows.com/x",
    "https://evilnotify.windows.com/x",
    "https://..notify.windows.com/x",
    "https://fcm\u3002googleapis\u3002com/x",
    "https://\uff46cm.googleapis.com/x",
    "https://fcm.g\u043e\u043egleapis.com/x",
    "https://fcm.googleapis.com/\u00e9",
    "https://fcm.googleapis.com/x y",
    "https://fcm.googleapis.com/x\r\nHost: inside",
    "https://fcm.googleapis.com/x\n",
    "https://fcm.googleapis.com/x\t",
    " https://fcm.googleapis.com/x",
    "https://localhost/x",
    "https://10.0.0.1/x",
    "https://127.0.0.1/x",
    "https://127.0.0.1:4434/x",
    "https://2130706433/x",
    "https://0x7f000001/x",
    "https://0x7f.0.0.1/x",
    "https://017700000001/x",
    "https://127.1/x",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://[fe80::1%25eth0]/x",
    f"{FCM}/{'x' * 2100}",
]
INSIDE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::808:808",
    "2002:7f00:1::",
    "2002:a00:1::",
    "2001::1",
    "2001:db8::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "2130706433",
    "0x7f000001",
    "localhost",
    "",
]
OUTSIDE = ["142.250.102.95", "34.107.243.93", "2a00:1450:4025:c03::5f", "::ffff:142.250.102.95", "64:ff9b::8efa:665f"]


def test_a_known_push_service_is_called_where_the_browser_said() -> None:
    assert parse(f"{FCM}/fcm/send/a:b_c-d", HOSTS) == Endpoint("fcm.googleapis.com", 443, "/fcm/send/a:b_c-d")
    assert parse(f"{FCM}:443/x?y=%20z", HOSTS) == Endpoint("fcm.googleapis.com", 443, "/x?y=%20z")
    assert parse("https://a.b.notify.windows.com/x", HOSTS).origin == "https://a.b.notify.windows.com"
    assert parse("https://127.0.0.1:4433/x", HOSTS) == Endpoint("127.0.0.1", 4433, "/x", seam=True)


@pytest.mark.parametrize("text", REFUSED)
def test_nothing_else_is_the_address_of_a_push_service(text: str) -> None:
    with pytest.raises(ValueError, match="push service"):
        parse(text, HOSTS)


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_not_public_is_known(address: str) -> None:
    assert not all_public([OUTSIDE[0], address])


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_is_public_is_known_too(address: str) -> None:
    assert all_public([address])


def answering(*found: str) -> Callable[..., list[Any]]:
    """Return a resolver that answers with these addresses."""

    def resolve(_host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    return resolve


@pytest.mark.parametrize("address", INSIDE)
def test_a_known_name_that_leads_inside_is_not_called(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answering(OUTSIDE[0], address))
    with pytest.raises(NotPublic):
        addresses(Endpoint("fcm.googleapis.com", 443, "/x"))
    called: list[Any] = []
    monkeypatch.setattr(socket, "create_connection", lambda *told: called.append(told))
    channel = WebPush(lambda: SECRET, CONTACT, HOSTS)
    told = channel.send(MessageFactory.build(), json.dumps([Browser(FCM).address()]))
    assert (told, called) == (Failed(False, "push-not-public"), [])


def test_the_name_is_asked_once_and_the_call_goes_to_the_very_address_that_was_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = iter([answering(OUTSIDE[0]), answering("127.0.0.1")])

    def resolve(*told: Any, **more: Any) -> list[Any]:
        return next(answers)(*told, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    called: list[tuple[str, int]] = []

    def refuse(where: tuple[str, int], _timeout: float) -> Any:
        called.append(where)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    channel = WebPush(lambda: SECRET, CONTACT, HOSTS)
    told = channel.send(MessageFactory.build(), json.dumps([Browser(FCM).address()]))
    assert (told, called) == (Failed(False, "push-unreachable"), [(OUTSIDE[0], 443)])


def test_a_name_that_leads_elsewhere_the_next_time_is_not_asked_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[str] = []

    def resolve(host: str, *told: Any, **more: Any) -> Any:
        if host == NAME:
            asked.append(host)
        return really(LOOPBACK if asked == [NAME] else "127.0.0.2", *told, **more)

    really = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with push_service(tmp_path) as service:
        channel = WebPush(lambda: SECRET, CONTACT, listed("", f"{NAME}:{service.port}"), tls=service.tls())
        told = channel.send(MessageFactory.build(), json.dumps([Browser(f"https://{NAME}:{service.port}").address()]))
        assert (type(told), len(service.got), asked) == (Accepted, 1, [NAME])
        assert service.got[0].headers["Host"] == f"{NAME}:{service.port}"


def test_a_subscription_whose_host_left_the_list_is_gone() -> None:
    channel = WebPush(lambda: SECRET, CONTACT, Hosts(("updates.push.services.mozilla.com",)))
    told = channel.send(MessageFactory.build(), json.dumps([Browser(FCM).address("one")]))
    assert told == Failed(True, "push-unusable", gone=("one",))
