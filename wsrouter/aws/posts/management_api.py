"""The `@connections` API through boto3."""

import random
import time
from collections.abc import Callable, Mapping
from typing import Any

from wsrouter.aws import clients
from wsrouter.aws.posts import answers
from wsrouter.aws.posts.targets import configured_gateway, endpoint_of
from wsrouter.delivery.ports import PostResult, Schedule, StageAddress
from wsrouter.delivery.thread_pool import post_in_threads
from wsrouter.errors import ConnectionGone, DeliveryFailed
from wsrouter.options.gateway import Gateway
from wsrouter.routing.ports import Address

CONFIG: Mapping[str, Any] = {
    "connect_timeout": 3,
    "read_timeout": 5,
    "max_pool_connections": 50,
}
"""A post takes milliseconds; a request that sends has 29 seconds for all of its posts.
The client is shared by the server's threads and by those that a send starts."""
PAUSES_SECONDS = (0.2, 0.4, 0.8)
"""The longest pauses before `close` and `info` are tried again. Posts follow the send's
own retry policy."""


class Boto3Connections:
    """Posts, closes and describes connections through boto3. `gateways` returns the
    configured gateways by alias."""

    def __init__(
        self, gateways: Callable[[], Mapping[str, Gateway]], *, in_flight: int = 50
    ) -> None:
        self._gateways = gateways
        self._in_flight = in_flight

    def post(self, address: Address, data: bytes) -> PostResult:
        try:
            client = self._client(address)
        except Exception as error:  # noqa: BLE001  # it becomes the post's result
            return answers.not_sendable(error)
        try:
            client.post_to_connection(ConnectionId=address.connection_id, Data=data)
        except Exception as error:  # noqa: BLE001  # it becomes the post's result
            return _failed_result(error)
        return answers.DELIVERED

    def post_all(self, schedule: Schedule, data: bytes) -> None:
        post_in_threads(
            schedule,
            lambda to, _: self.post(to.address, data),
            threads=min(self._in_flight, CONFIG["max_pool_connections"]),
        )

    def close(self, address: Address) -> bool:
        try:
            _retry_while_busy(self._client(address).delete_connection, address)
        except Exception as error:
            if _status(error) == answers.GONE:
                return False
            message = _failure_message("close", address, error)
            raise DeliveryFailed(message) from error
        return True

    def info(self, address: Address) -> Mapping[str, Any]:
        try:
            known = _retry_while_busy(self._client(address).get_connection, address)
        except Exception as error:
            if _status(error) == answers.GONE:
                raise ConnectionGone from error
            message = _failure_message("describe", address, error)
            raise DeliveryFailed(message) from error
        return _with_wire_names(known)

    def _client(self, address: Address) -> Any:
        gateway = configured_gateway(self._gateways(), address.gateway)
        stage_address = StageAddress(address.gateway, address.api_id, address.stage)
        return clients.client(
            "apigatewaymanagementapi",
            region=gateway.region,
            profile=gateway.aws_profile,
            endpoint_url=endpoint_of(gateway, stage_address),
            config=CONFIG,
        )


def _retry_while_busy(operation: Callable[..., Any], address: Address) -> Any:
    """Repeat a call only while AWS is busy: that answer comes at once, other
    failures may take long."""
    for pause in PAUSES_SECONDS:
        try:
            return operation(ConnectionId=address.connection_id)
        except Exception as error:
            if _status(error) != answers.BUSY:
                raise
        time.sleep(random.uniform(0, pause))  # noqa: S311  # jitter, not a secret
    return operation(ConnectionId=address.connection_id)


def _failed_result(error: Exception) -> PostResult:
    from botocore.exceptions import ConnectionError as NotConnected
    from botocore.exceptions import HTTPClientError

    if isinstance(error, HTTPClientError | NotConnected):
        return answers.unanswered(error)
    if (status := _status(error)) is None:
        return answers.not_sendable(error)
    answer = getattr(error, "response", {})
    code = answer.get("Error", {}).get("Code", "")
    return answers.result_of(status, "" if code == str(status) else code)


def _status(error: Exception) -> int | None:
    """The HTTP status; None when there was no answer."""
    answer = getattr(error, "response", None) or {}
    status: int | None = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status


def _failure_message(verb: str, address: Address, error: Exception) -> str:
    return f"API Gateway did not {verb} {address.connection_id}: {error}"


def _with_wire_names(known: Mapping[str, Any]) -> dict[str, Any]:
    """The names as API Gateway sends them: boto3 capitalizes them."""
    return {
        name[0].lower() + name[1:]: _with_wire_names(value)
        if isinstance(value, Mapping)
        else value
        for name, value in known.items()
        if name != "ResponseMetadata"
    }
