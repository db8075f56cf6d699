"""What a handshake carries that is the client's own, or that nobody else may read."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.http import HttpRequest
from django.test import RequestFactory, override_settings

from tests.django.entry_points import ENTRY_POINTS, HTTP_ENTRY_POINTS
from tests.django.events import SECRET, Gateway, headers, serving
from wsrouter import Connection, Message, Router, tickets
from wsrouter.endpoint import fast_path, view
from wsrouter.models import Ticket
from wsrouter.wire import mapping

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("shared_database")]
HERE = "tests.security.test_cleaned_handshakes."
RANDOM = "Tenant-5d0f8b1e6c2a49f7a3c1d2e4"
TENANT = "context.authorizer.tenant"
router = Router()
seen: list[dict[str, str]] = []
seen_by_middleware: list[dict[str, str]] = []
crashes: dict[str, bool] = {}


@router.connect
def opened(request: HttpRequest, connection: Connection) -> None:
    seen.append(_ours(request))
    if crashes.get("handler"):
        raise RuntimeError("The handler failed.")


@router.route("who")
def who(connection: Connection) -> str:
    return str(connection.user)


def _ours(request: HttpRequest) -> dict[str, str]:
    """The mapped headers that a reader of the request finds."""
    found = {name.title(): value for name, value in request.headers.items()}
    return {
        name.removeprefix(mapping.PREFIX): value
        for name, value in found.items()
        if name.startswith(mapping.PREFIX)
    }


def reading(get_response: Any) -> Any:
    """A middleware that comes before the endpoint."""

    def middleware(request: HttpRequest) -> Any:
        seen_by_middleware.append(_ours(request))
        assert request.GET is not None
        if crashes.get("middleware"):
            raise RuntimeError("The middleware failed.")
        return get_response(request)

    return middleware


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    with serving(router), override_settings(MIDDLEWARE=[HERE + "reading"]):
        yield
    crashes.clear()


@pytest.fixture(params=list(ENTRY_POINTS))
def gateway(request: pytest.FixtureRequest) -> Gateway:
    seen.clear()
    seen_by_middleware.clear()
    return Gateway(http=ENTRY_POINTS[request.param]())  # type: ignore[arg-type]


class TestForgedHeaders:
    """API Gateway may leave out a header whose source is null, and passes the
    client's."""

    @pytest.fixture(params=list(HTTP_ENTRY_POINTS))
    def gateway(self, request: pytest.FixtureRequest) -> Gateway:
        seen.clear()
        seen_by_middleware.clear()
        return Gateway(http=HTTP_ENTRY_POINTS[request.param]())  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("mapped", "context", "expected"),
        [
            ({"Tenant": TENANT}, {}, {}),
            ({"Tenant": TENANT}, {"authorizer.tenant": "acme"}, {}),
            ({"Tenant": TENANT, RANDOM: TENANT}, {}, {}),
            (
                {"Tenant": TENANT, RANDOM: TENANT},
                {"authorizer.tenant": "acme"},
                {"Tenant": "acme", RANDOM.title(): "acme"},
            ),
            (
                {RANDOM: TENANT},
                {"authorizer.tenant": "acme"},
                {RANDOM.title(): "acme"},
            ),
            ({"Tenant": "'acme'"}, {}, {"Tenant": "acme"}),
            ({"Tenant": "context.requestId"}, {"requestId": "r"}, {"Tenant": "r"}),
            ({"Tenant": "stageVariables.tenant"}, {}, {}),
            ({}, {}, {}),
        ],
    )
    def test_a_header_of_the_project(
        self,
        gateway: Gateway,
        mapped: dict[str, str],
        context: dict[str, str],
        expected: dict[str, str],
    ) -> None:
        sent = {"X-Wsrouter-Tenant": "theirs"}
        with serving(router, HEADERS=mapped):
            answer = gateway.connect(client=sent, extra=mapped, **context)
        assert answer.status_code == 200
        for found in (seen.pop(), seen_by_middleware.pop()):
            tenants = {k: v for k, v in found.items() if k.startswith("Tenant")}
            assert tenants == expected

    def test_every_other_header_with_the_prefix(self, gateway: Gateway) -> None:
        """Nulls at `$connect`, names that nothing maps, and underscores."""
        forged = {
            f"X-Wsrouter-{name}": "theirs"
            for name in ("Message-Id", "Disconnect-Code", "Disconnect-Reason", "Else")
        }
        assert gateway.connect(client=forged).status_code == 200
        assert "theirs" not in {*seen.pop().values()}
        assert "theirs" not in {*seen_by_middleware.pop().values()}

    def test_an_underscore_makes_no_header(self, gateway: Gateway) -> None:
        assert gateway.connect(client={"X_Wsrouter_Else": "theirs"}).status_code == 200
        assert "Else" not in seen.pop()

    def test_what_api_gateway_mapped_stays(self, gateway: Gateway) -> None:
        gateway.connect()
        mapped = headers("CONNECT", connection_id=gateway.id)
        assert seen.pop() == {
            name.removeprefix(mapping.PREFIX): value for name, value in mapped.items()
        }

    def test_a_view_that_is_called_without_a_handler(self, rf: RequestFactory) -> None:
        """No signal of Django has been sent."""
        sent = {"X-Wsrouter-Tenant": "theirs", **headers("CONNECT", connection_id="a")}
        request = rf.post("/ws/", headers=sent)
        assert request.headers["X-Wsrouter-Tenant"] == "theirs"
        assert view.endpoint(request).status_code == 200
        assert "Tenant" not in _ours(request)

    def test_messages_keep_what_was_mapped(self, gateway: Gateway) -> None:
        mapped = {"Tenant": TENANT}
        with serving(message_router, HEADERS=mapped):
            context = {"extra": mapped, "authorizer.tenant": "acme"}
            assert gateway.connect(**context).status_code == 200
            answer = gateway.text("tenant", b'{"action": "tenant"}', **context)
        assert b'"acme"' in answer.content


