"""`ws_doctor`: looks at everything between a client and Django, and says what to do."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from wsrouter.ops.doctor import Finding, examine, is_wrong

_SIGNS = {"ok": "ok   ", "note": "note ", "wrong": "WRONG"}


class Command(BaseCommand):
    """Asks, prints; exit code 1 when something is wrong."""

    help = "Checks settings, credentials, the published API, ENDPOINT and @connections."
    requires_system_checks: list[str] = []  # noqa: RUF012  # as Django declares it

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("--gateway", default="default", help="Alias in WSROUTER.")
        add("--endpoint-url", default="", help="Of the control plane.")
        add("--region", default="")
        add("--profile", default="", help="AWS profile.")

    def handle(self, *_: Any, **options: Any) -> None:
        names = ("endpoint_url", "region", "profile")
        plane = {name: options[name] for name in names}
        findings: list[Finding] = []
        for each in examine(options["gateway"], plane):
            findings.append(each)
            line = f"{_SIGNS[each.level]} {each.what}: {each.text}"
            self.stdout.write(self._style(each.level)(line))
        if is_wrong(findings):
            raise CommandError("Something is wrong; see above.")

    def _style(self, level: str) -> Any:
        styles = {"note": self.style.WARNING, "wrong": self.style.ERROR}
        return styles.get(level, self.style.SUCCESS)
