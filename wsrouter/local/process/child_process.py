"""A process that the local gateway starts and surely ends, with all its children."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress

from wsrouter.local.process import parent_watchdog, port_probe

_POLL_SECONDS = 0.1


class Child:
    """A process in a group of its own: Ctrl-C on the terminal reaches only us.

    Its guard ends the group when we are killed. `is_quiet`: what it prints goes where
    its errors go.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        is_quiet: bool = False,
    ) -> None:
        self._command = command
        self._stdout = sys.stderr.fileno() if is_quiet else None
        self._environment = {**os.environ, **environment}

    async def start(self) -> None:
        if sys.platform == "win32":
            self._process = await asyncio.create_subprocess_exec(
                *self._command, env=self._environment, stdout=self._stdout
            )
            return
        reading, self._lifeline = os.pipe()
        guarded = [
            sys.executable,
            "-I",
            parent_watchdog.__file__,
            str(reading),
            *self._command,
        ]
        self._process = await asyncio.create_subprocess_exec(
            *guarded,
            env=self._environment,
            stdout=self._stdout,
            start_new_session=True,
            pass_fds=(reading,),
        )
        os.close(reading)

    async def wait(self) -> int:
        """The exit code, once it has ended."""
        return await self._process.wait()

    async def answers(self, host: str, port: int, *, seconds: float) -> bool:
        """Whether it listens there before the time is over or it ends."""
        end = asyncio.get_running_loop().time() + seconds
        while self._process.returncode is None:
            if await port_probe.listens(host, port):
                return True
            if asyncio.get_running_loop().time() > end:
                return False
            await asyncio.sleep(_POLL_SECONDS)
        return False

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.returncode

    async def end(self, *, seconds: float = 5.0) -> None:
        """Ask the whole group to end, then kill what is left of it."""
        self._signal(signal.SIGTERM)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), seconds)
        self._signal(signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
        await self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                self._process.terminate()
            else:
                os.killpg(self._process.pid, number)
