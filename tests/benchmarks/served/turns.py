"""Whose turn it is: one variant on one server that listens."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.gateway.processes import Measured
from tests.benchmarks.served import variants, wrk
from tests.benchmarks.served.servers import Server, running


@dataclass(frozen=True)
class Turn:
    server: Server
    variant: variants.Variant
    listening: Measured
    script: Path

    def take(self, connections: int, seconds: int) -> dict[str, float]:
        return wrk.measured(self.script, self.listening, connections, seconds)


def of(stack: ExitStack, server: Server, folder: Path) -> Iterator[Turn]:
    """Of all that is compared on `server`; it runs until the stack is left."""
    started: dict[str, Measured] = {}
    for number, variant in enumerate(variants.of(server.interface)):
        name = variant.application
        if name not in started:
            started[name] = stack.enter_context(running(server, name, folder))
        answer = variants.good_answer(variant, started[name].port)
        path = folder / f"{server.name}-{number}.lua"
        script = wrk.script(path, variant, answer)
        yield Turn(server, variant, started[name], script)
