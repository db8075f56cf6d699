"""A WebSocket API as frozen values: what sync writes and the local gateway serves.

Members are named as in the apigatewayv2 API. A missing, empty or None member means
the same. Identifiers that AWS hands out are not part of a snapshot's values.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

CONNECT = "$connect"
DISCONNECT = "$disconnect"
DEFAULT = "$default"
RESPONSE_KEY = "$default"
"""The only RouteResponseKey (and selection expression) that AWS takes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Api:
    name: str
    route_selection_expression: str
    disable_execute_api_endpoint: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Integration:
    """The HTTP_PROXY integration: one POST to `uri` for every event.

    `connection_id` is a VPC link, with the `connection_type` VPC_LINK.
    """

    uri: str
    description: str
    type: str = "HTTP_PROXY"
    method: str = "POST"
    connection_type: str = "INTERNET"
    connection_id: str = ""
    timeout_millis: int = 29_000
    request_parameters: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteEntry:
    """A published route. `two_way`: RouteResponseSelectionExpression is `$default`;
    `has_response`: the RouteResponse object exists. `authorizer` and `model` are names.
    """

    key: str
    two_way: bool = False
    has_response: bool = False
    authorization_type: str = "NONE"
    authorizer: str = ""
    model: str = ""
    api_key_required: bool = False
    operation_name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Authorizer:
    """A Lambda REQUEST authorizer; only `$connect` can have one."""

    name: str
    uri: str
    identity_source: tuple[str, ...] = ()
    credentials_arn: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """A draft-04 JSON Schema, as text, that a message must fulfil."""

    name: str
    schema: str
    description: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteSettings:
    """How a stage throttles and logs: requests a second, and how many at once.

    Without figures, the limits of the account count.
    """

    throttling_rate_limit: float | None = None
    throttling_burst_limit: int | None = None
    logging_level: str = "OFF"


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessLog:
    destination_arn: str
    format: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """`route_settings` are by route key and replace the default ones altogether."""

    name: str
    auto_deploy: bool = False
    default_route_settings: RouteSettings = field(default_factory=RouteSettings)
    route_settings: Mapping[str, RouteSettings] = field(default_factory=dict)
    access_log: AccessLog | None = None
    client_certificate_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Domain:
    """A custom domain and the path under which the stage is reached, empty for all."""

    name: str
    certificate_arn: str
    mapping_key: str = ""

    @property
    def address(self) -> str:
        """The host and path of a URL."""
        return f"{self.name}/{self.mapping_key}".rstrip("/")


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """A whole API. `routes` are the owned ones, by key; every one targets
    `integration`. `unmanaged` are route keys that target something else; `models` are
    by name."""

    api: Api
    integration: Integration
    routes: Mapping[str, RouteEntry]
    stage: Stage
    authorizer: Authorizer | None = None
    models: Mapping[str, Model] = field(default_factory=dict)
    domain: Domain | None = None
    unmanaged: tuple[str, ...] = ()
