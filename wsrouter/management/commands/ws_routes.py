"""`ws_routes`: what is registered, and where."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from wsrouter.catalog.routes import RouteSpec
from wsrouter.errors import WSRouterError
from wsrouter.routing.adapter import spelled
from wsrouter.wiring import publisher


class Command(BaseCommand):
    """Prints every handler of a gateway."""

    help = "Lists the registered WebSocket routes: handler, place, types, permissions."
    requires_system_checks: list[str] = []  # noqa: RUF012  # as Django declares it

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--gateway", default="default", help="Alias in WSROUTER.")
        parser.add_argument("--json", action="store_true", help="Print JSON.")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            spec = publisher.api_spec(options["gateway"])
        except (WSRouterError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        rows = [_row(route) for route in (*spec.hooks, *spec.routes)]
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=2))
            return
        for row in rows:
            self.stdout.write(self.style.SUCCESS(row["key"]))
            for name, value in row.items():
                if name != "key" and value:
                    self.stdout.write(f"    {name:12}{_shown(value)}")
        if not rows:
            self.stdout.write("No route is registered.")


def _row(route: RouteSpec) -> dict[str, Any]:
    return {
        "key": route.key,
        "handler": route.handler,
        "place": _relative(route.place),
        "payload": _named(route.payload),
        "reply": _named(route.reply),
        "permissions": list(route.permissions),
        "login": "required" if route.login_required or route.permissions else "",
        "summary": route.summary,
    }


def _relative(place: str) -> str:
    file, _, line = place.rpartition(":")
    here = Path.cwd()
    path = Path(file)
    return f"{path.relative_to(here) if path.is_relative_to(here) else path}:{line}"


def _named(kind: Any) -> str:
    return "" if kind is ... or kind is type(None) else spelled(kind)


def _shown(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
