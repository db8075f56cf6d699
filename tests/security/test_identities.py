"""Who is connecting: session, ticket, authorizer, the project's functions."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import Client, override_settings
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from tests.django.events import Gateway
from tests.security.served import SETTINGS
from wsrouter import tickets
from wsrouter.errors import Reject
from wsrouter.identity import Identity
from wsrouter.models import OpenConnection

pytestmark = [pytest.mark.database, pytest.mark.django_db]
LAMBDA = "arn:aws:lambda:eu-west-1:123456789012:function:let-in"
HERE = "tests.security.test_identities."
SERVED = "tests.security.served."
SECURITY = "wsrouter.security"


@pytest.fixture(autouse=True)
def _users(user: User, other: User) -> Iterator[None]:
    with override_settings(WSROUTER={"default": SETTINGS}):
        yield


def who(options: Any = None, **handshake: Any) -> str:
    """Who the caller of a handshake is, or the status that refused it."""
    with override_settings(WSROUTER={"default": SETTINGS | (options or {})}):
        gateway = Gateway()
        response = gateway.connect(**handshake)
        if response.status_code != 200:
            return str(response.status_code)
        return str(gateway.send("who")["payload"])


def refusing(request: HttpRequest) -> None:
    raise Reject(402, "Pay first.")


def until(request: HttpRequest) -> Identity:
    soon = timezone.now() + timedelta(minutes=9)
    return Identity(user=User.objects.get(username="ada"), expires_at=soon)


def until_a_moment_ago(request: HttpRequest) -> Identity:
    past = timezone.now() - timedelta(seconds=1)
    return Identity(user=User.objects.get(username="bob"), expires_at=past)


def crashing(request: HttpRequest) -> None:
    raise RuntimeError("hunter2")


def authorizer(**more: Any) -> dict[str, Any]:
    return {"AUTHORIZER": {"FUNCTION": LAMBDA, **more}}


def principal(value: str) -> dict[str, str]:
    return {"X-Wsrouter-Principal-Id": value}


def let_in(value: str, options: Any = None, **handshake: Any) -> str:
    """As API Gateway would post it: the header is mapped, so it wins."""
    options = authorizer() if options is None else options
    extra = {"extra": {"Principal-Id": "context.authorizer.principalId"}}
    return who(options, **extra, **{"authorizer.principalId": value}, **handshake)


class TestFunctions:
    def test_a_function_of_the_project_answers(self) -> None:
        options = {"AUTHENTICATION": [SERVED + "by_header"]}
        assert who(options, client={"X-Name": "bob"}) == "bob"
        assert who(options, client={"X-Name": "eve"}) == "AnonymousUser"

    def test_sync_or_async_and_the_first_answer_counts(self) -> None:
        both = [SERVED + "by_query", SERVED + "by_header"]
        call = {"query": "?name=ada", "client": {"X-Name": "bob"}}
        assert who({"AUTHENTICATION": both}, **call) == "ada"
        assert who({"AUTHENTICATION": both[::-1]}, **call) == "bob"
        assert who({"AUTHENTICATION": both}, client={"X-Name": "bob"}) == "bob"

    def test_it_may_refuse(self) -> None:
        assert who({"AUTHENTICATION": [HERE + "refusing"]}) == "402"

    def test_one_that_crashes_lets_nobody_in(self) -> None:
        assert who({"AUTHENTICATION": [HERE + "crashing"]}) == "500"

    def test_one_that_returns_no_user_lets_nobody_in(self) -> None:
        assert who({"AUTHENTICATION": [SERVED + "nobody"]}) == "500"

    def test_it_may_say_until_when(self) -> None:
        assert who({"AUTHENTICATION": [HERE + "until"]}) == "ada"
        row = OpenConnection.objects.get()
        left = row.expires_at - timezone.now()
        assert timedelta(minutes=8) < left < timedelta(minutes=9)
        assert row.auth_hash == row.user.get_session_auth_hash()

    def test_one_whose_proof_has_expired_is_refused(self) -> None:
        options = {"AUTHENTICATION": [HERE + "until_a_moment_ago"]}
        assert who(options) == "401"
        assert not OpenConnection.objects.exists()

    @pytest.mark.parametrize(
        "found", [Identity(user=None), Identity(user=7), 7, User, [User()]]
    )
    def test_an_identity_of_no_user_lets_nobody_in(
        self,
        found: Any,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        monkeypatch.setitem(globals(), "anything", lambda request: found)
        assert who({"AUTHENTICATION": [HERE + "anything"]}) == "500"
        assert "which is not a user" in caplog.text

    def test_an_inactive_user_is_nobody(self) -> None:
        User.objects.update(is_active=False)
        options = {"AUTHENTICATION": [SERVED + "by_header"]}
        assert who(options, client={"X-Name": "ada"}) == "AnonymousUser"

    def test_a_new_password_ends_such_a_connection_too(self, user: User) -> None:
        options = {"AUTHENTICATION": [SERVED + "by_header"]}
        with override_settings(WSROUTER={"default": SETTINGS | options}):
            gateway = Gateway()
            gateway.connect(client={"X-Name": "ada"})
            User.objects.update(password="another")
            assert gateway.send("who")["error"]["code"] == "not_authenticated"


class TokenUser:
    """As SimpleJWT makes one out of a token: no query, and no row."""

    is_authenticated = is_active = True
    id = pk = 1
    username = "ada"


def of_token(request: HttpRequest) -> Any:
    return TokenUser()


def of_identity(request: HttpRequest) -> Any:
    return Identity(user=TokenUser())


def not_saved(request: HttpRequest) -> Any:
    return User(pk=User.objects.get(username="ada").pk, username="ada")


def deleted(request: HttpRequest) -> Any:
    user = User.objects.get(username="ada")
    user.delete()
    return user


def lazy(request: HttpRequest) -> Any:
    return SimpleLazyObject(lambda: User.objects.get(username="ada"))


def token_principal(principal: str) -> Any:
    return TokenUser()


def token_user_middleware(get_response: Any) -> Any:
    def middleware(request: HttpRequest) -> Any:
        request.user = TokenUser()  # type: ignore[assignment]
        return get_response(request)

    return middleware


class TestUsersWithoutARow:
    @pytest.mark.parametrize(
        "function", ["of_token", "of_identity", "not_saved", "deleted"]
    )
    def test_a_function_of_the_project(
        self, function: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert who({"AUTHENTICATION": [HERE + function]}) == "403"
        assert f"{HERE}{function} is a " in caplog.text
        assert "without a row" in caplog.text
        assert not OpenConnection.objects.exists()

    def test_a_lazy_user_has_one(self) -> None:
        assert who({"AUTHENTICATION": [HERE + "lazy"]}) == "ada"

    def test_the_function_of_an_authorizer(self) -> None:
        assert let_in("x", authorizer(USER=HERE + "token_principal")) == "403"

    @override_settings(MIDDLEWARE=[HERE + "token_user_middleware"])
    def test_a_middleware(self, caplog: pytest.LogCaptureFixture) -> None:
        assert who() == "403"
        assert "request.user is a " in caplog.text
        assert Client().post("/ws/ticket/").status_code == 401

    def test_no_ticket_is_for_one(self) -> None:
        for user in (TokenUser(), User(pk=1)):
            with pytest.raises(ValueError, match="has no row in the table of users"):
                tickets.issue(user)


class TestTheAuthorizer:
    @pytest.mark.parametrize("name", ["Zürich", "東京", "Ⅷ-é"])
    def test_its_principal_is_utf_8(self, name: str) -> None:
        User.objects.create_user("of the city", email=name)
        sent = name.encode().decode("latin-1")
        assert let_in(sent, authorizer(USER="email")) == "of the city"
        copy = {"HEADERS": {"Copy": "context.authorizer.principalId"}}
        extra = {"Principal-Id": "context.p", "Copy": "context.p"}
        options = authorizer(USER="email") | copy
        assert who(options, extra=extra, p=sent) == "of the city"

    def test_one_that_names_no_user_is_logged(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert let_in("ada") == "ada"
        assert not caplog.records
        assert let_in("eve") == "AnonymousUser"
        User.objects.filter(username="bob").update(is_active=False)
        assert let_in("bob") == "AnonymousUser"
        found = [r.getMessage() for r in caplog.records if r.name == SECURITY]
        assert [text[:59] for text in found] == [
            "Gateway 'default': the authorizer's principal 'eve' names n",
            "Gateway 'default': the authorizer's principal 'bob' names n",
        ]

    def test_its_principal_is_a_user_name(self) -> None:
        assert let_in("bob") == "bob"

    def test_or_another_field(self) -> None:
        User.objects.filter(username="bob").update(email="b@example.com")
        assert let_in("b@example.com", authorizer(USER="email")) == "bob"
        pk = str(User.objects.get(username="bob").pk)
        assert let_in(pk, authorizer(USER="pk")) == "bob"

    def test_or_what_a_function_makes_of_it(self) -> None:
        assert let_in("user:bob", authorizer(USER=SERVED + "by_name")) == "bob"

    @pytest.mark.parametrize(
        "value",
        ["eve", "-", "", "BOB", "Ł\ud800".encode("utf-8", "replace").decode("latin-1")],
    )
    def test_of_anybody_else_nothing_is_known(self, value: str) -> None:
        assert let_in(value) == "AnonymousUser"

    def test_two_users_with_the_same_mark_are_nobody(self) -> None:
        User.objects.update(email="both@example.com")
        assert let_in("both@example.com", authorizer(USER="email")) == "AnonymousUser"

    @pytest.mark.parametrize("value", ["x", "1e9", "0x1", "9" * 200, "' OR 1=1 --"])
    def test_what_is_no_key_is_nobody(self, value: str) -> None:
        assert let_in(value, authorizer(USER="pk")) == "AnonymousUser"

    def test_without_an_authorizer_the_header_is_the_clients(self) -> None:
        for alias in ({}, {"AUTHENTICATION": [SERVED + "by_header"]}):
            assert let_in("bob", alias) == "AnonymousUser"
        assert who(client=principal("bob")) == "AnonymousUser"

    def test_before_it_is_published_the_sentinel_is_nobody(self) -> None:
        assert who(authorizer(), client=principal("bob")) == "AnonymousUser"

    def test_two_principals_are_none(self) -> None:
        assert let_in("bob,ada") == "400"

    def test_an_inactive_user_is_nobody(self) -> None:
        User.objects.update(is_active=False)
        assert let_in("bob") == "AnonymousUser"

    @pytest.mark.parametrize(
        ("copy", "answer"), [("bob", "bob"), ("ada", "403"), ("", "403")]
    )
    def test_a_copy_under_another_name_must_say_the_same(
        self, copy: str, answer: str
    ) -> None:
        options = authorizer() | {"HEADERS": {"Copy": "context.authorizer.principalId"}}
        extra = {"Principal-Id": "context.theirs", "Copy": "context.ours"}
        mapped = {"extra": extra, "theirs": "bob", "ours": copy}
        assert who(options, **mapped) == answer
        assert who({"HEADERS": options["HEADERS"]}, **mapped) == "AnonymousUser"


def test_the_order(user: User) -> None:
    """Session, ticket, principal, function."""
    for name in ("cid", "dan"):
        User.objects.create_user(name)
    cid = User.objects.get(username="cid")
    options = authorizer() | {"AUTHENTICATION": [SERVED + "by_header"]}
    ticket = tickets.issue(cid)["ticket"]
    by_function = {"client": {"X-Name": "dan"}}
    assert let_in("-", options, **by_function) == "dan"
    assert let_in("bob", options, **by_function) == "bob"
    by_ticket = by_function | {"query": f"?ticket={ticket}"}
    assert let_in("bob", options, user=user, **by_ticket) == "ada"
    assert let_in("bob", options, **by_ticket) == "cid"


def test_nobody_may_connect_and_do_what_needs_no_login() -> None:
    gateway = Gateway()
    assert gateway.connect().status_code == 200
    assert gateway.send("open", id="1")["payload"] == "open"
    assert gateway.send("login")["error"]["code"] == "not_authenticated"
    assert gateway.send("permission")["error"]["code"] == "not_authenticated"
