"""Work that waits until the response of the current request has been sent, and then
runs in a thread of its own, so that no client and no request waits for it.

`apps` connects `begin` and `end` to Django's request signals; the fast path calls them.
Both run in the thread of the request, under WSGI and under ASGI.
"""

import logging
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

from django.db import connections

from wsrouter.wiring import substitutes

logger = logging.getLogger("wsrouter.security")
Job = Callable[[], object]
_request = threading.local()
"""`jobs` are those of the request that this thread handles; None or missing outside of
requests."""


class Background:
    """Runs jobs one after the other in a thread that lives as long as there are any. It
    is not a daemon: a process that is asked to stop does what it has begun."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Start anew in a forked process, which has none of its parent's threads."""
        self._lock = threading.Lock()
        self._jobs: list[Job] = []
        self._thread: threading.Thread | None = None

    def add(self, job: Job) -> None:
        with self._lock:
            self._jobs.append(job)
            if self._thread is not None:
                return
            self._thread = threading.Thread(target=self._work, name="wsrouter-ending")
            self._thread.start()

    def wait(self, seconds: float = 10) -> None:
        """Wait until nothing is left to do; for tests."""
        if thread := self._thread:
            thread.join(seconds)

    def _work(self) -> None:
        try:
            while job := self._next():
                _run(job)
        finally:
            connections.close_all()

    def _next(self) -> Job | None:
        with self._lock:
            if self._jobs:
                return self._jobs.pop(0)
            self._thread = None
            return None


background = Background()
os.register_at_fork(after_in_child=background.reset)


def begin(**_: Any) -> None:
    """A request begins in this thread."""
    left = getattr(_request, "jobs", None)
    _request.jobs = []
    if left:  # the server did not close the response of the last request
        _start(left)


def end(**_: Any) -> None:
    """The response of this thread's request has been sent."""
    jobs, _request.jobs = getattr(_request, "jobs", None), None
    if jobs:
        _start(jobs)


def run(job: Job) -> None:
    """Run a job after the response; at once where there is no request."""
    jobs = getattr(_request, "jobs", None)
    if jobs is None:
        _start([job])
    else:
        jobs.append(job)


def in_place() -> bool:
    """Whether jobs run in the thread of the request: in tests, whose sockets and whose
    transaction belong to that thread, and where a process has no other thread (uWSGI
    without `enable-threads`) or is stopped when it has answered (AWS Lambda)."""
    if substitutes.current.transport is not None:
        return True
    return not has_threads() or "AWS_LAMBDA_FUNCTION_NAME" in os.environ


def has_threads() -> bool:
    """Whether this process runs the threads that it starts."""
    uwsgi: Any = sys.modules.get("uwsgi")
    names = "enable-threads", "threads"
    return uwsgi is None or any(
        uwsgi.opt.get(name) or uwsgi.opt.get(name.encode()) for name in names
    )


def _start(jobs: list[Job]) -> None:
    for job in jobs:
        if in_place():
            _run(job)
        else:
            background.add(job)


def _run(job: Job) -> None:
    try:
        job()
    except Exception:
        logger.exception("What was left for after a response failed.")
