"""Reads and checks the settings that describe resources on AWS."""

import math
import re
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any

LOGGING_LEVELS = ("OFF", "ERROR", "INFO")
LOG_FORMAT = (
    '{"requestId":"$context.requestId","routeKey":"$context.routeKey",'
    '"eventType":"$context.eventType","connectionId":"$context.connectionId",'
    '"status":"$context.status","requestTime":"$context.requestTime"}'
)
_ARN = re.compile(r"arn:[a-z-]+:[a-z0-9-]+:[A-Za-z0-9-]*:\d*:\S+")
_FUNCTION_ARN = re.compile(
    r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]{1,140}(:[\w-]{1,128})?",
    re.ASCII,
)
_LATEST = ":$LATEST"
_IDENTITY = re.compile(
    r"(route\.request\.(header|querystring)|context|stageVariables)\.[\w.-]+"
)
_HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_PATH = re.compile(r"[A-Za-z0-9$_.+!*'()/-]{0,300}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Throttle:
    """Requests a second (`rate`), and requests at once (`burst`)."""

    rate: float
    burst: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Throttling:
    """`default` is for every route; `routes` are exceptions, by route key."""

    default: Throttle | None = None
    routes: Mapping[str, Throttle] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessLogOption:
    destination: str
    format: str = LOG_FORMAT


@dataclass(frozen=True, kw_only=True, slots=True)
class AuthorizerOption:
    """A Lambda authorizer. `function` is the ARN of the Lambda function, and `role` the
    ARN of the role with which API Gateway calls it.

    `user` says how the principal's user is found: a field of the user model, or the
    dotted path of a function.
    """

    function: str
    identity: tuple[str, ...] = ()
    role: str = ""
    user: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DomainOption:
    """A custom domain: the ARN of its ACM certificate, which must be in the API's own
    Region, and the path of the API in it (Developer Guide, "Custom domain names for
    WebSocket APIs in API Gateway").

    With `disable_execute_api_endpoint` the API has no other address (Developer Guide,
    "Disable the default endpoint for WebSocket APIs").
    """

    name: str
    certificate: str
    mapping_key: str = ""
    disable_execute_api_endpoint: bool = False

    @property
    def address(self) -> str:
        """The host and path of the domain's URLs."""
        return f"{self.name}/{self.mapping_key}".rstrip("/")


def throttling(value: Any) -> Throttling:
    """Read THROTTLING; raises ValueError."""
    given = checked_dict(value, {"RATE", "BURST", "ROUTES"})
    routes = given.pop("ROUTES", {})
    if not isinstance(routes, dict) or not all(isinstance(key, str) for key in routes):
        raise ValueError("['ROUTES'] must be a dict by route key.")
    return Throttling(
        default=_throttle(given) if given else None,
        routes={key: _throttle(throttle) for key, throttle in routes.items()},
    )


def access_log(value: Any) -> AccessLogOption:
    """Read ACCESS_LOG; raises ValueError."""
    if isinstance(value, str):
        value = {"DESTINATION": value}
    given = checked_dict(value, {"DESTINATION", "FORMAT"}, needed={"DESTINATION"})
    text = _text(given.get("FORMAT", LOG_FORMAT), "FORMAT")
    if "$context.requestId" not in text and "$context.extendedRequestId" not in text:
        raise ValueError("['FORMAT'] must contain $context.requestId.")
    if len(text) > 1024:
        raise ValueError("['FORMAT'] has more than 1024 characters.")
    destination = _arn(given["DESTINATION"], "DESTINATION").removesuffix(":*")
    return AccessLogOption(destination=destination, format=text)


def authorizer(value: Any) -> AuthorizerOption:
    """Read AUTHORIZER; raises ValueError."""
    given = checked_dict(
        value, {"FUNCTION", "IDENTITY", "ROLE", "USER"}, needed={"FUNCTION"}
    )
    identity = given.get("IDENTITY", ())
    if not isinstance(identity, list | tuple) or not all(
        isinstance(source, str) and _IDENTITY.fullmatch(source) for source in identity
    ):
        raise ValueError(
            "['IDENTITY'] must list sources such as 'route.request.querystring.token'."
        )
    return AuthorizerOption(
        function=_arn(given["FUNCTION"], "FUNCTION"),
        identity=tuple(identity),
        role=_arn(given["ROLE"], "ROLE") if "ROLE" in given else "",
        user=_text(given.get("USER", ""), "USER"),
    )


def domain(value: Any) -> DomainOption:
    """Read DOMAIN; raises ValueError."""
    needed = {"NAME", "CERTIFICATE"}
    known = needed | {"MAPPING_KEY", "DISABLE_EXECUTE_API_ENDPOINT"}
    given = checked_dict(value, known, needed=needed)
    name = _text(given["NAME"], "NAME")
    key = _text(given.get("MAPPING_KEY", ""), "MAPPING_KEY")
    if not _HOST.fullmatch(name):
        raise ValueError(f"['NAME'] {name!r} must be a host name in lower case.")
    if not _PATH.fullmatch(key) or key.startswith("/") or key.endswith("/"):
        raise ValueError(
            f"['MAPPING_KEY'] {key!r} must be a path without a slash at either end."
        )
    return DomainOption(
        name=name,
        certificate=_arn(given["CERTIFICATE"], "CERTIFICATE"),
        mapping_key=key,
        disable_execute_api_endpoint=_boolean(
            given.get("DISABLE_EXECUTE_API_ENDPOINT", False),
            "DISABLE_EXECUTE_API_ENDPOINT",
        ),
    )


def logging_level(value: Any) -> str:
    """Read LOGGING_LEVEL; raises ValueError."""
    if value in LOGGING_LEVELS:
        return str(value)
    raise ValueError(f" must be one of {', '.join(LOGGING_LEVELS)}, not {value!r}.")


def validate_at_gateway(value: Any) -> bool | tuple[str, ...]:
    """Read VALIDATE_AT_GATEWAY; raises ValueError."""
    if isinstance(value, bool):
        return value
    if isinstance(value, list | tuple) and all(isinstance(key, str) for key in value):
        return tuple(value)
    raise ValueError(" must be True, False or a list of route keys.")


def aws_id(value: Any) -> str:
    """Read the id of an AWS resource; raises ValueError."""
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9._${}-]{1,1024}", value):
        return value
    raise ValueError(f" must be an id, not {value!r}.")


