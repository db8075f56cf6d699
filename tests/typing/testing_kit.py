"""What the types of the test kit say: `ignore` stands for mistakes that are found."""

from collections.abc import Callable
from typing import Any, assert_type

from django.test import LiveServerTestCase

from wsrouter import Delivery, Event
from wsrouter.testing import (
    AsyncWebSocketClient,
    CapturedEvents,
    Gap,
    LiveGateway,
    LiveGatewayMixin,
    SentEvent,
    Subscription,
    WebSocketClient,
    captured_events,
    faults,
)


async def in_an_async_test(
    client: AsyncWebSocketClient, make: Callable[..., AsyncWebSocketClient]
) -> None:
    async with client as same:
        assert_type(same, AsyncWebSocketClient)
    assert_type(await client.connect(query="x=1"), AsyncWebSocketClient)
    assert_type(await client.receive("told"), dict[str, Any])
    assert_type(await client.frames, list[dict[str, Any]])
    assert_type(await client.gaps, list[Gap])
    assert_type(await client.is_open, bool)
    assert_type(await client.close_code, int | None)
    assert_type(await client.subscribe("watch"), Subscription)
    assert_type(await client.wait_closed(), int)
    async with client.offline(), faults.gone(client), captured_events() as sent:
        assert_type(sent, CapturedEvents)
    await client.call("watch", paylod=1)  # type: ignore[call-arg]
    await client.connect(source="203.0.113.9")  # type: ignore[call-arg]


def what_was_sent(event: Event[str], client: WebSocketClient) -> None:
    with captured_events() as sent:
        event.send("x", everyone=True)
    assert_type(sent[0], SentEvent)
    assert_type(sent.assert_sent(event, "x", group="tea", times=1), SentEvent)
    assert_type(sent.deliveries, list[Delivery])
    sent.assert_sent(event, grup="tea")  # type: ignore[call-arg]
    with faults.throttled(client, times=2), faults.slow(seconds=0.1):
        assert_type(client.wait_closed(), int)
    faults.slow(client)  # type: ignore[call-arg]


class LiveTests(LiveGatewayMixin, LiveServerTestCase):
    def test_urls(self) -> None:
        assert_type(self.ws_url, str)
        with LiveGateway(self.live_server_url, gateway="default") as live:
            assert_type(live.url, str)
