"""A control plane in memory, for tests of what would be published."""

from tests.simulated_aws.api_gateway import MemoryApiGateway
from tests.simulated_aws.functions import MemoryFunctions
from tests.simulated_aws.resource_rules import RULES
from wsrouter.aws.control.control_plane import ApiGatewayControlPlane


class MemoryControlPlane(ApiGatewayControlPlane):
    """The real adapter on an API Gateway in memory, which is `server`, and on Lambda in
    memory, which is `functions`; never sleeps."""

    def __init__(self, *, region: str = "eu-west-1", pending_polls: int = 1) -> None:
        self.server = MemoryApiGateway(
            RULES, region=region, pending_polls=pending_polls
        )
        self.functions = MemoryFunctions()
        super().__init__(
            client=self.server, functions=self.functions, sleep=lambda _: None
        )
