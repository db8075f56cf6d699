"""The steps that write the integration, the routes and their responses."""

from collections.abc import Callable

from wsrouter.catalog.snapshot import Integration, RouteEntry
from wsrouter.sync import find_api
from wsrouter.sync.control_errors import Invalid, Superseded
from wsrouter.sync.deployed import Deployed
from wsrouter.sync.fields import without_optional
from wsrouter.sync.records import RouteRecord
from wsrouter.sync.steps.run import Run

REFUSED_OPTIONAL = (
    "API Gateway refused to map Disconnect-Code and Disconnect-Reason, so `disconnect`"
    " handlers will not know why a connection ended."
)


def create_integration(run: Run, _: str) -> None:
    def send(integration: Integration) -> None:
        record = run.plane.create_integration(run.api_id, integration)
        run.integration_id = record.id
        run.created.integrations.add(record.id)

    _with_optional(run, send)
    found = find_api.own_integrations(run.plane, run.plan.target, run.api_id)
    if len(found) > 1:
        raise Superseded("Another run created an integration at the same time.")


def update_integration(run: Run, _: str) -> None:
    old = run.deployed.integration
    shown = old.request_parameters if old else {}

    def send(integration: Integration) -> None:
        run.plane.update_integration(
            run.api_id,
            run.integration_id,
            integration,
            removed=set(shown) - set(integration.request_parameters),
        )

    _with_optional(run, send)


def drop_own_duplicates(run: Run, deployed: Deployed) -> None:
    """Delete the integrations that this command created and that are not the one that
    stays. Raises Superseded while routes of ours still target them."""
    mine = run.created.integrations & set(deployed.duplicates)
    if mine & set(deployed.strays.values()):
        raise Superseded("Another run created an integration at the same time.")
    for integration_id in sorted(mine):
        run.plane.delete_integration(run.api_id, integration_id)
        run.created.integrations.discard(integration_id)


def create_route(run: Run, key: str) -> None:
    record = run.plane.create_route(
        run.api_id,
        run.wanted.routes[key],
        integration_id=run.integration_id,
        authorizer_id=_authorizer_id(run, key),
    )
    run.route_ids[key] = record.id
    _remember(run, record)


def update_route(run: Run, key: str) -> None:
    """Change the route, or make it anew where AWS cannot take something away: nothing
    is served by it before the deployment."""
    old, new = run.deployed.routes[key], run.wanted.routes[key]
    if old.model and not new.model:
        _recreate(run, key)
        return
    try:
        record = run.plane.update_route(
            run.api_id,
            run.route_ids[key],
            new,
            integration_id=run.integration_id,
            authorizer_id=_authorizer_id(run, key),
            old=old,
        )
    except Invalid:
        if not _takes_away(old, new):
            raise
        _recreate(run, key)
    else:
        _remember(run, record)


def delete_route(run: Run, key: str) -> None:
    run.plane.delete_route(run.api_id, run.route_ids[key])


def create_response(run: Run, key: str) -> None:
    run.plane.create_route_response(run.api_id, run.route_ids[key])


def delete_response(run: Run, key: str) -> None:
    if run.route_ids[key] == run.deployed.route_ids[key]:
        response_id = run.deployed.response_ids[key]
        run.plane.delete_route_response(run.api_id, run.route_ids[key], response_id)


def _recreate(run: Run, key: str) -> None:
    run.plane.delete_route(run.api_id, run.route_ids[key])
    create_route(run, key)
    old, new = run.deployed.routes[key], run.wanted.routes[key]
    if old.has_response and new.has_response:
        create_response(run, key)


def _takes_away(old: RouteEntry, new: RouteEntry) -> bool:
    return (old.two_way and not new.two_way) or bool(
        old.authorizer and not new.authorizer
    )


def _authorizer_id(run: Run, key: str) -> str:
    return run.authorizer_id if run.wanted.routes[key].authorizer else ""


def _with_optional(run: Run, send: Callable[[Integration], None]) -> None:
    """Send all mappings, or all but the optional ones when AWS refuses them."""
    try:
        send(run.wanted.integration)
    except Invalid:
        bare = without_optional(run.wanted.integration)
        if bare == run.wanted.integration:
            raise
        send(bare)
        run.warn(REFUSED_OPTIONAL)


def _remember(run: Run, record: RouteRecord) -> None:
    """Notice a server that answers without what it was just told."""
    wanted = run.wanted.routes[record.route.key]
    run.two_way_forgotten |= wanted.two_way and not record.route.two_way
