"""`ws_export`: what ws_sync would publish, for teams that own their stack."""

import json
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from wsrouter import conf
from wsrouter.catalog.snapshot import Snapshot
from wsrouter.errors import WSRouterError
from wsrouter.options.gateway import Gateway
from wsrouter.sync.export import iam_policy, terraform
from wsrouter.sync.export.checklist import checklist
from wsrouter.sync.export.cloudformation import template
from wsrouter.wiring import publisher


def _policies(snapshot: Snapshot, gateway: Gateway) -> dict[str, Any]:
    where = {"region": gateway.region, "api_id": gateway.api_id}
    return {
        "publisher": iam_policy.publisher(snapshot, **where),
        "application": iam_policy.application(snapshot, **where),
    }


KINDS: dict[str, Callable[[Snapshot, Gateway], Any]] = {
    "cloudformation": lambda snapshot, _: template(snapshot),
    "terraform": lambda snapshot, _: terraform.configuration(snapshot),
    "console": lambda snapshot, _: checklist(snapshot),
    "iam-policy": _policies,
}


class Command(BaseCommand):
    """Parses, calls one of the exports, prints."""

    help = "Prints the WebSocket API as a template, a checklist or IAM policies."
    requires_system_checks: list[str] = []  # noqa: RUF012  # as Django declares it

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=KINDS)
        parser.add_argument("--gateway", default="default", help="Alias in WSROUTER.")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            gateway = conf.gateway(options["gateway"])
            snapshot = publisher.wanted_snapshot(gateway.alias, secret_needed=False)
        except (WSRouterError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        found = KINDS[options["kind"]](snapshot, gateway)
        text = found if isinstance(found, str) else json.dumps(found, indent=2)
        self.stdout.write(text)
