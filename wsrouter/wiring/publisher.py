"""The API that code and settings describe, and the control plane that publishes it."""

from wsrouter import conf
from wsrouter.catalog.build import build
from wsrouter.catalog.routes import ApiSpec
from wsrouter.catalog.snapshot import Snapshot
from wsrouter.sync.deployed import Deployed
from wsrouter.sync.location import Location
from wsrouter.sync.ports import ControlPlane
from wsrouter.wiring.routers import root_router


def wanted_snapshot(alias: str = "default", *, secret_needed: bool = True) -> Snapshot:
    """The API to publish; raises SyncError for settings that AWS would refuse."""
    from wsrouter.sync import wanted

    gateway = conf.gateway(alias)
    return wanted.wanted_snapshot(gateway, api_spec(alias), secret_needed=secret_needed)


def api_spec(alias: str = "default") -> ApiSpec:
    """The routes and events that the gateway's root router registers."""
    return build(root_router(conf.gateway(alias)))


def local_snapshot(alias: str = "default") -> Snapshot:
    """The API for the local gateway, which does not need the settings that only AWS
    needs."""
    from wsrouter.sync.wanted import unchecked_snapshot

    return unchecked_snapshot(conf.gateway(alias), api_spec(alias))


def control_plane(
    alias: str = "default",
    *,
    endpoint_url: str = "",
    region: str = "",
    profile: str = "",
) -> ControlPlane:
    """The gateway's control plane; non-empty arguments override the settings."""
    from wsrouter.aws.control.control_plane import ApiGatewayControlPlane

    gateway = conf.gateway(alias)
    return ApiGatewayControlPlane(
        region=region or gateway.region,
        profile=profile or gateway.aws_profile,
        endpoint_url=endpoint_url or gateway.aws_endpoint_url,
    )


def location(
    alias: str = "default", *, endpoint_url: str = "", region: str = ""
) -> Location:
    """Where the gateway's control plane is; non-empty arguments override the
    settings."""
    gateway = conf.gateway(alias)
    return Location(
        region=region or gateway.region,
        endpoint_url=endpoint_url or gateway.aws_endpoint_url,
    )


def deployed(
    alias: str = "default",
    *,
    api_id: str = "",
    endpoint_url: str = "",
    region: str = "",
    profile: str = "",
) -> Deployed:
    """The API as it was published; non-empty arguments override the settings."""
    from wsrouter.sync.reading import read_published
    from wsrouter.sync.target import Target

    plane = control_plane(
        alias, endpoint_url=endpoint_url, region=region, profile=profile
    )
    return read_published(plane, Target.of(conf.gateway(alias), api_id=api_id))
