"""The programs of a run: which there are, and which of them are struck."""

import os
import socket
import sys
from pathlib import Path

from tests.chaos.instances import Instances
from tests.faults import processes
from tests.faults.processes import Process

SERVERS, PUBLISHERS = 3, 2
PUBLISHER_PAUSE = 1.8
SITE = "tests.chaos.site"


class Started:
    """One server and one worker are spared: they are stopped and slowed, and never
    killed."""

    def __init__(
        self,
        folder: Path,
        instances: Instances,
        gateway_port: int,
        listener: socket.socket,
    ) -> None:
        self.listener = listener
        self.site = f"http://127.0.0.1:{listener.getsockname()[1]}"
        brokers = [
            {"FAULTS_BROKER": f"{os.environ['CHAOS_REDIS']}/0"},
            {"FAULTS_BROKER": os.environ["CHAOS_RABBITMQ"]},
        ]
        self.servers = [
            processes.django(number, listener, folder)
            for number in range(1, SERVERS + 1)
        ]
        self.workers = [
            _worker("redis", folder, "solo"),
            _worker("rabbitmq", folder, "prefork", "--concurrency", "2"),
            _worker("rabbitmq-solo", folder, "solo"),
        ]
        self.publishers = [
            processes.publisher(number, PUBLISHER_PAUSE, folder, SITE)
            for number in range(PUBLISHERS)
        ]
        for among in (self.servers, self.workers, self.publishers):
            for number, process in enumerate(among):
                process.variables = brokers[min(number, 1)]
        self.reaper = processes.reaper(folder, SITE)
        self.gateway = processes.gateway(gateway_port, folder, "--strict")
        servers = [instances.postgresql, instances.redis, instances.rabbitmq]
        self.own = [*self.servers, *self.workers, self.gateway, self.reaper]
        self.struck = [*self.own, *self.publishers, *servers]
        self.spared = [self.servers[0], self.workers[0]]

    def start(self) -> None:
        for process in self.own:
            process.start()

    def publish(self) -> None:
        for publisher in self.publishers:
            publisher.start()

    def hush(self) -> None:
        for publisher in self.publishers:
            publisher.stop()

    def end(self) -> None:
        for process in [*self.publishers, *reversed(self.own)]:
            process.kill()
        self.listener.close()


def _worker(name: str, folder: Path, pool: str, *options: str) -> Process:
    celery = [sys.executable, "-m", "celery", "-A", f"{SITE}.celery_app", "worker"]
    quiet = ["--without-gossip", "--without-mingle", "-n", f"{name}@chaos"]
    return Process(
        kind="celery",
        command=[*celery, "-P", pool, "-l", "INFO", *quiet, *options],
        log=folder / f"celery-{name}.log",
    )
