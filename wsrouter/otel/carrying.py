"""Carries a trace to another thread or process."""

from collections.abc import Iterator
from contextlib import contextmanager

import orjson
from opentelemetry import baggage, context, propagate
from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanContext, get_current_span

from wsrouter.routing.after_answer import Leaving, TimeBudget

_ENGINE_SPAN = context.create_key("wsrouter-engine-span")


def bind(run: Leaving) -> Leaving:
    """`run`, to be called later, maybe in another thread, in the context of now."""
    captured = context.get_current()

    def bound(budget: TimeBudget) -> object:
        token = context.attach(captured)
        try:
            return run(budget)
        finally:
            context.detach(token)

    return bound


def as_text() -> str:
    """The current trace as the propagators of the application write it. Baggage stays
    behind: it may be private, and this is stored."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier, context=baggage.clear())
    return orjson.dumps(carrier).decode() if carrier else ""


@contextmanager
def of_text(text: str) -> Iterator[None]:
    """Continue the trace of another process. The span that is current, that of a task
    engine if it has any, becomes a link."""
    engine = get_current_span().get_span_context()
    continued = propagate.extract(_read(text))
    sender = get_current_span(continued).get_span_context()
    if engine.is_valid and engine.span_id != sender.span_id:
        continued = context.set_value(_ENGINE_SPAN, engine, continued)
    token = context.attach(continued)
    try:
        yield
    finally:
        context.detach(token)


def take_links() -> tuple[list[Link], Context]:
    """The links of a span that begins now, and the context for what is inside it: only
    the first span of a continued trace has one."""
    found = context.get_value(_ENGINE_SPAN)
    if not isinstance(found, SpanContext):
        return [], context.get_current()
    return [Link(found)], context.set_value(_ENGINE_SPAN, None)


def _read(text: str) -> dict[str, str]:
    """A row that another version wrote must not stop a send."""
    try:
        found = orjson.loads(text)
    except ValueError:
        return {}
    members = found.items() if isinstance(found, dict) else ()
    return {name: value for name, value in members if isinstance(value, str)}
