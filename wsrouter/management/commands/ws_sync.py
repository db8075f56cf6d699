"""`ws_sync`: makes an API Gateway WebSocket API match the code."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from wsrouter import conf
from wsrouter.aws.clients import is_loopback
from wsrouter.errors import WSRouterError
from wsrouter.management import plan_file, sync_options
from wsrouter.sync import render, saved_plan
from wsrouter.sync.change import Change
from wsrouter.sync.destroy import destroy, plan_removal
from wsrouter.sync.location import Location
from wsrouter.sync.next_steps import next_steps
from wsrouter.sync.plan import Options, Plan, prepare
from wsrouter.sync.ports import ControlPlane
from wsrouter.sync.publish import publish
from wsrouter.sync.target import Target
from wsrouter.wiring import publisher

INTERRUPTED = "Interrupted. Run ws_sync again to finish."


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
        sync_options.add_options(parser)

    def run_from_argv(self, argv: list[str]) -> None:
        try:
            super().run_from_argv(argv)
        except Drift:
            raise
        except SystemExit as stop:
            # argparse exits with 2 for wrong usage, which here would mean a difference.
            raise SystemExit(1 if stop.code == 2 else stop.code) from None

    def handle(self, *_: Any, **options: Any) -> None:
        for sentence in sync_options.wrong_combinations(options):
            raise CommandError(sentence)
        try:
            self._run(options)
        except (WSRouterError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError(INTERRUPTED) from None

    def _run(self, options: dict[str, Any]) -> None:
        saved = _saved_plan(options) if options["apply"] else None
        if saved:
            options = _where_it_was_made(saved, options)
        alias = options["gateway"]
        plane = publisher.control_plane(
            alias,
            endpoint_url=options["endpoint_url"],
            region=options["region"],
            profile=options["profile"],
        )
        if options["destroy"]:
            self._destroy(plane, Target.of(conf.gateway(alias)), options)
        elif saved:
            plan = saved.prepare(plane, _secret(alias))
            self._sync(plane, plan, options)
        else:
            self._sync(plane, _new_plan(plane, options), options)

    def _sync(self, plane: ControlPlane, plan: Plan, options: dict[str, Any]) -> None:
        api_id = plan.deployed.api_id
        try:
            self._print_plan(plan, options)
            if options["out"]:
                self._save(plan, options)
            if sync_options.writes(options):
                api_id = self._publish(plane, plan, options)
        finally:
            if options["json"]:
                values = render.json_values(plan, strict=options["strict"])
                self._print_json({**values, "api_id": api_id})
        if options["check"] and render.is_drift(plan, strict=options["strict"]):
            raise Drift

    def _save(self, plan: Plan, options: dict[str, Any]) -> None:
        path = Path(options["out"])
        plan_file.write(
            path,
            saved_plan.saved(plan, _location(options), _secret(options["gateway"])),
        )
        out = self.stderr if options["json"] else self.stdout
        out.write(f"Saved. To carry it out: ws_sync --apply {path}", _unstyled)

    def _print_plan(self, plan: Plan, options: dict[str, Any]) -> None:
        """Print the plan as text. With --json, only before asking for confirmation."""
        if not options["json"]:
            self._print_text(render.plan_text(plan, strict=options["strict"]))
        elif sync_options.writes(options) and not options["no_input"]:
            self.stderr.write(render.plan_text(plan), _unstyled)
        elif not plan.secret_compared:
            self.stderr.write(self.style.WARNING(render.NOT_COMPARED), _unstyled)

    def _destroy(
        self, plane: ControlPlane, target: Target, options: dict[str, Any]
    ) -> None:
        removal = plan_removal(plane, target)
        if options["json"]:
            self._print_json(render.json_values(removal))
        else:
            self._print_text(render.removal_text(removal))
        if sync_options.writes(options) and removal.changes:
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
        # An emulator on this machine asks for no permission, DNS name or cookie.
        if not is_loopback(published.url):
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


def _new_plan(plane: ControlPlane, options: dict[str, Any]) -> Plan:
    """The plan that leads to what code and settings ask for."""
    alias = options["gateway"]
    target = Target.of(conf.gateway(alias))
    secret_needed = not options["check"] or bool(options["out"])
    wanted = publisher.wanted_snapshot(alias, secret_needed=secret_needed)
    plan_options = Options(
        prune=options["prune"],
        adopt=options["adopt"],
        deep=options["deep"],
        remove_integrations=tuple(options["remove_integration"]),
    )
    return prepare(plane, target, wanted, plan_options)


def _saved_plan(options: dict[str, Any]) -> saved_plan.SavedPlan:
    try:
        return saved_plan.load(plan_file.read(Path(options["apply"])))
    except WSRouterError as error:
        raise CommandError(f"{options['apply']}: {error}") from error


def _where_it_was_made(
    saved: saved_plan.SavedPlan, options: dict[str, Any]
) -> dict[str, Any]:
    """The options with the gateway and the control plane of a saved plan; raises
    CommandError when they name other ones."""
    location, alias = saved.location, saved.target.alias
    known = {"gateway": alias, "region": location.region}
    known["endpoint_url"] = location.endpoint_url
    for name, value in known.items():
        if options[name] not in ("", "default", value):
            raise CommandError(f"The plan was saved for --{name} {value}.")
    options = {**options, **known}
    if _location(options) != location:
        raise CommandError(
            "The plan was saved for another control plane: the REGION or the URL in the"
            " settings has changed since. Nothing was changed; save a new plan with"
            " --out."
        )
    return options


def _location(options: dict[str, Any]) -> Location:
    return publisher.location(
        options["gateway"],
        region=options["region"],
        endpoint_url=options["endpoint_url"],
    )


def _secret(alias: str) -> str:
    """The key that signs plans. A gateway with LAMBDA needs no SECRET."""
    gateway = conf.gateway(alias)
    secrets = gateway.secrets or (gateway.lambda_function and (settings.SECRET_KEY,))
    if not secrets:
        raise CommandError(f"WSROUTER[{alias!r}]: --apply needs the SECRET.")
    return secrets[0]


def _unstyled(line: str) -> str:
    return line


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()
