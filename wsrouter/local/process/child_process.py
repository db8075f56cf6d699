"""A process that the local gateway starts, and ends for certain, with all its
children."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress

from wsrouter.local.process import parent_watchdog, port_probe

_POLL_SECONDS = 0.1


class ChildProcess:
    """A process in a process group of its own, so that Ctrl-C on the terminal reaches
    only the gateway.

    A watchdog ends the group when the gateway is killed. With `stdout_to_stderr` its
    output goes to the gateway's stderr.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        stdout_to_stderr: bool = False,
    ) -> None:
        self._command = command
        self._stdout = sys.stderr.fileno() if stdout_to_stderr else None
        self._environment = {**os.environ, **environment}

    async def start(self) -> None:
        if sys.platform == "win32":
            self._process = await asyncio.create_subprocess_exec(
                *self._command, env=self._environment, stdout=self._stdout
            )
            return
        read_end, self._write_end = os.pipe()
        watchdog = [sys.executable, "-I", parent_watchdog.__file__, str(read_end)]
        self._process = await asyncio.create_subprocess_exec(
            *watchdog,
            *self._command,
            env=self._environment,
            stdout=self._stdout,
            start_new_session=True,
            pass_fds=(read_end,),
        )
        os.close(read_end)

    async def wait(self) -> int:
        """Wait until it has ended; its exit code."""
        return await self._process.wait()

    async def wait_until_listening(
        self, host: str, port: int, *, seconds: float
    ) -> bool:
        """Whether a server listens there before the time is over or the process
        ends."""
        end = asyncio.get_running_loop().time() + seconds
        while self._process.returncode is None:
            if await port_probe.is_listening(host, port):
                return True
            if asyncio.get_running_loop().time() > end:
                return False
            await asyncio.sleep(_POLL_SECONDS)
        return False

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.returncode

    async def stop(self, *, seconds: float = 5.0) -> None:
        """Ask the whole group to end, and kill what still runs after `seconds`."""
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
