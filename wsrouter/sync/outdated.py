"""Which deployments may be deleted: every publication leaves one behind."""

from collections.abc import Iterator

from wsrouter.sync.digest import Digest
from wsrouter.sync.ports import ControlPlane
from wsrouter.sync.records import Deployment
from wsrouter.sync.server_quirks import ServerQuirks

KEPT_DEPLOYMENTS = 10
"""How many of the newest deployments stay, so that a stage can be pointed back."""
DELETED_PER_RUN = 3
"""More than a publication adds, so that the number falls, and few beside the calls
that a publication makes anyway."""


def outdated_deployments(plane: ControlPlane, api_id: str) -> tuple[str, ...]:
    """The ids of wsrouter's own deployments that a run may delete, the oldest first.

    The newest stay, and so do those that a stage uses or that have no date.
    """
    owned = sorted(
        (found for found in plane.deployments(api_id) if _is_ours(found)),
        key=lambda deployment: (deployment.created, deployment.id),
    )
    old = [deployment.id for deployment in owned[:-KEPT_DEPLOYMENTS]]
    used = set(_used_deployments(plane, api_id)) if old else set()
    unused = tuple(deployment_id for deployment_id in old if deployment_id not in used)
    return unused[:DELETED_PER_RUN]


def _is_ours(deployment: Deployment) -> bool:
    return bool(deployment.created and Digest.parse(deployment.description))


def _used_deployments(plane: ControlPlane, api_id: str) -> Iterator[str]:
    for stage in plane.stages(api_id):
        yield stage.deployment_id
        yield ServerQuirks.parse(stage.description).deployment_id
