"""`ws_export`: what ws_sync would publish, for teams that publish by other tools, and
documents for those who write clients."""

import json
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
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
from wsrouter.wiring import documents, publisher


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


DOCUMENTS: dict[str, Callable[[str], str]] = {
    "asyncapi": documents.asyncapi_text,
    "typescript": documents.typescript_text,
}
"""Made of the routes alone, by the gateway's alias."""


class Command(BaseCommand):
    """Parses the options, calls one of the exports, and prints."""

    help = (
        "Prints the WebSocket API: its AsyncAPI document, the TypeScript types of its"
        " messages, or what ws_sync would publish, as a CloudFormation template, a"
        " Terraform configuration, steps for the AWS console, or the IAM policies that"
        " publishing and sending need."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012  # as Django declares it

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "kind",
            choices=[*KINDS, *DOCUMENTS],
            help=(
                "What to print: asyncapi, cloudformation, terraform and iam-policy are"
                " JSON, console is text, typescript is a .d.ts file."
            ),
        )
        parser.add_argument(
            "--gateway",
            default="default",
            help="Which entry (alias) of the WSROUTER setting to export.",
        )

        parser.add_argument(
            "--check",
            metavar="FILE",
            help=(
                "Print nothing but how the asyncapi or typescript in this file differs"
                " from the code. If it does, the exit code is 2."
            ),
        )

    def handle(self, *_: Any, **options: Any) -> None:
        kind, file = options["kind"], options["check"]
        if file and kind not in DOCUMENTS:
            listed = " and ".join(DOCUMENTS)
            raise CommandError(f"--check takes {listed}, not {kind}.")
        try:
            text = _exported(kind, options["gateway"])
        except (WSRouterError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        if file:
            self._check(kind, Path(file), text)
        else:
            self.stdout.write(text)

    def _check(self, kind: str, file: Path, text: str) -> None:
        command = f"manage.py ws_export {kind} > {file}"
        try:
            lines = documents.stale_lines(kind, file.read_text("utf-8"), text)
        except FileNotFoundError as error:
            problem = f"{file} is not there; write it: {command}"
            raise CommandError(problem, returncode=2) from error
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(
                f"{file} cannot be read: {error}", returncode=2
            ) from error
        if lines is None:
            problem = f"{file} is nothing that ws_export {kind} has made. If it may be"
            raise CommandError(f"{problem} overwritten: {command}", returncode=2)
        if lines:
            problem = f"{file} is stale; write it anew: {command}"
            raise CommandError("\n".join([*lines, problem]), returncode=2)
        self.stdout.write(f"{file} is up to date.")


def _exported(kind: str, alias: str) -> str:
    if kind in DOCUMENTS:
        return DOCUMENTS[kind](alias)
    gateway = conf.gateway(alias)
    snapshot = publisher.wanted_snapshot(alias, secret_needed=False)
    exported = KINDS[kind](snapshot, gateway)
    return exported if isinstance(exported, str) else json.dumps(exported, indent=2)
