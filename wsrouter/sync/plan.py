"""The ordered list of what a run would do, and how it comes about."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from wsrouter.catalog.snapshot import RouteEntry, Snapshot
from wsrouter.errors import SyncError
from wsrouter.sync.change import Change
from wsrouter.sync.deployed import Deployed
from wsrouter.sync.diff import differences, stale
from wsrouter.sync.digest import Digest, digest
from wsrouter.sync.domain_diff import taken_by
from wsrouter.sync.fields import has_secret
from wsrouter.sync.outdated import outdated
from wsrouter.sync.ports import ControlPlane
from wsrouter.sync.reading import read, with_responses
from wsrouter.sync.target import Target

_ORDER = [
    ("api", "create"),
    ("api", "update"),
    ("authorizer", "create"),
    ("authorizer", "update"),
    ("model", "create"),
    ("model", "update"),
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
    ("deployment", "delete"),
]
"""Nothing is used before it is created, nothing is deleted while it is used."""
_LAST_BEFORE = ("stage", "update")
"""The deployment follows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """What a run may do beyond the ordinary.

    `prune`: delete stale routes. `adopt`: take over wanted routes of others. `deep`:
    look at every route response. `racing`: this run has begun to write, and another one
    may be writing too.
    """

    prune: bool = False
    adopt: bool = False
    deep: bool = False
    racing: bool = False


ORDINARY = Options()


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
        return has_secret(self.wanted.integration)

    @property
    def unmanaged(self) -> tuple[str, ...]:
        return tuple(sorted(self.deployed.unmanaged))


def prepare(
    plane: ControlPlane,
    target: Target,
    wanted: Snapshot,
    options: Options = ORDINARY,
) -> Plan:
    """Read what is deployed and plan what leads to `wanted`; changes nothing."""
    adopt = wanted.routes if options.adopt else ()
    deployed = read(
        plane, target, tags=wanted.api.tags, adopt=adopt, racing=options.racing
    )
    _refuse_foreign(wanted, deployed, adopt=options.adopt)
    keys = list(_doubtful(wanted, deployed, options))
    deployed = with_responses(plane, deployed, keys)
    found = plan(target, wanted, deployed, options)
    if found.in_sync or not deployed.api_id or options.racing:
        return found
    deployed = replace(deployed, outdated=outdated(plane, deployed.api_id))
    return plan(target, wanted, deployed, options)


def plan(
    target: Target,
    wanted: Snapshot,
    deployed: Deployed,
    options: Options = ORDINARY,
) -> Plan:
    """The plan from `deployed` to `wanted`; pure."""
    seal = _seal(wanted, deployed, options.prune)
    changes = list(differences(wanted, deployed, prune=options.prune))
    if changes or not _is_sealed(wanted, deployed, seal):
        changes.append(_deployment(wanted, deployed, seal))
        changes += map(_outdated, deployed.outdated)
    return Plan(
        target=target,
        wanted=wanted,
        deployed=deployed,
        options=options,
        digest=seal,
        changes=tuple(
            sorted(changes, key=lambda each: _position(each, wanted, deployed))
        ),
        stale=tuple(stale(wanted, deployed)),
    )


def _position(change: Change, wanted: Snapshot, deployed: Deployed) -> int:
    """Where the domain is the only way in, it is there before the deployment that
    closes the other one: a run that fails in between leaves no API that nobody
    reaches. A first publication has no stage to lead to before."""
    usual = _ORDER.index((change.resource, change.action))
    closes = wanted.api.disable_execute_api_endpoint and deployed.digest is not None
    if closes and change.resource in ("domain", "api_mapping"):
        return usual if change.action == "delete" else _ORDER.index(_LAST_BEFORE)
    return usual


def _seal(wanted: Snapshot, deployed: Deployed, prune: bool) -> Digest:
    return digest(wanted, kept=_kept(wanted, deployed, prune))


def _is_sealed(wanted: Snapshot, deployed: Deployed, seal: Digest) -> bool:
    """Whether the deployment holds what is wanted, as far as that is known here."""
    found = deployed.digest
    if found is None or has_secret(wanted.integration):
        return found == seal
    return found.config == seal.config


def _kept(
    wanted: Snapshot, deployed: Deployed, prune: bool
) -> Mapping[str, RouteEntry]:
    """The stale routes that will still be there after the run."""
    keys: Iterable[str] = () if prune else stale(wanted, deployed)
    return {key: deployed.routes[key] for key in keys}


def _doubtful(wanted: Snapshot, deployed: Deployed, options: Options) -> Iterator[str]:
    """The routes whose response must be looked at: all that should have one, or those
    that differ when the deployed digest vouches for the rest."""
    sealed = _is_sealed(wanted, deployed, _seal(wanted, deployed, options.prune))
    changed = {
        change.key
        for change in differences(wanted, deployed)
        if change.resource in ("route", "route_response")
    }
    for key, route in wanted.routes.items():
        doubted = key in changed or (route.has_response and not sealed)
        if key in deployed.routes and (doubted or options.deep):
            yield key


def _deployment(wanted: Snapshot, deployed: Deployed, seal: Digest) -> Change:
    old = str(deployed.digest) if deployed.digest else None
    return Change(
        action="create",
        resource="deployment",
        key=wanted.stage.name,
        fields={"description": (old, str(seal))},
    )


def _outdated(deployment_id: str) -> Change:
    return Change(action="delete", resource="deployment", key=deployment_id)


def _refuse_foreign(wanted: Snapshot, deployed: Deployed, *, adopt: bool) -> None:
    foreign = [key for key in wanted.routes if key in deployed.unmanaged]
    if foreign:
        key = foreign[0]
        raise SyncError(
            f"The route {key!r} of the API {deployed.api_id} belongs to another"
            f" integration ({deployed.unmanaged[key] or 'none'}), not to wsrouter."
            " Delete it there, give yours another key, or take it over with --adopt."
        )
    taken = taken_by(wanted, deployed)
    if taken and wanted.domain and not adopt:
        raise SyncError(
            f"The key {taken.key!r} of the domain {wanted.domain.name} leads to the API"
            f" {taken.api_id}. Set another"
            " MAPPING_KEY in DOMAIN, or take it over with --adopt."
        )
