"""PostgreSQL, Redis and RabbitMQ of a run's own, on free ports, with their data in a
folder that is deleted after it."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.faults.processes import Process
from tests.ports import free_port

PLACES = [
    os.environ["PATH"],
    "/usr/lib/rabbitmq/bin",
    *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True),
    "/usr/sbin",
]
USERS = {"postgresql": "postgres", "rabbitmq": "rabbitmq"}
"""Servers that do not run as root."""


class Instances:
    """`variables` say where they are."""

    def __init__(self, data: Path, logs: Path) -> None:
        self.data, self.logs = data, logs
        data.chmod(0o755)
        names = ("postgresql", "redis", "rabbitmq", "distribution", "epmd")
        self.ports = {name: free_port() for name in names}
        self.postgresql = self._postgresql()
        self.redis = self._redis()
        self.rabbitmq = self._rabbitmq()
        # RabbitMQ would start it as a daemon, which outlives the run.
        self.epmd = self._process(
            "epmd", ["epmd", "-address", "127.0.0.1", "-port", str(self.ports["epmd"])]
        )

    @property
    def all(self) -> list[Process]:
        return [self.epmd, self.postgresql, self.redis, self.rabbitmq]

    @property
    def variables(self) -> Mapping[str, str]:
        where = {name: f"127.0.0.1:{port}" for name, port in self.ports.items()}
        return {
            "WSROUTER_TEST_POSTGRESQL": f"postgresql://postgres@{where['postgresql']}/",
            "CHAOS_REDIS": f"redis://{where['redis']}",
            "CHAOS_RABBITMQ": f"amqp://guest:guest@{where['rabbitmq']}//",
        }

    @contextmanager
    def running(self) -> Iterator["Instances"]:
        try:
            self._create_database_cluster()
            for process in self.all:
                process.start()
            yield self
        finally:
            for process in reversed(self.all):
                process.kill()

    def _process(
        self, kind: str, command: list[str], variables: Mapping[str, str] | None = None
    ) -> Process:
        return Process(
            kind=kind,
            command=[_program(command[0]), *command[1:]],
            log=self.logs / f"{kind}.log",
            variables=variables or {},
            user=_user_of(kind),
            folder=self._folder_of(kind),
        )

    def _folder_of(self, kind: str) -> Path:
        folder = self.data / kind
        if not folder.exists():
            folder.mkdir(mode=0o700)
            if user := _user_of(kind):
                shutil.chown(folder, user)
        return folder

    def _postgresql(self) -> Process:
        folder, port = self._folder_of("postgresql"), self.ports["postgresql"]
        options = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": "",
            "max_connections": 200,
            "shared_buffers": "64MB",
        }
        chosen = [f"--{name}={value}" for name, value in options.items()]
        return self._process("postgresql", ["postgres", "-D", str(folder), *chosen])

    def _create_database_cluster(self) -> None:
        process = self.postgresql
        command = [_program("initdb"), "-D", str(process.folder), "-U", "postgres"]
        subprocess.run(
            [*command, "-A", "trust", "-E", "UTF8", "--no-locale"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=process.folder,
            **({"user": process.user, "extra_groups": []} if process.user else {}),
        )

    def _redis(self) -> Process:
        port = str(self.ports["redis"])
        nothing_kept = ["--save", "", "--appendonly", "no"]
        command = ["redis-server", "--bind", "127.0.0.1", "--port", port, *nothing_kept]
        return self._process("redis", command)

    def _rabbitmq(self) -> Process:
        folder, port = self._folder_of("rabbitmq"), self.ports["rabbitmq"]
        (folder / "rabbitmq.conf").write_text(f"listeners.tcp.local = 127.0.0.1:{port}")
        (folder / "environment").touch()
        local = "-kernel inet_dist_use_interface {127,0,0,1}"
        named = {
            "CONFIG_FILE": folder / "rabbitmq.conf",
            "CONF_ENV_FILE": folder / "environment",
            "DIST_PORT": self.ports["distribution"],
            "ENABLED_PLUGINS_FILE": folder / "plugins",
            "FEATURE_FLAGS_FILE": folder / "features",
            "LOG_BASE": folder,
            "MNESIA_BASE": folder,
            "NODENAME": f"chaos{port}@localhost",
            "PID_FILE": folder / "pid",
            "SERVER_ADDITIONAL_ERL_ARGS": f"{local} +S 1:1",
        }
        variables = {f"RABBITMQ_{name}": str(value) for name, value in named.items()}
        variables |= {"HOME": str(folder), "ERL_EPMD_PORT": str(self.ports["epmd"])}
        variables |= {"ERL_EPMD_ADDRESS": "127.0.0.1"}
        return self._process("rabbitmq", ["rabbitmq-server"], variables)


def _program(name: str) -> str:
    """RabbitMQ's own start script before the one of Debian, which wants root."""
    first = [PLACES[1]] if name.startswith("rabbitmq") else []
    found = shutil.which(name, path=os.pathsep.join([*first, *PLACES]))
    if found is None:
        raise SystemExit(f"{name} is not installed.")
    return found


def _user_of(kind: str) -> str | None:
    if os.geteuid() != 0 or kind not in USERS:
        return None
    return pwd.getpwnam(USERS[kind]).pw_name
