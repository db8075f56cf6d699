"""The reply of a message that tells a group of 1,000, beside one that tells nobody.

    python -m tests.benchmarks.replies [SERVER ...]

Real servers (those of tests/servers), an HTTPS stub that takes 20 ms for a post, and a
client that keeps its connection. Each message goes out when the posts of the one before
have ended; the medians of 50. At most 1.2 times is wanted.
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

MEMBERS, MESSAGES = 1000, 50


def main() -> None:
    for server in sys.argv[1:] or SERVERS:
        with tempfile.TemporaryDirectory() as folder:
            _measure(server, Path(folder))


def _measure(server: str, folder: Path) -> None:
    with stub(folder, secure=True) as served:
        os.environ.update(served.variables, SITE_IN_FLIGHT="64")
        with running(server, True, folder, served.url, members=MEMBERS) as site:
            telling, silent = _milliseconds(site)
    ratio = telling / silent
    sys.stdout.write(
        f"{server:24}{silent:8.2f} ms alone{telling:8.2f} ms telling{ratio:8.2f}\n"
    )


def _milliseconds(site: Site) -> tuple[float, float]:
    times: dict[str, list[float]] = {"say": [], "whisper": []}
    with site.caller() as caller:
        for number in range(MESSAGES):
            for action, taken in times.items():
                taken.append(_one(site, caller, action))
                wait_for(lambda: _ended(site, caller) == number + 1)  # noqa: B023
    return median(times["say"]), median(times["whisper"])


def _one(site: Site, caller: HTTPConnection, action: str) -> float:
    begin = time.perf_counter()
    frame = site.post("MESSAGE", site.ids[0], action, "x", caller=caller)
    taken = (time.perf_counter() - begin) * 1000
    assert frame["type"] == "reply", frame
    return taken


def _ended(site: Site, caller: HTTPConnection) -> int:
    frame = site.post("MESSAGE", site.ids[0], "ended", "", caller=caller)
    return int(frame["payload"])


if __name__ == "__main__":
    main()
