"""`ws_tail`: frames and sends on a terminal, as they happen."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from wsrouter.ops import followed_file, frame_lines
from wsrouter.ops.frame_lines import Wanted


class Command(BaseCommand):
    """Reads the lines of `wsrouter.frames`."""

    help = (
        "Shows frames and sends as they happen, from the JSON lines of the logger"
        " wsrouter.frames: those of a file, or with - those of standard input, as in"
        " `aws logs tail GROUP --follow | manage.py ws_tail -` and"
        " `manage.py ws_local --json | manage.py ws_tail -`. Options that are given"
        " several times mean any of their values. Ctrl-C ends it."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012  # as Django declares it

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("source", metavar="FILE", help="The log, or - for standard input.")
        add(
            "--route",
            action="append",
            default=[],
            metavar="KEY",
            help="Only this route, or the sends of this event; orders.* for all that"
            " begin with orders.",
        )
        add(
            "--user",
            action="append",
            default=[],
            metavar="KEY",
            help="Only the frames of the user with this primary key.",
        )
        add(
            "--connection",
            action="append",
            default=[],
            metavar="ID",
            help="Only the frames of this connection.",
        )
        add("--errors", action="store_true", help="Only errors, refusals and failures.")
        add("--show-users", action="store_true", help="Show the users' primary keys.")
        add("--json", action="store_true", help="Print the lines as they are.")
        add(
            "--last",
            type=int,
            default=10,
            metavar="N",
            help="Begin with the last N lines of the file (default 10).",
        )
        add("--no-follow", action="store_true", help="End with the file's last line.")

    def handle(self, **options: Any) -> None:
        if options["last"] < 0:
            raise CommandError("--last must be 0 or more.")
        wanted = Wanted(
            routes=options["route"],
            users=options["user"],
            connections=options["connection"],
            errors_only=options["errors"],
        )
        with suppress(KeyboardInterrupt, BrokenPipeError):
            try:
                self._show(self._lines(options), wanted, options)
            except OSError as error:
                if isinstance(error, BrokenPipeError):
                    raise
                raise CommandError(f"{options['source']}: {error.strerror}.") from error

    def _lines(self, options: dict[str, Any]) -> Iterable[str]:
        if options["source"] == "-":
            return sys.stdin
        path, follow = Path(options["source"]), not options["no_follow"]
        return followed_file.lines(path, last=options["last"], follow=follow)

    def _show(
        self, lines: Iterable[str], wanted: Wanted, options: dict[str, Any]
    ) -> None:
        private = options["show_users"] or bool(options["user"])
        read = None
        for read in lines:
            line = frame_lines.parse(read)
            if line is None or not wanted.fits(line):
                continue
            if options["json"]:
                text = read.rstrip("\n")
            else:
                good, bad = self.style.SUCCESS, self.style.ERROR
                text = frame_lines.shown(line, private=private, good=good, bad=bad)
            self.stdout.write(text)
            self.stdout.flush()
        if read is None and options["source"] == "-":
            raise CommandError("Nothing came from standard input.")
