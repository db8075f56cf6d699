"""Removes connections whose `$disconnect` never came; for cron."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from wsrouter.ops.reaper import reap


class Command(BaseCommand):
    help = (
        "Removes connections that are past their lifetime or whose session has ended,"
        " asks API Gateway whether the oldest others are still open, queues sends again"
        " that no worker carries out, posts kept events whose sender has died, deletes"
        " old ones, and tells groups with presence who has left unnoticed. May run on"
        " several machines at once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check",
            type=int,
            default=1000,
            metavar="N",
            help="ask API Gateway about up to N connections, oldest first"
            " (default 1000)",
        )
        parser.add_argument(
            "--rate",
            type=float,
            default=50,
            help="calls to API Gateway per second (default 50)",
        )

    def handle(self, **options: Any) -> None:
        if options["rate"] <= 0 or options["check"] < 0:
            raise CommandError("--rate must be above 0, and --check 0 or more.")
        report = reap(checks=options["check"], rate=options["rate"])
        seconds = f"{report.oldest_seconds:,.0f}"
        oldest = f", the oldest for {seconds} s" if report.waiting else ""
        self.stdout.write(
            f"{report.lifetime} past their lifetime, {report.ended} ended,"
            f" {report.gone} of {report.checked} gone, {report.resumed} sends resumed,"
            f" {report.posted} kept events posted, {report.deleted} deleted,"
            f" {report.told} groups told. Queue: {report.waiting}{oldest}."
        )
