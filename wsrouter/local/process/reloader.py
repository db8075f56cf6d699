"""Reloads the API when the backend process has been replaced, or on a signal."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from wsrouter.catalog.snapshot import Snapshot
from wsrouter.errors import WSRouterError
from wsrouter.local.gateway import LocalGateway
from wsrouter.local.process import description_changes, port_probe
from wsrouter.local.process.api_description import (
    RELOAD_SIGNAL,
    ApiDescription,
    DescriptionCommand,
    StageDeleted,
)
from wsrouter.local.rules import message_schema, stage_paths

_POLL_SECONDS = 0.1
UNCHANGED = "Nothing has changed."
RELOAD_FAILED = "The routes cannot be reloaded, so they stay as they are"
_DELETED_OUTCOMES = {
    "forbidden": "messages of open sockets are Forbidden",
    "served": "messages of open sockets are served as before",
    "closed": "open sockets are closed",
}


@dataclass(kw_only=True, slots=True)
class Reloader:
    """Holds a connection to the backend, which ends when the backend's process does.

    A server that only closes idle connections goes on listening: that is no reload.
    """

    address: tuple[str, int]
    description_command: DescriptionCommand
    gateway: LocalGateway
    description: ApiDescription
    write_notice: Callable[[str], None]
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self) -> None:
        """Watch the backend and reload after each restart; runs until cancelled."""
        while True:
            if await self._has_stopped():
                await self._wait_until_listening()
                await self.reload()
            await asyncio.sleep(_POLL_SECONDS)

    @contextmanager
    def on_signal(self) -> Iterator[None]:
        """Reload at every RELOAD_SIGNAL while inside the block."""
        loop = asyncio.get_running_loop()
        if RELOAD_SIGNAL is not None:
            loop.add_signal_handler(RELOAD_SIGNAL, self._start_reload)
        try:
            yield
        finally:
            if RELOAD_SIGNAL is not None:
                loop.remove_signal_handler(RELOAD_SIGNAL)
            for task in self._tasks:
                task.cancel()

    def _start_reload(self) -> None:
        task = asyncio.create_task(self.reload(report_unchanged=True))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def reload(self, *, report_unchanged: bool = False) -> None:
        """Serve what the code declares now, or what is published now, and write what
        has changed; with `report_unchanged` also that nothing has."""
        async with self._lock:
            await self._reload(report_unchanged=report_unchanged)

    async def _reload(self, *, report_unchanged: bool) -> None:
        try:
            description = await self.description_command.run()
            message_schema.require_validator(description.snapshot)
        except StageDeleted as deleted:
            self._delete_stage(deleted, report_unchanged=report_unchanged)
        except WSRouterError as error:
            self.write_notice(f"{RELOAD_FAILED}: {error}")
        else:
            self._serve(description, report_unchanged=report_unchanged)

    def _serve(self, description: ApiDescription, *, report_unchanged: bool) -> None:
        api = self.gateway.api
        changes = [*description_changes.changes(self.description, description)]
        if api.stage_deleted.is_set():
            changes.insert(0, f"+ stage {api.stage}")
        for line in changes or [UNCHANGED] * report_unchanged:
            self.write_notice(line)
        self.description = description
        api.snapshot = self._with_current_address(description)
        api.api_id = description.api_id or api.api_id
        api.region = description.region
        self.gateway.restore_stage()

    def _delete_stage(self, deleted: StageDeleted, *, report_unchanged: bool) -> None:
        api = self.gateway.api
        if deleted.stage != api.stage:  # STAGE was changed, and is not published yet
            self.write_notice(f"{RELOAD_FAILED}: {deleted}")
        elif not api.stage_deleted.is_set():
            self.gateway.delete_stage()
            self.write_notice(
                f"- stage {api.stage}: {deleted} Handshakes and @connections are"
                f" answered 403; {_DELETED_OUTCOMES[api.behaviour.deleted_stage]}."
            )
        elif report_unchanged:
            self.write_notice(UNCHANGED)

    def _with_current_address(self, description: ApiDescription) -> Snapshot:
        """The new snapshot with the stage name and path of the current one, which
        clients and Django use."""
        current, new = self.gateway.api.snapshot, description.snapshot
        disabled, stage = current.api.disable_execute_api_endpoint, current.stage.name
        if new.stage.name != stage:
            self.write_notice(f"The stage stays {stage!r} until ws_local is restarted.")
        elif stage_paths.stage_path(new) != stage_paths.stage_path(current):
            path = self.gateway.api.path
            self.write_notice(f"The path stays {path!r} until ws_local is restarted.")
        return replace(
            new,
            api=replace(new.api, disable_execute_api_endpoint=disabled),
            stage=replace(new.stage, name=stage),
            domain=current.domain,
        )

    async def _has_stopped(self) -> bool:
        """Wait until the connection to the backend ends; whether its server has
        stopped listening by then."""
        try:
            reader, writer = await asyncio.open_connection(*self.address)
        except OSError:
            return True
        with suppress(OSError):
            await reader.read(1)
        writer.close()
        await asyncio.sleep(_POLL_SECONDS)
        return not await self._is_listening()

    async def _wait_until_listening(self) -> None:
        while True:
            if await self._is_listening():
                return
            await asyncio.sleep(_POLL_SECONDS)

    async def _is_listening(self) -> bool:
        return await port_probe.is_listening(*self.address)
