"""`ws_routes`: the registered routes, and where their handlers are."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from wsrouter.catalog.routes import RouteSpec
from wsrouter.checks.settings import check_endpoint_url, check_ws_modules
from wsrouter.errors import WSRouterError
from wsrouter.routing.adapter import spelled
from wsrouter.wiring import publisher


class Command(BaseCommand):
    """Prints every handler of a gateway."""

    help = (
        "Lists the registered WebSocket routes: the handler function, its file and"
        " line, the types of payload and reply, and the required permissions."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012  # as Django declares it

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--gateway",
            default="default",
            help="Which entry (alias) of the WSROUTER setting to list.",
        )
        parser.add_argument(
            "--json", action="store_true", help="Print the list as JSON."
        )

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            spec = publisher.api_spec(options["gateway"])
        except (WSRouterError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        for warning in (*check_ws_modules(), *check_endpoint_url()):
            self.stderr.write(self.style.WARNING(f"{warning.id}: {warning.msg}"))
        rows = [_row(route) for route in (*spec.hooks, *spec.routes)]
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=2))
            return
        for row in rows:
            self.stdout.write(self.style.SUCCESS(row["key"]))
            for name, value in row.items():
                if name != "key" and value:
                    self.stdout.write(f"    {name:12}{_text(value)}")
        if not rows:
            self.stdout.write("No route is registered.")


def _row(route: RouteSpec) -> dict[str, Any]:
    return {
        "key": route.key,
        "handler": route.handler,
        "place": _relative(route.place),
        "payload": _type_name(route.payload),
        "reply": _type_name(route.reply),
        "permissions": list(route.permissions),
        "login": "required" if route.needs_login else "",
        "summary": route.summary,
    }


def _relative(place: str) -> str:
    file, _, line = place.rpartition(":")
    directory, path = Path.cwd(), Path(file)
    if path.is_relative_to(directory):
        path = path.relative_to(directory)
    return f"{path}:{line}"


def _type_name(kind: Any) -> str:
    return "" if kind is ... or kind is type(None) else spelled(kind)


def _text(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
