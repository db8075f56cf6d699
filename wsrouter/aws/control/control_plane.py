"""The ControlPlane port on boto3's apigatewayv2."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from wsrouter.aws import clients
from wsrouter.aws.control.api_calls import ApiCalls
from wsrouter.aws.control.call_retry import RetryingCalls
from wsrouter.aws.control.domain_calls import DomainCalls
from wsrouter.aws.control.function_calls import FunctionCalls
from wsrouter.aws.control.mask_secrets import mask_logs
from wsrouter.aws.control.route_calls import RouteCalls
from wsrouter.aws.control.stage_calls import StageCalls

SERVICE = "apigatewayv2"
FUNCTION_SERVICE = "lambda"


class ApiGatewayControlPlane(
    ApiCalls, RouteCalls, StageCalls, DomainCalls, FunctionCalls
):
    """One Region's API Gateway. Until the first method call, boto3 is not imported and
    nothing is called. A given `client` is used in place of a boto3 client, and a given
    `functions` in place of one for Lambda."""

    def __init__(
        self,
        *,
        region: str = "",
        profile: str = "",
        endpoint_url: str = "",
        client: Any = None,
        functions: Any = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        def make_client() -> Any:
            mask_logs()
            return client or clients.client(
                SERVICE, region=region, profile=profile, endpoint_url=endpoint_url
            )

        def functions_in(region: str) -> RetryingCalls:
            return RetryingCalls(
                lambda: (
                    functions
                    or clients.client(
                        FUNCTION_SERVICE,
                        region=region,
                        profile=profile,
                        endpoint_url=emulator(endpoint_url),
                    )
                ),
                sleep=sleep,
            )

        self._aws = RetryingCalls(make_client, sleep=sleep)
        self._functions_in = functions_in


def emulator(endpoint_url: str) -> str:
    """The URL if it is that of an emulator, which has all services at one URL. The
    URLs of AWS itself, VPC endpoints too, are those of one service each."""
    host = urlsplit(endpoint_url).hostname or ""
    is_aws = host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws"))
    return "" if is_aws else endpoint_url
