"""Many posts at once in one thread: libcurl's multi interface, through pycurl."""

import os
import time

from wsrouter.aws.posts import answers
from wsrouter.aws.posts.epoll import WatchedSockets
from wsrouter.aws.posts.handle import EasyHandle
from wsrouter.aws.posts.pycurl_extra import pycurl
from wsrouter.aws.posts.targets import Broadcast
from wsrouter.delivery.ports import Attempt, Schedule

LONGEST_PAUSE_SECONDS = 0.5
STARTS_PER_TURN = 16
"""Requests that are started before answers are looked at. A request costs memory,
and no more should be under way than this thread can keep up with."""


class MultiHandle:
    """Up to `in_flight` requests at once. Their easy handles and connections are used
    again."""

    def __init__(self, in_flight: int) -> None:
        self._process = os.getpid()
        self._sockets = WatchedSockets()
        self._timer: float | None = None
        self._delayed: tuple[float, Attempt] | None = None
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, in_flight)
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._sockets.watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self._in_flight = in_flight
        self._idle: list[EasyHandle] = []
        self._busy: dict[pycurl.Curl, tuple[EasyHandle, Attempt]] = {}

    @property
    def is_inherited(self) -> bool:
        """Whether a parent process made it: connections cannot be shared."""
        return self._process != os.getpid()

    def run(self, schedule: Schedule, broadcast: Broadcast) -> None:
        """Make every post that `schedule` hands out."""
        more = True
        while True:
            more = more and schedule.refill()
            pause = self._start_some(schedule, broadcast)
            if pause is None and not self._busy:
                return
            self._wait(0.0 if more and not self._busy else pause)
            self._record_answers(schedule)

    def close(self) -> None:
        for handle, _ in self._busy.values():
            self._multi.remove_handle(handle.curl)
        self._multi.close()
        self._sockets.close()

    def _start_some(self, schedule: Schedule, broadcast: Broadcast) -> float | None:
        """Start up to STARTS_PER_TURN requests; the seconds until more may start, or
        None when there are no more."""
        for _ in range(min(STARTS_PER_TURN, self._in_flight - len(self._busy))):
            taken = self._take(schedule)
            if not isinstance(taken, Attempt):
                return taken
            self._start(taken, schedule, broadcast)
        is_full = len(self._busy) == self._in_flight
        return LONGEST_PAUSE_SECONDS if is_full else 0.0

    def _take(self, schedule: Schedule) -> Attempt | float | None:
        """The next attempt. One that has to wait for the rate is kept in `_delayed`
        meanwhile."""
        if self._delayed is None:
            taken = schedule.take()
            if not isinstance(taken, Attempt) or not taken.wait:
                return taken
            self._delayed = (time.monotonic() + taken.wait, taken)
        due, attempt = self._delayed
        if (wait := due - time.monotonic()) > 0:
            return wait
        self._delayed = None
        return attempt

    def _start(
        self, attempt: Attempt, schedule: Schedule, broadcast: Broadcast
    ) -> None:
        try:
            target, signer = broadcast.target_and_signer(
                attempt.recipient.stage_address
            )
        except Exception as error:  # noqa: BLE001  # it becomes the post's result
            schedule.record(attempt, answers.not_sendable(error))
            return
        handle = self._idle.pop() if self._idle else EasyHandle()
        handle.prepare(target, signer, broadcast.data)
        handle.sign(signer, attempt.recipient.connection_id, schedule.seconds_left)
        self._busy[handle.curl] = (handle, attempt)
        self._multi.add_handle(handle.curl)

    def _wait(self, pause: float | None) -> None:
        """Wait for sockets and timers, and let libcurl act on them."""
        now = time.monotonic()
        longest = LONGEST_PAUSE_SECONDS
        until = longest if pause is None else min(pause, longest)
        if self._timer is not None:
            until = min(until, max(0.0, self._timer - now))
        for socket, mask in self._sockets.ready(until):
            self._multi.socket_action(socket, mask)
        if self._timer is not None and self._timer <= time.monotonic():
            self._timer = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)

    def _record_answers(self, schedule: Schedule) -> None:
        left = 1
        while left:
            left, done, failed = self._multi.info_read()
            for curl in done:
                handle, attempt = self._release(curl)
                schedule.record(attempt, handle.result())
            for curl, error_number, _ in failed:
                handle, attempt = self._release(curl)
                schedule.record(attempt, handle.unanswered(error_number))

    def _release(self, curl: pycurl.Curl) -> tuple[EasyHandle, Attempt]:
        handle, attempt = self._busy.pop(curl)
        self._multi.remove_handle(curl)
        self._idle.append(handle)
        return handle, attempt

    def _set_timer(self, milliseconds: int) -> None:
        """libcurl's timer callback; a negative number removes the timer."""
        off = milliseconds < 0
        self._timer = None if off else time.monotonic() + milliseconds / 1000
