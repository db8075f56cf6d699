"""One trace goes from a message through its handler and its sends to their posts."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings
from opentelemetry import baggage, context
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

from tests.django.entry_points import ENTRY_POINTS
from tests.django.events import Gateway, serving
from tests.django.otel.recording import Recording, id_of, parent, trace_of
from tests.django.test_background import Queue, Wire, members
from tests.django.test_task_engines import IMMEDIATE
from wsrouter import Delivery, Router
from wsrouter.delivery.ports import PostResult, PostStatus
from wsrouter.models import KeptEvent, QueuedSend
from wsrouter.ops import reaper
from wsrouter.routing.delivery import Status
from wsrouter.routing.keep import Keep
from wsrouter.routing.ports import Address
from wsrouter.testing.substitution import substituted
from wsrouter.wiring import outgoing, sender_for

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("shared_database")]
router = Router()
news = router.event("news", str)
kept = router.event("kept", str, keep=Keep(last=10))


@router.route("tell")
def tell(payload: str) -> None:
    news.send(payload, group="g")


@router.route("atell")
async def atell(payload: str) -> None:
    await news.asend(payload, group="g")


class Failing(Wire):
    """Some connections are gone, and others cannot be posted to."""

    def post(self, address: Address, data: bytes) -> PostResult:
        if address.connection_id.startswith("bad"):
            return PostResult(PostStatus.FAILED, "refused")
        return super().post(address, data)


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Failing()
    with substituted(transport=wire, secret=""), serving(router):
        yield wire


@pytest.fixture(params=["tasks", "celery"])
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """Runs what is queued at once, with its real tasks."""
    if request.param == "tasks":
        with override_settings(TASKS={"default": {"BACKEND": IMMEDIATE}}):
            yield "tasks"
        return
    celery = pytest.importorskip("celery")
    celery.current_app.conf.task_always_eager = True
    yield "celery"
    celery.current_app.conf.task_always_eager = False


def chain(span: ReadableSpan, recorded: Recording) -> list[str]:
    """The names of a span and of what it is in."""
    spans = {id_of(each): each for each in recorded.spans()}
    found = [span.name]
    while (outer := parent(span)) is not None:
        span = spans[outer]
        found.append(span.name)
    return found


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


@pytest.mark.parametrize("action", ["tell", "atell"])
@pytest.mark.parametrize("entry_point", ENTRY_POINTS.values(), ids=ENTRY_POINTS)
def test_a_send_of_a_handler_is_in_the_trace_of_its_message(
    wire: Wire, recorded: Recording, entry_point: Any, action: str
) -> None:
    """Though it leaves after the answer, and after the span of the message."""
    members(3)
    Gateway(http=entry_point(raise_request_exception=False)).send(action, "x")
    post = recorded.named("post news")
    assert chain(post, recorded) == ["post news", "send news", f"process {action}"]
    assert wire.got.total() == 3


def test_the_attributes_of_a_send_and_its_posts(
    wire: Wire, recorded: Recording
) -> None:
    members(3)
    members(2, prefix="gone")
    members(1, prefix="bad")
    news.send("x", group="g")
    same = {
        "messaging.system": "aws_api_gateway_websocket",
        "messaging.operation.type": "send",
        "messaging.destination.name": "news",
        "messaging.batch.message_count": 6,
        "wsrouter.delivery.delivered": 3,
        "wsrouter.delivery.gone": 2,
        "wsrouter.delivery.failed": 1,
        "error.type": "refused",
    }
    send, post = recorded.named("send news"), recorded.named("post news")
    assert attributes(send) == same | {
        "messaging.operation.name": "send",
        "wsrouter.delivery.status": "done",
    }
    assert attributes(post) == same | {
        "messaging.operation.name": "post",
        "messaging.message.body.size": len(wire.frames.pop()),
    }
    assert (send.kind, post.kind) == (SpanKind.PRODUCER, SpanKind.CLIENT)
    assert send.status.status_code is post.status.status_code is StatusCode.ERROR


def test_a_queued_send_and_its_slices(
    engine: str, wire: Wire, recorded: Recording, deliveries: list[Delivery]
) -> None:
    members(12)
    with serving(router, BACKGROUND=engine, SEND_RECIPIENTS=5, SLICE_RECIPIENTS=5):
        Gateway().send("tell", "x")
    posts = [span for span in recorded.spans() if span.name == "post news"]
    assert len(posts) == 3
    expected = ["post news", "send news", "process tell"]
    assert [chain(span, recorded) for span in posts] == [expected] * 3
    assert attributes(recorded.named("send news"))["wsrouter.delivery.status"] == (
        "queued"
    )
    assert deliveries[0].report
    assert deliveries[0].report.delivered == 12


def test_a_send_that_is_queued_in_a_transaction(
    engine: str, wire: Wire, recorded: Recording
) -> None:
    members(2)
    served = serving(router, BACKGROUND=engine)
    with served, recorded.tracer.start_as_current_span("view"), transaction.atomic():
        assert news.send("x", group="g").status is Status.DEFERRED
    post = recorded.named("post news")
    assert chain(post, recorded) == ["post news", "send news", "view"]


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Queue:
    """An engine whose tasks run when the test says so."""
    made = Queue()
    monkeypatch.setattr(sender_for, "_engine", lambda name: made.put if name else None)
    outgoing.sender.cache_clear()
    return made


def test_a_slice_links_to_the_span_of_its_engine(
    queue: Queue, wire: Wire, recorded: Recording
) -> None:
    """Such as Celery's instrumentation makes for a task."""
    members(12)
    with serving(router, BACKGROUND="celery", SEND_RECIPIENTS=5):
        Gateway().send("tell", "x")
        with recorded.tracer.start_as_current_span("run wsrouter.work") as run:
            queue.run()
    [post] = [span for span in recorded.spans() if span.name == "post news"]
    assert chain(post, recorded) == ["post news", "send news", "process tell"]
    assert [link.context.span_id for link in post.links] == [
        run.get_span_context().span_id
    ]


