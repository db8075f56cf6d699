"""Replies that are read from the database, or translated, while they are written: by
the view and the fast paths, WSGI and ASGI."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import override_settings
from pydantic import ValidationError

from tests.django.entry_points import ENTRY_POINTS, EntryPoint
from tests.django.events import Gateway, serving
from tests.django.reply_routes import (
    ADA,
    GROUPS,
    REPLIES,
    announced,
    anything,
    person_changed,
    router,
)
from wsrouter.errors import InvalidReply
from wsrouter.routing.json_values import NotJson
from wsrouter.testing import WebSocketClient

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("shared_database")]


@pytest.fixture(params=list(ENTRY_POINTS))
def entry_point(request: pytest.FixtureRequest) -> EntryPoint:
    return ENTRY_POINTS[request.param]()


@pytest.fixture(autouse=True)
def _served(user: User) -> Iterator[None]:
    User.objects.update(last_name="Lovelace", is_staff=True)
    user.groups.set([Group.objects.create(name=name) for name in ("cats", "dogs")])
    with serving(router), override_settings(LANGUAGE_CODE="de"):
        yield


def test_lazy_replies(entry_point: EntryPoint, user: User) -> None:
    gateway = Gateway(http=entry_point)  # type: ignore[arg-type]
    assert gateway.connect(user).status_code == 200
    answers, wanted = {}, {}
    for function, (_, payload) in REPLIES.items():
        for name in (function.__name__, f"a{function.__name__}"):
            frame = gateway.send(name)
            answers[name], wanted[name] = frame.get("payload", frame), payload
    assert answers == wanted


NAMED = {
    "untyped": ["untyped", "QuerySet", "Group", "annotate the reply"],
    "untyped.nested": ["untyped_nested", "dict", "User", "annotate the reply"],
    "wrong": ["wrong", "(list[int])", "0 int_type; 1 int_type"],
    "once.inside": ["once_inside", "Listing", "generator"],
    "once.in_a_model": ["once_in_a_model", "Lazily", "Iterator"],
    "once": ["once", "(list[list[int]])", "1.0 int_parsing"],
}


@pytest.mark.parametrize("action", NAMED)
def test_what_is_no_reply_is_named(
    action: str, entry_point: EntryPoint, caplog: pytest.LogCaptureFixture
) -> None:
    frame = Gateway(http=entry_point).send(action)  # type: ignore[arg-type]
    assert frame["error"]["code"] == "internal_error"
    (record,) = caplog.records
    error: Any = record.exc_info and record.exc_info[1]
    assert isinstance(error, InvalidReply)
    assert [part for part in NAMED[action] if part not in str(error)] == []
    assert "llipsis" not in str(error)
    assert "ada" not in str(error)


def test_payloads_of_events_are_written_alike(user: User) -> None:
    with WebSocketClient(user) as client:
        for value in (user.groups, Group.objects.order_by("name")):
            announced.send(value, everyone=True)  # type: ignore[arg-type]
            assert client.receive("announced")["payload"] == GROUPS
        person_changed.send(user, user=user)  # type: ignore[arg-type]
        payload = client.receive("person.changed")["payload"]
        assert payload == ADA | {"lastName": "", "isStaff": False}
        with pytest.raises(ValidationError):
            announced.send([7], everyone=True)  # type: ignore[list-item]
        with pytest.raises(NotJson, match="Group"):
            anything.send(Group.objects.all(), everyone=True)
