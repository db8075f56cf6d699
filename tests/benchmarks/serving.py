"""The stub as a process, and the environment of the processes that post to it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

DELAY = 0.02
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_DEFAULT_REGION": "eu-west-1",
}
QUIET = 0.3
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Served:
    """A stub that listens, and what its clients have to know."""

    url: str
    process: int
    variables: dict[str, str]

    def cpu(self) -> float:
        """Seconds that it has worked so far."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2]
        return sum(map(int, fields.split()[11:13])) / _TICKS


@contextmanager
def stub(folder: Path, *, secure: bool, delay: float = DELAY) -> Iterator[Served]:
    command = [sys.executable, "-m", "tests.benchmarks.stub", "--delay", str(delay)]
    if secure:
        command += ["--certificate", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        url = f"{'https' if secure else 'http'}://127.0.0.1:{port}/p"
        variables = CREDENTIALS | {
            "BENCH_DATABASE": str(folder / "bench.sqlite3"),
            "BENCH_ENDPOINT": url,
        }
        if secure:
            variables["AWS_CA_BUNDLE"] = str(folder / "cert.pem")
        try:
            yield Served(url, process.pid, variables)
        finally:
            process.terminate()


def run(module: str, *arguments: str, **variables: str) -> str:
    """What a module of this package prints, as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", f"tests.benchmarks.{module}", *arguments],
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def quiet(seconds: float = 15.0) -> float:
    """Wait until others leave the machine alone, at most so long; the share of its
    processors that they take without being nice."""
    end = time.monotonic() + seconds
    while (share := _busy()) > QUIET and time.monotonic() < end:
        pass
    return share


def _busy(seconds: float = 1.0) -> float:
    before = _times()
    time.sleep(seconds)
    passed = [b - a for a, b in zip(before, _times(), strict=True)]
    nice, idle, waiting = passed[1], passed[3], passed[4]
    return 1 - (nice + idle + waiting) / max(1, sum(passed))


def _times() -> list[int]:
    first = Path("/proc/stat").read_text().partition("\n")[0]
    return [int(each) for each in first.split()[1:9]]
