"""Lets what a message sends leave after its answer, whichever way the answer takes."""

from concurrent.futures import Future
from typing import TypeVar

from wsrouter.options.gateway import Gateway
from wsrouter.routing import after_answer
from wsrouter.routing.after_answer import MessageQueue
from wsrouter.routing.flow import Flow
from wsrouter.wiring import leaving, process_threads

T = TypeVar("T")


class Following:
    """What follows the answer to one message. It belongs to the message, not to the
    response: whatever becomes of the answer, it leaves, at the latest when nothing
    refers to this object any more."""

    __slots__ = ("is_first", "queue")

    def __init__(self, gateway: Gateway) -> None:
        self.is_first = gateway.replies_first and process_threads.outlives_answers()
        self.queue: MessageQueue | None = None

    def run_sync(self, flow: Flow[T]) -> T:
        """Run the flow of the message in its context."""
        return after_answer.run_sync(flow, self)

    async def run_async(self, flow: Flow[T], *, in_thread: bool) -> T:
        """The same on an event loop; `in_thread` runs all of it in one visit to the
        thread of the request."""
        return await after_answer.run_async(flow, self, in_thread=in_thread)

    def is_nothing(self) -> bool:
        """Whether nothing follows; nothing is taken any more then."""
        return self.queue is None or self.queue.close_if_empty()

    def hand_over(self) -> "Future[None] | None":
        """The answer has left, or never will. Returns a future when something leaves in
        another thread."""
        queue, self.queue = self.queue, None
        return leaving.hand_over(queue) if queue is not None else None

    def __del__(self) -> None:
        """A middleware has replaced the response, the client has gone, or the server
        did not close the response."""
        if self.queue is not None:
            leaving.hand_over(self.queue, must_not_wait=True)
