"""What arrives at the same moment."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import override_settings

from tests.django.events import Gateway
from tests.security.conftest import InThreads
from tests.security.served import SETTINGS, Ended
from wsrouter import connections
from wsrouter.models import Membership, OpenConnection
from wsrouter.wiring import outgoing, process_threads
from wsrouter.wiring.outgoing import Closing

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    with override_settings(WSROUTER={"default": SETTINGS}):
        yield


def test_a_message_that_races_with_the_end(
    user: User, in_threads: InThreads, ended: list[Ended]
) -> None:
    """Each message is answered for the user, or refused; the end is told once."""
    gateway = Gateway()
    gateway.connect(user)

    def act(number: int) -> str:
        mine = Gateway(gateway.id)
        if number == 4:
            return str(mine.disconnect().status_code)
        frame = mine.send("who")
        return str(frame.get("payload") or frame["error"]["code"])

    answers = set(in_threads(8, act))
    assert answers <= {"ada", "connection_unknown", "200"}
    assert [each.id for each in ended] == [gateway.id]
    assert not OpenConnection.objects.exists()


def test_an_end_that_races_with_messages_and_another_end(
    user: User,
    in_threads: InThreads,
    ended: list[Ended],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever comes first ends it; the handlers hear of one end."""
    monkeypatch.setattr(outgoing, "close", lambda address: Closing.CLOSED)
    gateway = Gateway()
    gateway.connect(user)

    def act(number: int) -> str:
        if number in (1, 5):
            return str(connections.end(user.pk))
        frame = Gateway(gateway.id).send("who")
        return str(frame.get("payload") or frame["error"]["code"])

    answers = set(in_threads(8, act))
    process_threads.closings().close()
    assert answers <= {"ada", "connection_unknown", "not_authenticated", "0", "1"}
    assert [(each.id, each.cause) for each in ended] == [(gateway.id, "ended")]
    assert not OpenConnection.objects.exists()
    assert not Membership.objects.exists()
