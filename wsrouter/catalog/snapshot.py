"""A WebSocket API as frozen values: what sync writes and the local gateway serves.

Fields are named as in the API reference of Amazon API Gateway V2. A missing field, an
empty one and None mean the same. Ids that AWS assigns are not part of a snapshot.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from wsrouter.catalog.lambda_function import function_of, unqualified

CONNECT = "$connect"
DISCONNECT = "$disconnect"
DEFAULT = "$default"
RESPONSE_KEY = "$default"
"""The only RouteResponseKey (and selection expression) that AWS accepts (Developer
Guide, "WebSocket selection expressions in API Gateway")."""
HTTP_PROXY = "HTTP_PROXY"
AWS_PROXY = "AWS_PROXY"


@dataclass(frozen=True, kw_only=True, slots=True)
class Api:
    name: str
    route_selection_expression: str
    disable_execute_api_endpoint: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Integration:
    """What every event is sent to. With the type HTTP_PROXY a POST goes to `uri`; with
    AWS_PROXY the Lambda function that `uri` names is invoked.

    With the `connection_type` VPC_LINK, `connection_id` is the id of the VPC link.
    """

    uri: str
    description: str
    type: str = HTTP_PROXY
    method: str = "POST"
    connection_type: str = "INTERNET"
    connection_id: str = ""
    timeout_millis: int = 29_000
    request_parameters: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def invokes_function(self) -> bool:
        return self.type == AWS_PROXY

    @property
    def function(self) -> str:
        """The ARN of the Lambda function; empty for HTTP."""
        return function_of(self.uri) if self.invokes_function else ""

    @property
    def destination(self) -> str:
        """Who answers, for people: a host, or a function."""
        if not self.function:
            return urlsplit(self.uri).netloc
        return f"the Lambda function {unqualified(self.function)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteEntry:
    """A published route. `two_way`: its RouteResponseSelectionExpression is `$default`.
    `has_response`: it has a RouteResponse. `authorizer` and `model` are names."""

    key: str
    two_way: bool = False
    has_response: bool = False
    authorization_type: str = "NONE"
    authorizer: str = ""
    model: str = ""
    api_key_required: bool = False
    operation_name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ForeignRoute:
    """A route that wsrouter does not manage, and the integration that it targets."""

    route: RouteEntry
    integration: Integration


@dataclass(frozen=True, kw_only=True, slots=True)
class Authorizer:
    """A Lambda REQUEST authorizer; only `$connect` can have one."""

    name: str
    uri: str
    identity_source: tuple[str, ...] = ()
    credentials_arn: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """A draft-04 JSON Schema, as text, that messages are validated against."""

    name: str
    schema: str
    description: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteSettings:
    """How a stage throttles and logs: requests a second, and requests at once.

    Without limits of its own, a stage has those of the account.
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
    """`route_settings` are by route key. The settings of a route replace the default
    ones completely."""

    name: str
    auto_deploy: bool = False
    default_route_settings: RouteSettings = field(default_factory=RouteSettings)
    route_settings: Mapping[str, RouteSettings] = field(default_factory=dict)
    access_log: AccessLog | None = None
    client_certificate_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Domain:
    """A custom domain and the path in it that leads to the stage; empty is the root."""

    name: str
    certificate_arn: str
    mapping_key: str = ""

    @property
    def address(self) -> str:
        """The host and path of the domain's URLs."""
        return f"{self.name}/{self.mapping_key}".rstrip("/")


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """A whole API. `routes` are the owned ones, by key; all of them target
    `integration`. `unmanaged` are the keys of routes that target something else, and
    `foreign` those of them that are known in full; `models` are by name."""

    api: Api
    integration: Integration
    routes: Mapping[str, RouteEntry]
    stage: Stage
    authorizer: Authorizer | None = None
    models: Mapping[str, Model] = field(default_factory=dict)
    domain: Domain | None = None
    unmanaged: tuple[str, ...] = ()
    foreign: Mapping[str, ForeignRoute] = field(default_factory=dict)
