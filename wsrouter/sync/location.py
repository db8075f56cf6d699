"""Where a control plane is."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Location:
    """The Region and, for emulators, the URL of a control plane. Empty values are those
    of the AWS configuration, which this library does not read."""

    region: str = ""
    endpoint_url: str = ""
