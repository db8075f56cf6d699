"""`ws_routes`: the registered routes and events, and where their handlers are."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from wsrouter.catalog.routes import ApiSpec
from wsrouter.checks.settings import check_endpoint_url, check_ws_modules
from wsrouter.errors import WSRouterError
from wsrouter.wiring import publisher

Row = dict[str, Any]


class Command(BaseCommand):
    """Prints every handler and event of a gateway."""

    help = (
        "Lists the registered WebSocket routes, $default, events and group rules: the"
        " function, its file and line, the fields of payload and reply, permissions"
        " and throttle."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012  # as Django declares it

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--gateway",
            default="default",
            help="Which entry (alias) of the WSROUTER setting to list.",
        )
        parser.add_argument(
            "--json",
            action="store_true",
            help="Print the list as JSON, with the JSON Schemas.",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            spec = publisher.api_spec(options["gateway"])
        except (WSRouterError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        for warning in (*check_ws_modules(), *check_endpoint_url()):
            self.stderr.write(self.style.WARNING(f"{warning.id}: {warning.msg}"))
        found = _listing(spec)
        if options["json"]:
            self.stdout.write(json.dumps(found, indent=2))
            return
        self._write_rows(None, found["routes"])
        self._write_rows("Events", found["events"])
        self._write_rows("Groups", found["groups"])
        if not found["routes"]:
            self.stdout.write("No route is registered.")

    def _write_rows(self, title: str | None, rows: list[Row]) -> None:
        if title and rows:
            self.stdout.write(f"\n{title}")
        for row in rows:
            heading, *lines = _lines(row)
            self.stdout.write(self.style.SUCCESS(heading))
            for line in lines:
                self.stdout.write(f"    {line}")


def _listing(spec: ApiSpec) -> dict[str, Any]:
    from wsrouter.documents.listing import listing

    found = listing(spec)
    for row in (*found["routes"], *found["groups"]):
        row["place"] = _relative(row["place"])
    return found


def _lines(row: Row) -> Iterator[str]:
    """The key or name, then the lines below it."""
    name, *others = row
    yield row[name]
    for other in others:
        value = row[other]
        if other.endswith("_fields"):
            yield from (f"{'':12}  {line}" for line in value)
        elif value and not other.endswith("_schema"):
            yield f"{other:12}{_text(value)}"


def _relative(place: str) -> str:
    file, _, line = place.rpartition(":")
    directory, path = Path.cwd(), Path(file)
    if path.is_relative_to(directory):
        path = path.relative_to(directory)
    return f"{path}:{line}"


def _text(value: Any) -> str:
    if isinstance(value, dict):
        value = [f"{name}={one}" for name, one in value.items()]
    return ", ".join(value) if isinstance(value, list) else str(value)
