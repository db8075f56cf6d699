"""The steps that write the integration, the routes and their responses."""

from collections.abc import Callable

from wsrouter.catalog.snapshot import Integration, RouteEntry
from wsrouter.sync import find_api
from wsrouter.sync.control_errors import Invalid, Superseded
from wsrouter.sync.deployed import Deployed
from wsrouter.sync.fields import without_optional_mappings
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

    _send_optional_mappings(run, send)
    owned = find_api.owned_integrations(run.plane, run.plan.target, run.api_id)
    if len(owned) > 1:
        raise Superseded("Another run created an integration at the same time.")


def update_integration(run: Run, _: str) -> None:
    old = run.deployed.integration
    old_parameters = old.request_parameters if old else {}

    def send(integration: Integration) -> None:
        run.plane.update_integration(
            run.api_id,
            run.integration_id,
            integration,
            removed=set(old_parameters) - set(integration.request_parameters),
        )

    _send_optional_mappings(run, send)


def delete_integration(run: Run, integration_id: str) -> None:
    run.plane.delete_integration(run.api_id, integration_id)


def delete_own_duplicates(run: Run, deployed: Deployed) -> None:
    """Delete the duplicate integrations that this command created.

    Raises Superseded while owned routes still target one of them.
    """
    duplicates = run.created.integrations & set(deployed.duplicate_integrations)
    if duplicates & set(deployed.mistargeted_routes.values()):
        raise Superseded("Another run created an integration at the same time.")
    for integration_id in sorted(duplicates):
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
    _detect_hidden_two_way(run, record)


def update_route(run: Run, key: str) -> None:
    """Change the route, or delete and create it again where AWS cannot remove one of
    its fields. Clients do not notice: a new route serves only after the deployment."""
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
        if not _removes_fields(old, new):
            raise
        _recreate(run, key)
    else:
        _detect_hidden_two_way(run, record)


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


def _removes_fields(old: RouteEntry, new: RouteEntry) -> bool:
    return (old.two_way and not new.two_way) or bool(
        old.authorizer and not new.authorizer
    )


def _authorizer_id(run: Run, key: str) -> str:
    return run.authorizer_id if run.wanted.routes[key].authorizer else ""


def _send_optional_mappings(run: Run, send: Callable[[Integration], None]) -> None:
    """Send all mappings; when AWS refuses the optional ones, send the rest."""
    try:
        send(run.wanted.integration)
    except Invalid:
        required = without_optional_mappings(run.wanted.integration)
        if required == run.wanted.integration:
            raise
        send(required)
        run.warn(REFUSED_OPTIONAL)


def _detect_hidden_two_way(run: Run, record: RouteRecord) -> None:
    """Notice a server whose answer does not show that the route is two-way."""
    wanted = run.wanted.routes[record.route.key]
    run.two_way_is_hidden |= wanted.two_way and not record.route.two_way
