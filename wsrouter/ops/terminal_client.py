"""The client that `ws_call` talks with."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib.auth import get_user_model
from django.db import connections

from wsrouter import conf, tickets
from wsrouter.client.sync import Client
from wsrouter.errors import WSRouterError
from wsrouter.wire import selection
from wsrouter.wiring import chosen_envelope
from wsrouter.wiring.client_url import client_url


def open_client(
    alias: str, *, url: str = "", username: str = "", ticket: str = ""
) -> Client:
    """A client of a gateway, at the URL that its settings give where `url` is empty: as
    the user of that name, with that ticket, or as nobody.

    Raises WSRouterError for an unknown user, and ConfigurationError when the settings
    do not say where the API is.
    """
    gateway = conf.gateway(alias)
    chosen_envelope.check_spoken(gateway, "ws_call")
    url = url or client_url(gateway=alias)
    if ticket:
        url += f"{'&' if urlsplit(url).query else '?'}{urlencode({'ticket': ticket})}"
    key = selection.parse(gateway.route_selection_expression).key
    return Client(
        url,
        ticket=_draws_tickets(username, alias) if username else None,
        envelope=str(gateway.envelope),
        action_name=key or "action",
    )


def _draws_tickets(username: str, alias: str) -> Callable[[], dict[str, Any]]:
    users = get_user_model()
    try:
        user = users._default_manager.get_by_natural_key(username)
    except users.DoesNotExist:
        raise WSRouterError(f"There is no user {username!r}.") from None

    def draw() -> dict[str, Any]:
        """In a thread of the client."""
        try:
            return tickets.issue(user, gateway=alias)
        finally:
            connections.close_all()

    return draw
