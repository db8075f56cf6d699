"""An open connection in the registry: its groups, its state and its user."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import override_settings
from django.utils import timezone

from tests.django.conftest import InThreads
from tests.django.events import Gateway, answered
from tests.django.registering import code_of, connected, ended
from wsrouter.models import Membership, OpenConnection
from wsrouter.registry.open_connections import ConnectionRegistry
from wsrouter.registry.recipients import StoredRecipients
from wsrouter.routing.ports import Recipients

pytestmark = [
    pytest.mark.database,
    pytest.mark.django_db,
    pytest.mark.usefixtures("registering"),
]


def test_joining_and_leaving_twice_is_no_error() -> None:
    gateway = connected()
    for _ in range(2):
        assert gateway.send("join", "b")["payload"] == ["all", "b"]
    for _ in range(2):
        assert gateway.send("leave", "b")["payload"] == ["all"]


def test_ids_and_groups_that_differ_in_case_are_two(user: User, other: User) -> None:
    lower, upper = Gateway("abcDEF1="), Gateway("ABCdef1=")
    assert lower.connect(user).status_code == 200
    assert upper.connect(other).status_code == 200
    assert lower.send("who")["payload"] == "ada"
    assert upper.send("who")["payload"] == "bob"
    assert lower.send("join", "Group")["payload"] == ["Group", "all"]
    assert lower.send("join", "group")["payload"] == ["Group", "all", "group"]
    assert upper.send("join", "group")["payload"] == ["all", "group"]
    lower.disconnect()
    assert upper.send("leave", "Group")["payload"] == ["all", "group"]
    assert Gateway("ABCDEF1=").send("who")["error"]["code"] == "connection_unknown"


def test_a_group_has_up_to_255_characters_of_any_script() -> None:
    gateway = connected()
    name = "Ж" * 254 + "😀"
    assert name in gateway.send("join", name)["payload"]


def test_state_is_merged_by_threads_at_once(in_threads: InThreads) -> None:
    gateway = connected()

    def change(number: int) -> Any:
        return Gateway(gateway.id).send("state", {f"n{number}": number})["type"]

    assert in_threads(8, change) == ["reply"] * 8
    state = OpenConnection.objects.get().state
    assert state == {"since": "today"} | {f"n{n}": n for n in range(8)}


def test_state_of_a_closed_connection_cannot_be_changed() -> None:
    gateway = connected()
    assert gateway.send("astate", {"a": {"b": [1]}})["payload"]["a"] == {"b": [1]}
    assert Membership.objects.filter(group="async").exists()
    OpenConnection.objects.all().delete()
    assert code_of(gateway.send("state", {"a": 2})) == "connection_unknown"


BAD_NAMES = ["", " a", "a\x00b", "x" * 300]


@pytest.mark.parametrize("name", BAD_NAMES, ids=lambda name: repr(name)[:9])
@pytest.mark.parametrize("action", ["join", "leave", "ajoin", "count", "send"])
def test_a_bad_group_name_of_a_client_is_a_wrong_payload(
    action: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    error = connected().send(action, name, id="1")["error"]
    assert (error["code"], error["retry"]) == ("invalid_payload", False)
    assert error["message"].startswith("A group name has ")
    assert not caplog.records


BAD_STATES = ['{"x": NaN}', '{"x": [1e999]}', '{"\\u0000": 1}', '{"x": "\\u0000"}']
BAD_STATES.append('{"x": ' + "[" * 50 + "]" * 50 + "}")


@pytest.mark.parametrize("payload", BAD_STATES, ids=lambda text: text[:20])
@pytest.mark.parametrize("action", ["state", "astate"])
def test_a_bad_state_of_a_client_is_a_wrong_payload(
    action: str, payload: str, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = connected()
    body = f'{{"action": "{action}", "payload": {payload}}}'
    frame = answered(gateway.text(action, body.encode()))
    assert code_of(frame) == "invalid_payload"
    assert frame["error"]["message"].startswith("The state is ")
    assert OpenConnection.objects.get().state == {"since": "today"}
    assert not caplog.records


def test_state_is_stored_as_json_has_it() -> None:
    assert connected().send("typed")["payload"] == (stored := typed_state())
    assert OpenConnection.objects.get().state == stored


def typed_state() -> dict[str, Any]:
    return {
        "since": "today",
        "id": "00000000-0000-0000-0000-000000000007",
        "at": "2026-01-02T00:00:00Z",
        "price": "1.10",
        "title": "Monday",
    }


def test_an_unknown_connection_does_not_reach_the_handler() -> None:
    assert code_of(Gateway().send("who")) == "connection_unknown"


@pytest.mark.parametrize("event", ["expired", "inactive", "password"])
def test_a_session_that_ended_does_not_reach_the_handler(
    event: str, user: User
) -> None:
    gateway = connected(user)
    assert gateway.send("who")["payload"] == "ada"
    if event == "expired":
        OpenConnection.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif event == "inactive":
        User.objects.update(is_active=False)
    else:
        user.set_password("another")
        user.save()
    assert code_of(gateway.send("who")) == "not_authenticated"


def test_a_new_secret_key_with_the_old_one_as_fallback_ends_no_session(
    user: User, settings: Any
) -> None:
    gateway = connected(user)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert gateway.send("who")["payload"] == "ada"
    settings.SECRET_KEY_FALLBACKS = []
    assert code_of(gateway.send("who")) == "not_authenticated"


def test_a_deleted_user_takes_connections_and_groups_along(user: User) -> None:
    gateway = connected(user)
    user.delete()
    assert not OpenConnection.objects.exists()
    assert not Membership.objects.exists()
    assert code_of(gateway.send("who")) == "connection_unknown"
    assert gateway.disconnect().status_code == 200
    assert ended == []


@override_settings(USE_TZ=False, TIME_ZONE="America/New_York")
def test_a_project_without_time_zones(user: User) -> None:
    gateway = connected(user)
    row = OpenConnection.objects.get()
    assert row.connected_at == datetime(2025, 11, 27, 3, 0, 0, 123000)  # noqa: DTZ001
    assert gateway.send("who")["payload"] == "ada"
    registry = ConnectionRegistry()
    (page,) = StoredRecipients().pages(Recipients(everyone=True))
    assert timezone.is_aware(page[0].stored_at)
    found = registry.forget(gateway.id, "default")
    assert found is not None
    assert found.connection.connected_at == datetime(
        2025, 11, 27, 8, 0, 0, 123000, tzinfo=UTC
    )
