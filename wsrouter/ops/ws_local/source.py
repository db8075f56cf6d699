"""Which API `ws_local` serves, and the Django that answers it."""

from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.core.management.base import CommandError
from django.urls import NoReverseMatch, reverse

from wsrouter import conf
from wsrouter.local.process.served import Absent, Served
from wsrouter.ops.ws_local import command_line
from wsrouter.options.gateway import Gateway
from wsrouter.sync.control_errors import Unpublished
from wsrouter.wiring import publisher, routers

UNREACHABLE = (
    "The execute-api host of the API is disabled, and no DOMAIN of the settings leads"
    " to the stage: nobody can connect."
)
DJANGO_HOST = "127.0.0.1"
_PLANE = ("api_id", "endpoint_url", "region", "profile")


def add_arguments(parser: ArgumentParser) -> None:
    """The options that choose the API."""
    add = parser.add_argument
    add("--published", action="store_true", help="Serve what ws_sync has published.")
    add("--api-id", default="", help="The same, of the API with this id.")
    add("--endpoint-url", default="", help="Of the control plane that publishes.")
    add("--region", default="", help="Of the control plane.")
    add("--profile", default="", help="Of the AWS configuration.")


def served(options: Mapping[str, Any], *, allow_no_routes: bool = False) -> Served:
    """The API of the code, or the published one, which with `allow_no_routes` may have
    no routes of ours; its integration is `uri`."""
    gateway = conf.gateway(options["gateway"])
    snapshot = wanted = publisher.local_snapshot(gateway.alias)
    api_id = ""
    if _is_published(options):
        plane = {name: options[name] for name in _PLANE}
        deployed = publisher.deployed(gateway.alias, **plane)
        snapshot, api_id = (
            deployed.snapshot(allow_no_routes=allow_no_routes),
            deployed.api_id,
        )
    if snapshot.api.disable_execute_api_endpoint and not snapshot.domain:
        raise CommandError(UNREACHABLE)
    integration = replace(snapshot.integration, uri=uri(gateway, options))
    return Served(
        snapshot=replace(snapshot, integration=integration),
        api_id=api_id,
        region=gateway.region,
        unpublished=tuple(sorted(wanted.routes.keys() - snapshot.routes.keys())),
        routerless=() if gateway.router else routers.without_router(),
    )


def told(options: Mapping[str, Any]) -> Served | Absent:
    """The same for a gateway that runs: what it serves may be gone, or only ours."""
    try:
        return served(options, allow_no_routes=True)
    except Unpublished as error:
        stage = conf.gateway(options["gateway"]).stage
        return Absent(stage=stage, reason=str(error))


def uri(gateway: Gateway, options: Mapping[str, Any]) -> str:
    """Where events are posted."""
    if options["no_django"]:
        if gateway.endpoint:
            return gateway.endpoint
        raise CommandError(
            f"--no-django needs WSROUTER[{gateway.alias!r}]['ENDPOINT']."
        )
    try:
        path = reverse("wsrouter:endpoint")
    except NoReverseMatch as error:
        raise CommandError(
            'The endpoint has no URL: add path("ws/", include("wsrouter.urls")).'
        ) from error
    return f"http://{DJANGO_HOST}:{options['django_port']}{path}"


def runserver(options: Mapping[str, Any]) -> list[str]:
    """The command that starts Django."""
    place = f"{DJANGO_HOST}:{options['django_port']}"
    return [*command_line.manage(), "runserver", place, *_common(options)]


def asking_again(options: Mapping[str, Any]) -> list[str]:
    """The command that says what is served, once the code has changed."""
    command = [*command_line.manage(), "ws_local", "--tell", *_common(options)]
    command += ["--django-port", str(options["django_port"])]
    command += ["--gateway", options["gateway"]]
    if options["no_django"]:
        command.append("--no-django")
    if options["published"]:
        command.append("--published")
    for name in _PLANE:
        if options[name]:
            command += [f"--{name.replace('_', '-')}", options[name]]
    return command


def _is_published(options: Mapping[str, Any]) -> bool:
    return any([options["published"], *(options[name] for name in _PLANE)])


def _common(options: Mapping[str, Any]) -> list[str]:
    given = options["pythonpath"]
    return ["--pythonpath", given] if given else []
