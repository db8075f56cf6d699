"""Lists the streams of kept events; deletes one, or gives all of them new epochs."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from wsrouter.registry.streams import administration, retention
from wsrouter.registry.streams.administration import StreamSummary

COLUMNS = ("gateway", "kind", "name", "top", "kept", "bytes", "oldest")


class Command(BaseCommand):
    help = (
        "Lists the streams of kept events with what is kept of each, the largest first."
        " After a backup was restored, or a failover that may have lost commits, run it"
        " with --new-epochs: clients reload their state then, instead of missing what"
        " was lost."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--gateway", help="only the streams of this gateway")
        parser.add_argument(
            "--limit",
            type=int,
            default=100,
            metavar="N",
            help="list N streams at most (default 100)",
        )
        acts = parser.add_mutually_exclusive_group()
        acts.add_argument(
            "--delete",
            metavar="GROUP",
            help="delete what is kept for this group; clients that have missed any of"
            " it are told that there is a gap",
        )
        acts.add_argument(
            "--new-epochs",
            action="store_true",
            help="make the positions that clients have invalid",
        )

    def handle(self, **options: Any) -> None:
        gateway = options["gateway"]
        if options["limit"] < 1:
            raise CommandError("--limit must be 1 or more.")
        if options["delete"] is not None:
            self._delete(gateway, options["delete"])
        elif options["new_epochs"]:
            count = administration.renew_epochs(administration.rows_of(gateway))
            self.stdout.write(f"{_streams(count)} with a new epoch.")
        else:
            self._list(administration.summaries(gateway, options["limit"]))

    def _delete(self, gateway: str | None, group: str) -> None:
        rows = administration.rows_of(gateway).filter(kind="group", name=group)
        streams = list(rows)
        if not streams:
            raise CommandError(f"No event is kept for the group {group!r}.")
        for stream in streams:
            retention.delete(stream)
            self.stdout.write(f"Deleted: group {group!r} of gateway {stream.gateway}.")

    def _list(self, summaries: list[StreamSummary]) -> None:
        if not summaries:
            self.stdout.write("No streams.")
            return
        rows = [COLUMNS, *map(_row, summaries)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.stdout.write("  ".join(cells).rstrip())


def _row(found: StreamSummary) -> tuple[str, ...]:
    oldest = found.oldest.isoformat(" ", "seconds") if found.oldest else "-"
    numbers = map(str, (found.top, found.kept, found.size))
    return found.gateway, found.kind, found.name, *numbers, oldest


def _streams(count: int) -> str:
    return "1 stream" if count == 1 else f"{count} streams"
