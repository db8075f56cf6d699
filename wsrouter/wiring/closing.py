"""Closes sockets whose session has ended: side by side, within a time, and once more
those whose handshake is not done yet."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence

from wsrouter.registry import revocation
from wsrouter.routing.frame import Cause
from wsrouter.routing.ports import Address
from wsrouter.wiring import outgoing, process_threads, substitutes
from wsrouter.wiring.outgoing import Closing

SECONDS = 2.0
"""The time that closing takes after a request; the sweep closes the rest."""
SWEEP_SECONDS = 20.0
"""The time for each page of a sweep, or for each task."""
PARALLEL = 50
"""Calls under way at once in a process; boto3 keeps as many connections."""
PAUSE_SECONDS = 0.3
"""Before a socket is closed once more whose handshake is not done yet."""
_free = threading.BoundedSemaphore(PARALLEL)
"""Calls that hang keep their place, so that they cannot use up all threads."""
Results = dict[Address, Closing]


def finish_all(
    addresses: Sequence[Address], *, seconds: float = SECONDS
) -> list[Address]:
    """Close sockets and forget their rows; returns those that were closed. A row stays
    as it is, expired, where API Gateway could not be reached in time, and where the
    handshake was not done yet."""
    closed = close_all(addresses, seconds=seconds)
    outgoing.forget_all(closed, Cause.ENDED)
    return closed


def close_all(
    addresses: Sequence[Address], *, seconds: float = SECONDS
) -> list[Address]:
    """The sockets that are closed now."""
    end = time.monotonic() + seconds
    close = _side_by_side if _can_use_threads() else _one_by_one
    results = close(addresses, end)
    again = time.monotonic() + SECONDS - PAUSE_SECONDS
    while opening := _in_handshake(results):
        if substitutes.current.transport or time.monotonic() > min(again, end):
            break
        time.sleep(PAUSE_SECONDS)
        results |= close(list(opening), end)
    return [
        address
        for address, result in results.items()
        if result is not Closing.FAILED and not opening.get(address)
    ]


def _in_handshake(results: Results) -> dict[Address, bool]:
    """Those that were not open and may open yet, with whether they have a row: API
    Gateway answers for a connection whose `$connect` is under way as it does for a
    closed one."""
    unknown = [a for a, result in results.items() if result is Closing.NOT_OPEN]
    return revocation.young_of(unknown) if unknown else {}


def _can_use_threads() -> bool:
    return substitutes.current.transport is None and process_threads.has_threads()


def _one_by_one(addresses: Sequence[Address], end: float) -> Results:
    results: Results = {}
    for address in addresses:
        if time.monotonic() > end:
            break
        results[address] = outgoing.close(address)
    return results


def _side_by_side(addresses: Sequence[Address], end: float) -> Results:
    """Threads that are still busy at the end are left behind, as daemons."""
    results: Results = {}
    take = _shared(addresses)

    def work() -> None:
        try:
            while time.monotonic() < end and (address := take()):
                results[address] = outgoing.close(address)
        finally:
            _free.release()

    threads = list(_started(work, min(PARALLEL, len(addresses)), end))
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return dict(results.copy())


def _started(
    work: Callable[[], None], number: int, end: float
) -> Iterable[threading.Thread]:
    """Up to so many threads; one at least, unless none becomes free in time."""
    for index in range(number):
        wait = 0.0 if index else max(0.0, end - time.monotonic())
        if not _free.acquire(timeout=wait):
            return
        thread = threading.Thread(target=work, name="wsrouter-closing", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the interpreter shuts down
            _free.release()
            return
        yield thread


def _shared(addresses: Sequence[Address]) -> Callable[[], Address | None]:
    """A function that hands out each address to one thread."""
    waiting, lock = iter(addresses), threading.Lock()

    def take() -> Address | None:
        with lock:
            return next(waiting, None)

    return take
