"""Which deployments nobody needs any more: every publication leaves one behind."""

from collections.abc import Iterator

from wsrouter.sync.digest import Digest
from wsrouter.sync.ports import ControlPlane
from wsrouter.sync.records import Deployment
from wsrouter.sync.server_quirks import Note

KEPT = 10
"""So many stay to go back to."""
DELETED_AT_ONCE = 3
"""More than a publication adds, and few beside what it writes."""


def outdated(plane: ControlPlane, api_id: str) -> tuple[str, ...]:
    """The ids of wsrouter's own deployments that a run may delete, the oldest first.

    The newest are kept, and whatever a stage uses; so is what has no date.
    """
    own = sorted(
        (each for each in plane.deployments(api_id) if _is_own(each)),
        key=lambda each: (each.created, each.id),
    )
    old = [each.id for each in own[:-KEPT]]
    used = set(_used(plane, api_id)) if old else set()
    return tuple(each for each in old if each not in used)[:DELETED_AT_ONCE]


def _is_own(deployment: Deployment) -> bool:
    return bool(deployment.created and Digest.parse(deployment.description))


def _used(plane: ControlPlane, api_id: str) -> Iterator[str]:
    for each in plane.stages(api_id):
        yield each.deployment_id
        yield Note.parse(each.description).deployment_id
