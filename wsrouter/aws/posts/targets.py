"""The endpoint and the credentials of the posts to each stage that holds
connections."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from wsrouter.aws import clients, endpoints
from wsrouter.aws.posts.signer import Signer
from wsrouter.delivery.ports import StageAddress
from wsrouter.errors import SendError
from wsrouter.options.gateway import Gateway
from wsrouter.options.publishing import DomainOption
from wsrouter.wire import local_address

SIGNER_SECONDS = 30
"""A signer is replaced after so long. It could be used longer: credentials are
refreshed minutes before they expire, and AWS accepts a signature for five minutes."""


class NoGateway(SendError):
    """The connection belongs to a gateway that is not configured."""


class NoCredentials(SendError):
    """No AWS credentials are known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PostTarget:
    """The parts of a `@connections` endpoint, and the credentials for it."""

    scheme: str
    host: str
    port: int
    path: str
    region: str
    credentials: Any

    @property
    def authority(self) -> str:
        """The Host header. It leaves out the usual port, as botocore does."""
        usual = {"https": 443, "http": 80}[self.scheme]
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == usual else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}"

    def signer(self, data: bytes) -> Signer:
        return Signer(
            self.credentials.get_frozen_credentials(),
            host=self.authority,
            path=self.path,
            region=self.region,
            data=data,
        )


def endpoint_of(gateway: Gateway, stage_address: StageAddress) -> str:
    """The URL of the management API that holds the connections of a stage."""
    if gateway.management_endpoint:
        return gateway.management_endpoint
    api_id, stage = (
        stage_address.api_id or gateway.api_id,
        stage_address.stage or gateway.stage,
    )
    domain = _only_way(gateway, stage)
    path = domain.mapping_key if domain else stage
    if local := local_address.management_endpoint(api_id, path):
        return local
    if domain and api_id == (gateway.api_id or api_id):
        return f"https://{domain.address}"
    return endpoints.management_endpoint(
        api_id=api_id, region=gateway.region, stage=stage, profile=gateway.aws_profile
    )


def _only_way(gateway: Gateway, stage: str) -> DomainOption | None:
    """The domain, if the execute-api host is disabled. It leads to one stage only: for
    the sockets of another stage it would answer that they are gone."""
    domain = gateway.domain
    closed = domain is not None and domain.disable_execute_api_endpoint
    return domain if closed and stage == gateway.stage else None


def configured_gateway(gateways: Mapping[str, Gateway], alias: str) -> Gateway:
    """The gateway of a connection, by its alias; raises NoGateway."""
    if (gateway := gateways.get(alias)) is None:
        raise NoGateway(f"WSROUTER has no gateway {alias!r} any more.")
    return gateway


def target(gateway: Gateway, stage_address: StageAddress) -> PostTarget:
    """The target of the posts to a stage; raises NoRegion or NoCredentials."""
    url = endpoint_of(gateway, stage_address)
    parts, local = urlsplit(url), clients.is_loopback(url)
    credentials = clients.credentials(gateway.aws_profile, local=local)
    if credentials is None:
        raise NoCredentials
    return PostTarget(
        scheme=parts.scheme,
        host=parts.hostname or "",
        port=parts.port or (443 if parts.scheme == "https" else 80),
        path=parts.path.rstrip("/"),
        region=endpoints.known_region(gateway.region, gateway.aws_profile, local=local),
        credentials=credentials,
    )


class Broadcast:
    """One body for many connections: the targets and signers of its posts, each made
    when it is first needed."""

    def __init__(
        self, data: bytes, gateways: Callable[[], Mapping[str, Gateway]]
    ) -> None:
        self.data = data
        self._gateways = gateways
        self._cached: dict[StageAddress, tuple[PostTarget, Signer, float]] = {}

    def target_and_signer(
        self, stage_address: StageAddress
    ) -> tuple[PostTarget, Signer]:
        """The endpoint of a stage, and a signer for it. Raises SendError or NoRegion
        when nothing can be posted there."""
        known = self._cached.get(stage_address)
        if known is None or known[2] < time.monotonic():
            found = known[0] if known else self._target(stage_address)
            until = time.monotonic() + SIGNER_SECONDS
            known = self._cached[stage_address] = (
                found,
                found.signer(self.data),
                until,
            )
        return known[0], known[1]

    def _target(self, stage_address: StageAddress) -> PostTarget:
        return target(
            configured_gateway(self._gateways(), stage_address.gateway), stage_address
        )
