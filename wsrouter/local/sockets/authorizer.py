"""The authorizer of `$connect`. The local gateway does not call the Lambda function: it
takes the principal from a template."""

from dataclasses import replace

from wsrouter.catalog.snapshot import CONNECT
from wsrouter.local.rules import context_variables, principal
from wsrouter.local.rules.gateway_event import GatewayEvent
from wsrouter.local.sockets.local_api import LocalApi


def authorize(api: LocalApi, event: GatewayEvent) -> GatewayEvent | None:
    """The event with its principal, or unchanged when no authorizer is set. None when
    an identity source is missing or empty: API Gateway refuses the handshake then
    without calling the function."""
    authorizer = api.snapshot.authorizer
    route = api.snapshot.routes.get(CONNECT)
    if authorizer is None or route is None or not route.authorizer:
        return event
    context = context_variables.variables(event, api_id=api.api_id, stage=api.stage)
    values = [
        context_variables.evaluate(source, event, context) or ""
        for source in authorizer.identity_source
    ]
    if not all(values):
        return None
    name = principal.format_principal(api.principal, *values)
    return replace(event, connection=replace(event.connection, principal=name))
