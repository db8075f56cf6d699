"""Reads what is deployed from a control plane."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from wsrouter.catalog.snapshot import CONNECT, DISCONNECT, RouteEntry
from wsrouter.sync.control_errors import NotFound
from wsrouter.sync.deployed import Deployed
from wsrouter.sync.digest import Digest
from wsrouter.sync.domain_reading import domains
from wsrouter.sync.find_api import chosen, find, own_integrations, refuse_several
from wsrouter.sync.ports import ControlPlane
from wsrouter.sync.records import (
    AuthorizerRecord,
    IntegrationRecord,
    ModelRecord,
    RouteRecord,
    StageRecord,
)
from wsrouter.sync.server_quirks import Note
from wsrouter.sync.target import DOMAIN_TAG, Target


def read(
    plane: ControlPlane,
    target: Target,
    *,
    tags: Mapping[str, str] | None = None,
    adopt: Collection[str] = (),
    racing: bool = False,
) -> Deployed:
    """Read everything but route responses, in a number of calls that does not grow
    with the number of routes (but for the pages of the list). All of them are lists
    where those show what is wanted of the API.

    `tags` are those that the API should have. Routes whose key is in `adopt` count as
    ours whatever they target. `racing`: another run may have created a second
    integration, which is no error then.
    """
    record = find(plane, target, tags=tags, racing=racing)
    if record is None:
        found = domains(plane, target, [target.domain], "")
        return Deployed(domain=found.get(target.domain))
    # First the routes: what they target is older than they are, so it will be listed.
    routes = list(plane.routes(record.id))
    integrations = own_integrations(plane, target, record.id)
    if not racing:
        refuse_several(integrations, target, record.id)
    own = chosen(integrations, {each.integration_id for each in routes})
    authorizers = _authorizers(plane, record.id)
    models = _models(plane, target, record.id)
    stage = _stage(plane, record.id, target.stage)
    note = Note.parse(stage.description) if stage else Note()
    split = _split(routes, integrations, adopt)
    guard = next(
        (
            each
            for each in authorizers
            if each.authorizer.name == target.authorizer_name
        ),
        None,
    )
    former = record.api.tags.get(DOMAIN_TAG, "").split()
    found = domains(plane, target, [target.domain, *former], record.id)
    return Deployed(
        api_id=record.id,
        endpoint=record.endpoint,
        api=record.api,
        integration_id=own.id if own else "",
        integration=own.integration if own else None,
        duplicates=tuple(each.id for each in integrations if each is not own),
        routes=_recalled(split.entries(authorizers), note),
        route_ids={each.route.key: each.id for each in split.ours},
        strays=split.strays(own.id if own else ""),
        authorizer_id=guard.id if guard else "",
        authorizer=guard.authorizer if guard else None,
        models={each.model.name: each.model for each in models},
        model_ids={each.model.name: each.id for each in models},
        stage=stage.stage if stage else None,
        digest=_digest(plane, record.id, stage, note),
        note=note,
        domain=found.pop(target.domain, None),
        former=tuple(found.values()),
        unmanaged={each.route.key: each.integration_id for each in split.others},
    )


def with_responses(
    plane: ControlPlane, deployed: Deployed, keys: Iterable[str]
) -> Deployed:
    """Look up the responses of these routes: one call for each."""
    found: dict[str, str] = {}
    routes = dict(deployed.routes)
    for key in keys:
        ids = list(plane.route_responses(deployed.api_id, deployed.route_ids[key]))
        if ids:
            found[key] = ids[0]
        routes[key] = replace(routes[key], has_response=bool(ids))
    return replace(
        deployed, routes=routes, response_ids={**deployed.response_ids, **found}
    )


def published(plane: ControlPlane, target: Target) -> Deployed:
    """What was published, down to the last route response: one call for each route."""
    deployed = read(plane, target)
    return with_responses(plane, deployed, deployed.routes)


@dataclass(frozen=True, slots=True)
class _Split:
    """Our routes, and the others."""

    ours: list[RouteRecord] = field(default_factory=list)
    others: list[RouteRecord] = field(default_factory=list)

    def entries(self, authorizers: Iterable[AuthorizerRecord]) -> dict[str, RouteEntry]:
        names = {each.id: each.authorizer.name for each in authorizers}
        return {
            each.route.key: replace(
                each.route,
                authorizer=names.get(each.route.authorizer, each.route.authorizer),
            )
            for each in self.ours
        }

    def strays(self, integration_id: str) -> dict[str, str]:
        return {
            each.route.key: each.integration_id
            for each in self.ours
            if each.integration_id != integration_id
        }


def _split(
    routes: Iterable[RouteRecord],
    integrations: Iterable[IntegrationRecord],
    adopt: Collection[str],
) -> _Split:
    own, split = {each.id for each in integrations}, _Split()
    for each in routes:
        ours = each.integration_id in own or each.route.key in adopt
        (split.ours if ours else split.others).append(each)
    return split


def _authorizers(plane: ControlPlane, api_id: str) -> list[AuthorizerRecord]:
    """None where the server knows no such thing."""
    try:
        return list(plane.authorizers(api_id))
    except NotFound:
        return []


def _models(plane: ControlPlane, target: Target, api_id: str) -> list[ModelRecord]:
    """Ours; none where the server knows no such thing."""
    try:
        found = list(plane.models(api_id))
    except NotFound:
        return []
    return [each for each in found if each.model.description == target.description]


def _stage(plane: ControlPlane, api_id: str, name: str) -> StageRecord | None:
    return next(
        (each for each in plane.stages(api_id) if each.stage.name == name), None
    )


def _recalled(routes: dict[str, RouteEntry], note: Note) -> dict[str, RouteEntry]:
    """The routes as they were written, where the server does not show it."""
    trusted = {key: _trusted(route) for key, route in routes.items()}
    if not note.two_way or any(route.two_way for route in routes.values()):
        return trusted
    return {
        key: replace(route, two_way=True, has_response=True)
        if key not in (CONNECT, DISCONNECT)
        else route
        for key, route in trusted.items()
    }


def _trusted(route: RouteEntry) -> RouteEntry:
    """A two-way route is taken to have its response until somebody looks."""
    return replace(route, has_response=route.two_way)


def _digest(
    plane: ControlPlane, api_id: str, stage: StageRecord | None, note: Note
) -> Digest | None:
    deployment_id = (stage.deployment_id if stage else "") or note.deployment_id
    if not deployment_id:
        return None
    # The list is in no order that AWS promises, so no page of it is the right one.
    deployments = plane.deployments(api_id)
    found = (each.description for each in deployments if each.id == deployment_id)
    return Digest.parse(next(found, ""))
