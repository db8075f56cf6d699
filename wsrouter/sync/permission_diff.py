"""The permissions to invoke a Lambda function that are missing or left over; pure."""

from collections.abc import Iterator

from wsrouter.catalog.snapshot import Snapshot
from wsrouter.sync.change import Change
from wsrouter.sync.deployed import Deployed
from wsrouter.sync.records import Permission

_FIELD = "principal"
_API_GATEWAY = "API Gateway, for this API"


def permission_differences(wanted: Snapshot, deployed: Deployed) -> Iterator[Change]:
    """A permission is created unless the function's policy grants it already, by
    whatever statement. Only our own statement is ever deleted."""
    function = wanted.integration.function
    if function and not deployed.permissions.get(function, Permission()).granted:
        yield Change(
            action="create",
            resource="permission",
            key=function,
            fields={_FIELD: (None, _API_GATEWAY)},
        )
    for former in deployed.permissions:
        if former != function:
            yield from removed_permission(deployed, former)


def removed_permission(deployed: Deployed, function: str) -> Iterator[Change]:
    if deployed.permissions[function].is_ours:
        yield Change(
            action="delete",
            resource="permission",
            key=function,
            fields={_FIELD: (_API_GATEWAY, None)},
        )
