"""`ws_truth`: asks API Gateway itself what its documentation leaves open."""

import inspect
import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from wsrouter.errors import WSRouterError
from wsrouter.management.sync_options import TEXTS
from wsrouter.sync.ports import ControlPlane
from wsrouter.truth import endpoint
from wsrouter.wiring import publisher

_PLACE = ("endpoint_url", "region", "profile")
FLAGS = {
    "--list": "Show every point, with its switch, its time and its messages; no more.",
    "--slow": "Also ask what takes more than ten minutes.",
    "--yes": "Begin without asking for confirmation.",
    "--clean": "Delete what a killed run of ws_truth has left behind; no more.",
    "--print-endpoint": "Print the program of the endpoint, one Python file.",
    "--iam-policy": "Print the permissions that a run needs, as JSON.",
}
SECONDS = {
    "--wait": (15.0, "How long to wait for what must come."),
    "--quiet": (3.0, "How long nothing must come until that counts."),
    "--live-wait": (90.0, "How long a publication may take to have an effect."),
    "--idle-limit": (600.0, "After how long API Gateway closes an idle socket."),
}


class Command(BaseCommand):
    """Parses the options, asks for consent, and prints."""

    help = (
        "Settles by experiment which switches of ws_local are true: publishes APIs for"
        " the moment, asks each open question with real sockets and an endpoint that"
        " records, and deletes the APIs again. It needs an AWS account."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012  # as Django declares it

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("--endpoint", metavar="URL", default="", help="Where the endpoint runs.")
        add("--only", metavar="POINTS", default="", help="Only these, as in 1,5-7.")
        add("--evidence", metavar="FILE", default="", help="Keep all bytes as JSON.")
        for flag, text in FLAGS.items():
            add(flag, action="store_true", help=text)
        for option, (seconds, text) in SECONDS.items():
            text = f"{text} In seconds."
            add(option, type=float, default=seconds, metavar="SECONDS", help=text)
        add(
            "--max-messages",
            type=int,
            default=1000,
            metavar="NUMBER",
            help="Send no more than so many messages.",
        )
        add(
            "--unreachable-url",
            default="https://unreachable.invalid/",
            metavar="URL",
            help="Where certainly nothing answers.",
        )
        add("--gateway", default="default", help="Which entry of WSROUTER has REGION.")
        for option, text in TEXTS.items():
            add(option, default="", help=text)

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            self._handle(options)
        except (WSRouterError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError("Interrupted.") from None

    def _handle(self, options: dict[str, Any]) -> None:
        if options["print_endpoint"]:
            self.stdout.write(inspect.getsource(endpoint))
            return
        # These need websockets.
        from wsrouter.ops import truth_run
        from wsrouter.truth import report

        if options["list"]:
            self._print(report.listing())
        elif options["iam_policy"]:
            policies = truth_run.policies(truth_run.region_of(options))
            self.stdout.write(json.dumps(policies, indent=2))
        elif options["clean"]:
            self._clean(_control_plane(options), options)
        else:
            self._run(options)

    def _run(self, options: dict[str, Any]) -> None:
        from wsrouter.ops import truth_run
        from wsrouter.truth import report
        from wsrouter.truth.points import chosen

        probes = chosen(options["only"], slow=options["slow"])
        run = truth_run.prepare(
            options,
            _control_plane(options),
            lambda result: self._print(report.result_lines(result)),
        )
        self.stdout.write(f"{report.estimate(probes)} Everything is deleted again.")
        self._confirm("Begin?", options)
        try:
            truth_run.carry_out(run, probes, self._notice)
        finally:
            if options["evidence"]:
                path = Path(options["evidence"])
                truth_run.write_evidence(path, run, truth_run.region_of(options))
            self._print(report.conclusion(run.results, probes))

    def _clean(self, plane: ControlPlane, options: dict[str, Any]) -> None:
        from wsrouter.truth import throwaway_apis

        found = throwaway_apis.leftovers(plane)
        for record in found:
            self.stdout.write(f"- {record.id}  {record.api.name}")
        if not found:
            self.stdout.write("No run has left anything behind.")
            return
        self._confirm("Delete these?", options)
        deleted = throwaway_apis.delete_tagged(plane)
        self.stdout.write(f"Deleted: {', '.join(deleted)}.")

    def _confirm(self, question: str, options: dict[str, Any]) -> None:
        """Raise CommandError unless the options or the user agree."""
        if options["yes"]:
            return
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise CommandError("Without a terminal, ws_truth needs --yes.")
        try:
            answer = input(f"{question} [y/N] ")
        except (EOFError, KeyboardInterrupt):
            answer = ""
        if answer.strip().lower() not in ("y", "yes"):
            raise CommandError("Nothing was done.")

    def _notice(self, text: str) -> None:
        self.stderr.write(text, lambda line: line)

    def _print(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.stdout.write(line)
        self.stdout.flush()


def _control_plane(options: dict[str, Any]) -> ControlPlane:
    place = {name: options[name] for name in _PLACE}
    return publisher.control_plane(options["gateway"], **place)
