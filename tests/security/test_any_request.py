"""Ten thousand requests that nobody would send: no crash, no query for strangers."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.test import Client, override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.django.events import SECRET, URL, headers
from tests.security.served import SETTINGS
from wsrouter.models import OpenConnection
from wsrouter.wire import mapping
from wsrouter.wire.mapping import environ_key

pytestmark = pytest.mark.database
often = settings(
    max_examples=5_000,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
LIVE = "LIVE_id-0000001="
NAMES = [mapping.SECRET, mapping.GATEWAY]
NAMES += [mapping.PREFIX + name for name in mapping.HEADERS]
CLIENTS = ["Origin", "Cookie", "Sec-WebSocket-Key", "Sec-WebSocket-Protocol"]
CLIENTS += ["X-Forwarded-For", "X-Forwarded-Proto", "Content-Type"]
latin = st.text(st.characters(max_codepoint=255), max_size=40)
NASTY = ["", " ", ",", "\x00", "\x7f", "é", "Ù£", "null", "-", "-1", "1e3", "fe80::1%"]
NASTY += ["CONNECT", "MESSAGE", "DISCONNECT", "$connect", "default,default"]
NASTY += ["sessionid=x; sessionid=y", "' OR 1=1 --", "${jndi:ldap://x}"]
NASTY += ["https://evil.example", LIVE, LIVE.lower(), "9" * 30, "x" * 9000, LIVE * 9]
values = st.sampled_from(NASTY) | latin
bodies = st.binary(max_size=60) | st.sampled_from(
    [
        b"",
        b"null",
        b"[" * 70_000,
        b"[" * 60_000 + b"]" * 60_000,
        b'{"a":' * 20_000,
        b"{}" * 60_000,
        b'"' * 9_999,
        b"\\" * 9_999,
        b'{"action": "who", "id": 1e400}',
        b'{"action": "who", "id": "\\ud800"}',
        b'{"action": "\\u0000"}',
        b'{"action": "who", "action": "login"}',
        b"\xff\xfe{}",
        b"x" * 131_073,
    ]
)
queries = st.sampled_from(["", "?ticket=", "?ticket=%ff%00", "?a=b&a=c", "?%"])
queries |= st.text(max_size=30).map(lambda text: f"?ticket={text.encode().hex()}")


@st.composite
def requests(draw: Any, *, proven: bool) -> dict[str, Any]:
    """A sound event with some headers changed, added or taken away."""
    kind = draw(st.sampled_from(["CONNECT", "MESSAGE", "DISCONNECT"]))
    key = draw(st.sampled_from(["who", "login", "permission", "open", "", "$default"]))
    sent = headers(kind, key if kind == "MESSAGE" else "", connection_id=LIVE)
    changes = draw(
        st.dictionaries(st.sampled_from(NAMES + CLIENTS), values, max_size=4)
    )
    sent |= changes
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=2)):
        sent.pop(name, None)
    if proven:
        sent |= {mapping.SECRET: SECRET, mapping.GATEWAY: "default"}
    elif sent.get(mapping.SECRET) == SECRET:
        sent[mapping.SECRET] = draw(st.sampled_from(["", SECRET[1:], f"{SECRET},x"]))
    method = draw(st.sampled_from(["POST"] * 9 + ["GET", "PUT", "TRACE", "DELETE"]))
    return {
        "method": method,
        "path": URL + draw(queries),
        "data": draw(bodies),
        "environ": {_key(name): value for name, value in sent.items()},
    }


def _key(name: str) -> str:
    return "CONTENT_TYPE" if name == "Content-Type" else environ_key(name)


def answer(request: dict[str, Any]) -> Any:
    client = Client(raise_request_exception=False)
    return client.generic(
        request["method"], request["path"], request["data"], **request["environ"]
    )


@pytest.fixture
def crashes() -> Iterator[list[logging.LogRecord]]:
    """What was logged with a traceback."""
    found: list[logging.LogRecord] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.exc_info:
                found.append(record)

    listener = Listener()
    logging.getLogger("wsrouter").addHandler(listener)
    logging.getLogger("django").addHandler(listener)
    with override_settings(WSROUTER={"default": SETTINGS}):
        yield found
    logging.getLogger("wsrouter").removeHandler(listener)
    logging.getLogger("django").removeHandler(listener)


@often
@given(request=requests(proven=False))
def test_strangers_are_refused_without_a_query(request: Any, crashes: Any) -> None:
    """There is no database for this test: any query fails it."""
    response = answer(request)
    assert response.status_code == 403
    assert response.content == b""
    assert not crashes


@pytest.mark.django_db
@often
@given(request=requests(proven=True))
def test_the_proven_get_an_answer(request: Any, crashes: Any, user: User) -> None:
    OpenConnection.objects.all().delete()
    response = answer(request)
    assert response.status_code < 500
    assert not crashes
    assert b"Traceback" not in response.content
    for row in OpenConnection.objects.all():
        assert (row.user, row.gateway) == (None, "default")
    assert database.is_usable()
