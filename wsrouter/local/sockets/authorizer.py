"""The authorizer of `$connect`. The local gateway does not call the Lambda function: it
takes the principal and the context from templates."""

from dataclasses import replace

from wsrouter.catalog.snapshot import CONNECT
from wsrouter.local.rules import authorizer_template, context_variables
from wsrouter.local.rules.gateway_event import GatewayEvent
from wsrouter.local.sockets.local_api import LocalApi


def authorize(api: LocalApi, event: GatewayEvent) -> GatewayEvent | None:
    """The event with the authorizer's principal and context, or unchanged when no
    authorizer is set. None when an identity source is missing or empty: API Gateway
    refuses the handshake then without calling the function."""
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
    connection = replace(
        event.connection,
        principal=authorizer_template.fill(api.principal, *values),
        authorizer_context={
            name: authorizer_template.fill(template, *values)
            for name, template in api.authorizer_context.items()
        },
    )
    return replace(event, connection=connection)
