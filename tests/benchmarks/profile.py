"""Where the time of a message goes.

    python -m tests.benchmarks.profile [SECONDS]

Each variant answers for some seconds of CPU. Meanwhile a timer, as often as the kernel
allows, looks which part of the program is at work: the innermost that `AREAS` knows,
since what an area calls is part of it. The shares go to results/profile.json.
"""

import json
import os
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path
from time import process_time
from types import FrameType
from typing import Any

RESULTS = Path(__file__).parent / "results" / "profile.json"
VARIANTS = (
    "endpoint",
    "endpoint, connection and user",
    "front door",
    "front door, connection and user",
)
DJANGO = "Django: handler, URLs, request, response, signals"
SESSION = "the connection, and whether its session holds"
REQUEST = "what Django does at the begin and end of a request"
SERVER = "the server's part: the environ, reading the answer"
AREAS = {
    "wsrouter/registry/cursors.py": "the statement: Django's cursor and the driver",
    "wsrouter/registry/compiled_lookup.py": "the user out of its row",
    "wsrouter/registry/open_connections.py": SESSION,
    "wsrouter/identity.py": SESSION,
    "wsrouter/wire/decode": "the secret and the headers",
    "wsrouter/wire/secret.py": "the secret and the headers",
    "wsrouter/wire/envelope.py": "payload in, answer out (pydantic, orjson)",
    "wsrouter/wire/encode.py": "payload in, answer out (pydantic, orjson)",
    "wsrouter/routing/compiled_route.py": "payload in, answer out (pydantic, orjson)",
    "wsrouter/endpoint/fast_path.py": REQUEST,
    "wsrouter/": "from one to the other: door, dispatch, routing",
    "site/handlers.py": "the handler",
    "django/core/handlers": DJANGO,
    "django/dispatch": DJANGO,
    "django/http": DJANGO,
    "django/urls": DJANGO,
    "site/callers.py": SERVER,
}
_INTERVAL = 0.001


def area(frame: FrameType | None) -> str:
    """Of the innermost frame that belongs to one."""
    while frame:
        path = frame.f_code.co_filename
        for part, name in AREAS.items():
            if part in path:
                return name
        frame = frame.f_back
    return "elsewhere"


def profiled(entry_point: Any, seconds: float) -> dict[str, Any]:
    seen: Counter[str] = Counter()
    messages = 0
    signal.signal(signal.SIGPROF, lambda _, frame: seen.update([area(frame)]))
    entry_point.many(200)
    signal.setitimer(signal.ITIMER_PROF, _INTERVAL, _INTERVAL)
    end = process_time() + seconds
    while process_time() < end:
        entry_point.many(50)
        messages += 50
    signal.setitimer(signal.ITIMER_PROF, 0)
    total = seen.total()
    shares = {name: round(count / total, 3) for name, count in seen.most_common()}
    return {"samples": total, "messages": messages, "shares": shares}


def main() -> None:
    seconds = float(sys.argv[1]) if sys.argv[1:] else 10
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BENCH_DATABASE"] = f"{folder}/bench.sqlite3"
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.site.settings"
        from tests.benchmarks.site import variants

        variants.prepare()
        doors = variants.under_wsgi()
        found = {name: profiled(doors[name], seconds) for name in VARIANTS}
    RESULTS.write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))  # noqa: T201


if __name__ == "__main__":
    main()
