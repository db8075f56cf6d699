"""One entry of the WSROUTER setting as a plain value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from wsrouter.options.connecting import TicketsOption
from wsrouter.options.publishing import (
    AccessLogOption,
    AuthorizerOption,
    DomainOption,
    Throttling,
)
from wsrouter.routing.envelope_class import Envelope
from wsrouter.routing.throttle import Rate


@dataclass(frozen=True, kw_only=True, slots=True)
class Gateway:
    """One API Gateway WebSocket API and stage.

    `secrets`: API Gateway sends the first one, Django accepts them all. `timeout`,
    `send_seconds` and `crash_mail_interval` (0: no limit) are in seconds.
    `validate_at_gateway` is True for every message route, or the keys of some.
    `in_flight` is the number of parallel posts; 0 means the transport's own default.
    `presence_members` is the size above which a group with presence is told the number
    of its members alone. `docs` says who may see the documents; None: nobody.
    `lambda_function` is the ARN in LAMBDA.
    """

    alias: str
    api_name: str = ""
    api_id: str = ""
    api_version: str = ""
    endpoint: str = ""
    lambda_function: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    router: str = ""
    region: str = ""
    stage: str = "production"
    envelope: Literal["nested", "flat"] | Envelope = "nested"
    reply_via: Literal["response", "connection"] = "response"
    publish: Literal["routes", "default"] = "routes"
    default_route: bool = True
    route_selection_expression: str = "$request.body.action"
    headers: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 29.0
    domain: DomainOption | None = None
    authorizer: AuthorizerOption | None = None
    throttling: Throttling | None = None
    access_log: AccessLogOption | None = None
    logging_level: str = "OFF"
    validate_at_gateway: bool | tuple[str, ...] = False
    vpc_link: str = ""
    client_certificate: str = ""
    crash_status: int = 200
    crash_mail_interval: float = 600.0
    client_url: str = ""
    allowed_origins: tuple[str, ...] | None = None
    authentication: tuple[str, ...] = ()
    connect_throttle: tuple[Rate, ...] = ()
    tickets: TicketsOption = field(default_factory=TicketsOption)
    docs: Literal["debug", "staff", "public"] | None = "debug"
    management_endpoint: str = ""
    aws_profile: str = ""
    aws_endpoint_url: str = ""
    transport: str = "auto"
    in_flight: int = 0
    posts_per_second: float = 5000.0
    shared_posts_per_second: float = 0.0
    shared_cache: str = "default"
    presence_members: int = 100
    send_recipients: int = 1000
    send_seconds: float = 20.0
    replies_first: bool = True
    background: str = ""
    slice_recipients: int = 1000

    @property
    def custom_envelope(self) -> Envelope | None:
        """An application's own envelope; None for one of the library's two."""
        return self.envelope if isinstance(self.envelope, Envelope) else None
