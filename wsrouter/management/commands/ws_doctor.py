"""`ws_doctor`: examines everything between a client and Django, and says what to do."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from wsrouter.ops.doctor import Finding, examine, is_wrong

_LABELS = {"ok": "ok   ", "note": "note ", "wrong": "WRONG"}


class Command(BaseCommand):
    """Prints every finding; the exit code is 1 when something is wrong."""

    help = (
        "Examines a gateway and says what to do about each problem: the settings, the"
        " AWS credentials, the published API, whether ENDPOINT answers, and whether"
        " events can be sent. Changes nothing."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012  # as Django declares it

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add(
            "--gateway",
            default="default",
            help="Which entry (alias) of the WSROUTER setting to examine.",
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

    def handle(self, *_: Any, **options: Any) -> None:
        names = ("endpoint_url", "region", "profile")
        place = {name: options[name] for name in names}
        findings: list[Finding] = []
        for finding in examine(options["gateway"], place):
            findings.append(finding)
            line = f"{_LABELS[finding.level]} {finding.subject}: {finding.text}"
            self.stdout.write(self._style(finding.level)(line))
        if is_wrong(findings):
            raise CommandError("Something is wrong; see above.")

    def _style(self, level: str) -> Any:
        styles = {"note": self.style.WARNING, "wrong": self.style.ERROR}
        return styles.get(level, self.style.SUCCESS)
