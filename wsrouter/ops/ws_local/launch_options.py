"""The options of `ws_local` that say how the gateway behaves, and what they mean."""

from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError
from collections.abc import Mapping
from typing import Any

from wsrouter.local.rules import principal, switches
from wsrouter.local.rules.behaviour import Behaviour, Limits
from wsrouter.wire import mapping

AWS = Limits()
_IDLE = "Seconds without a message until a socket is closed (default: %(default)g)."
_LIFETIME = "Seconds until a socket is closed in any case (default: %(default)g)."
_PRINCIPAL = (
    "Whom the AUTHORIZER names, which is not asked: 'device:{0}' has the first of its"
    " IDENTITY values in it (default: nobody)."
)
_SWITCH = (
    "How API Gateway behaves where its documentation does not say; may be repeated."
    " NAME: " + ", ".join(switches.SWITCHES) + " (default of each: the likeliest"
    " answer; a wrong VALUE says which there are)."
)


def add_arguments(parser: ArgumentParser) -> None:
    """All but those that choose the API."""
    _add_places(parser)
    add = parser.add_argument
    add("--idle-timeout", type=_seconds, default=AWS.idle_seconds, help=_IDLE)
    add("--max-duration", type=_seconds, default=AWS.lifetime_seconds, help=_LIFETIME)
    add("--no-cookies", action="store_true", help="Drop the clients' cookies.")
    add("--principal", type=_principal, default=mapping.NO_PRINCIPAL, help=_PRINCIPAL)
    add("--aws", action="append", default=[], metavar="NAME=VALUE", help=_SWITCH)
    add(
        "--strict",
        action="store_true",
        help="The harshest answer for every --aws that is not given.",
    )
    add("--verbose", action="store_true", help="Show the frames themselves too.")
    add("--json", action="store_true", help="Say everything as JSON, a line each.")
    add("--tell", action="store_true", help=SUPPRESS)


def _add_places(parser: ArgumentParser) -> None:
    add = parser.add_argument
    default = "(default: %(default)s)"
    add("--gateway", default="default", help=f"Alias in WSROUTER {default}.")
    add("--host", default="127.0.0.1", help=f"Where clients connect {default}.")
    add("--port", type=_port, default=8001, help=f"Where clients connect {default}.")
    add(
        "--django-port",
        type=_port,
        default=8000,
        help=f"Where Django is started {default}.",
    )
    add(
        "--no-django",
        action="store_true",
        help="Start no Django, post to ENDPOINT instead.",
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
        principal.named(text)
    except (IndexError, KeyError, ValueError) as error:
        raise ArgumentTypeError(
            f"{text!r} takes {{0}} for the first of the IDENTITY values, {{1}} for the"
            " second, and {{ and }} for braces"
        ) from error
    return text


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise ArgumentTypeError(f"{text!r} is no port")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return seconds
