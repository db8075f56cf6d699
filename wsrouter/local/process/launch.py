"""Runs a gateway, and the backend process that it may start, until a signal."""

import asyncio
import socket
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from wsrouter.errors import WSRouterError
from wsrouter.local.gateway import LocalGateway
from wsrouter.local.journal import UserNameLookup, WriteEntry, no_user_name
from wsrouter.local.process import description_changes, listener, server, stop_signals
from wsrouter.local.process.api_description import ApiDescription, DescriptionCommand
from wsrouter.local.process.child_process import ChildProcess
from wsrouter.local.process.reloader import Reloader
from wsrouter.local.rules import message_schema
from wsrouter.local.rules.behaviour import Behaviour, Limits
from wsrouter.local.sockets.backend import Backend
from wsrouter.local.sockets.local_api import LocalApi


class BackendEnded(WSRouterError):
    """The backend process ended before it listened."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LaunchConfig:
    """What to run.

    `child`, if there is one, is the backend process, which listens at `address`;
    `description_command` describes the API again for a reload; `write_notice` gets
    lines for the user; `principal` is the template of the authorizer's principal, and
    `authorizer_context` those of its other values;
    `startup_seconds` is how long the child may take before clients are served without
    it.
    """

    description: ApiDescription
    listener: socket.socket
    greeting: str
    write_notice: Callable[[str], None]
    write_entry: WriteEntry
    look_up_user_name: UserNameLookup = no_user_name
    limits: Limits
    behaviour: Behaviour
    principal: str
    authorizer_context: Mapping[str, str] = field(default_factory=dict)
    description_command: DescriptionCommand
    child: ChildProcess | None = None
    address: tuple[str, int] = ("127.0.0.1", 8000)
    startup_seconds: float = 60.0


async def run(config: LaunchConfig) -> None:
    """Run until a signal; a second one does not wait for the `$disconnect`s."""
    message_schema.require_validator(config.description.snapshot)
    stopping = asyncio.Event()
    child = config.child
    with stop_signals.handled(stopping), config.listener:
        if child is None:
            await _serve(config, stopping)
            return
        await child.start()
        try:
            await _wait_until_ready(child, config, stopping)
            await _serve(config, stopping, _report_end(child, config, stopping))
        finally:
            await child.stop()


async def _serve(
    config: LaunchConfig,
    stopping: asyncio.Event,
    *background: Coroutine[Any, Any, None],
) -> None:
    if stopping.is_set():
        for coroutine in background:
            coroutine.close()
        return
    gateway = _gateway(config)
    reloader = _reloader(config, gateway)
    watches = [reloader.run()] if config.child else []
    tasks = [asyncio.create_task(task) for task in [*background, *watches]]
    try:
        with reloader.on_signal():
            config.listener.listen()
            hints = description_changes.hints(config.description)
            config.write_notice("\n".join([*hints, config.greeting]))
            await server.serve(gateway, config.listener, stopping)
    finally:
        for task in tasks:
            task.cancel()


def _gateway(config: LaunchConfig) -> LocalGateway:
    description = config.description
    api = LocalApi(
        snapshot=description.snapshot,
        backend=Backend(),
        behaviour=config.behaviour,
        api_id=description.api_id or listener.api_id(config.listener),
        principal=config.principal,
        authorizer_context=config.authorizer_context,
        region=description.region,
    )
    return LocalGateway(
        api,
        limits=config.limits,
        write_entry=config.write_entry,
        look_up_user_name=config.look_up_user_name,
    )


def _reloader(config: LaunchConfig, gateway: LocalGateway) -> Reloader:
    return Reloader(
        address=config.address,
        description_command=config.description_command,
        gateway=gateway,
        description=config.description,
        write_notice=config.write_notice,
    )


async def _wait_until_ready(
    child: ChildProcess, config: LaunchConfig, stopping: asyncio.Event
) -> None:
    listening = asyncio.create_task(
        child.wait_until_listening(*config.address, seconds=config.startup_seconds)
    )
    stopped = asyncio.create_task(stopping.wait())
    await asyncio.wait({listening, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if stopping.is_set():
        listening.cancel()
    elif child.exit_code is not None:
        raise BackendEnded(
            f"Django ended with exit code {child.exit_code} before it was ready;"
            " its own output says why."
        )
    elif not listening.result():
        config.write_notice(
            f"Django is not ready after {config.startup_seconds:g} s."
            " Clients are refused until it is."
        )


async def _report_end(
    child: ChildProcess, config: LaunchConfig, stopping: asyncio.Event
) -> None:
    code = await child.wait()
    if not stopping.is_set():
        config.write_notice(
            f"Django has ended with exit code {code}. Sockets stay open;"
            ' messages are answered with "Internal server error".'
        )
