"""Which API and which integration are ours."""

from collections.abc import Collection, Mapping, Sequence

from wsrouter.errors import SyncError
from wsrouter.sync.control_errors import CallRefused, NotFound, Unpublished
from wsrouter.sync.ports import ControlPlane
from wsrouter.sync.records import ApiRecord, IntegrationRecord
from wsrouter.sync.target import TAG, Target


def find_api(
    plane: ControlPlane,
    target: Target,
    *,
    tags: Mapping[str, str] | None = None,
    racing: bool = False,
) -> ApiRecord | None:
    """The target's API; raises Unpublished when its id is wrong, and SyncError when its
    tag is not unique.

    The API is read by its id unless the list shows these `tags`: some emulators never
    show changed tags in lists. When runs are `racing`, the earliest API counts.
    """
    if target.api_id:
        return _find_by_id(plane, target, tags)
    candidates = tagged_apis(plane, target)
    if len(candidates) > 1 and not racing:
        ids = " and ".join(sorted(api.id for api in candidates))
        raise SyncError(
            f"Two APIs have the tag {TAG}={target.api_name}: {ids}. Delete one, or set"
            f" API_ID in WSROUTER[{target.alias!r}]."
        )
    if not candidates:
        return None
    first = earliest_api(candidates)
    if tags is not None and tags.items() <= first.api.tags.items():
        return first
    return plane.api(first.id)


def tagged_apis(plane: ControlPlane, target: Target) -> list[ApiRecord]:
    """Every API with the target's tag."""
    name = target.api_name
    return [api for api in plane.apis() if name and api.api.tags.get(TAG) == name]


def earliest_api(candidates: Sequence[ApiRecord]) -> ApiRecord:
    """The API that stays when two runs created one each."""
    return min(candidates, key=lambda api: (api.created, api.id))


def owned_integrations(
    plane: ControlPlane, target: Target, api_id: str
) -> list[IntegrationRecord]:
    """Every integration with our Description."""
    return [record for record in plane.integrations(api_id) if is_owned(record, target)]


def is_owned(record: IntegrationRecord, target: Target) -> bool:
    """Whether an integration has our Description."""
    return record.integration.description == target.description


def integration_to_keep(
    candidates: Sequence[IntegrationRecord], used: Collection[str]
) -> IntegrationRecord | None:
    """The integration that stays when two runs created one each: one that routes
    target, then the smallest id. Integrations have no creation date."""
    return min(
        candidates, key=lambda record: (record.id not in used, record.id), default=None
    )


def refuse_duplicates(
    candidates: Sequence[IntegrationRecord], target: Target, api_id: str
) -> None:
    """Raise SyncError when there are several: a run was killed right after it had
    created one."""
    if len(candidates) > 1:
        ids = " and ".join(sorted(record.id for record in candidates))
        raise SyncError(
            f"The API {api_id} has several integrations with the Description"
            f" {target.description}: {ids}. Delete the ones that no route uses."
        )


def _find_by_id(
    plane: ControlPlane, target: Target, tags: Mapping[str, str] | None
) -> ApiRecord:
    """From the list, which costs one call in most accounts, else by its id."""
    listed = None if tags is None else _find_in_list(plane, target.api_id)
    if listed and tags is not None and tags.items() <= listed.api.tags.items():
        return listed
    try:
        return plane.api(target.api_id)
    except NotFound as error:
        raise Unpublished(
            f"There is no WebSocket API {target.api_id} in this account and Region;"
            f" check API_ID and REGION of WSROUTER[{target.alias!r}]."
        ) from error


def _find_in_list(plane: ControlPlane, api_id: str) -> ApiRecord | None:
    try:
        return next((api for api in plane.apis() if api.id == api_id), None)
    except CallRefused:  # credentials may allow reading one API and not listing all
        return None
