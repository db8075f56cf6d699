"""Many posts at once in one thread: libcurl's multi interface, through pycurl."""

import os
import time

from wsrouter.aws.posts import answers
from wsrouter.aws.posts.epoll import Sockets
from wsrouter.aws.posts.handle import Handle
from wsrouter.aws.posts.pycurl_extra import pycurl
from wsrouter.aws.posts.targets import Volley
from wsrouter.delivery.ports import Attempt, Work

LONGEST_PAUSE = 0.5
STRIDE = 16


class Multi:
    """Up to `in_flight` requests; their handles and connections are used again."""

    def __init__(self, in_flight: int) -> None:
        self._process = os.getpid()
        self._sockets = Sockets()
        self._timer: float | None = None
        self._held: tuple[float, Attempt] | None = None
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, in_flight)
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._sockets.watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self._in_flight = in_flight
        self._idle: list[Handle] = []
        self._busy: dict[pycurl.Curl, tuple[Handle, Attempt]] = {}

    @property
    def is_foreign(self) -> bool:
        """Whether another process made it: connections cannot be shared."""
        return self._process != os.getpid()

    def run(self, work: Work, volley: Volley) -> None:
        """Make every post that `work` hands out."""
        reads = True
        while True:
            reads = reads and work.refill()
            pause = self._start_some(work, volley)
            if pause is None and not self._busy:
                return
            self._turn(0.0 if reads and not self._busy else pause)
            self._collect(work)

    def close(self) -> None:
        for handle, _ in self._busy.values():
            self._multi.remove_handle(handle.curl)
        self._multi.close()
        self._sockets.close()

    def _start_some(self, work: Work, volley: Volley) -> float | None:
        """Start what may start now; the seconds until more may.

        Only a few before the answers are looked at: a request costs memory, and no
        more are under way than this thread can keep up with.
        """
        for _ in range(min(STRIDE, self._in_flight - len(self._busy))):
            taken = self._take(work)
            if not isinstance(taken, Attempt):
                return taken
            self._start(taken, work, volley)
        return LONGEST_PAUSE if len(self._busy) == self._in_flight else 0.0

    def _take(self, work: Work) -> Attempt | float | None:
        if self._held is None:
            taken = work.take()
            if not isinstance(taken, Attempt) or not taken.wait:
                return taken
            self._held = (time.monotonic() + taken.wait, taken)
        due, attempt = self._held
        if (wait := due - time.monotonic()) > 0:
            return wait
        self._held = None
        return attempt

    def _start(self, attempt: Attempt, work: Work, volley: Volley) -> None:
        try:
            target, signer = volley.aimed(attempt.recipient.place)
        except Exception as error:  # noqa: BLE001  # told as its outcome
            work.settle(attempt, answers.never_sent(error))
            return
        handle = self._idle.pop() if self._idle else Handle()
        handle.load(target, signer, volley.data)
        handle.aim(signer, attempt.recipient.connection_id, work.seconds_left)
        self._busy[handle.curl] = (handle, attempt)
        self._multi.add_handle(handle.curl)

    def _turn(self, pause: float | None) -> None:
        """Wait for sockets and timers, and let libcurl act on them."""
        now = time.monotonic()
        until = LONGEST_PAUSE if pause is None else min(pause, LONGEST_PAUSE)
        if self._timer is not None:
            until = min(until, max(0.0, self._timer - now))
        for socket, mask in self._sockets.ready(until):
            self._multi.socket_action(socket, mask)
        if self._timer is not None and self._timer <= time.monotonic():
            self._timer = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)

    def _collect(self, work: Work) -> None:
        left = 1
        while left:
            left, done, failed = self._multi.info_read()
            for curl in done:
                handle, attempt = self._release(curl)
                work.settle(attempt, handle.posted())
            for curl, number, _ in failed:
                handle, attempt = self._release(curl)
                work.settle(attempt, handle.unanswered(number))

    def _release(self, curl: pycurl.Curl) -> tuple[Handle, Attempt]:
        handle, attempt = self._busy.pop(curl)
        self._multi.remove_handle(curl)
        self._idle.append(handle)
        return handle, attempt

    def _set_timer(self, milliseconds: int) -> None:
        off = milliseconds < 0
        self._timer = None if off else time.monotonic() + milliseconds / 1000
