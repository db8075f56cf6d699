"""The reply of a message that tells a group of 1,000, beside one that tells nobody.

    python -m tests.benchmarks.replies [SERVER ...]

Real servers (those of tests/servers) with one process, an HTTPS stub that takes 20 ms
for a post, and a client that keeps its connection where the server does. Each message
goes out when the posts of the one before have ended; the medians of 50. At most 1.2
times is wanted.
"""

import os
import sys
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from tests.benchmarks.serving import stub
from tests.servers.running import SERVERS, Site, running, wait_for

MEASURED = [name for name in SERVERS if name != "uWSGI without threads"]
MEMBERS, MESSAGES = 1000, 50
CLOSING = {"uWSGI", "gunicorn sync", "runserver"}
"""They take a connection for each request."""


def main() -> None:
    for server in sys.argv[1:] or MEASURED:
        with tempfile.TemporaryDirectory() as folder:
            _measure(server, Path(folder))


def _measure(server: str, folder: Path) -> None:
    with stub(folder, secure=True) as served:
        os.environ.update(served.variables, SITE_IN_FLIGHT="64")
        with running(server, True, folder, served.url, members=MEMBERS) as site:
            telling, silent = _milliseconds(site, keeps=server not in CLOSING)
    ratio = telling / silent
    sys.stdout.write(
        f"{server:24}{silent:8.2f} ms alone{telling:8.2f} ms telling{ratio:8.2f}\n"
    )


def _milliseconds(site: Site, *, keeps: bool) -> tuple[float, float]:
    times: dict[str, list[float]] = {"say": [], "whisper": []}
    with site.caller() as kept:
        caller = kept if keeps else None
        for number in range(MESSAGES):
            for action, taken in times.items():
                taken.append(_one(site, caller, action))
                wait_for(lambda: _ended(site) > number)  # noqa: B023
    return median(times["say"]), median(times["whisper"])


def _one(site: Site, caller: HTTPConnection | None, action: str) -> float:
    begin = time.perf_counter()
    frame = site.post("MESSAGE", site.ids[0], action, "x", caller=caller)
    taken = (time.perf_counter() - begin) * 1000
    assert frame["type"] == "reply", frame
    return taken


def _ended(site: Site) -> int:
    frame = site.post("MESSAGE", site.ids[0], "ended", "")
    return int(frame["payload"])


if __name__ == "__main__":
    main()
