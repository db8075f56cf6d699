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
from wsrouter.local.journal import Journal, JsonLines, Lines
from wsrouter.local.process import listener
from wsrouter.local.process.child import Child
from wsrouter.local.process.served import SIGNAL, Absent, Served, Source
from wsrouter.local.rules import paths
from wsrouter.ops.ws_local import launch_options, source, tcp_ports, users
from wsrouter.options.gateway import Gateway
from wsrouter.wiring import autoreload

COOKIES = (
    "Cookies are passed on. On AWS they reach an execute-api host only with a custom"
    " domain on the same site; --no-cookies drops them."
)
NAMED = "The authorizer is not asked: it names everybody {!r} (--principal)."
DISABLED = (
    "The execute-api host is disabled (DISABLE_EXECUTE_API_ENDPOINT in DOMAIN): {} is"
    " refused, and the path is that of the domain."
)
AGAIN = (
    "What is published is read again when Django reloads, and on `kill -USR1 {pid}`."
)
RUNSERVER = (
    " ws_local starts Django itself: a runserver that you have started can be ended."
)


class Command(BaseCommand):
    """Parses, takes the ports, runs."""

    help = "Runs an API Gateway WebSocket API on this machine, with Django behind it."
    requires_system_checks: list[str] = []  # noqa: RUF012  # the started Django runs them

    def add_arguments(self, parser: ArgumentParser) -> None:
        launch_options.add_arguments(parser)
        source.add_arguments(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            from wsrouter.local.process import launch  # needs the extra

            gateway = _checked(conf.gateway(options["gateway"]))
            behaviour = launch_options.behaviour(options)
            if options["tell"]:
                self._tell(source.told(options))
                return
            served = source.served(options)
            journal = self._journal(options)
            with tcp_ports.taken(options["host"], options["port"], "--port") as socket:
                place = f"{listener.address(socket)}{paths.root(served.snapshot)}"
                environment = _environment(gateway, served, place)
                planned = launch.Launch(
                    served=served,
                    listener=socket,
                    greeting=self._greeting(served, place, options),
                    say=journal.remark,
                    record=journal,
                    name_of=users.name_of,
                    limits=launch_options.limits(options),
                    behaviour=behaviour,
                    principal=options["principal"],
                    child=_child(environment, options),
                    source=_source(environment, options),
                    address=(source.DJANGO_HOST, options["django_port"]),
                )
                asyncio.run(launch.run(planned))
        except WSRouterError as error:
            raise CommandError(str(error)) from error

    def _tell(self, told: Served | Absent) -> None:
        if self.stdout.isatty():
            raise CommandError("--tell is for ws_local itself: it prints the secret.")
        self.stdout.write(told.line())

    def _greeting(self, served: Served, place: str, options: dict[str, Any]) -> str:
        lines = [
            f"Clients connect to ws://{place}{'' if '/' in place else '/'}",
            f"@connections is http://{place}",
            f"Events are posted to {served.snapshot.integration.uri}",
            f"What passes is at http://{place.partition('/')[0]}/",
        ]
        if served.snapshot.api.disable_execute_api_endpoint:
            lines.append(DISABLED.format(paths.own(served.snapshot)))
        if served.snapshot.authorizer:
            lines.append(NAMED.format(options["principal"]))
        if not options["no_cookies"]:
            lines.append(self.style.WARNING(COOKIES))
        if served.api_id and SIGNAL is not None:
            lines.append(AGAIN.format(pid=os.getpid()))
        if options["no_django"] and served.api_id:
            lines.append(f"Set MANAGEMENT_ENDPOINT of the Django there: http://{place}")
        return "\n".join([*lines, "Quit with CONTROL-C."])

    def _journal(self, options: dict[str, Any]) -> Journal:
        bodies = options["verbose"]
        if options["json"]:
            return JsonLines(say=self._say, bodies=bodies)
        return Lines(say=self._say, bodies=bodies, colour=_is_coloured(self))

    def _say(self, line: str) -> None:
        with suppress(OSError):  # a closed pipe must not end sockets
            self.stdout.write(line)
            self.stdout.flush()


def _is_coloured(command: BaseCommand) -> bool:
    return command.style.SUCCESS("text") != "text"


def _checked(gateway: Gateway) -> Gateway:
    where = f"WSROUTER[{gateway.alias!r}]"
    if not gateway.secrets:
        raise CommandError(f"{where} has no SECRET. With DEBUG on, any will do.")
    if gateway.secrets[0] not in conf.accepted_secrets(gateway.alias):
        raise CommandError(
            f"{where} has a weak SECRET, which the endpoint takes only with DEBUG on."
        )
    return gateway


def _child(environment: dict[str, str], options: dict[str, Any]) -> Child | None:
    if options["no_django"]:
        return None
    host, port = source.DJANGO_HOST, options["django_port"]
    tcp_ports.taken(host, port, "--django-port", hint=RUNSERVER).close()
    return Child(source.runserver(options), environment, is_quiet=options["json"])


def _source(environment: dict[str, str], options: dict[str, Any]) -> Source:
    return Source(command=source.asking_again(options), environment=environment)


def _environment(gateway: Gateway, served: Served, place: str) -> dict[str, str]:
    name = conf.management_endpoint_variable(gateway.alias)
    path = urlsplit(served.snapshot.integration.uri).path
    return {name: f"http://{place}", autoreload.EVENTS_VARIABLE: path}
