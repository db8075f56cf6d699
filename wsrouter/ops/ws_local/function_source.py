"""The Lambda function that `ws_local` invokes in place of the endpoint."""

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError

from wsrouter.local.process import invocations, listener
from wsrouter.options.environment import api_id_variable
from wsrouter.options.gateway import Gateway
from wsrouter.wiring import local_function

_LAMBDA = (
    "Give events to the handler of an AWS Lambda function, as API Gateway does with"
    " LAMBDA in the settings, in place of posting them to the endpoint. HANDLER is a"
    " dotted path, which runs in Django's process (default:"
    f" {local_function.DEFAULT_HANDLER}), or the URL at which a function is invoked,"
    " such as that of AWS's Runtime Interface Emulator."
)


def add_arguments(parser: ArgumentParser) -> None:
    """The options that choose the function."""
    group = parser.add_argument_group("AWS Lambda")
    group.add_argument(
        "--lambda",
        nargs="?",
        const=local_function.DEFAULT_HANDLER,
        default="",
        metavar="HANDLER",
        help=_LAMBDA,
    )
    group.add_argument(
        "--lambda-port",
        type=int,
        default=0,
        metavar="PORT",
        help="Port on which the handler is invoked (default: a free one).",
    )


def with_port(options: dict[str, Any]) -> dict[str, Any]:
    """The options with a free port for the handler, if none was given."""
    if options["lambda_port"]:
        return options
    with listener.bind(invocations.HOST, 0) as socket:
        return {**options, "lambda_port": socket.getsockname()[1]}


def invocation_url(gateway: Gateway, options: Mapping[str, Any]) -> str:
    """Where the function is invoked."""
    if _is_url(options["lambda"]):
        return str(options["lambda"])
    if options["no_django"]:
        raise CommandError(
            "--no-django needs the URL at which the function is invoked: --lambda"
            " http://127.0.0.1:9000/2015-03-31/functions/function/invocations"
        )
    return invocations.url(options["lambda_port"], name(gateway))


def arguments(options: Mapping[str, Any]) -> list[str]:
    """The options for the process that describes the API again."""
    handler = ["--lambda", options["lambda"]] if options["lambda"] else []
    return [*handler, "--lambda-port", str(options["lambda_port"])]


def environment(
    gateway: Gateway, options: Mapping[str, Any], api_id: str
) -> dict[str, str]:
    """The variables that make Django's process serve the function, which accepts the
    events of this API."""
    variables = {api_id_variable(gateway.alias): api_id}
    if _is_url(options["lambda"]):
        return variables
    handler = options["lambda"] or local_function.DEFAULT_HANDLER
    port = options["lambda_port"]
    return {
        **variables,
        **local_function.environment(handler, port, name(gateway)),
    }


def name(gateway: Gateway) -> str:
    """The name of the function, without its alias or version."""
    _, _, found = gateway.lambda_function.partition(":function:")
    return found.partition(":")[0] or "wsrouter"


def _is_url(handler: str) -> bool:
    return handler.startswith(("http://", "https://"))
