"""Mapped headers that a client sends itself at `$connect`, through the local gateway,
whatever API Gateway makes of them."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import override_settings

from tests.django.entry_points import ENTRY_POINTS, EntryPoint
from tests.django.events import Gateway
from tests.security.served import SETTINGS, Ended
from tests.security.site import Site, ask, serving
from wsrouter.local.rules.behaviour import Behaviour
from wsrouter.models import OpenConnection
from wsrouter.wire import mapping

pytestmark = pytest.mark.django_db(transaction=True)
RULES = ["overridden", "wins", "joined"]
PREFIX = mapping.PREFIX
VICTIM = "the victim's connection id"
NOBODY = {"AnonymousUser", "400", "403", "connection_unknown"}
ID = f"{PREFIX}Connection-Id"
PRINCIPAL = f"{PREFIX}Principal-Id"
AUTHORIZED = {
    "AUTHORIZER": {
        "FUNCTION": "arn:aws:lambda:eu-west-1:123456789012:function:let-in",
        "IDENTITY": ["route.request.querystring.name"],
    },
    "HEADERS": {"Principal-5d0f8b1e6c2a49f7a3c1": mapping.PRINCIPAL},
}

SMUGGLED = [
    {mapping.SECRET: "guess"},
    {mapping.GATEWAY: "other"},
    {f"{PREFIX}Event-Type": "DISCONNECT", f"{PREFIX}Connection-Id": VICTIM},
    {
        f"{PREFIX}Event-Type": "MESSAGE",
        f"{PREFIX}Connection-Id": VICTIM,
        f"{PREFIX}Route-Key": "who",
    },
    {f"{PREFIX}Connection-Id": VICTIM},
    {f"{PREFIX}Connection-Id": "Chosen_id-00001="},
    {f"{PREFIX}Principal-Id": "ada"},
    {f"{PREFIX}Route-Key": "who"},
    {f"{PREFIX}Connected-At": "1"},
    {f"{PREFIX}Message-Id": "x"},
    {f"{PREFIX}Request-Id": "x"},
    {f"{PREFIX}Api-Id": "x"},
    {f"{PREFIX}Stage": "x"},
    {f"{PREFIX}Domain-Name": "x"},
    {f"{PREFIX}Source-Ip": "192.0.2.1"},
    {f"{PREFIX}User-Agent": "x"},
    {f"{PREFIX}Disconnect-Code": "1000"},
    {f"{PREFIX}Disconnect-Reason": "x"},
]


UNDERSCORED = [
    {name.replace("-", "_"): value for name, value in headers.items()}
    for headers in ({ID: VICTIM}, {PRINCIPAL: "ada"}, {mapping.GATEWAY: "other"})
]
"""Other headers than they look like, which some servers do not tell apart."""


@pytest.fixture(params=RULES)
def site(request: Any, shared_database: None) -> Iterator[Site]:
    """With each rule for such headers."""
    with serving(behaviour=Behaviour(client_header=request.param)) as started:
        yield started


def test_every_mapped_header_is_tried() -> None:
    tried = {name for headers in SMUGGLED for name in headers}
    mapped = mapping.request_parameters(alias="default", secret="x" * 32)
    assert tried == {target.removeprefix(mapping.TARGET) for target in mapped}


def test_smuggled_headers_make_nobody_somebody(
    site: Site, user: User, ended: list[Ended]
) -> None:
    with site.open(user) as victim:
        assert ask(victim, "who") == "ada"
        row = OpenConnection.objects.values().get()
        for smuggled in SMUGGLED + UNDERSCORED:
            sent = {
                name: row["connection_id"] if value is VICTIM else value
                for name, value in smuggled.items()
            }
            assert site.attempt(sent=sent) in NOBODY, smuggled
            assert ask(victim, "who") == "ada", smuggled
            assert OpenConnection.objects.values().get(pk=row["id"]) == row, smuggled
            assert row["connection_id"] not in {each.id for each in ended}, smuggled


@pytest.mark.parametrize("rule", RULES)
def test_an_authorizers_principal_is_not_the_clients_to_choose(
    rule: str, shared_database: None, user: User, other: User
) -> None:
    """With a copy under another name, whatever becomes of the usual header."""
    behaviour = Behaviour(client_header=rule)
    with serving(behaviour=behaviour, principal="{0}", **AUTHORIZED) as site:
        assert site.attempt(query="?name=bob") == "bob"
        honest = site.attempt(query="?name=bob", sent={PRINCIPAL: "bob"})
        assert honest in {"bob", "400"}
        forged = site.attempt(query="?name=bob", sent={PRINCIPAL: "ada"})
        assert forged in {"bob", "400", "403"}
        assert site.attempt(query="?name=-", sent={PRINCIPAL: "ada"}) in NOBODY
        assert site.attempt(sent={PRINCIPAL: "ada"}) == "401"


def test_a_principal_beyond_ascii_through_the_local_gateway(
    shared_database: None,
) -> None:
    User.objects.create_user("Zoë Łukasz")
    named = {"AUTHORIZER": AUTHORIZED["AUTHORIZER"]}
    with serving(principal="Zoë Łukasz", **named) as site:
        assert site.attempt(query="?name=x") == "Zoë Łukasz"


@pytest.mark.parametrize("rule", RULES)
def test_an_authorizer_that_was_taken_off_lets_nobody_say_who_they_are(
    rule: str, shared_database: None, user: User
) -> None:
    behaviour = Behaviour(client_header=rule)
    with serving(behaviour=behaviour, principal="bob", **AUTHORIZED) as site:
        api = site.gateway.gateway.api
        api.snapshot = replace(api.snapshot, authorizer=None)
        assert site.attempt(sent={PRINCIPAL: "ada"}) == "403"
        assert site.attempt() == "AnonymousUser"


@pytest.mark.parametrize("entry_point", ENTRY_POINTS.values())
def test_an_underscore_is_never_a_hyphen(
    entry_point: type[EntryPoint], shared_database: None, user: User
) -> None:
    """Ignored, or joined with ours and refused: it never wins."""
    with override_settings(WSROUTER={"default": SETTINGS}):
        victim, attacker = Gateway(), Gateway(http=entry_point())  # type: ignore[arg-type]
        victim.connect(user)
        for smuggled in UNDERSCORED:
            sent = {
                name: victim.id if value is VICTIM else value
                for name, value in smuggled.items()
            }
            assert attacker.connect(client=sent).status_code in {200, 400, 403}
        assert victim.send("who")["payload"] == "ada"
        others = OpenConnection.objects.exclude(connection_id=victim.id)
        assert {each.user for each in others} <= {None}
