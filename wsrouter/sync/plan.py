"""The plan: the ordered list of AWS changes that a run makes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from wsrouter.catalog.snapshot import RouteEntry, Snapshot
from wsrouter.errors import SyncError
from wsrouter.sync.change import Change
from wsrouter.sync.deployed import Deployed
from wsrouter.sync.diff import differences, stale
from wsrouter.sync.digest import Digest, digest
from wsrouter.sync.domain_diff import conflicting_mapping
from wsrouter.sync.fields import knows_secret
from wsrouter.sync.outdated import outdated_deployments
from wsrouter.sync.permission_diff import permission_differences
from wsrouter.sync.ports import ControlPlane
from wsrouter.sync.reading import read, with_permissions, with_responses
from wsrouter.sync.target import Target

_ORDER = [
    ("api", "create"),
    ("api", "update"),
    ("authorizer", "create"),
    ("authorizer", "update"),
    ("model", "create"),
    ("model", "update"),
    ("permission", "create"),
    ("integration", "create"),
    ("integration", "update"),
    ("route", "create"),
    ("route", "update"),
    ("route_response", "create"),
    ("route_response", "delete"),
    ("route", "delete"),
    ("authorizer", "delete"),
    ("model", "delete"),
    ("stage", "create"),
    ("stage", "update"),
    ("deployment", "create"),
    ("domain", "create"),
    ("domain", "update"),
    ("api_mapping", "create"),
    ("api_mapping", "update"),
    ("api_mapping", "delete"),
    ("domain", "delete"),
    ("tag", "update"),
    ("permission", "delete"),
    ("integration", "delete"),
    ("deployment", "delete"),
]
"""The usual order: a resource is created before another one uses it, and deleted after
the last one that does."""
_BEFORE_DEPLOYMENT = ("stage", "update")
"""The change right before the deployment."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """What a run may do beyond the defaults.

    `prune`: delete stale routes. `adopt`: take over foreign routes and domain mappings
    that have a wanted key. `deep`: read every route response. `racing`: this run has
    begun to write, and another run may be writing too. `remove_integrations`: the ids
    of unused foreign integrations to delete.
    """

    prune: bool = False
    adopt: bool = False
    deep: bool = False
    racing: bool = False
    remove_integrations: tuple[str, ...] = ()


DEFAULT_OPTIONS = Options()


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """`changes` is exactly what publishing does, in this order; `stale` are owned
    routes that stay although the code no longer has them."""

    target: Target
    wanted: Snapshot
    deployed: Deployed
    options: Options
    digest: Digest
    changes: tuple[Change, ...]
    stale: tuple[str, ...]

    @property
    def in_sync(self) -> bool:
        return not self.changes

    @property
    def prune(self) -> bool:
        return self.options.prune

    @property
    def secret_compared(self) -> bool:
        return knows_secret(self.wanted.integration)

    @property
    def unmanaged(self) -> tuple[str, ...]:
        return tuple(sorted(self.deployed.unmanaged))

    @property
    def unused_integrations(self) -> Mapping[str, str]:
        """The foreign integrations that no route uses after the run, by id, with their
        URI or type."""
        removed = self.options.remove_integrations
        unused = self.deployed.unused_integrations
        return {found: unused[found] for found in unused if found not in removed}

    @property
    def dangers(self) -> tuple[str, ...]:
        """The warnings of the changes that need consent."""
        return tuple(change.danger for change in self.changes if change.danger)


def prepare(
    plane: ControlPlane,
    target: Target,
    wanted: Snapshot,
    options: Options = DEFAULT_OPTIONS,
) -> Plan:
    """Read what is deployed and plan the changes that lead to `wanted`; writes nothing.

    Raises SyncError when a wanted key belongs to a foreign route or mapping.
    """
    adopt = wanted.routes if options.adopt else ()
    deployed = read(
        plane, target, tags=wanted.api.tags, adopt=adopt, racing=options.racing
    )
    _refuse_conflicts(wanted, deployed, adopt=options.adopt)
    _refuse_used_integrations(deployed, options)
    deployed = with_permissions(plane, target, deployed, wanted.integration)
    keys = list(_responses_to_read(wanted, deployed, options))
    deployed = with_responses(plane, deployed, keys)
    plan = plan_changes(target, wanted, deployed, options)
    if plan.in_sync or not deployed.api_id or options.racing:
        return plan
    deployed = replace(
        deployed, outdated_deployments=outdated_deployments(plane, deployed.api_id)
    )
    return plan_changes(target, wanted, deployed, options)


def plan_changes(
    target: Target,
    wanted: Snapshot,
    deployed: Deployed,
    options: Options = DEFAULT_OPTIONS,
) -> Plan:
    """The plan from `deployed` to `wanted`; pure."""
    new_digest = _digest(wanted, deployed, options.prune)
    changes = list(differences(wanted, deployed, prune=options.prune))
    if changes or not _matches(wanted, deployed, new_digest):
        changes.append(_create_deployment(wanted, deployed, new_digest))
        changes += map(_delete_deployment, deployed.outdated_deployments)
    # No deployment is needed for these: it holds no permissions, and no route leads to
    # the integrations.
    changes += permission_differences(wanted, deployed)
    changes += _removed_integrations(deployed, options)
    return Plan(
        target=target,
        wanted=wanted,
        deployed=deployed,
        options=options,
        digest=new_digest,
        changes=tuple(
            sorted(changes, key=lambda change: _position(change, wanted, deployed))
        ),
        stale=tuple(stale(wanted, deployed)),
    )


def _position(change: Change, wanted: Snapshot, deployed: Deployed) -> int:
    """A run that disables the execute-api host writes the domain before the deployment,
    so that a run that fails in between leaves no unreachable API. A first publication
    writes it after, as there is no deployed stage to map the domain to."""
    usual = _ORDER.index((change.resource, change.action))
    disables = wanted.api.disable_execute_api_endpoint and deployed.digest is not None
    if disables and change.resource in ("domain", "api_mapping"):
        return usual if change.action == "delete" else _ORDER.index(_BEFORE_DEPLOYMENT)
    return usual


def _digest(wanted: Snapshot, deployed: Deployed, prune: bool) -> Digest:
    return digest(wanted, kept=_kept_routes(wanted, deployed, prune))


def _matches(wanted: Snapshot, deployed: Deployed, new_digest: Digest) -> bool:
    """Whether the deployment holds what is wanted; without a secret in `wanted`, all
    but the secret."""
    old_digest = deployed.digest
    if old_digest is None or knows_secret(wanted.integration):
        return old_digest == new_digest
    return old_digest.config == new_digest.config


def _kept_routes(
    wanted: Snapshot, deployed: Deployed, prune: bool
) -> Mapping[str, RouteEntry]:
    """The stale routes that still exist after the run."""
    keys: Iterable[str] = () if prune else stale(wanted, deployed)
    return {key: deployed.routes[key] for key in keys}


def _responses_to_read(
    wanted: Snapshot, deployed: Deployed, options: Options
) -> Iterator[str]:
    """The routes whose response must be read: every route that should have one, or,
    where the deployed digest matches, only the routes that differ."""
    new_digest = _digest(wanted, deployed, options.prune)
    matches = _matches(wanted, deployed, new_digest)
    changed = {
        change.key
        for change in differences(wanted, deployed)
        if change.resource in ("route", "route_response")
    }
    for key, route in wanted.routes.items():
        is_uncertain = key in changed or (route.has_response and not matches)
        if key in deployed.routes and (is_uncertain or options.deep):
            yield key


def _create_deployment(
    wanted: Snapshot, deployed: Deployed, new_digest: Digest
) -> Change:
    old = str(deployed.digest) if deployed.digest else None
    return Change(
        action="create",
        resource="deployment",
        key=wanted.stage.name,
        fields={"description": (old, str(new_digest))},
    )


def _delete_deployment(deployment_id: str) -> Change:
    return Change(action="delete", resource="deployment", key=deployment_id)


def _removed_integrations(deployed: Deployed, options: Options) -> Iterator[Change]:
    """An id that the API does not have is ignored, as the run before may have deleted
    it."""
    for integration_id, label in deployed.unused_integrations.items():
        if integration_id in options.remove_integrations:
            yield Change(
                action="delete",
                resource="integration",
                key=integration_id,
                fields={"uri": (label, None)},
            )


def _refuse_used_integrations(deployed: Deployed, options: Options) -> None:
    """Raise SyncError for an integration that is to be removed and is in use."""
    users = {target: key for key, target in deployed.unmanaged.items()}
    for integration_id in options.remove_integrations:
        if integration_id in users:
            raise SyncError(
                f"The integration {integration_id} is not removed: the route"
                f" {users[integration_id]!r} uses it."
            )
        if integration_id in (
            deployed.integration_id,
            *deployed.duplicate_integrations,
        ):
            raise SyncError(
                f"The integration {integration_id} is wsrouter's own; --destroy removes"
                " it."
            )


def _refuse_conflicts(wanted: Snapshot, deployed: Deployed, *, adopt: bool) -> None:
    foreign_keys = [key for key in wanted.routes if key in deployed.unmanaged]
    if foreign_keys:
        key = foreign_keys[0]
        raise SyncError(
            f"The route {key!r} of the API {deployed.api_id} belongs to another"
            f" integration ({deployed.unmanaged[key] or 'none'}), not to wsrouter."
            " Delete that route, give yours another key, or take it over with --adopt."
        )
    mapping = conflicting_mapping(wanted, deployed)
    if mapping and wanted.domain and not adopt:
        raise SyncError(
            f"The key {mapping.key!r} of the domain {wanted.domain.name} leads to the"
            f" API {mapping.api_id}. Set another MAPPING_KEY in DOMAIN, or take it over"
            " with --adopt."
        )
