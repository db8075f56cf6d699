"""Answers exceptions: by the application's handlers, by known types, or as crashes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wsrouter.errors import MessageError, Reject
from wsrouter.routing.flow import Flow, call, call_handler, report_while_handling
from wsrouter.routing.frame import Frame
from wsrouter.routing.route import Hook
from wsrouter.routing.signature import ParameterKind
from wsrouter.routing.table import ExceptionHandlers

CRASH = MessageError("internal_error", "Something went wrong.")

_STATUS = {"not_authenticated": 401, "permission_denied": 403, "not_found": 404}
"""Of handshakes that are refused with these codes; with any other it is 400."""

OnCrash = Callable[[Frame, Any, Exception], None]
"""Called while the exception is being handled, with the frame and the request."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorMapping:
    """The answer to an exception of another library: its error frame, and the status of
    a handshake that it refuses."""

    status: int
    error: Callable[[Exception], MessageError]


ErrorMappings = Mapping[type[Exception], ErrorMapping]


@dataclass(frozen=True, kw_only=True, slots=True)
class Failures:
    """Turns exceptions into MessageErrors and Rejects. An exception that has no answer
    is a crash: it is reported and becomes `CRASH`."""

    known: ErrorMappings
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
            return (yield from self._without_handlers(error, frame, request))
        try:
            answer = yield from _ask(hook, error, frame, request)
            if not isinstance(answer, Exception):
                raise TypeError(
                    f"{hook.signature.name} must return a MessageError or a Reject,"
                    f" not {answer!r}."
                )
        except Exception as raised:  # noqa: BLE001  # answered, reported
            return (yield from self._without_handlers(raised, frame, request))
        return (yield from self._without_handlers(answer, frame, request))

    def _without_handlers(
        self, error: Exception, frame: Frame, request: Any
    ) -> Flow[MessageError | Reject]:
        """The answer to an exception that no handler of the application takes."""
        if isinstance(error, MessageError | Reject):
            return error
        for kind, known in self.known.items():
            if isinstance(error, kind):
                return known.error(error)
        return (yield from self.crash(error, frame, request))

    def report(
        self, error: Exception, frame: Frame, handlers: Sequence[ExceptionHandlers]
    ) -> Flow[None]:
        """For a frame that gets no answer: an unhandled exception is a crash."""
        hook = self._nearest(type(error), handlers)
        if hook is None:
            yield from self.crash(error, frame, None)
            return
        try:
            yield from _ask(hook, error, frame, None)
        except Exception as raised:  # noqa: BLE001  # answered, reported
            yield from self.crash(raised, frame, None)

    def crash(self, error: Exception, frame: Frame, request: Any) -> Flow[MessageError]:
        """Report a crash, in a call of its own: logging it may send a mail."""
        yield from call(
            report_while_handling,
            error,
            lambda raised: self.on_crash(frame, request, raised),
        )
        return CRASH

    def refusal(self, error: Exception, answer: MessageError | Reject) -> Reject:
        """The refusal of a handshake that answers the same."""
        if isinstance(answer, Reject):
            return answer
        if answer is CRASH:
            return Reject(500)
        for kind, known in self.known.items():
            if isinstance(error, kind):
                return Reject(known.status, answer.message)
        return Reject(_STATUS.get(answer.code, 400), answer.message)

    def _nearest(
        self, kind: type[Exception], handlers: Sequence[ExceptionHandlers]
    ) -> Hook | None:
        """The handler of the nearest router, and there of the nearest base class. A
        handler of plain Exception does not get an exception with its own answer."""
        if not any(handlers):
            return None
        ancestors: list[type] = []
        for ancestor in kind.__mro__:
            ancestors.append(ancestor)
            if ancestor in (MessageError, Reject) or ancestor in self.known:
                break
        found = (table[a] for table in handlers for a in ancestors if a in table)
        return next(found, None)


def _ask(hook: Hook, error: Exception, frame: Frame, request: Any) -> Flow[Any]:
    values = {
        ParameterKind.ERROR: error,
        ParameterKind.FRAME: frame,
        ParameterKind.REQUEST: request,
    }
    arguments = hook.signature.arguments(values)
    return call_handler(hook.function, arguments, hook.signature.is_async)
