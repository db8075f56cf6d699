"""`ws_local`: an API Gateway WebSocket API on this machine, with Django behind it."""

import asyncio
import os
from argparse import ArgumentParser
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError

from wsrouter import conf
from wsrouter.errors import WSRouterError
from wsrouter.local.journal import Journal, JsonLinesJournal, TextJournal
from wsrouter.local.process import listener
from wsrouter.local.process.api_description import (
    RELOAD_SIGNAL,
    ApiDescription,
    DescriptionCommand,
)
from wsrouter.local.process.child_process import ChildProcess
from wsrouter.local.rules import stage_paths
from wsrouter.ops.ws_local import (
    api_source,
    function_source,
    launch_options,
    tcp_ports,
    users,
)
from wsrouter.options import environment as environment_variables
from wsrouter.options.gateway import Gateway
from wsrouter.wiring import autoreload, local_function

COOKIES_WARNING = (
    "Cookies are passed on. On AWS they reach an execute-api host only with a custom"
    " domain on the same site; --no-cookies drops them."
)
AUTHORIZER_NOTICE = (
    "The authorizer is not called: every client has the principal {!r} (--principal),"
    " and the context {} (--authorizer-context)."
)
DISABLED_NOTICE = (
    "The execute-api endpoint is disabled: {} is refused, and clients use the path of"
    " the custom domain."
)
RELOAD_NOTICE = (
    "The published API is read again when Django reloads, and on `kill -USR1 {pid}`."
)
RUNSERVER_HINT = (
    " ws_local starts Django itself, so you can end a runserver that you have started."
)


class Command(BaseCommand):
    """Parses the options, binds the ports, runs the gateway."""

    help = (
        "Runs an API Gateway WebSocket API on this machine, without an AWS account:"
        " holds the WebSockets of clients, and starts Django to handle their events."
        " Ends with Ctrl-C."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012  # the started Django runs them

    def add_arguments(self, parser: ArgumentParser) -> None:
        launch_options.add_arguments(parser)
        api_source.add_arguments(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            if options["describe"]:
                self._describe(options)
            else:
                self._run(options)
        except WSRouterError as error:
            raise CommandError(str(error)) from error

    def _run(self, options: dict[str, Any]) -> None:
        from wsrouter.local.process import launch  # needs the extra

        gateway = conf.gateway(options["gateway"])
        behaviour = launch_options.behaviour(options)
        options = function_source.with_port(options)
        description = api_source.describe(options)
        _check_secret(gateway, description)
        journal = self._journal(options)
        with tcp_ports.bind(options["host"], options["port"], "--port") as socket:
            path = stage_paths.stage_path(description.snapshot)
            address = f"{listener.address(socket)}{path}"
            environment = _environment(gateway, description, address)
            api_id = description.api_id or listener.api_id(socket)
            if description.snapshot.integration.invokes_function:
                environment |= function_source.environment(gateway, options, api_id)
            config = launch.LaunchConfig(
                description=description,
                listener=socket,
                greeting=self._greeting(description, address, options),
                write_notice=journal.write_notice,
                write_entry=journal,
                look_up_user_name=users.user_name,
                limits=launch_options.limits(options),
                behaviour=behaviour,
                principal=options["principal"],
                authorizer_context=dict(options["authorizer_context"]),
                child=_child(environment, options),
                description_command=_description_command(environment, options),
                address=(api_source.DJANGO_HOST, options["django_port"]),
            )
            asyncio.run(launch.run(config))

    def _describe(self, options: dict[str, Any]) -> None:
        description = api_source.describe_again(options)
        if isinstance(description, ApiDescription):
            _check_secret(conf.gateway(options["gateway"]), description)
        if self.stdout.isatty():
            raise CommandError(
                "--describe is for ws_local itself: its output contains the secret."
            )
        self.stdout.write(description.to_json())

    def _greeting(
        self, description: ApiDescription, address: str, options: dict[str, Any]
    ) -> str:
        snapshot = description.snapshot
        lines = [
            f"Clients connect to ws://{address}{'' if '/' in address else '/'}",
            f"@connections: http://{address}",
            _destination(description, options),
            f"Live traffic: http://{address.partition('/')[0]}/",
        ]
        if snapshot.api.disable_execute_api_endpoint:
            lines.append(DISABLED_NOTICE.format(stage_paths.execute_api_path(snapshot)))
        if snapshot.authorizer:
            lines.append(self._authorizer_notice(options))
        if not options["no_cookies"]:
            lines.append(self.style.WARNING(COOKIES_WARNING))
        if description.api_id and RELOAD_SIGNAL is not None:
            lines.append(RELOAD_NOTICE.format(pid=os.getpid()))
        if options["no_django"] and description.api_id:
            lines.append(
                f"Set MANAGEMENT_ENDPOINT in that Django's settings: http://{address}"
            )
        return "\n".join([*lines, "Quit with CONTROL-C."])

    def _authorizer_notice(self, options: dict[str, Any]) -> str:
        values = [f"{name}={value}" for name, value in options["authorizer_context"]]
        return AUTHORIZER_NOTICE.format(
            options["principal"], ", ".join(values) or "without values"
        )

    def _journal(self, options: dict[str, Any]) -> Journal:
        with_frames = options["verbose"]
        if options["json"]:
            return JsonLinesJournal(write_line=self._write, with_frames=with_frames)
        return TextJournal(
            write_line=self._write,
            with_frames=with_frames,
            colour=self.style.SUCCESS("text") != "text",
        )

    def _write(self, line: str) -> None:
        with suppress(OSError):  # a closed pipe must not end sockets
            self.stdout.write(line)
            self.stdout.flush()


def _destination(description: ApiDescription, options: dict[str, Any]) -> str:
    integration = description.snapshot.integration
    if not integration.invokes_function:
        return f"Events are posted to {integration.uri}"
    handler = options["lambda"] or local_function.DEFAULT_HANDLER
    return f"Events are given to {handler}, as by AWS_PROXY"


def _check_secret(gateway: Gateway, description: ApiDescription) -> None:
    """Raise CommandError where the endpoint would refuse every event. A function needs
    no secret."""
    if description.snapshot.integration.invokes_function:
        return
    entry = f"WSROUTER[{gateway.alias!r}]"
    if not gateway.secrets:
        raise CommandError(
            f"{entry} has no SECRET. With DEBUG on, any text will do as one."
        )
    if gateway.secrets[0] not in conf.accepted_secrets(gateway.alias):
        raise CommandError(
            f"{entry} has a weak SECRET. The endpoint accepts one only with DEBUG on."
        )


def _child(environment: dict[str, str], options: dict[str, Any]) -> ChildProcess | None:
    if options["no_django"]:
        return None
    host, port = api_source.DJANGO_HOST, options["django_port"]
    tcp_ports.bind(host, port, "--django-port", hint=RUNSERVER_HINT).close()
    command = api_source.runserver_command(options)
    return ChildProcess(command, environment, stdout_to_stderr=options["json"])


def _description_command(
    environment: dict[str, str], options: dict[str, Any]
) -> DescriptionCommand:
    command = api_source.describe_command(options)
    return DescriptionCommand(command=command, environment=environment)


def _environment(
    gateway: Gateway, description: ApiDescription, address: str
) -> dict[str, str]:
    name = environment_variables.management_endpoint_variable(gateway.alias)
    path = urlsplit(description.snapshot.integration.uri).path
    return {name: f"http://{address}", autoreload.EVENTS_PATH_VARIABLE: path}
