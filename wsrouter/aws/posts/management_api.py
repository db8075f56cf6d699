"""The `@connections` API through boto3."""

import random
import time
from collections.abc import Callable, Mapping
from typing import Any

from wsrouter.aws import clients
from wsrouter.aws.posts import answers
from wsrouter.aws.posts.targets import configured, endpoint_of
from wsrouter.delivery.ports import Place, Posted, Work
from wsrouter.delivery.thread_pool import post_in_threads
from wsrouter.errors import ConnectionGone, DeliveryFailed
from wsrouter.options.gateway import Gateway
from wsrouter.routing.ports import Address

CONFIG: Mapping[str, Any] = {
    "connect_timeout": 3,
    "read_timeout": 5,
    "max_pool_connections": 50,
}
"""A post takes milliseconds; a request that sends has 29 seconds for all of them. The
client is shared by the server's threads and by those that a send starts."""


PAUSES_SECONDS = (0.2, 0.4, 0.8)
"""At most that long each. A send has a patience of its own."""


class Connections:
    """The transport to real sockets; `gateways` gives the configured ones by alias."""

    def __init__(
        self, gateways: Callable[[], Mapping[str, Gateway]], *, in_flight: int = 50
    ) -> None:
        self._gateways = gateways
        self._in_flight = in_flight

    def post(self, address: Address, data: bytes) -> Posted:
        try:
            client = self._client(address)
        except Exception as error:  # noqa: BLE001  # told as its outcome
            return answers.never_sent(error)
        try:
            client.post_to_connection(ConnectionId=address.connection_id, Data=data)
        except Exception as error:  # noqa: BLE001  # told as its outcome
            return _posted(error)
        return answers.DELIVERED

    def post_all(self, work: Work, data: bytes) -> None:
        post_in_threads(
            work,
            lambda to, _: self.post(to.address, data),
            threads=min(self._in_flight, CONFIG["max_pool_connections"]),
        )

    def close(self, address: Address) -> None:
        try:
            _patiently(self._client(address).delete_connection, address)
        except Exception as error:
            if _status(error) != answers.GONE:
                raise DeliveryFailed(_told("close", address, error)) from error

    def info(self, address: Address) -> Mapping[str, Any]:
        try:
            known = _patiently(self._client(address).get_connection, address)
        except Exception as error:
            if _status(error) == answers.GONE:
                raise ConnectionGone from error
            raise DeliveryFailed(_told("ask for", address, error)) from error
        return _as_on_the_wire(known)

    def _client(self, address: Address) -> Any:
        gateway = configured(self._gateways(), address.gateway)
        place = Place(address.gateway, address.api_id, address.stage)
        return clients.client(
            "apigatewaymanagementapi",
            region=gateway.region,
            profile=gateway.aws_profile,
            endpoint_url=endpoint_of(gateway, place),
            config=CONFIG,
        )


def _patiently(operation: Callable[..., Any], address: Address) -> Any:
    """Again when AWS is busy, which it says at once: other failures may take long."""
    for pause in PAUSES_SECONDS:
        try:
            return operation(ConnectionId=address.connection_id)
        except Exception as error:
            if _status(error) != answers.BUSY:
                raise
        time.sleep(random.uniform(0, pause))  # noqa: S311  # jitter, not a secret
    return operation(ConnectionId=address.connection_id)


def _posted(error: Exception) -> Posted:
    from botocore.exceptions import ConnectionError as NotConnected
    from botocore.exceptions import HTTPClientError

    if isinstance(error, HTTPClientError | NotConnected):
        return answers.unanswered(error)
    if (status := _status(error)) is None:
        return answers.never_sent(error)
    answer = getattr(error, "response", {})
    code = answer.get("Error", {}).get("Code", "")
    return answers.posted(status, "" if code == str(status) else code)


def _status(error: Exception) -> int | None:
    """By status as well as by code: the body of a real 410 is empty."""
    answer = getattr(error, "response", None) or {}
    status: int | None = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status


def _told(verb: str, address: Address, error: Exception) -> str:
    return f"API Gateway did not {verb} {address.connection_id}: {error}"


def _as_on_the_wire(known: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name[0].lower() + name[1:]: _as_on_the_wire(value)
        if isinstance(value, Mapping)
        else value
        for name, value in known.items()
        if name != "ResponseMetadata"
    }