def test_a_row_of_another_version_is_sent_all_the_same(
    queue: Queue, wire: Wire, recorded: Recording
) -> None:
    members(12)
    with serving(router, BACKGROUND="celery", SEND_RECIPIENTS=5):
        news.send("x", group="g")
        for text in ("[", "[]", '{"traceparent": "x"}', '{"traceparent": 1}'):
            QueuedSend.objects.update(trace=text)
        queue.run()
    assert wire.got.total() == 12


def test_a_kept_event(wire: Wire, recorded: Recording) -> None:
    members(2)
    with recorded.tracer.start_as_current_span("view"):
        kept.send("x", group="g")
    post = recorded.named("post kept")
    assert chain(post, recorded) == ["post kept", "send kept", "view"]


def test_a_kept_event_that_the_reaper_posts(
    wire: Wire, recorded: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its sender died after the commit: its span is lost, its trace is not."""
    members(2)
    with recorded.tracer.start_as_current_span("view") as view:
        kept.send("x", group="g")
    recorded.clear()
    assert KeptEvent.objects.update(posted_at=None, created_ms=1) == 1
    with recorded.tracer.start_as_current_span("cron") as cron:
        reaper.reap(checks=0, rate=1)
    send, post = recorded.named("send kept"), recorded.named("post kept")
    assert (parent(send), parent(post)) == (
        view.get_span_context().span_id,
        id_of(send),
    )
    assert trace_of(post) == view.get_span_context().trace_id
    assert [link.context.span_id for link in send.links] == [
        cron.get_span_context().span_id
    ]
    assert not post.links


def test_baggage_is_not_stored(queue: Queue, wire: Wire, recorded: Recording) -> None:
    members(12)
    token = context.attach(baggage.set_baggage("user", "a-user-name"))
    try:
        with recorded.tracer.start_as_current_span("view"):
            with serving(router, BACKGROUND="celery", SEND_RECIPIENTS=5):
                news.send("x", group="g")
            kept.send("x", group="g")
    finally:
        context.detach(token)
    for row in (QueuedSend.objects.get(), KeptEvent.objects.get()):
        assert "traceparent" in row.trace
        assert "a-user-name" not in row.trace


def test_a_send_that_raises(
    wire: Wire, recorded: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OSError("a-message")

    members(1)
    monkeypatch.setattr(wire, "post_all", fail)
    with pytest.raises(OSError, match="a-message"):
        news.send("x", group="g")
    for name in ("send news", "post news"):
        span = recorded.named(name)
        assert attributes(span)["error.type"] == "OSError"
        assert span.status.status_code is StatusCode.ERROR
    assert "a-message" not in recorded.everything()


def test_a_posted_reply(wire: Wire, recorded: Recording) -> None:
    gateway = Gateway()
    with serving(router, REPLY_VIA="connection"):
        gateway.text("tell", b'{"action": "tell", "id": "1", "payload": "x"}')
    post = recorded.named("post reply")
    assert chain(post, recorded) == ["post reply", "process tell"]


def test_an_old_lease_resumes_in_the_same_trace(
    queue: Queue, wire: Wire, recorded: Recording
) -> None:
    members(12)
    with serving(router, BACKGROUND="celery", SEND_RECIPIENTS=5):
        Gateway().send("tell", "x")
        queue.waiting.clear()  # the broker lost it
        row = QueuedSend.objects.get()
        QueuedSend.objects.update(touched_at=row.touched_at - timedelta(hours=1))
        reaper.reap(checks=0, rate=1)
        queue.run()
    posts = [span for span in recorded.spans() if span.name == "post news"]
    expected = ["post news", "send news", "process tell"]
    assert [chain(span, recorded) for span in posts] == [expected]
