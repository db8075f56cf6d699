"""What is served, and how a fresh process tells a running gateway of it."""

import asyncio
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import TypeAdapter, ValidationError

from wsrouter.catalog.snapshot import Snapshot
from wsrouter.errors import WSRouterError

SIGNAL: signal.Signals | None = getattr(signal, "SIGUSR1", None)
"""Asks a running gateway to read its source again; Windows has none."""


class Unreadable(WSRouterError):
    """The routes cannot be read."""


class Deleted(WSRouterError):
    """The stage is not published any more."""

    def __init__(self, stage: str, reason: str) -> None:
        super().__init__(reason)
        self.stage = stage


@dataclass(frozen=True, kw_only=True, slots=True)
class Absent:
    """There is no such stage."""

    stage: str
    reason: str

    def line(self) -> str:
        """All of it as one line of JSON."""
        return _ADAPTER.dump_json(self).decode()


@dataclass(frozen=True, kw_only=True, slots=True)
class Served:
    """An API, its id where AWS has given it one, the region of the settings, the route
    keys that the code has beyond it, and the `ws` modules that have no `router`."""

    snapshot: Snapshot = field(repr=False)
    api_id: str = ""
    region: str = ""
    unpublished: tuple[str, ...] = ()
    routerless: tuple[str, ...] = ()

    def line(self) -> str:
        """All of it as one line of JSON, the secret included."""
        return _ADAPTER.dump_json(self).decode()


_ADAPTER: TypeAdapter[Served | Absent] = TypeAdapter(Served | Absent)


def read(line: str) -> Served:
    """What `line` said; raises Unreadable, or Deleted when there is nothing."""
    try:
        found = _ADAPTER.validate_json(line)
    except ValidationError as error:
        raise Unreadable("the command said something else") from error
    if isinstance(found, Absent):
        raise Deleted(found.stage, found.reason)
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A command that says what to serve, as the last line of its output."""

    command: Sequence[str]
    environment: Mapping[str, str]

    async def read(self) -> Served:
        """Run it; raises Unreadable with the last thing that it said, or Deleted."""
        process = await asyncio.create_subprocess_exec(
            *self.command,
            env={**os.environ, **self.environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            output, errors = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        if process.returncode:
            raise Unreadable(_last_line(errors))
        return read(_last_line(output))


def changes(before: Served, after: Served) -> Iterator[str]:
    """A line for each difference; no values, since one of them is the secret."""
    old, new = before.snapshot, after.snapshot
    for key in sorted({*old.routes, *new.routes}):
        if key not in old.routes:
            yield f"+ route {key}"
        elif key not in new.routes:
            yield f"- route {key}"
        elif old.routes[key] != new.routes[key]:
            yield f"~ route {key}"
    for name in ("api", "integration", "stage", "models"):
        if getattr(old, name) != getattr(new, name):
            yield f"~ {name}"
    if before.region != after.region:
        yield "~ region"
    yield from hints(after, known=before)


def hints(served: Served, *, known: Served | None = None) -> Iterator[str]:
    """What the code has and the API that is served does not."""
    told = set(_hints(known)) if known else set()
    return (line for line in _hints(served) if line not in told)


def _hints(served: Served) -> Iterator[str]:
    for name in served.routerless:
        yield f"! {name} has no `router`, so nothing in it is served"
    for key in served.unpublished:
        yield f"! route {key} is not published: run ws_sync"


def _last_line(output: bytes) -> str:
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "nothing was said"
