"""Learns the routes again: when the backend process was replaced, or when asked to."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from wsrouter.catalog.snapshot import Snapshot
from wsrouter.errors import WSRouterError
from wsrouter.local.gateway import Gateway
from wsrouter.local.process import port_probe
from wsrouter.local.process.api_description import (
    SIGNAL,
    Deleted,
    Served,
    Source,
    changes,
)
from wsrouter.local.rules import message_schema, stage_paths

_POLL_SECONDS = 0.1
UNCHANGED = "Nothing is different."
UNREADABLE = "The routes cannot be read again, so they stay"
_DELETED = {
    "forbidden": "messages of open sockets are Forbidden",
    "served": "messages of open sockets are served as before",
    "closed": "open sockets are closed",
}


@dataclass(kw_only=True, slots=True)
class Reload:
    """Holds a connection to the backend, which ends when the backend's process does.

    A server that only closes idle connections goes on listening: that is no reload.
    """

    address: tuple[str, int]
    source: Source
    gateway: Gateway
    served: Served
    say: Callable[[str], None]
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self) -> None:
        """Never ends by itself."""
        while True:
            if await self._has_ended():
                await self._returned()
                await self.learn()
            await asyncio.sleep(_POLL_SECONDS)

    @contextmanager
    def asked(self) -> Iterator[None]:
        """Learns at every signal, until left."""
        loop = asyncio.get_running_loop()
        if SIGNAL is not None:
            loop.add_signal_handler(SIGNAL, self._ask)
        try:
            yield
        finally:
            if SIGNAL is not None:
                loop.remove_signal_handler(SIGNAL)
            for task in self._tasks:
                task.cancel()

    def _ask(self) -> None:
        task = asyncio.create_task(self.learn(aloud=True))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def learn(self, *, aloud: bool = False) -> None:
        """Serve what the code says now, or what is published now, and say what is
        different; `aloud` also that nothing is."""
        async with self._lock:
            await self._learn(aloud=aloud)

    async def _learn(self, *, aloud: bool) -> None:
        try:
            learned = await self.source.read()
            message_schema.require(learned.snapshot)
        except Deleted as deleted:
            self._delete(deleted, aloud=aloud)
        except WSRouterError as error:
            self.say(f"{UNREADABLE}: {error}")
        else:
            self._serve(learned, aloud=aloud)

    def _serve(self, learned: Served, *, aloud: bool) -> None:
        api = self.gateway.api
        back = [f"+ stage {api.stage}"] * api.deleted.is_set()
        different = [*back, *changes(self.served, learned)]
        for line in different or [UNCHANGED] * aloud:
            self.say(line)
        self.served = learned
        api.snapshot = self._at_home(learned)
        api.api_id = learned.api_id or api.api_id
        api.region = learned.region
        self.gateway.restore_stage()

    def _delete(self, deleted: Deleted, *, aloud: bool) -> None:
        api = self.gateway.api
        if deleted.stage != api.stage:  # another one by now, and not yet published
            self.say(f"{UNREADABLE}: {deleted}")
        elif not api.deleted.is_set():
            self.gateway.delete_stage()
            self.say(
                f"- stage {api.stage}: {deleted} Handshakes and @connections are"
                f" answered 403; {_DELETED[api.behaviour.deleted_stage]}."
            )
        elif aloud:
            self.say(UNCHANGED)

    def _at_home(self, learned: Served) -> Snapshot:
        """The same stage in the same place: clients and Django know its address."""
        former, snapshot = self.gateway.api.snapshot, learned.snapshot
        disabled, stage = former.api.disable_execute_api_endpoint, former.stage.name
        if snapshot.stage.name != stage:
            self.say(f"The stage stays {stage!r} until ws_local is started again.")
        elif stage_paths.root(snapshot) != stage_paths.root(former):
            where = self.gateway.api.path
            self.say(f"The path stays {where!r} until ws_local is started again.")
        return replace(
            snapshot,
            api=replace(snapshot.api, disable_execute_api_endpoint=disabled),
            stage=replace(snapshot.stage, name=stage),
            domain=former.domain,
        )

    async def _has_ended(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection(*self.address)
        except OSError:
            return True
        with suppress(OSError):
            await reader.read(1)
        writer.close()
        await asyncio.sleep(_POLL_SECONDS)
        return not await self._listens()

    async def _returned(self) -> None:
        while True:
            if await self._listens():
                return
            await asyncio.sleep(_POLL_SECONDS)

    async def _listens(self) -> bool:
        return await port_probe.listens(*self.address)
