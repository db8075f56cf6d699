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
from wsrouter.sync.destroy import destroy, plan_removal
from wsrouter.sync.next_steps import next_steps
from wsrouter.sync.plan import Options, Plan, prepare
from wsrouter.sync.ports import ControlPlane
from wsrouter.sync.publish import publish
from wsrouter.sync.target import Target
from wsrouter.wiring import publisher

INTERRUPTED = "Interrupted. Run ws_sync again to finish."
FLAGS = {
    "--prune": "Also delete published routes that the code no longer has.",
    "--adopt": (
        "Take over existing routes and domain mappings that were not created by"
        " wsrouter but have the same key as yours."
    ),
    "--deep": "Also compare every route response. This takes one AWS call per route.",
    "--no-input": "Make the changes without asking for confirmation.",
    "--allow-dangerous": (
        "With --no-input: also make changes that the plan marks as dangerous."
    ),
    "--strict": (
        "With --check: routes that the code no longer has, and what is not wsrouter's,"
        " are a difference, too."
    ),
    "--json": "Print the plan as JSON; progress goes to standard error.",
}


class Drift(SystemExit):
    """`--check` found a difference: the exit code is 2."""

    def __init__(self) -> None:
        super().__init__(2)


class Command(BaseCommand):
    """Parses the options, plans and publishes, and prints."""

    help = (
        "Publishes the registered WebSocket routes to Amazon API Gateway: shows the"
        " changes, asks for confirmation, makes them, and verifies the result."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012  # as Django declares it

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add(
            "--gateway",
            default="default",
            help="Which entry (alias) of the WSROUTER setting to publish.",
        )
        read_only = parser.add_mutually_exclusive_group()
        read_only.add_argument(
            "--plan",
            action="store_true",
            help="Show what would change, and change nothing.",
        )
        read_only.add_argument(
            "--check",
            action="store_true",
            help=(
                "Change nothing; exit with code 2 if the API differs from the code, 0"
                " if it does not, and 1 on any error."
            ),
        )
        for flag, text in FLAGS.items():
            add(flag, action="store_true", help=text)
        add(
            "--destroy",
            action="store_true",
            help="Delete from AWS what ws_sync published. With --plan, only show it.",
        )
        add(
            "--endpoint-url",
            default="",
            help="The URL of the API Gateway control plane, for emulators of AWS.",
        )
        add(
            "--region",
            default="",
            help="The AWS Region, in place of REGION in the settings.",
        )
        add(
            "--profile",
            default="",
            help="The AWS profile for credentials, in place of AWS_PROFILE.",
        )

    def run_from_argv(self, argv: list[str]) -> None:
        try:
            super().run_from_argv(argv)
        except Drift:
            raise
        except SystemExit as stop:
            # argparse exits with 2 for wrong usage, which here would mean a difference.
            raise SystemExit(1 if stop.code == 2 else stop.code) from None

    def handle(self, *_: Any, **options: Any) -> None:
        writes = not options["plan"] and not options["check"]
        if options["destroy"] and options["check"]:
            raise CommandError(
                "--destroy can be combined with --plan, not with --check."
            )
        if options["strict"] and not options["check"]:
            raise CommandError("--strict can only be combined with --check.")
        try:
            self._run(options, writes=writes)
        except (WSRouterError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError(INTERRUPTED) from None

    def _run(self, options: dict[str, Any], *, writes: bool) -> None:
        alias = options["gateway"]
        target = Target.of(conf.gateway(alias))
        plane = publisher.control_plane(
            alias,
            endpoint_url=options["endpoint_url"],
            region=options["region"],
            profile=options["profile"],
        )
        if options["destroy"]:
            self._destroy(plane, target, options, writes=writes)
        else:
            self._sync(plane, target, options, writes=writes)

    def _sync(
        self,
        plane: ControlPlane,
        target: Target,
        options: dict[str, Any],
        *,
        writes: bool,
    ) -> None:
        wanted = publisher.wanted_snapshot(
            target.alias, secret_needed=not options["check"]
        )
        plan = prepare(plane, target, wanted, _plan_options(options))
        api_id = plan.deployed.api_id
        try:
            self._print_plan(plan, options, writes=writes)
            if writes:
                api_id = self._publish(plane, plan, options)
        finally:
            if options["json"]:
                values = render.json_values(plan, strict=options["strict"])
                self._print_json({**values, "api_id": api_id})
        if options["check"] and render.is_drift(plan, strict=options["strict"]):
            raise Drift

    def _print_plan(self, plan: Plan, options: dict[str, Any], *, writes: bool) -> None:
        """Print the plan as text. With --json, only before asking for confirmation."""
        if not options["json"]:
            self._print_text(render.plan_text(plan, strict=options["strict"]))
        elif writes and not options["no_input"]:
            self.stderr.write(render.plan_text(plan), _unstyled)
        elif not plan.secret_compared:
            self.stderr.write(self.style.WARNING(render.NOT_COMPARED), _unstyled)

    def _destroy(
        self,
        plane: ControlPlane,
        target: Target,
        options: dict[str, Any],
        *,
        writes: bool,
    ) -> None:
        removal = plan_removal(plane, target)
        if options["json"]:
            self._print_json(render.json_values(removal))
        else:
            self._print_text(render.removal_text(removal))
        if writes and removal.changes:
            self._obtain_consent("Destroy", removal, options)
            report = self._reporter(len(removal.changes), quiet=options["json"])
            destroy(plane, removal, report=report)

    def _print_json(self, values: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(values, indent=2))

    def _print_text(self, text: str) -> None:
        for line in text.splitlines():
            self.stdout.write(self._coloured(line))

    def _obtain_consent(
        self, action: str, plan: render.AnyPlan, options: dict[str, Any]
    ) -> None:
        """Raise CommandError unless the options or the user agree to the plan."""
        if not options["no_input"]:
            self._confirm(action)
        elif plan.dangers and not options["allow_dangerous"]:
            raise CommandError(
                f"The plan is dangerous ({'; '.join(plan.dangers)}): with --no-input it"
                " needs --allow-dangerous as well."
            )

    def _confirm(self, action: str) -> None:
        if not _is_terminal():
            raise CommandError(
                "Without a terminal, ws_sync needs --no-input to make changes."
            )
        try:
            answer = input(f"{action} this? [y/N] ")
        except (EOFError, KeyboardInterrupt):
            answer = ""
        if answer.strip().lower() not in ("y", "yes"):
            raise CommandError("Nothing was changed.")

    def _publish(self, plane: ControlPlane, plan: Plan, options: dict[str, Any]) -> str:
        """Publish, print what remains to be done by hand, and return the API's id."""
        if not plan.in_sync:
            self._obtain_consent("Publish", plan, options)
        region = options["region"] or conf.gateway(plan.target.alias).region
        out = self.stderr if options["json"] else self.stdout
        report = self._reporter(len(plan.changes), quiet=options["json"])
        published = publish(plane, plan, report=report)
        for warning in published.warnings:
            self.stderr.write(self.style.WARNING(f"Warning: {warning}"), _unstyled)
        for line in next_steps(plan, published, region=region):
            out.write(line, _unstyled)
        if published.url:
            out.write(f"Clients connect to {published.url}", _unstyled)
        return published.api_id

    def _reporter(self, total: int, *, quiet: bool) -> Callable[[Change], None]:
        out, done = self.stderr if quiet else self.stdout, 0

        def report(change: Change) -> None:
            nonlocal done
            done += 1
            out.write(
                f"[{done}/{max(total, done)}] {render.change_line(change)}", _unstyled
            )
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


def _plan_options(options: dict[str, Any]) -> Options:
    return Options(prune=options["prune"], adopt=options["adopt"], deep=options["deep"])


def _unstyled(line: str) -> str:
    return line


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()
