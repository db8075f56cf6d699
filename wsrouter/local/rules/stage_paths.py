"""Where clients and backends find the stage."""

from wsrouter.catalog.snapshot import Snapshot


def root(snapshot: Snapshot) -> str:
    """The path that stands for the stage: that of the execute-api host, or that of the
    custom domain where it is the only way; empty for all of it."""
    if not snapshot.api.disable_execute_api_endpoint:
        return own(snapshot)
    return f"/{snapshot.domain.mapping_key if snapshot.domain else ''}".rstrip("/")


def own(snapshot: Snapshot) -> str:
    """The path on the execute-api host."""
    return f"/{snapshot.stage.name}"
