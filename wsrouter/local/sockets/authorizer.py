"""The authorizer of `$connect`. No function is asked: whom it would name is given."""

from dataclasses import replace

from wsrouter.catalog.snapshot import CONNECT
from wsrouter.local.rules import context_variables, principal
from wsrouter.local.rules.gateway_event import Event
from wsrouter.local.sockets.local_api import Api


def authorized(api: Api, event: Event) -> Event | None:
    """The handshake of somebody named, if there is an authorizer; None when a source
    of identity is missing or empty: API Gateway does not ask the function then."""
    authorizer = api.snapshot.authorizer
    route = api.snapshot.routes.get(CONNECT)
    if authorizer is None or route is None or not route.authorizer:
        return event
    known = context_variables.variables(event, api_id=api.api_id, stage=api.stage)
    sources = authorizer.identity_source
    values = [context_variables.evaluate(each, event, known) or "" for each in sources]
    if not all(values):
        return None
    name = principal.named(api.principal, *values)
    return replace(event, caller=replace(event.caller, principal=name))
