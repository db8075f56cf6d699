"""A control plane in memory, for tests of what would be published."""

from wsrouter.aws.control_plane import ApiGatewayControlPlane
from wsrouter.testing.api_gateway import MemoryApiGateway
from wsrouter.testing.api_gateway_rules import RULES


class MemoryControlPlane(ApiGatewayControlPlane):
    """The real adapter on an API Gateway in memory, which is `server`; never sleeps."""

    def __init__(self, *, region: str = "eu-west-1", pending_polls: int = 1) -> None:
        self.server = MemoryApiGateway(
            RULES, region=region, pending_polls=pending_polls
        )
        super().__init__(client=self.server, sleep=lambda _: None)
