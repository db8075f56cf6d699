"""Mapped headers and body to a Frame."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wsrouter.errors import InvalidHeaders, UnverifiedRequest
from wsrouter.routing.frame import EventType, Frame
from wsrouter.wire import decode, mapping

AT = datetime(2026, 1, 2, tzinfo=UTC)
HEADERS = {
    "Event-Type": "MESSAGE",
    "Route-Key": "orders.watch",
    "Connection-Id": "DBNjmfOmSwMCJiA=",
    "Connected-At": "1579714617030",
    "Message-Id": "DBNjmcQDSwMCJiA=",
    "Request-Id": "DBNlXFDjSwMF3FA=",
    "Api-Id": "abc123",
    "Stage": "production",
    "Domain-Name": "abc123.execute-api.eu-west-1.amazonaws.com",
    "Source-Ip": "192.0.2.1",
    "User-Agent": "Mozilla/5.0 (X11; like Gecko, really)",
    "Principal-Id": "-",
    "Disconnect-Code": "1001",
    "Disconnect-Reason": "Going away, sorry",
}


def environ(**changes: str) -> dict[str, object]:
    """The headers of a message under their CGI names, with `changes` by CGI name."""
    given = {f"HTTP_X_WSROUTER_{_cgi(name)}": value for name, value in HEADERS.items()}
    return given | {f"HTTP_X_WSROUTER_{name}": value for name, value in changes.items()}


def _cgi(name: str) -> str:
    return name.upper().replace("-", "_")


def frame(body: bytes = b"{}", extra: Any = (), **changes: str) -> Frame:
    return decode.headers(environ(**changes), gateway="eu", extra=extra).frame(
        body, 128
    )[0]


def test_every_mapped_header_is_decoded() -> None:
    assert set(HEADERS) == set(mapping.HEADERS)


def test_no_field_is_left_out() -> None:
    mapped = {"PRINCIPAL_ID": "ada", "TENANT": "acme"}
    message, end = (
        decode.headers(
            environ(EVENT_TYPE=event, **mapped),
            gateway="eu",
            extra=["Tenant"],
            authorized=True,
        ).frame(b"{}", 128)[0]
        for event in (EventType.MESSAGE, EventType.DISCONNECT)
    )
    nothing = Frame(event_type=EventType.CONNECT, connection_id="", gateway="")
    for name in (each.name for each in fields(Frame)):
        found = [getattr(message, name), getattr(end, name)]
        assert found != [getattr(nothing, name)] * 2, name


def test_a_message() -> None:
    got = frame(b'{"action": "orders.watch"}')
    wanted = Frame(
        event_type=EventType.MESSAGE,
        connection_id="DBNjmfOmSwMCJiA=",
        route_key="orders.watch",
        gateway="eu",
        body=b'{"action": "orders.watch"}',
        connected_at=datetime(2020, 1, 22, 17, 36, 57, 30_000, tzinfo=UTC),
        message_id="DBNjmcQDSwMCJiA=",
        request_id="DBNlXFDjSwMF3FA=",
        api_id="abc123",
        stage="production",
        domain_name="abc123.execute-api.eu-west-1.amazonaws.com",
        source_ip="192.0.2.1",
        user_agent="Mozilla/5.0 (X11; like Gecko, really)",
    )
    assert _fields(got) == _fields(wanted)
    assert abs(got.received_at - wanted.received_at) < timedelta(seconds=9)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Zürich".encode().decode("latin-1"), "Zürich"),
        ("Łódź 東京".encode().decode("latin-1"), "Łódź 東京"),
        ("Zürich", "Zürich"),  # Latin-1
        ("東京", "東京"),  # a test that puts text into META
    ],
)
def test_values_are_utf_8_where_that_is_valid(text: str, wanted: str) -> None:
    got = frame(EVENT_TYPE="DISCONNECT", DISCONNECT_REASON=text)
    assert got.disconnect_reason == wanted
    given = environ(ROUTE_KEY=text, CITY=text, PRINCIPAL_ID=text)
    found = decode.headers(given, gateway="eu", extra=["City"], authorized=True)
    values = found.frame(b"{}", 128)[0]
    assert values.headers == {"City": wanted}
    assert (values.route_key, values.principal) == (wanted, wanted)


def test_a_disconnect() -> None:
    got = frame(EVENT_TYPE="DISCONNECT", ROUTE_KEY="$disconnect")
    assert (got.disconnect_code, got.disconnect_reason) == (1001, "Going away, sorry")
    assert (got.message_id, got.body) == ("", b"")


def test_a_handshake_believes_no_header_of_the_clients() -> None:
    """What is mapped from a null may be the client's own header."""
    got = frame(EVENT_TYPE="CONNECT", ROUTE_KEY="$connect")
    assert (got.message_id, got.disconnect_code, got.disconnect_reason) == (
        "",
        None,
        "",
    )
    assert got.body == b""


@pytest.mark.parametrize("name", sorted(set(HEADERS) - {"Event-Type", "Connection-Id"}))
def test_empty_and_missing_are_alike(name: str) -> None:
    for event in ("MESSAGE", "DISCONNECT"):
        given = environ(EVENT_TYPE=event, **{_cgi(name): ""})
        empty = decode.headers(given, gateway="eu").frame(b"", 128)[0]
        del given[f"HTTP_X_WSROUTER_{_cgi(name)}"]
        missing = decode.headers(given, gateway="eu").frame(b"", 128)[0]
        assert _fields(empty) == _fields(missing)


