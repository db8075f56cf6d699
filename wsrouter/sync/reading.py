"""Reads what is deployed from a control plane."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from wsrouter.catalog.snapshot import (
    CONNECT,
    DISCONNECT,
    ForeignRoute,
    Integration,
    RouteEntry,
)
from wsrouter.sync.control_errors import NotFound
from wsrouter.sync.deployed import Deployed
from wsrouter.sync.digest import Digest
from wsrouter.sync.domain_reading import read_domains
from wsrouter.sync.find_api import (
    find_api,
    integration_to_keep,
    is_owned,
    refuse_duplicates,
)
from wsrouter.sync.ports import ControlPlane
from wsrouter.sync.records import (
    AuthorizerRecord,
    IntegrationRecord,
    ModelRecord,
    RouteRecord,
    StageRecord,
)
from wsrouter.sync.server_quirks import ServerQuirks
from wsrouter.sync.target import DOMAIN_TAG, Target


def read(
    plane: ControlPlane,
    target: Target,
    *,
    tags: Mapping[str, str] | None = None,
    adopt: Collection[str] = (),
    racing: bool = False,
) -> Deployed:
    """Read everything except route responses. The number of calls does not grow with
    the number of routes (except for the pages of the list), and all of them are list
    calls where the lists show the wanted tags.

    `tags` are those that the API should have. A route whose key is in `adopt` counts as
    ours whatever it targets. `racing`: another run may have created a second
    integration, which is no error then.
    """
    record = find_api(plane, target, tags=tags, racing=racing)
    if record is None:
        domains = read_domains(plane, target, [target.domain], "")
        return Deployed(domain=domains.get(target.domain))
    # Routes are read first: an integration is older than a route that targets it, so
    # the later list has it.
    routes = list(plane.routes(record.id))
    all_integrations = list(plane.integrations(record.id))
    integrations = [found for found in all_integrations if is_owned(found, target)]
    if not racing:
        refuse_duplicates(integrations, target, record.id)
    kept = integration_to_keep(integrations, {route.integration_id for route in routes})
    authorizers = _authorizers(plane, record.id)
    models = _models(plane, target, record.id)
    stage = _stage(plane, record.id, target.stage)
    quirks = ServerQuirks.parse(stage.description) if stage else ServerQuirks()
    by_owner = _by_owner(routes, integrations, adopt)
    authorizer = next(
        (
            found
            for found in authorizers
            if found.authorizer.name == target.authorizer_name
        ),
        None,
    )
    former_names = record.api.tags.get(DOMAIN_TAG, "").split()
    domains = read_domains(plane, target, [target.domain, *former_names], record.id)
    return Deployed(
        api_id=record.id,
        endpoint=record.endpoint,
        api=record.api,
        integration_id=kept.id if kept else "",
        integration=kept.integration if kept else None,
        duplicate_integrations=tuple(
            found.id for found in integrations if found is not kept
        ),
        routes=_with_hidden_two_way(by_owner.entries(authorizers), quirks),
        route_ids={route.route.key: route.id for route in by_owner.ours},
        mistargeted_routes=by_owner.mistargeted(kept.id if kept else ""),
        authorizer_id=authorizer.id if authorizer else "",
        authorizer=authorizer.authorizer if authorizer else None,
        models={model.model.name: model.model for model in models},
        model_ids={model.model.name: model.id for model in models},
        stage=stage.stage if stage else None,
        digest=_digest(plane, record.id, stage, quirks),
        quirks=quirks,
        domain=domains.pop(target.domain, None),
        former_domains=tuple(domains.values()),
        foreign_integrations={
            found.id: found.integration.uri or found.integration.type
            for found in all_integrations
            if found not in integrations
        },
        unmanaged={route.route.key: route.integration_id for route in by_owner.foreign},
        foreign_routes=by_owner.foreign_routes(all_integrations),
    )


def with_responses(
    plane: ControlPlane, deployed: Deployed, keys: Iterable[str]
) -> Deployed:
    """Read the responses of these routes: one call for each route."""
    response_ids: dict[str, str] = {}
    routes = dict(deployed.routes)
    for key in keys:
        ids = list(plane.route_responses(deployed.api_id, deployed.route_ids[key]))
        if ids:
            response_ids[key] = ids[0]
        routes[key] = replace(routes[key], has_response=bool(ids))
    return replace(
        deployed,
        routes=routes,
        response_ids={**deployed.response_ids, **response_ids},
    )


def with_permissions(
    plane: ControlPlane,
    target: Target,
    deployed: Deployed,
    wanted: Integration | None = None,
) -> Deployed:
    """Read the permissions of the function that is deployed and of the wanted one: one
    call for each."""
    integrations = filter(None, (deployed.integration, wanted))
    functions = {found.function for found in integrations} - {""}
    if not deployed.api_id or not functions:
        return deployed
    permissions = {
        function: plane.permission(function, deployed.api_id, target.stage)
        for function in sorted(functions)
    }
    return replace(deployed, permissions=permissions)


def read_published(plane: ControlPlane, target: Target) -> Deployed:
    """Read everything, route responses too: one call for each route."""
    deployed = read(plane, target)
    return with_responses(plane, deployed, deployed.routes)


@dataclass(frozen=True, slots=True)
class _RoutesByOwner:
    """Our routes, and the foreign ones."""

    ours: list[RouteRecord] = field(default_factory=list)
    foreign: list[RouteRecord] = field(default_factory=list)

    def entries(self, authorizers: Iterable[AuthorizerRecord]) -> dict[str, RouteEntry]:
        """Our routes by key, with the authorizer's name in place of its id."""
        names = {found.id: found.authorizer.name for found in authorizers}
        return {
            record.route.key: replace(
                record.route,
                authorizer=names.get(record.route.authorizer, record.route.authorizer),
            )
            for record in self.ours
        }

    def mistargeted(self, integration_id: str) -> dict[str, str]:
        """Our routes that target another integration, by key."""
        return {
            record.route.key: record.integration_id
            for record in self.ours
            if record.integration_id != integration_id
        }

    def foreign_routes(
        self, integrations: Iterable[IntegrationRecord]
    ) -> dict[str, ForeignRoute]:
        """The foreign routes whose integration is in the list, by key."""
        known = {found.id: found.integration for found in integrations}
        return {
            record.route.key: ForeignRoute(
                route=record.route, integration=known[record.integration_id]
            )
            for record in self.foreign
            if record.integration_id in known
        }


