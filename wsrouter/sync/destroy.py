"""Removes what was published: the planned deletions, and their execution."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from wsrouter.sync.change import Change
from wsrouter.sync.deployed import Deployed, DeployedDomain
from wsrouter.sync.permission_diff import removed_permission
from wsrouter.sync.ports import ControlPlane
from wsrouter.sync.reading import read, with_permissions
from wsrouter.sync.records import Deployment
from wsrouter.sync.server_quirks import ServerQuirks
from wsrouter.sync.steps.stage_steps import wait_until_deployed
from wsrouter.sync.target import TAG, Target

_REMOVED_DESCRIPTION = "wsrouter: removed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Removal:
    """`changes` is exactly what destroying does, in this order. `kept_because` is the
    reason for which the API itself stays; it is empty when the API is deleted."""

    target: Target
    deployed: Deployed
    changes: tuple[Change, ...]
    kept_because: str = ""
    stale: tuple[str, ...] = ()

    @property
    def in_sync(self) -> bool:
        return not self.changes

    @property
    def unmanaged(self) -> tuple[str, ...]:
        return tuple(sorted(self.deployed.unmanaged))

    @property
    def unused_integrations(self) -> Mapping[str, str]:
        return self.deployed.unused_integrations

    @property
    def dangers(self) -> tuple[str, ...]:
        """None: `--destroy` is the consent to what destroying does."""
        return ()


def plan_removal(plane: ControlPlane, target: Target) -> Removal:
    """Read what is deployed and plan its removal; writes nothing."""
    deployed = with_permissions(plane, target, read(plane, target))
    reason = _reason_to_keep(plane, target, deployed) if deployed.api_id else ""
    return Removal(
        target=target,
        deployed=deployed,
        kept_because=reason,
        changes=tuple(_changes(deployed, keep_api=bool(reason))),
    )


def destroy(
    plane: ControlPlane,
    removal: Removal,
    *,
    report: Callable[[Change], None] = lambda _: None,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Carry out a removal. After an interruption, plan and carry out another one."""
    for change in removal.changes:
        _STEPS[change.resource, change.action](plane, removal.deployed, change.key)
        if change.resource == "deployment":
            _redeploy(plane, removal, sleep)
        report(change)


def _reason_to_keep(plane: ControlPlane, target: Target, deployed: Deployed) -> str:
    """Why the API must stay; empty when everything in it is ours."""
    if deployed.api is None or deployed.api.tags.get(TAG) != target.api_name:
        return "it was not created by wsrouter"
    if deployed.unmanaged:
        return f"the route {min(deployed.unmanaged)} in it is not wsrouter's"
    for name, ids in _foreign_parts(plane, target, deployed):
        if ids:
            return f"it has {name} that are not wsrouter's"
    return ""


def _foreign_parts(
    plane: ControlPlane, target: Target, deployed: Deployed
) -> Iterator[tuple[str, set[str]]]:
    api_id = deployed.api_id
    integrations = {record.id for record in plane.integrations(api_id)}
    yield "integrations", integrations - {deployed.integration_id}
    stages = {record.stage.name for record in plane.stages(api_id)}
    yield "stages", stages - {target.stage}


def _changes(deployed: Deployed, *, keep_api: bool) -> Iterator[Change]:
    for domain in _domains(deployed):
        yield from _domain(domain)
    for function in deployed.permissions:
        yield from removed_permission(deployed, function)
    if deployed.api_id and not keep_api:
        yield Change(action="delete", resource="api", key=deployed.api_id)
        return
    for key in sorted(deployed.routes):
        yield Change(action="delete", resource="route", key=key)
    if deployed.integration:
        key = deployed.integration.description
        yield Change(action="delete", resource="integration", key=key)
    if deployed.authorizer:
        key = deployed.authorizer.name
        yield Change(action="delete", resource="authorizer", key=key)
    for name in sorted(deployed.models):
        yield Change(action="delete", resource="model", key=name)
    yield from _stage(deployed)


def _domains(deployed: Deployed) -> tuple[DeployedDomain, ...]:
    return (*filter(None, [deployed.domain]), *deployed.former_domains)


def _domain(domain: DeployedDomain) -> Iterator[Change]:
    key = domain.record.name
    if domain.owned_mappings:
        yield Change(action="delete", resource="api_mapping", key=key)
    if domain.is_ours and not domain.foreign_mappings:
        yield Change(action="delete", resource="domain", key=key)


def _stage(deployed: Deployed) -> Iterator[Change]:
    """A stage with foreign routes goes on serving those: it gets a deployment without
    our routes. Without foreign routes, the stage is deleted."""
    if deployed.stage is None:
        return
    name = deployed.stage.name
    if not deployed.unmanaged:
        yield Change(action="delete", resource="stage", key=name)
    elif deployed.routes or deployed.digest:
        yield Change(action="create", resource="deployment", key=name)


def _redeploy(
    plane: ControlPlane, removal: Removal, sleep: Callable[[float], None]
) -> None:
    api_id, name = removal.deployed.api_id, removal.target.stage
    deployment = plane.create_deployment(api_id, description=_REMOVED_DESCRIPTION)

    def read_deployment() -> Deployment:
        return plane.deployment(api_id, deployment.id)

    wait_until_deployed(deployment, read_deployment, sleep)
    record = plane.point_stage(api_id, name, deployment_id=deployment.id)
    if record.deployment_id != deployment.id:
        quirks = ServerQuirks(deployment_id=deployment.id)
        plane.point_stage(api_id, name, description=str(quirks))


def _delete_mapping(plane: ControlPlane, deployed: Deployed, name: str) -> None:
    for domain in _domains(deployed):
        for mapping in domain.owned_mappings if domain.record.name == name else ():
            plane.delete_mapping(name, mapping.id)


_Step = Callable[[ControlPlane, Deployed, str], None]
_STEPS: dict[tuple[str, str], _Step] = {
    ("api_mapping", "delete"): _delete_mapping,
    ("domain", "delete"): lambda plane, _, name: plane.delete_domain(name),
    ("permission", "delete"): lambda plane, deployed, function: plane.forbid(
        function, deployed.api_id
    ),
    ("api", "delete"): lambda plane, _, key: plane.delete_api(key),
    ("route", "delete"): lambda plane, deployed, key: plane.delete_route(
        deployed.api_id, deployed.route_ids[key]
    ),
    ("integration", "delete"): lambda plane, deployed, _: plane.delete_integration(
        deployed.api_id, deployed.integration_id
    ),
    ("authorizer", "delete"): lambda plane, deployed, _: plane.delete_authorizer(
        deployed.api_id, deployed.authorizer_id
    ),
    ("model", "delete"): lambda plane, deployed, name: plane.delete_model(
        deployed.api_id, deployed.model_ids[name]
    ),
    ("stage", "delete"): lambda plane, deployed, name: plane.delete_stage(
        deployed.api_id, name
    ),
    ("deployment", "create"): lambda *_: None,
}
