"""The ControlPlane port on boto3's apigatewayv2."""

import time
from collections.abc import Callable
from typing import Any

from wsrouter.aws import clients
from wsrouter.aws.control.api_calls import ApiCalls
from wsrouter.aws.control.call_retry import RetryingCalls
from wsrouter.aws.control.domain_calls import DomainCalls
from wsrouter.aws.control.mask_secrets import mask_logs
from wsrouter.aws.control.route_calls import RouteCalls
from wsrouter.aws.control.stage_calls import StageCalls

SERVICE = "apigatewayv2"


class ApiGatewayControlPlane(ApiCalls, RouteCalls, StageCalls, DomainCalls):
    """One Region's API Gateway. Until the first method call, boto3 is not imported and
    nothing is called. A given `client` is used in place of a boto3 client."""

    def __init__(
        self,
        *,
        region: str = "",
        profile: str = "",
        endpoint_url: str = "",
        client: Any = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        def make_client() -> Any:
            mask_logs()
            return client or clients.client(
                SERVICE, region=region, profile=profile, endpoint_url=endpoint_url
            )

        self._aws = RetryingCalls(make_client, sleep=sleep)
