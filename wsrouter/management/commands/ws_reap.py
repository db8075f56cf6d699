"""Removes connections that have ended without a word; for cron."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from wsrouter.ops.reaper import reap


class Command(BaseCommand):
    help = (
        "Removes connections past their lifetime or whose session has ended, asks API"
        " Gateway for doubtful ones, and queues forgotten sends again. May run on"
        " several machines."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check",
            type=int,
            default=1000,
            metavar="N",
            help="ask API Gateway for up to N connections, oldest first (default 1000)",
        )
        parser.add_argument(
            "--rate", type=float, default=50, help="questions a second (default 50)"
        )

    def handle(self, **options: Any) -> None:
        if options["rate"] <= 0 or options["check"] < 0:
            raise CommandError("--rate must be more than 0, and --check not negative.")
        done = reap(checks=options["check"], rate=options["rate"])
        self.stdout.write(
            f"{done.lifetime} past their lifetime, {done.ended} ended,"
            f" {done.gone} of {done.checked} gone, {done.resumed} sends resumed."
        )
