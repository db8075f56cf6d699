"""Which API and which integration are ours."""

from collections.abc import Collection, Mapping, Sequence

from wsrouter.errors import SyncError
from wsrouter.sync.control_errors import NotFound, Refused, Unpublished
from wsrouter.sync.ports import ControlPlane
from wsrouter.sync.records import ApiRecord, IntegrationRecord
from wsrouter.sync.target import TAG, Target


def find(
    plane: ControlPlane,
    target: Target,
    *,
    tags: Mapping[str, str] | None = None,
    racing: bool = False,
) -> ApiRecord | None:
    """The target's API; raises Unpublished when its id is wrong, and SyncError when its
    tag is not unique.

    The list is believed when it shows these `tags`: some emulators never show changed
    ones there. When runs are `racing`, the earliest counts.
    """
    if target.api_id:
        return _by_id(plane, target, tags)
    found = tagged(plane, target)
    if len(found) > 1 and not racing:
        ids = " and ".join(sorted(each.id for each in found))
        raise SyncError(
            f"Two APIs have the tag {TAG}={target.api_name}: {ids}. Delete one, or set"
            f" API_ID in WSROUTER[{target.alias!r}]."
        )
    first = next((each for each in found if each.id == earliest(found)), None)
    if first is None or (tags is not None and tags.items() <= first.api.tags.items()):
        return first
    return plane.api(first.id)


def tagged(plane: ControlPlane, target: Target) -> list[ApiRecord]:
    """Every API with the target's tag."""
    name = target.api_name
    return [each for each in plane.apis() if name and each.api.tags.get(TAG) == name]


def earliest(found: Sequence[ApiRecord]) -> str:
    """The id of the one that stays when two runs created one each."""
    return min(found, key=lambda each: (each.created, each.id)).id


def own_integrations(
    plane: ControlPlane, target: Target, api_id: str
) -> list[IntegrationRecord]:
    """Every integration with our Description."""
    return [
        each
        for each in plane.integrations(api_id)
        if each.integration.description == target.description
    ]


def chosen(
    found: Sequence[IntegrationRecord], used: Collection[str]
) -> IntegrationRecord | None:
    """The one that stays when two runs created one each: one that routes target, then
    the smallest id. They have no date."""
    return min(found, key=lambda each: (each.id not in used, each.id), default=None)


def refuse_several(
    found: Sequence[IntegrationRecord], target: Target, api_id: str
) -> None:
    """Raise SyncError when there are several: a run was killed in a bad moment."""
    if len(found) > 1:
        ids = " and ".join(sorted(each.id for each in found))
        raise SyncError(
            f"The API {api_id} has several integrations with the Description"
            f" {target.description}: {ids}. Delete the ones that no route uses."
        )


def _by_id(
    plane: ControlPlane, target: Target, tags: Mapping[str, str] | None
) -> ApiRecord:
    """From the list, which costs one call in most accounts, else by itself."""
    listed = None if tags is None else _listed(plane, target.api_id)
    if listed and tags is not None and tags.items() <= listed.api.tags.items():
        return listed
    try:
        return plane.api(target.api_id)
    except NotFound as error:
        raise Unpublished(
            f"There is no WebSocket API {target.api_id} in this account and region;"
            f" look at API_ID and REGION of WSROUTER[{target.alias!r}]."
        ) from error


def _listed(plane: ControlPlane, api_id: str) -> ApiRecord | None:
    try:
        return next((each for each in plane.apis() if each.id == api_id), None)
    except Refused:  # who may read this API may not be allowed to list all
        return None
