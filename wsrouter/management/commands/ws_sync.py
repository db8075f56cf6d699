"""`ws_sync`: makes an API Gateway WebSocket API match the code."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from wsrouter import conf
from wsrouter.errors import WSRouterError
from wsrouter.sync import render
from wsrouter.sync.change import Change
from wsrouter.sync.destroy import destroy, prepare_removal
from wsrouter.sync.next_steps import next_steps
from wsrouter.sync.plan import Options, Plan, prepare
from wsrouter.sync.ports import ControlPlane
from wsrouter.sync.publish import publish
from wsrouter.sync.target import Target
from wsrouter.wiring import publisher

INTERRUPTED = "Stopped half-way. Run ws_sync again: it finishes what is left."
FLAGS = {
    "--prune": "Delete routes the code has no more.",
    "--adopt": "Take over wanted routes and domain keys of others.",
    "--deep": "Look at every route response: one call for each route.",
    "--no-input": "Do not ask before acting.",
    "--json": "Print the plan as JSON.",
}


class Drift(SystemExit):
    """`--check` found a difference: exit code 2."""

    def __init__(self) -> None:
        super().__init__(2)


class Command(BaseCommand):
    """Parses, calls the plan and its publication, prints."""

    help = "Publishes the registered WebSocket routes to Amazon API Gateway."
    requires_system_checks: list[str] = []  # noqa: RUF012  # as Django declares it

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("--gateway", default="default", help="Alias in WSROUTER.")
        only = parser.add_mutually_exclusive_group()
        only.add_argument(
            "--plan", action="store_true", help="Only show what would change."
        )
        only.add_argument(
            "--check", action="store_true", help="Only look: exit code 2 on drift."
        )
        for flag, words in FLAGS.items():
            add(flag, action="store_true", help=words)
        add("--destroy", action="store_true", help="Remove what was published.")
        add("--endpoint-url", default="", help="Of the control plane.")
        add("--region", default="")
        add("--profile", default="", help="AWS profile.")

    def run_from_argv(self, argv: list[str]) -> None:
        try:
            super().run_from_argv(argv)
        except Drift:
            raise
        except SystemExit as stop:
            # argparse ends with 2 for wrong usage, which here would mean drift.
            raise SystemExit(1 if stop.code == 2 else stop.code) from None

    def handle(self, *_: Any, **options: Any) -> None:
        acts = not options["plan"] and not options["check"]
        if acts and not options["no_input"] and not _is_terminal():
            raise CommandError("Without a terminal, ws_sync needs --no-input to act.")
        if options["destroy"] and options["check"]:
            raise CommandError("--destroy goes with --plan, not with --check.")
        try:
            self._run(options, acts=acts)
        except (WSRouterError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError(INTERRUPTED) from None

    def _run(self, options: dict[str, Any], *, acts: bool) -> None:
        alias = options["gateway"]
        target = Target.of(conf.gateway(alias))
        plane = publisher.control_plane(
            alias,
            endpoint_url=options["endpoint_url"],
            region=options["region"],
            profile=options["profile"],
        )
        if options["destroy"]:
            self._destroy(plane, target, options, acts=acts)
        else:
            self._sync(plane, target, options, acts=acts)

    def _sync(
        self,
        plane: ControlPlane,
        target: Target,
        options: dict[str, Any],
        *,
        acts: bool,
    ) -> None:
        wanted = publisher.wanted_snapshot(
            target.alias, secret_needed=not options["check"]
        )
        plan = prepare(plane, target, wanted, _chosen(options))
        api_id = plan.deployed.api_id
        try:
            self._say(plan, options, acts=acts)
            if acts:
                api_id = self._publish(plane, plan, options)
        finally:
            if options["json"]:
                self._print({**render.values(plan), "api_id": api_id})
        if options["check"] and not plan.in_sync:
            raise Drift

    def _say(self, plan: Plan, options: dict[str, Any], *, acts: bool) -> None:
        """The plan for people: with --json only when they are asked about it."""
        if not options["json"]:
            self._show(render.text(plan))
        elif acts and not options["no_input"]:
            self.stderr.write(render.text(plan), _plain)
        elif not plan.secret_compared:
            self.stderr.write(self.style.WARNING(render.UNCOMPARED), _plain)

    def _destroy(
        self,
        plane: ControlPlane,
        target: Target,
        options: dict[str, Any],
        *,
        acts: bool,
    ) -> None:
        removal = prepare_removal(plane, target)
        if options["json"]:
            self._print(render.values(removal))
        else:
            self._show(render.removal_text(removal))
        if (
            acts
            and removal.changes
            and (options["no_input"] or self._agreed("Destroy"))
        ):
            report = self._reporter(len(removal.changes), quiet=options["json"])
            destroy(plane, removal, report=report)

    def _print(self, values: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(values, indent=2))

    def _show(self, text: str) -> None:
        for line in text.splitlines():
            self.stdout.write(self._coloured(line))

    def _agreed(self, what: str) -> bool:
        try:
            answer = input(f"{what} this? [y/N] ")
        except (EOFError, KeyboardInterrupt):
            answer = ""
        agreed = answer.strip().lower() in ("y", "yes")
        if not agreed:
            raise CommandError("Nothing was changed.")
        return agreed

    def _publish(self, plane: ControlPlane, plan: Plan, options: dict[str, Any]) -> str:
        """Make it so, and say what is left to do; the id of the API."""
        if not plan.in_sync and not options["no_input"]:
            self._agreed("Publish")
        region = options["region"] or conf.gateway(plan.target.alias).region
        out = self.stderr if options["json"] else self.stdout
        report = self._reporter(len(plan.changes), quiet=options["json"])
        published = publish(plane, plan, report=report)
        for warning in published.warnings:
            self.stderr.write(self.style.WARNING(f"Warning: {warning}"), _plain)
        for line in next_steps(plan, published, region=region):
            out.write(line, _plain)
        if published.url:
            out.write(f"Clients connect to {published.url}", _plain)
        return published.api_id

    def _reporter(self, total: int, *, quiet: bool) -> Callable[[Change], None]:
        out, done = self.stderr if quiet else self.stdout, 0

        def report(change: Change) -> None:
            nonlocal done
            done += 1
            out.write(f"[{done}/{max(total, done)}] {render.line(change)}", _plain)
            out.flush()

        return report

    def _coloured(self, line: str) -> str:
        styles = {
            "+": self.style.SUCCESS,
            "~": self.style.WARNING,
            "!": self.style.WARNING,
            "-": self.style.ERROR,
        }
        style = styles.get(line[:1])
        return str(style(line)) if style else line


def _chosen(options: dict[str, Any]) -> Options:
    return Options(prune=options["prune"], adopt=options["adopt"], deep=options["deep"])


def _plain(line: str) -> str:
    return line


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()
