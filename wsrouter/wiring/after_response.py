"""Work that waits until the response of the current request has been sent, and then
runs in a thread of the process, so that no client and no request waits for it.

`apps` connects `begin` and `end` to Django's request signals; the fast path calls them.
Both run in the thread of the request, under WSGI and under ASGI.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from wsrouter.delivery import batch_threads
from wsrouter.routing.after_answer import Batch, TimeBudget

logger = logging.getLogger("wsrouter.security")
Job = Callable[[], object]
_request = threading.local()
"""`jobs` are those of the request that this thread handles; None or missing outside of
requests."""


def begin(**_: Any) -> None:
    """A request begins in this thread."""
    left = getattr(_request, "jobs", None)
    _request.jobs = []
    if left:  # the server did not close the response of the last request
        _start(left)


def end(**_: Any) -> None:
    """The response of this thread's request has been sent."""
    jobs, _request.jobs = getattr(_request, "jobs", None), None
    if jobs and not _start(jobs):
        # Django has closed this thread's connections before: signals have an order.
        from wsrouter.registry import database

        database.close_old_connections()


def run(job: Job) -> None:
    """Run a job after the response; at once where there is no request."""
    jobs = getattr(_request, "jobs", None)
    if jobs is None:
        _start([job])
    else:
        jobs.append(job)


def _start(jobs: list[Job]) -> bool:
    """Returns False when the jobs are done: no thread has taken them all."""
    # Imports the models, which are not ready when this module is imported.
    from wsrouter.wiring import process_threads

    batches = [Batch([_logged(job)], 0, time.monotonic()) for job in jobs]
    if process_threads.are_usable():
        threads = process_threads.closings()
        batches = [each for each in batches if not threads.submit(each, must=True)]
        if not batches:
            return True
    for batch in batches:
        batch_threads.run_in_place(batch)
    return False


def _logged(job: Job) -> Callable[[TimeBudget], None]:
    def run_job(_: TimeBudget) -> None:
        try:
            job()
        except Exception:
            logger.exception("What was left for after a response failed.")

    return run_job