def lambda_function(value: Any) -> str:
    """Read LAMBDA; raises ValueError."""
    if isinstance(value, str) and (not value or _FUNCTION_ARN.fullmatch(value)):
        return value
    # AWS takes no permission for $LATEST (AWS Lambda API Reference, AddPermission); the
    # ARN alone invokes the same code.
    if isinstance(value, str) and value.endswith(_LATEST):
        raise ValueError(f" must not end with {_LATEST!r}: leave that out.")
    raise ValueError(
        f" must be the ARN of a Lambda function, such as"
        f" 'arn:aws:lambda:eu-west-1:123456789012:function:shop:live', not {value!r}."
    )


def _throttle(value: Any) -> Throttle:
    given = checked_dict(value, {"RATE", "BURST"}, needed={"RATE", "BURST"})
    rate, burst = given["RATE"], given["BURST"]
    if not _is_number(rate) or rate <= 0:
        raise ValueError("['RATE'] must be a number of requests a second above 0.")
    if not _is_number(burst) or burst < 1 or burst != int(burst):
        raise ValueError("['BURST'] must be a whole number of requests, at least 1.")
    return Throttle(rate=float(rate), burst=int(burst))


def _is_number(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value)


def checked_dict(value: Any, known: set[str], needed: Set[str] = frozenset()) -> Any:
    """A copy of an option that is a dict; raises ValueError for unknown or missing
    keys."""
    names = ", ".join(sorted(known))
    if not isinstance(value, dict):
        raise ValueError(f" must be a dict with {names}.")
    if unknown := sorted(map(repr, set(value) - known)):
        raise ValueError(f" takes no {' and no '.join(unknown)}, only {names}.")
    if missing := sorted(needed - set(value)):
        raise ValueError(f" lacks {' and '.join(missing)}.")
    return dict(value)


def _text(value: Any, name: str) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(f"[{name!r}] must be a str, not {value!r}.")


def _boolean(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(f"[{name!r}] must be True or False, not {value!r}.")


def _arn(value: Any, name: str) -> str:
    if isinstance(value, str) and _ARN.fullmatch(value):
        return value
    raise ValueError(f"[{name!r}] must be an ARN, not {value!r}.")


READERS = {
    "ACCESS_LOG": access_log,
    "AUTHORIZER": authorizer,
    "CLIENT_CERTIFICATE": aws_id,
    "DOMAIN": domain,
    "LAMBDA": lambda_function,
    "LOGGING_LEVEL": logging_level,
    "THROTTLING": throttling,
    "VALIDATE_AT_GATEWAY": validate_at_gateway,
    "VPC_LINK": aws_id,
}
"""The function that reads each of these settings. Its error message continues the text
`WSROUTER[...][...]`."""