def _by_owner(
    routes: Iterable[RouteRecord],
    integrations: Iterable[IntegrationRecord],
    adopt: Collection[str],
) -> _RoutesByOwner:
    our_ids, by_owner = {record.id for record in integrations}, _RoutesByOwner()
    for record in routes:
        is_ours = record.integration_id in our_ids or record.route.key in adopt
        (by_owner.ours if is_ours else by_owner.foreign).append(record)
    return by_owner


def _authorizers(plane: ControlPlane, api_id: str) -> list[AuthorizerRecord]:
    """All of them; an empty list where the server does not know authorizers."""
    try:
        return list(plane.authorizers(api_id))
    except NotFound:
        return []


def _models(plane: ControlPlane, target: Target, api_id: str) -> list[ModelRecord]:
    """Our models; an empty list where the server does not know models."""
    try:
        records = list(plane.models(api_id))
    except NotFound:
        return []
    return [
        record for record in records if record.model.description == target.description
    ]


def _stage(plane: ControlPlane, api_id: str, name: str) -> StageRecord | None:
    return next(
        (record for record in plane.stages(api_id) if record.stage.name == name), None
    )


def _with_hidden_two_way(
    routes: dict[str, RouteEntry], quirks: ServerQuirks
) -> dict[str, RouteEntry]:
    """The routes as they were written, where the server does not show that they are
    two-way."""
    routes = {key: _assume_response(route) for key, route in routes.items()}
    if not quirks.hides_two_way or any(route.two_way for route in routes.values()):
        return routes
    return {
        key: replace(route, two_way=True, has_response=True)
        if key not in (CONNECT, DISCONNECT)
        else route
        for key, route in routes.items()
    }


def _assume_response(route: RouteEntry) -> RouteEntry:
    """A two-way route is assumed to have its response until the response is read."""
    return replace(route, has_response=route.two_way)


def _digest(
    plane: ControlPlane, api_id: str, stage: StageRecord | None, quirks: ServerQuirks
) -> Digest | None:
    deployment_id = (stage.deployment_id if stage else "") or quirks.deployment_id
    if not deployment_id:
        return None
    # AWS promises no order of the list, so every page may be the one to read.
    descriptions = (
        deployment.description
        for deployment in plane.deployments(api_id)
        if deployment.id == deployment_id
    )
    return Digest.parse(next(descriptions, ""))
