"""The differences between a wanted snapshot and what is deployed; pure."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from wsrouter.catalog.snapshot import Api, Snapshot, Stage
from wsrouter.sync.change import Action, Change, Fields, Resource
from wsrouter.sync.deployed import Deployed
from wsrouter.sync.domain_diff import api_naming_former_domains, domain_differences
from wsrouter.sync.fields import SECRET_FIELD, compare, fields, knows_secret
from wsrouter.wire import mapping

_OPTIONAL_FIELDS = {
    f"request_parameters.{target}" for target in mapping.OPTIONAL_TARGETS
}


def differences(
    wanted: Snapshot, deployed: Deployed, *, prune: bool = False
) -> Iterator[Change]:
    """Every change that leads from `deployed` to `wanted`, except the deployment.

    Owned routes that are not wanted are deleted only with `prune`. The secret is
    compared only when `wanted` has one.
    """
    api = api_naming_former_domains(wanted, deployed, prune=prune)
    yield from _api(api, deployed)
    yield from _authorizer(wanted, deployed)
    yield from _models(wanted, deployed, prune)
    yield from _integration(wanted, deployed)
    for key in wanted.routes:
        yield from _route(wanted, deployed, key)
        yield from _response(wanted, deployed, key)
    for key in stale(wanted, deployed) if prune else ():
        old = fields(deployed.routes[key])
        yield _change("delete", "route", key, compare(old, {}))
    yield from _stage(wanted, deployed)
    yield from domain_differences(wanted, deployed, prune=prune)


def stale(wanted: Snapshot, deployed: Deployed) -> tuple[str, ...]:
    """The owned route keys that the code no longer has."""
    return tuple(sorted(set(deployed.routes) - set(wanted.routes)))


def removed_tags(wanted: Api, deployed: Deployed) -> tuple[str, ...]:
    """The keys of the tags that the API got from the settings and that the settings no
    longer have."""
    if deployed.api is None or deployed.digest is None:
        return ()
    unwanted = set(deployed.api.tags) - set(wanted.tags)
    return tuple(sorted(key for key in unwanted if deployed.digest.has_tag(key)))


def stage_with_owned_settings(wanted: Snapshot, deployed: Deployed) -> Stage | None:
    """The deployed stage with the route settings of owned routes only."""
    if deployed.stage is None:
        return None
    owned = {*wanted.routes, *deployed.routes}
    route_settings = {
        key: settings
        for key, settings in deployed.stage.route_settings.items()
        if key in owned
    }
    return replace(deployed.stage, route_settings=route_settings)


def _api(wanted: Api, deployed: Deployed) -> Iterator[Change]:
    old, new = fields(deployed.api), fields(wanted)
    # Foreign tags are left alone, and an API found by its id keeps its name.
    removed = {f"tags.{key}" for key in removed_tags(wanted, deployed)}
    comparable = {*new, *removed}
    changed = compare({name: old[name] for name in old if name in comparable}, new)
    if changed:
        action: Action = "update" if deployed.api else "create"
        key = wanted.name or deployed.api_id
        yield _change(
            action, "api", key, changed, _execute_api_danger(wanted, deployed)
        )


def _execute_api_danger(wanted: Api, deployed: Deployed) -> str:
    """The consequence of disabling or enabling the execute-api host of an existing API
    (Developer Guide, "Disable the default endpoint for WebSocket APIs")."""
    old, disabled = deployed.api, wanted.disable_execute_api_endpoint
    if old is None or old.disable_execute_api_endpoint == disabled:
        return ""
    if disabled:
        return "connections and posts to the execute-api host will be refused"
    return (
        "the execute-api host will accept connections again"
        " (DISABLE_EXECUTE_API_ENDPOINT in DOMAIN keeps it disabled)"
    )


def _authorizer(wanted: Snapshot, deployed: Deployed) -> Iterator[Change]:
    yield from _optional("authorizer", wanted.authorizer, deployed.authorizer)


def _models(wanted: Snapshot, deployed: Deployed, prune: bool) -> Iterator[Change]:
    """A model that no route uses any more is deleted; stale routes keep theirs."""
    kept = set() if prune else stale(wanted, deployed)
    used = {deployed.routes[key].model for key in kept}
    for name in sorted({*wanted.models, *deployed.models} - (used - {*wanted.models})):
        old, new = deployed.models.get(name), wanted.models.get(name)
        yield from _optional("model", new, old)


def _optional(resource: Resource, new: Any, old: Any) -> Iterator[Change]:
    """The change of a named resource that the settings may or may not ask for."""
    changed = compare(fields(old), fields(new))
    if changed:
        action: Action = "update" if old and new else "create" if new else "delete"
        yield _change(action, resource, (new or old).name, changed)


def _integration(wanted: Snapshot, deployed: Deployed) -> Iterator[Change]:
    old, new = fields(deployed.integration), fields(wanted.integration)
    if not knows_secret(wanted.integration):
        old.pop(SECRET_FIELD, None)
    changed = compare(old, new)
    refused_before = {
        name for name in changed if name in _OPTIONAL_FIELDS and name not in old
    }
    if set(changed) <= refused_before and deployed.integration:
        return
    yield Change(
        action="update" if deployed.integration else "create",
        resource="integration",
        key=wanted.integration.description,
        fields=changed,
        danger=_endpoint_danger(wanted, deployed),
    )


def _endpoint_danger(wanted: Snapshot, deployed: Deployed) -> str:
    if deployed.integration is None:
        return ""
    old, new = deployed.integration.destination, wanted.integration.destination
    if old == new:
        return ""
    moves = f"every message, also of open connections, moves from {old} to {new}"
    if deployed.integration.type == wanted.integration.type:
        return moves
    return (
        f"{moves}; connections stay open, and their users and groups are known there"
        " only if both have the same database"
    )


def _route(wanted: Snapshot, deployed: Deployed, key: str) -> Iterator[Change]:
    old, new = fields(deployed.routes.get(key)), fields(wanted.routes[key])
    changed = dict(compare(old, new))
    danger = ""
    if key in deployed.mistargeted_routes:
        before = deployed.mistargeted_routes[key] or None
        changed["integration"] = (before, deployed.integration_id or None)
        danger = f"taken over from the integration {before or '(none)'}"
    if changed:
        action: Action = "update" if key in deployed.routes else "create"
        yield _change(action, "route", key, changed, danger)


def _response(wanted: Snapshot, deployed: Deployed, key: str) -> Iterator[Change]:
    old, new = deployed.routes.get(key), wanted.routes[key]
    has_response = old.has_response if old else False
    if has_response != new.has_response:
        action: Action = "create" if new.has_response else "delete"
        yield _change(action, "route_response", key, {})


def _stage(wanted: Snapshot, deployed: Deployed) -> Iterator[Change]:
    old = stage_with_owned_settings(wanted, deployed)
    if changed := compare(fields(old), fields(wanted.stage)):
        action: Action = "update" if deployed.stage else "create"
        yield _change(action, "stage", wanted.stage.name, changed)


def _change(
    action: Action, resource: Resource, key: str, changed: Fields, danger: str = ""
) -> Change:
    return Change(
        action=action, resource=resource, key=key, fields=changed, danger=danger
    )
