"""Which API a gateway's settings mean, and how its resources are marked as ours."""

from dataclasses import dataclass

from wsrouter.options.gateway import Gateway

TAG = "wsrouter:gateway"
"""The tag by which an API is found again; its value is API_NAME."""
DOMAIN_TAG = "wsrouter:domain"
"""The tag of an API that names the custom domain published for it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Where a gateway is published: the API is found by `api_id`, else by the tag with
    `api_name`."""

    alias: str
    stage: str
    api_id: str = ""
    api_name: str = ""
    domain: str = ""
    mapping_key: str = ""

    @classmethod
    def of(cls, gateway: Gateway, *, api_id: str = "") -> "Target":
        """The target of a gateway; `api_id` wins over its settings."""
        return cls(
            alias=gateway.alias,
            stage=gateway.stage,
            api_id=api_id or gateway.api_id,
            api_name=gateway.api_name,
            domain=gateway.domain.name if gateway.domain else "",
            mapping_key=gateway.domain.mapping_key if gateway.domain else "",
        )

    @property
    def authorizer_name(self) -> str:
        return authorizer_name(self.alias)

    @property
    def label(self) -> str:
        """The tag value of the custom domains that were created for this gateway."""
        return self.api_name or self.alias

    @property
    def description(self) -> str:
        """The Description that marks an integration as this gateway's."""
        return description(self.alias)


def description(alias: str) -> str:
    """The Description of the integration of the gateway with that alias."""
    return f"wsrouter:{alias}"


def authorizer_name(alias: str) -> str:
    """The name of that gateway's authorizer."""
    return f"wsrouter-{alias}"
