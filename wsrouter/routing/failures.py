"""What an exception answers: the user's handlers, known errors, and crashes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from wsrouter.errors import MessageError, Reject
from wsrouter.routing.flow import Call, Flow
from wsrouter.routing.frame import Frame
from wsrouter.routing.route import Hook
from wsrouter.routing.signature import Asks
from wsrouter.routing.table import ExceptionHandlers

CRASH = MessageError("internal_error", "Something went wrong.")

OnCrash = Callable[[Frame, Any, Exception], None]
"""Called while the exception is being handled, with the frame and the request."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """How an exception that routing does not know is answered: as an error frame, and
    as the status of a refused handshake."""

    status: int
    error: Callable[[Exception], MessageError]


KnownErrors = Mapping[type[Exception], Known]


@dataclass(frozen=True, kw_only=True, slots=True)
class Failures:
    """Turns what was raised into a MessageError or a Reject; other exceptions are
    reported and come back as `CRASH`."""

    known: KnownErrors
    on_crash: OnCrash

    def explain(
        self,
        error: Exception,
        frame: Frame,
        request: Any,
        handlers: Sequence[ExceptionHandlers],
    ) -> Flow[MessageError | Reject]:
        hook = self._nearest(type(error), handlers)
        if hook is None:
            return (yield from self._settled(error, frame, request))
        try:
            answer = yield _call(hook, error, frame, request)
            if not isinstance(answer, Exception):
                raise TypeError(
                    f"{hook.signature.name} must return a MessageError or a Reject,"
                    f" not {answer!r}."
                )
        except Exception as raised:  # noqa: BLE001  # answered, reported
            return (yield from self._settled(raised, frame, request))
        return (yield from self._settled(answer, frame, request))

    def _settled(
        self, error: Exception, frame: Frame, request: Any
    ) -> Flow[MessageError | Reject]:
        """What an exception answers that no handler of the user's is asked about."""
        if isinstance(error, MessageError | Reject):
            return error
        for kind, known in self.known.items():
            if isinstance(error, kind):
                return known.error(error)
        return (yield from self.crash(error, frame, request))

    def report(
        self, error: Exception, frame: Frame, handlers: Sequence[ExceptionHandlers]
    ) -> Flow[None]:
        """For a frame that gets no answer: what nobody handles is a crash."""
        hook = self._nearest(type(error), handlers)
        if hook is None:
            yield from self.crash(error, frame, None)
            return
        try:
            yield _call(hook, error, frame, None)
        except Exception as raised:  # noqa: BLE001  # answered, reported
            yield from self.crash(raised, frame, None)

    def crash(self, error: Exception, frame: Frame, request: Any) -> Flow[MessageError]:
        """A call of its own: whoever is told of it may write mails."""
        yield Call(partial(self._report, error, frame, request))
        return CRASH

    def _report(self, error: Exception, frame: Frame, request: Any) -> None:
        raised_at = error.__traceback__
        try:
            raise error
        except Exception as raised:  # noqa: BLE001  # answered, reported
            self.on_crash(frame, request, raised)
        finally:
            # With this frame it would hold those of a thread, which hold the error.
            error.__traceback__ = raised_at

    def refusal(self, error: Exception, answer: MessageError | Reject) -> Reject:
        """The refusal of a handshake that answers the same."""
        if isinstance(answer, Reject):
            return answer
        if answer is CRASH:
            return Reject(500)
        for kind, known in self.known.items():
            if isinstance(error, kind):
                return Reject(known.status, answer.message)
        return Reject(400, answer.message)

    def _nearest(
        self, kind: type[Exception], handlers: Sequence[ExceptionHandlers]
    ) -> Hook | None:
        """The nearest router's handler, there of the nearest ancestor. A handler of
        plain Exception does not get what has an answer of its own."""
        if not any(handlers):
            return None
        ancestors: list[type] = []
        for ancestor in kind.__mro__:
            ancestors.append(ancestor)
            if ancestor in (MessageError, Reject) or ancestor in self.known:
                break
        found = (table[a] for table in handlers for a in ancestors if a in table)
        return next(found, None)


def _call(hook: Hook, error: Exception, frame: Frame, request: Any) -> Call:
    values = {Asks.ERROR: error, Asks.FRAME: frame, Asks.REQUEST: request}
    return Call(
        hook.function, hook.signature.arguments(values), hook.signature.is_async
    )
