"""The lines of `wsrouter.frames`, as a project's log has them."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.django.events import CONTEXT, Gateway, serving
from tests.django.group_routes import Socket
from wsrouter import Connection, MessageError, Router
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.testing.substitution import substituted
from wsrouter.wiring import frame_log

pytestmark = [pytest.mark.database, pytest.mark.django_db]
FRAMES = "wsrouter.frames"
router = Router()
said = router.event("said", str)


@router.route("say")
def say(payload: str, connection: Connection) -> str:
    if payload == "no":
        raise MessageError("no_thanks")
    said.send(payload, connection=connection)
    return payload


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    made, memory, socket = Gateway(), MemoryTransport(), Socket()
    memory.opened(made.id, socket)
    with serving(router), substituted(transport=memory, secret=""):
        yield made


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """Those of the log, without what differs from run to run."""
    found = [r for r in caplog.records if r.name == FRAMES]
    read = [json.loads(record.getMessage()) for record in found]
    for line in read:
        assert line.pop("at").endswith("Z")
        assert line.pop("ms", 1) > 0
    return read


def test_a_line_a_frame_and_a_send(
    user: User, gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, FRAMES)
    gateway.connect(user)
    gateway.send("say", "hello", id="1")
    gateway.send("say", "no", id="2")
    gateway.disconnect(disconnectStatusCode="1001")
    same = {
        "gateway": "default",
        "connection": gateway.id,
        "request": CONTEXT["requestId"],
        "user": str(user.pk),
        "code": "",
    }
    message = {**same, "event": "message", "route": "say"}
    message["message"] = CONTEXT["messageId"]
    none = {"message": "", "bytes": 0, "reply_bytes": 0}
    found = lines(caplog)
    sizes = [(line.pop("bytes"), line.pop("reply_bytes")) for line in found[1:4:2]]
    sent = {"delivered": 1, "gone": 0, "failed": 0, "left_out": 0}
    assert found == [
        {
            **same,
            **none,
            "event": "connect",
            "route": "$connect",
            "outcome": "accepted",
        },
        {**message, "outcome": "reply"},
        {"event": "send", "type": "said", "outcome": "sent", **sent}
        | {"reasons": {}, "stopped": ""},
        {**message, "outcome": "error", "code": "no_thanks"},
        {**same, **none, "event": "disconnect", "route": "$disconnect"}
        | {"outcome": "nothing", "close_code": 1001},
    ]
    assert sizes == [(43, 58), (40, 96)]


def test_a_handshake_that_is_refused_for_its_origin(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, FRAMES)
    origin = {"Origin": "https://elsewhere.example"}
    assert gateway.connect(client=origin).status_code == 403
    (line,) = [r.__dict__["frame"] for r in caplog.records if r.name == FRAMES]
    told = {name: line[name] for name in ("event", "outcome", "code", "connection")}
    assert told == {
        "event": "connect",
        "outcome": "refused",
        "code": "403",
        "connection": gateway.id,
    }
    assert "elsewhere" not in str(line)


def test_nothing_is_written_unless_the_logger_itself_is_told_to(
    user: User, gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "wsrouter")
    gateway.connect(user)
    gateway.send("say", "hello", id="1")
    assert lines(caplog) == []


def test_a_line_has_nothing_private(
    user: User, gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, FRAMES)
    gateway.connect(user, query="?token=a-token", client={"Cookie": "c=a-cookie"})
    gateway.send("say", "a-payload", id="1")
    text = caplog.text
    assert len(lines(caplog)) == 3
    for private in ("a-token", "a-cookie", "a-payload", CONTEXT["sourceIp"], "ada"):
        assert private not in text


def test_the_level_that_a_project_sets_stays() -> None:
    assert frame_log.logger.level == logging.WARNING
