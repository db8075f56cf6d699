"""The endpoint of the `@connections` API of a published API."""

from wsrouter.aws import botocore_errors, clients
from wsrouter.errors import WSRouterError


class NoRegion(WSRouterError):
    """No AWS region is known: set REGION of the gateway, or AWS_DEFAULT_REGION."""


def management_endpoint(
    *, api_id: str, region: str, stage: str, profile: str = ""
) -> str:
    """The `@connections` endpoint on the API's own host, in any partition.

    Without a region, that of the environment or the profile is used. Raises NoRegion.
    """
    found = known_region(region, profile)
    try:
        suffix = clients.dns_suffix(found)
    except botocore_errors.errors() as error:
        raise NoRegion(f"AWS has no region {found!r}; check REGION.") from error
    return f"https://{api_id}.execute-api.{found}.{suffix}/{stage}"


def known_region(region: str, profile: str = "", *, local: bool = False) -> str:
    """The region that requests are signed for; raises NoRegion. This machine accepts
    any region."""
    found = region or clients.region_of(profile)
    if not found and local:
        return clients.PLACEHOLDER_REGION
    if not found:
        raise NoRegion
    return found
