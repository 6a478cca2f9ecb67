"""The inbox takes whatever has somebody to read it; a channel that is not set up says so for good."""

import pytest

from notifications.channels.absent import Absent
from notifications.channels.base import Channel
from notifications.channels.inbox import Inbox
from notifications.reminder import Accepted, Failed
from tests.notifications.making import MessageFactory


@pytest.mark.parametrize("address", ["patient-1", "+31612345678", " ", "é"])
def test_the_inbox_takes_a_message_for_anybody(address: str) -> None:
    inbox: Channel = Inbox()
    assert inbox.send(MessageFactory.build(message_id="m-1"), address) == Accepted("m-1")


def test_the_inbox_takes_nothing_for_nobody() -> None:
    assert Inbox().send(MessageFactory.build(), "") == Failed(True, "no-address")


def test_what_is_not_set_up_is_refused_for_good_with_the_reason_it_was_given() -> None:
    absent: Channel = Absent()
    assert absent.send(MessageFactory.build(), "anna@example.org") == Failed(True, "not-configured")
    assert Absent("no-gateway").send(MessageFactory.build(), "+31612345678") == Failed(True, "no-gateway")