message_router = Router()


@message_router.route("tenant")
def tenant(message: Message) -> str:
    return message.headers["Tenant"]


def test_the_fast_path_needs_no_signals_for_messages() -> None:
    assert not fast_path.has_request_receivers()


class TestTickets:
    """A crash before a ticket is claimed: it would work for a reader of the mail."""

    @pytest.fixture
    def ticket(self, user: User) -> str:
        return str(tickets.issue(user)["ticket"])

    def test_a_ticket_is_claimed_once(self, gateway: Gateway, ticket: str) -> None:
        assert gateway.connect(query=f"?ticket={ticket}").status_code == 200
        other = Gateway(http=gateway.http)
        assert other.connect(query=f"?ticket={ticket}").status_code == 401
        frame = gateway.send("who")
        assert frame.get("payload") == "ada", frame

    def test_its_digest_is_no_ticket(self, gateway: Gateway, ticket: str) -> None:
        digest = Ticket.objects.get().digest
        assert gateway.connect(query=f"?ticket={digest}").status_code == 401
        for value in ("", "masked", "x", f"{ticket}&ticket={ticket}"):
            assert gateway.connect(query=f"?ticket={value}").status_code == 401
        assert gateway.connect(query="?ticket").status_code == 401
        assert gateway.connect(query=f"?a=b&%74icket={ticket}").status_code == 200

    @pytest.mark.parametrize("place", ["middleware", "look-up", "claim"])
    @pytest.mark.parametrize("debug", [False, True])
    def test_a_crash_shows_none(
        self,
        gateway: Gateway,
        ticket: str,
        place: str,
        debug: bool,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """In the mail to ADMINS, on the debug page, and in the log."""
        caplog.set_level("DEBUG")
        crashes[place] = True
        if place == "claim":
            monkeypatch.setattr("wsrouter.registry.ticket_claims._used", _broken)
        if place == "look-up":
            monkeypatch.setattr(
                "wsrouter.auth.authentication.identify_by_session", _broken
            )
        sent = {"X-Original-Uri": f"/ws/?ticket={ticket}&other=1"}
        handler = logging.getLogger("wsrouter.request")
        mails = _mail_handler()
        handler.addHandler(mails)
        try:
            with override_settings(ADMINS=[("Ada", "ada@example.com")], DEBUG=debug):
                answer = gateway.connect(query=f"?other=1&ticket={ticket}", client=sent)
        finally:
            handler.removeHandler(mails)
        assert answer.status_code == 500
        for message in mail.outbox:
            for text in (
                message.body,
                *(str(part) for part, _ in message.alternatives),
            ):  # type: ignore[attr-defined]
                assert ticket not in text
                assert "other=1" in text
        assert mail.outbox or b"The middleware failed" in answer.content
        assert ticket not in answer.content.decode()
        assert ticket not in caplog.text
        assert SECRET not in caplog.text


def _broken(*_: Any) -> Any:
    raise RuntimeError("The database is down.")


def _mail_handler() -> logging.Handler:
    from django.utils.log import AdminEmailHandler

    return AdminEmailHandler(include_html=True)
