"""`ws_export`: what ws_sync would publish, for teams that publish by other tools."""

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
    names = {"region": gateway.region, "api_id": gateway.api_id}
    return {
        "publisher": iam_policy.publisher_policy(snapshot, **names),
        "application": iam_policy.application_policy(snapshot, **names),
    }


KINDS: dict[str, Callable[[Snapshot, Gateway], Any]] = {
    "cloudformation": lambda snapshot, _: template(snapshot),
    "terraform": lambda snapshot, _: terraform.configuration(snapshot),
    "console": lambda snapshot, _: checklist(snapshot),
    "iam-policy": _policies,
}


class Command(BaseCommand):
    """Parses the options, calls one of the exports, and prints."""

    help = (
        "Prints the WebSocket API that ws_sync would publish: as a CloudFormation"
        " template, a Terraform configuration, steps for the AWS console, or the IAM"
        " policies that publishing and sending need."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012  # as Django declares it

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "kind",
            choices=KINDS,
            help=(
                "What to print: cloudformation, terraform and iam-policy are JSON,"
                " console is text."
            ),
        )
        parser.add_argument(
            "--gateway",
            default="default",
            help="Which entry (alias) of the WSROUTER setting to export.",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            gateway = conf.gateway(options["gateway"])
            snapshot = publisher.wanted_snapshot(gateway.alias, secret_needed=False)
        except (WSRouterError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        exported = KINDS[options["kind"]](snapshot, gateway)
        is_text = isinstance(exported, str)
        text = exported if is_text else json.dumps(exported, indent=2)
        self.stdout.write(text)
