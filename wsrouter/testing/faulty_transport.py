"""A transport whose posts fail as a test wants it."""

import threading
from collections.abc import Mapping
from typing import Any

from wsrouter.aws.posts import answers
from wsrouter.aws.posts.management_api import PAUSES_SECONDS
from wsrouter.delivery.ports import PostResult, Schedule, Transport
from wsrouter.delivery.thread_pool import post_in_this_thread, post_in_threads
from wsrouter.errors import ConnectionGone, DeliveryFailed
from wsrouter.routing.ports import Address
from wsrouter.testing.post_fault import PostFault

_THREADS = 100
_SECONDS = 20.0
active: list[PostFault] = []
"""The faults of the blocks that are open; the innermost one counts."""


class FaultyTransport:
    """What no fault concerns goes the way of `inner`."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self._lock = threading.Lock()

    def post(self, address: Address, data: bytes) -> PostResult:
        return self._post(address, data, _SECONDS)

    def post_all(self, schedule: Schedule, data: bytes) -> None:
        if not active:
            self._inner.post_all(schedule, data)
        elif any(fault.is_parallel for fault in active):
            post_in_threads(
                schedule,
                lambda to, seconds: self._post(to.address, data, seconds),
                threads=_THREADS,
            )
        else:
            post_in_this_thread(
                schedule, lambda to, seconds: self._post(to.address, data, seconds)
            )

    def close(self, address: Address) -> bool | None:
        status = _request_status(address)
        if status == answers.GONE:
            return False
        if status == answers.BUSY:
            raise DeliveryFailed(_failure("close", "DeleteConnection", address))
        return self._inner.close(address)

    def info(self, address: Address) -> Mapping[str, Any]:
        status = _request_status(address)
        if status == answers.GONE:
            raise ConnectionGone
        if status == answers.BUSY:
            raise DeliveryFailed(_failure("describe", "GetConnection", address))
        return self._inner.info(address)

    def _post(self, address: Address, data: bytes, seconds: float) -> PostResult:
        if (fault := _fault_of(address)) is None:
            return self._post_in_turn(address, data)
        return fault.post(address, data, seconds, self._post_in_turn)

    def _post_in_turn(self, address: Address, data: bytes) -> PostResult:
        """Inboxes in memory are not made for several threads."""
        with self._lock:
            return self._inner.post(address, data)


def _fault_of(address: Address) -> PostFault | None:
    concerned = [one for one in active if one.concerns(address.connection_id)]
    return concerned[-1] if concerned else None


def _request_status(address: Address) -> int:
    """After as many attempts as the real transports make."""
    if (fault := _fault_of(address)) is None:
        return 200
    status = fault.request_status(address)
    for _ in PAUSES_SECONDS:
        if status == answers.BUSY:
            status = fault.request_status(address)
    return status


def _failure(verb: str, operation: str, address: Address) -> str:
    return (
        f"API Gateway did not {verb} {address.connection_id}: An error occurred"
        f" (LimitExceededException) when calling the {operation} operation: Rate"
        " exceeded"
    )
