"""The description of an API, which a fresh process prints for a running gateway.

The gateway cannot reload the project's code itself: it runs the same command again,
with an option that makes it print what it would serve.
"""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import TypeAdapter, ValidationError

from wsrouter.catalog.snapshot import Snapshot
from wsrouter.errors import WSRouterError

RELOAD_SIGNAL: signal.Signals | None = getattr(signal, "SIGUSR1", None)
"""Makes a running gateway reload its API; None on Windows, which has no such signal."""


class DescriptionError(WSRouterError):
    """The description of the API cannot be read."""


class StageDeleted(WSRouterError):
    """The stage is no longer published."""

    def __init__(self, stage: str, reason: str) -> None:
        super().__init__(reason)
        self.stage = stage


@dataclass(frozen=True, kw_only=True, slots=True)
class MissingStage:
    """The description of a stage that does not exist, and why it does not."""

    stage: str
    reason: str

    def to_json(self) -> str:
        """One line of JSON."""
        return _ADAPTER.dump_json(self).decode()


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiDescription:
    """An API to serve.

    `api_id` is empty unless AWS has given it one; `region` is the one of the settings;
    `unpublished` are route keys that only the code has; `modules_without_router` are
    `ws` modules that do not define `router`.
    """

    snapshot: Snapshot = field(repr=False)
    api_id: str = ""
    region: str = ""
    unpublished: tuple[str, ...] = ()
    modules_without_router: tuple[str, ...] = ()

    def to_json(self) -> str:
        """One line of JSON, which includes the secret."""
        return _ADAPTER.dump_json(self).decode()


_ADAPTER: TypeAdapter[ApiDescription | MissingStage] = TypeAdapter(
    ApiDescription | MissingStage
)


def parse(line: str) -> ApiDescription:
    """Read a line of `to_json`; raises DescriptionError for any other text, and
    StageDeleted when the line describes a missing stage."""
    try:
        description = _ADAPTER.validate_json(line)
    except ValidationError as error:
        raise DescriptionError("the command printed no description") from error
    if isinstance(description, MissingStage):
        raise StageDeleted(description.stage, description.reason)
    return description


@dataclass(frozen=True, kw_only=True, slots=True)
class DescriptionCommand:
    """A command that prints the description as the last line of its output."""

    command: Sequence[str]
    environment: Mapping[str, str]

    async def run(self) -> ApiDescription:
        """Run it; raises StageDeleted, or DescriptionError with the last line of its
        error output."""
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
            raise DescriptionError(_last_line(errors))
        return parse(_last_line(output))


def _last_line(output: bytes) -> str:
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "the command printed nothing"
