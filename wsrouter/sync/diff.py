"""The differences between a wanted snapshot and what is deployed; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from wsrouter.catalog.snapshot import Api, Snapshot, Stage
from wsrouter.sync.change import Action, Change, Resource
from wsrouter.sync.deployed import Deployed
from wsrouter.sync.domain_diff import api_meanwhile, domain_differences
from wsrouter.sync.fields import SECRET_MEMBER, compare, has_secret, members
from wsrouter.wire import mapping

_OPTIONAL = {f"request_parameters.{target}" for target in mapping.OPTIONAL_TARGETS}


def differences(
    wanted: Snapshot, deployed: Deployed, *, prune: bool = False
) -> Iterator[Change]:
    """Every change that leads from `deployed` to `wanted`, but for the deployment.

    Owned routes that are not wanted are deleted only with `prune`. A secret that is not
    at hand is not compared.
    """
    yield from _api(api_meanwhile(wanted, deployed, prune=prune), deployed)
    yield from _authorizer(wanted, deployed)
    yield from _models(wanted, deployed, prune)
    yield from _integration(wanted, deployed)
    for key in wanted.routes:
        yield from _route(wanted, deployed, key)
        yield from _response(wanted, deployed, key)
    for key in stale(wanted, deployed) if prune else ():
        old = members(deployed.routes[key])
        yield _change("delete", "route", key, compare(old, {}))
    yield from _stage(wanted, deployed)
    yield from domain_differences(wanted, deployed, prune=prune)


def stale(wanted: Snapshot, deployed: Deployed) -> tuple[str, ...]:
    """The owned route keys that the code no longer has."""
    return tuple(sorted(set(deployed.routes) - set(wanted.routes)))


def tags_left(wanted: Api, deployed: Deployed) -> tuple[str, ...]:
    """The keys of the tags that the settings gave the API and no longer have."""
    if deployed.api is None or deployed.digest is None:
        return ()
    gone = set(deployed.api.tags) - set(wanted.tags)
    return tuple(sorted(key for key in gone if deployed.digest.has_tag(key)))


def own_settings(wanted: Snapshot, deployed: Deployed) -> Stage | None:
    """The deployed stage with the route settings of our routes only."""
    if deployed.stage is None:
        return None
    ours = {*wanted.routes, *deployed.routes}
    settings = {
        key: each for key, each in deployed.stage.route_settings.items() if key in ours
    }
    return replace(deployed.stage, route_settings=settings)


def _api(wanted: Api, deployed: Deployed) -> Iterator[Change]:
    old, new = members(deployed.api), members(wanted)
    # Tags of others are none of our business; an API found by id keeps its name.
    left = {f"tags.{key}" for key in tags_left(wanted, deployed)}
    fields = compare({name: old[name] for name in old if name in {*new, *left}}, new)
    if fields:
        action: Action = "update" if deployed.api else "create"
        key, danger = wanted.name or deployed.api_id, _door(wanted, deployed)
        yield _change(action, "api", key, fields, danger)


def _door(wanted: Api, deployed: Deployed) -> str:
    """What comes of it that the execute-api host is disabled, or is not any more."""
    old, closed = deployed.api, wanted.disable_execute_api_endpoint
    if old is None or old.disable_execute_api_endpoint == closed:
        return ""
    if closed:
        return "whoever still connects or posts to the execute-api host is refused"
    return (
        "the execute-api host is open again (DISABLE_EXECUTE_API_ENDPOINT in DOMAIN"
        " keeps it disabled)"
    )


def _authorizer(wanted: Snapshot, deployed: Deployed) -> Iterator[Change]:
    yield from _whole("authorizer", "", wanted.authorizer, deployed.authorizer)


def _models(wanted: Snapshot, deployed: Deployed, prune: bool) -> Iterator[Change]:
    """A model that no route is left with goes; stale routes keep theirs."""
    kept = set() if prune else stale(wanted, deployed)
    used = {deployed.routes[key].model for key in kept}
    for name in sorted({*wanted.models, *deployed.models} - (used - {*wanted.models})):
        old, new = deployed.models.get(name), wanted.models.get(name)
        yield from _whole("model", name, new, old)


def _whole(resource: Resource, key: str, new: Any, old: Any) -> Iterator[Change]:
    """The change of a resource that is there or not, as the settings say."""
    fields = compare(members(old), members(new))
    if fields:
        action: Action = "update" if old and new else "create" if new else "delete"
        yield _change(action, resource, key or (new or old).name, fields)


def _integration(wanted: Snapshot, deployed: Deployed) -> Iterator[Change]:
    old, new = members(deployed.integration), members(wanted.integration)
    if not has_secret(wanted.integration):
        old.pop(SECRET_MEMBER, None)
    fields = compare(old, new)
    refused = {name for name in fields if name in _OPTIONAL and name not in old}
    if set(fields) <= refused and deployed.integration:
        return
    yield Change(
        action="update" if deployed.integration else "create",
        resource="integration",
        key=wanted.integration.description,
        fields=fields,
        danger=_host_change(wanted, deployed),
    )


def _host_change(wanted: Snapshot, deployed: Deployed) -> str:
    if deployed.integration is None:
        return ""
    old, new = (
        urlsplit(each.uri).netloc for each in (deployed.integration, wanted.integration)
    )
    if old == new:
        return ""
    return f"every message, also of open connections, moves from {old} to {new}"


def _route(wanted: Snapshot, deployed: Deployed, key: str) -> Iterator[Change]:
    old, new = members(deployed.routes.get(key)), members(wanted.routes[key])
    fields = dict(compare(old, new))
    danger = ""
    if key in deployed.strays:
        before, after = deployed.strays[key] or None, deployed.integration_id or None
        fields["integration"] = (before, after)
        danger = f"taken over from the integration {before or '(none)'}"
    if fields:
        action: Action = "update" if key in deployed.routes else "create"
        yield _change(action, "route", key, fields, danger)


def _response(wanted: Snapshot, deployed: Deployed, key: str) -> Iterator[Change]:
    old, new = deployed.routes.get(key), wanted.routes[key]
    has = old.has_response if old else False
    if has != new.has_response:
        action: Action = "create" if new.has_response else "delete"
        yield _change(action, "route_response", key, {})


def _stage(wanted: Snapshot, deployed: Deployed) -> Iterator[Change]:
    old = own_settings(wanted, deployed)
    if fields := compare(members(old), members(wanted.stage)):
        action: Action = "update" if deployed.stage else "create"
        yield _change(action, "stage", wanted.stage.name, fields)


def _change(
    action: Action,
    resource: Resource,
    key: str,
    fields: Mapping[str, tuple[Any, Any]],
    danger: str = "",
) -> Change:
    return Change(
        action=action, resource=resource, key=key, fields=fields, danger=danger
    )