def _fields(given: Frame) -> dict[str, object]:
    names = [field.name for field in fields(Frame) if field.name != "received_at"]
    return {name: getattr(given, name) for name in names}


@pytest.mark.parametrize("name", sorted(HEADERS))
def test_a_header_that_came_twice(name: str) -> None:
    twice = {_cgi(name): f"{HEADERS[name]},{HEADERS[name]}"}
    if name in {"User-Agent", "Disconnect-Reason"}:
        frame(**twice)
    else:
        with pytest.raises(InvalidHeaders):
            frame(**twice)


@pytest.mark.parametrize(
    "changes",
    [
        {"EVENT_TYPE": ""},
        {"EVENT_TYPE": "message"},
        {"EVENT_TYPE": "PING"},
        {"CONNECTION_ID": ""},
        {"CONNECTION_ID": "a b"},
        {"CONNECTION_ID": "a\nb"},
        {"CONNECTION_ID": "é"},
        {"CONNECTION_ID": "../secret"},
        {"CONNECTION_ID": "x" * 129},
        {"CONNECTED_AT": "yesterday"},
        {"CONNECTED_AT": "1.5"},
        {"CONNECTED_AT": "9" * 30},
        {"CONNECTED_AT": "9" * 5000},
    ],
)
def test_invalid_headers(changes: dict[str, str]) -> None:
    with pytest.raises(InvalidHeaders):
        frame(**changes)


def test_spaces_around_a_value() -> None:
    assert frame(CONNECTION_ID=" c1= ").connection_id == "c1="


@pytest.mark.parametrize(
    ("given", "decoded"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("test-invoke-source-ip", ""),
        ("192.0.2.300", ""),
    ],
)
def test_addresses(given: str, decoded: str) -> None:
    assert frame(SOURCE_IP=given).source_ip == decoded


@pytest.mark.parametrize("code", ["", "-1", "1e3", "abc", "123456", "²", "\u0661"])
def test_codes_that_are_none(code: str) -> None:
    got = frame(EVENT_TYPE="DISCONNECT", DISCONNECT_CODE=code)
    assert got.disconnect_code is None


def test_the_projects_own_headers() -> None:
    got = frame(extra=["Tenant", "Plan-Name"], TENANT=" blue ", OTHER="x")
    assert got.headers == {"Tenant": "blue", "Plan-Name": ""}
    with pytest.raises(InvalidHeaders):
        frame(extra=["Tenant"], TENANT="blue, red")


def verified(**headers: str) -> str:
    given = {f"HTTP_X_WSROUTER_{name}": value for name, value in headers.items()}
    secrets = {"eu": ["first", "second"], "": ["nobody's"]}
    return decode.verified_alias(given, lambda alias: secrets.get(alias, []))


@pytest.mark.parametrize("secret", ["first", "second"])
def test_the_gateway_that_sent_it(secret: str) -> None:
    assert verified(GATEWAY="eu", SECRET=secret) == "eu"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"GATEWAY": "eu"},
        {"GATEWAY": "eu", "SECRET": ""},
        {"GATEWAY": "eu", "SECRET": "third"},
        {"GATEWAY": "eu", "SECRET": "first,first"},
        {"GATEWAY": "us", "SECRET": "first"},
        {"GATEWAY": "us", "SECRET": ""},
        {"GATEWAY": "eu,eu", "SECRET": "first"},
        {"SECRET": "first"},
        {"GATEWAY": "eu", "SECRET": "\ud800"},
    ],
)
def test_what_is_not_our_gateway(headers: dict[str, str]) -> None:
    with pytest.raises(UnverifiedRequest):
        verified(**headers)


def test_a_principal_counts_with_an_authorizer_only() -> None:
    def principal(value: str, **options: Any) -> str:
        given = environ(EVENT_TYPE="CONNECT", PRINCIPAL_ID=value)
        found = decode.headers(given, gateway="eu", **options)
        return found.frame(b"", 128)[0].principal

    assert principal("ada") == ""
    assert principal("ada", authorized=True) == "ada"
    assert principal(mapping.NO_PRINCIPAL, authorized=True) == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"ROUTE_KEY": "a\x00b"},
        {"REQUEST_ID": "a\x7fb"},
        {"STAGE": "x" * 129},
        {"API_ID": "x" * 65},
        {"PRINCIPAL_ID": "x" * 256},
        {"DOMAIN_NAME": "x" * 8193},
        {"CONNECTED_AT": "٣"},
        {"CONNECTED_AT": "1_000"},
        {"CONNECTED_AT": "-1"},
        {"CONNECTED_AT": "1" * 15},
    ],
)
def test_values_that_nothing_could_store(changes: dict[str, str]) -> None:
    with pytest.raises(InvalidHeaders):
        frame(**changes)


def test_free_text_is_cleaned() -> None:
    got = frame(USER_AGENT="Moz\x00illa\n" + "x" * 9000, SOURCE_IP="fe80::1%eth0")
    assert got.user_agent.startswith("Moz illa ")
    assert len(got.user_agent) == decode.HEADER_CHARACTERS
    assert got.source_ip == "fe80::1"


@pytest.mark.parametrize("event", ["MESSAGE", "DISCONNECT"])
def test_only_a_handshake_has_a_handshakes_headers(event: str) -> None:
    given = environ(EVENT_TYPE=event) | {"HTTP_SEC_WEBSOCKET_KEY": "x"}
    with pytest.raises(InvalidHeaders):
        decode.headers(given, gateway="eu").frame(b"", 128)[0]
