"""The paths at which clients and backends find the stage."""

from wsrouter.catalog.snapshot import Snapshot


def stage_path(snapshot: Snapshot) -> str:
    """The path of the stage on this machine: its path on the execute-api host, or,
    when that host is disabled, its path on the custom domain. Empty for the root."""
    if not snapshot.api.disable_execute_api_endpoint:
        return execute_api_path(snapshot)
    return f"/{snapshot.domain.mapping_key if snapshot.domain else ''}".rstrip("/")


def execute_api_path(snapshot: Snapshot) -> str:
    """The path of the stage on the execute-api host."""
    return f"/{snapshot.stage.name}"
