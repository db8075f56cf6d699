"""`ws_call`: one message from a terminal, and its answer."""

import json
from argparse import ArgumentParser
from contextlib import suppress
from threading import Event
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from wsrouter.errors import MessageError, WSRouterError

if TYPE_CHECKING:
    from wsrouter.client.sync import Client

_NOTHING: Any = object()
_INTERRUPTED = 130
"""The exit status that shells give a program that Ctrl-C has ended."""


class Command(BaseCommand):
    """Connects, makes a call, prints."""

    help = (
        "Sends one message to a gateway and prints the payload of its reply; an error"
        " frame goes to standard error, and the exit status is 1. With --listen it then"
        " shows events until Ctrl-C."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012  # as Django declares it

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("action", nargs="?", help="The route key; may be left out with --listen.")
        add("payload", nargs="?", help="The payload, as JSON.")
        add("--gateway", default="default", metavar="ALIAS", help="Entry of WSROUTER.")
        add(
            "--url",
            default="",
            help="URL of the socket; by default that of the settings, which with DEBUG"
            " on is the local gateway.",
        )
        who = parser.add_mutually_exclusive_group()
        who.add_argument(
            "--user", default="", metavar="USERNAME", help="Connect as this user."
        )
        who.add_argument("--ticket", default="", help="Connect with this ticket.")
        add("--listen", action="store_true", help="Show events until Ctrl-C.")
        add(
            "--timeout",
            type=float,
            default=10.0,
            metavar="SECONDS",
            help="For the connection, and for the answer (default 10).",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        if not (options["action"] or options["listen"]):
            raise CommandError("Name an action, or use --listen.")
        payload = _parsed(options["payload"])
        try:
            self._run(options, payload)
        except MessageError as error:
            raise CommandError(_described(error)) from error
        except (WSRouterError, ImproperlyConfigured, ValueError) as error:
            raise CommandError(_with_cause(error)) from error
        except KeyboardInterrupt:
            raise CommandError("Interrupted.", returncode=_INTERRUPTED) from None

    def _run(self, options: dict[str, Any], payload: Any) -> None:
        from wsrouter.ops.terminal_client import open_client

        client = open_client(
            options["gateway"],
            url=options["url"],
            username=options["user"],
            ticket=options["ticket"],
        )
        try:
            ended = self._show_events(client) if options["listen"] else None
            client.opened(options["timeout"])
            if options["action"]:
                given = () if payload is _NOTHING else (payload,)
                seconds = options["timeout"]
                reply = client.call(options["action"], *given, timeout=seconds)
                self._write(json.dumps(reply, indent=2, ensure_ascii=False))
            if ended is not None:
                with suppress(KeyboardInterrupt):
                    ended.wait()
                    raise CommandError(f"The connection has ended: {client.state}.")
        finally:
            client.close()

    def _show_events(self, client: "Client") -> Event:
        """Returns what is set when the client has ended by itself."""
        ended = Event()

        def show(frame: dict[str, Any]) -> None:
            name = self.style.SUCCESS(frame["type"])
            payload = json.dumps(frame.get("payload"), ensure_ascii=False)
            self._write(f"{name} {payload}")

        def changed(state: str, error: Exception | None) -> None:
            self.stderr.write(f"{state}: {error}" if error else str(state))
            if state == "refused":
                ended.set()

        client.on("*", show)
        client.on_state(changed)
        return ended

    def _write(self, text: str) -> None:
        """At once, also into a pipe."""
        self.stdout.write(text)
        self.stdout.flush()


def _parsed(text: str | None) -> Any:
    if text is None:
        return _NOTHING
    try:
        return json.loads(text)
    except ValueError as error:
        raise CommandError(f"The payload is no JSON: {error}.") from error


def _described(error: MessageError) -> str:
    content = {"code": error.code, "message": error.message, "retry": error.retry}
    if error.detail is not None:
        content["detail"] = error.detail
    return json.dumps(content, indent=2, ensure_ascii=False)


def _with_cause(error: Exception) -> str:
    cause = error.__cause__
    if isinstance(cause, ConnectionRefusedError):
        return (
            f"{error} Nothing listens there: {cause}. Start it with `ws_local`? If it"
            " is elsewhere, name it with --url."
        )
    return f"{error} {type(cause).__name__}: {cause}" if cause else str(error)
