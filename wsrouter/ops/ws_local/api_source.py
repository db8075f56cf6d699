"""Which API `ws_local` serves, and the Django behind it."""

from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.core.management.base import CommandError
from django.urls import NoReverseMatch

from wsrouter import conf
from wsrouter.catalog.snapshot import AWS_PROXY, ForeignRoute, Integration
from wsrouter.local.process.api_description import ApiDescription, MissingStage
from wsrouter.ops.ws_local import command_line, foreign_routes, function_source
from wsrouter.options.gateway import Gateway
from wsrouter.sync.control_errors import Unpublished
from wsrouter.sync.deployed import Deployed
from wsrouter.wiring import publisher, routers
from wsrouter.wiring.endpoint_path import endpoint_path

NO_ADDRESS = (
    "The execute-api endpoint of the API is disabled, and the settings have no DOMAIN"
    " that leads to the stage, so no client can connect."
)
DJANGO_HOST = "127.0.0.1"
_CONTROL_PLANE_OPTIONS = ("api_id", "endpoint_url", "region", "profile")


def add_arguments(parser: ArgumentParser) -> None:
    """The options that choose the API."""
    group = parser.add_argument_group(
        "published API",
        "Without these options the routes of the code are served; with any of them,"
        " what ws_sync has published.",
    )
    add = group.add_argument
    add("--published", action="store_true", help="Serve the published API.")
    add(
        "--api-id",
        default="",
        metavar="ID",
        help="Serve the API with this id.",
    )
    add(
        "--endpoint-url",
        default="",
        metavar="URL",
        help="URL of the control plane to read it from (default: AWS).",
    )
    add("--region", default="", help="AWS region to read it from.")
    add("--profile", default="", help="AWS profile to read it with.")


def describe(
    options: Mapping[str, Any], *, allow_no_routes: bool = False
) -> ApiDescription:
    """Describe the API of the code or the published one. With `allow_no_routes` the
    published one need not have any route that can be called.

    Raises CommandError when clients or Django could not be reached, and Unpublished.
    """
    gateway = conf.gateway(options["gateway"])
    snapshot = wanted = publisher.local_snapshot(gateway.alias)
    foreign: dict[str, ForeignRoute] = {}
    api_id = ""
    if _is_published(options):
        place = {name: options[name] for name in _CONTROL_PLANE_OPTIONS}
        deployed = publisher.deployed(gateway.alias, **place)
        foreign = _foreign_routes(gateway, deployed, options)
        snapshot = deployed.snapshot(allow_no_routes=allow_no_routes or bool(foreign))
        api_id = deployed.api_id
    if snapshot.api.disable_execute_api_endpoint and not snapshot.domain:
        raise CommandError(NO_ADDRESS)
    integration = local_integration(gateway, snapshot.integration, options)
    return ApiDescription(
        snapshot=replace(snapshot, integration=integration, foreign=foreign),
        api_id=api_id,
        region=gateway.region,
        unpublished=tuple(sorted(wanted.routes.keys() - snapshot.routes.keys())),
        modules_without_router=()
        if gateway.router
        else routers.modules_without_router(),
    )


def _foreign_routes(
    gateway: Gateway, deployed: Deployed, options: Mapping[str, Any]
) -> dict[str, ForeignRoute]:
    """The routes of another library at the same site, as Django serves it here."""
    if not (gateway.endpoint and deployed.foreign_routes):
        return {}
    uri = integration_uri(gateway, options)
    return foreign_routes.beside(gateway, deployed.foreign_routes, uri)


def describe_again(options: Mapping[str, Any]) -> ApiDescription | MissingStage:
    """Describe the API for a gateway that is running already: by now its stage may be
    gone, or have only the routes that wsrouter does not manage."""
    try:
        return describe(options, allow_no_routes=True)
    except Unpublished as error:
        stage = conf.gateway(options["gateway"]).stage
        return MissingStage(stage=stage, reason=str(error))


def local_integration(
    gateway: Gateway, integration: Integration, options: Mapping[str, Any]
) -> Integration:
    """The same integration with the address of the Django, or of the function, on this
    machine. Without --lambda its kind is the one that is served elsewhere."""
    if options["lambda"] or integration.invokes_function:
        uri = function_source.invocation_url(gateway, options)
        return replace(integration, type=AWS_PROXY, uri=uri)
    return replace(integration, uri=integration_uri(gateway, options))


def integration_uri(gateway: Gateway, options: Mapping[str, Any]) -> str:
    """The URL to which events are posted."""
    if options["no_django"]:
        if gateway.endpoint:
            return gateway.endpoint
        raise CommandError(
            f"--no-django needs WSROUTER[{gateway.alias!r}]['ENDPOINT']."
        )
    try:
        path = endpoint_path()
    except NoReverseMatch as error:
        raise CommandError(
            'The endpoint has no URL: add path("ws/", include("wsrouter.urls")) to'
            " your URLconf."
        ) from error
    return f"http://{DJANGO_HOST}:{options['django_port']}{path}"


def runserver_command(options: Mapping[str, Any]) -> list[str]:
    """The command that starts Django."""
    address = f"{DJANGO_HOST}:{options['django_port']}"
    manage = command_line.manage_command()
    return [*manage, "runserver", address, *_common_options(options)]


def describe_command(options: Mapping[str, Any]) -> list[str]:
    """The command that describes the API again, once the code has changed."""
    command = [*command_line.manage_command(), "ws_local", "--describe"]
    command += _common_options(options)
    command += ["--django-port", str(options["django_port"])]
    command += ["--gateway", options["gateway"]]
    if options["no_django"]:
        command.append("--no-django")
    command += function_source.arguments(options)
    if options["published"]:
        command.append("--published")
    for name in _CONTROL_PLANE_OPTIONS:
        if options[name]:
            command += [f"--{name.replace('_', '-')}", options[name]]
    return command


def _is_published(options: Mapping[str, Any]) -> bool:
    return any(options[name] for name in ("published", *_CONTROL_PLANE_OPTIONS))


def _common_options(options: Mapping[str, Any]) -> list[str]:
    python_path = options["pythonpath"]
    return ["--pythonpath", python_path] if python_path else []
