"""The options of `ws_local` that choose its addresses and how the gateway behaves."""

from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError
from collections.abc import Mapping
from typing import Any

from wsrouter.local.rules import authorizer_template, switches
from wsrouter.local.rules.behaviour import Behaviour, Limits
from wsrouter.ops.ws_local import function_source
from wsrouter.wire import mapping
from wsrouter.wiring.client_url import LOCAL_PORT

_DEFAULTS = Limits()
_DEFAULT = "(default: %(default)s)"
_SWITCHES = (
    "AWS does not document everything. Each switch chooses one of the ways in which API"
    " Gateway may behave; its default is the likeliest one. An unknown NAME prints all"
    " names, a wrong VALUE prints the values that NAME takes. The names: "
    + ", ".join(switches.SWITCHES)
    + "."
)
_PRINCIPAL = (
    "The principal id that the AUTHORIZER returns; its Lambda function is not called."
    " {0} stands for the first IDENTITY value, as in 'device:{0}' (default: none)."
)
_AUTHORIZER_CONTEXT = (
    "A value of the context that the AUTHORIZER returns, for HEADERS such as"
    " context.authorizer.NAME; {0} as in --principal. May be repeated."
)
_COOKIES = (
    "Drop the clients' cookies, as on AWS without a custom domain on the same site."
)


def add_arguments(parser: ArgumentParser) -> None:
    """All options but those that choose the API."""
    _add_addresses(parser)
    _add_output(parser)
    function_source.add_arguments(parser)
    _add_limits(parser)
    _add_switches(parser)


def _add_addresses(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--gateway",
        default="default",
        metavar="ALIAS",
        help=f"Alias of the gateway in WSROUTER {_DEFAULT}.",
    )
    add("--host", default="127.0.0.1", help=f"Host that clients connect to {_DEFAULT}.")
    add(
        "--port",
        type=_port,
        default=LOCAL_PORT,
        metavar="PORT",
        help=f"Port that clients connect to {_DEFAULT}.",
    )
    add(
        "--django-port",
        type=_port,
        default=8000,
        metavar="PORT",
        help=f"Port on which Django is started {_DEFAULT}.",
    )
    add(
        "--no-django",
        action="store_true",
        help="Do not start Django; post events to the ENDPOINT of the settings.",
    )


def _add_output(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("--verbose", action="store_true", help="Also show the text of every frame.")
    add(
        "--json",
        action="store_true",
        help="Write one JSON object per line; Django's output goes to stderr.",
    )
    add("--describe", action="store_true", help=SUPPRESS)


def _add_limits(parser: ArgumentParser) -> None:
    add = parser.add_argument_group("clients").add_argument
    add(
        "--idle-timeout",
        type=_seconds,
        default=_DEFAULTS.idle_seconds,
        metavar="SECONDS",
        help="Close a socket after this time without a message (default: %(default)g).",
    )
    add(
        "--max-duration",
        type=_seconds,
        default=_DEFAULTS.lifetime_seconds,
        metavar="SECONDS",
        help="Close every socket after this time (default: %(default)g).",
    )
    add("--no-cookies", action="store_true", help=_COOKIES)
    add(
        "--principal",
        type=_principal,
        default=mapping.NO_PRINCIPAL,
        metavar="ID",
        help=_PRINCIPAL,
    )
    add(
        "--authorizer-context",
        type=_authorizer_value,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=_AUTHORIZER_CONTEXT,
    )


def _add_switches(parser: ArgumentParser) -> None:
    add = parser.add_argument_group("switches", _SWITCHES).add_argument
    add(
        "--aws",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="Set a switch; may be repeated.",
    )
    add(
        "--strict",
        action="store_true",
        help="Set every other switch to the value that is hardest on an application.",
    )


def limits(options: Mapping[str, Any]) -> Limits:
    return Limits(
        idle_seconds=options["idle_timeout"], lifetime_seconds=options["max_duration"]
    )


def behaviour(options: Mapping[str, Any]) -> Behaviour:
    """Raises UnknownSwitch."""
    return switches.behaviour(
        options["aws"], strict=options["strict"], cookies=not options["no_cookies"]
    )


def _principal(text: str) -> str:
    try:
        authorizer_template.fill(text)
    except (IndexError, KeyError, ValueError) as error:
        raise ArgumentTypeError(
            f"{text!r} cannot be used: write {{0}} for the first IDENTITY value, {{1}}"
            " for the second, and {{ and }} for braces"
        ) from error
    return text


def _authorizer_value(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name or name == "principalId":
        raise ArgumentTypeError(
            f"{text!r} cannot be used: write NAME=VALUE. principalId is --principal."
        )
    return name, _principal(value)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise ArgumentTypeError(f"{text!r} is not a port number")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return seconds
