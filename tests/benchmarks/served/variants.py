"""What is asked of every server, and what a good answer is."""

import json
from dataclasses import dataclass
from http.client import HTTPConnection

from django.conf import settings

from tests.benchmarks.site import people, variants

ALONE, BARE = "server alone", "bare view"
_OF_ALL = "tests.benchmarks.served."


@dataclass(frozen=True)
class Variant:
    name: str
    application: str
    path: str
    action: str = "watch"
    status: str = "paid"

    def headers(self) -> dict[str, str]:
        return {**people.headers(self.action), "Content-Type": "application/json"}

    def body(self) -> bytes:
        return variants.body(self.action)


def of(interface: str) -> list[Variant]:
    """Under ASGI the views and handlers are `async def`; but the rival's, which has
    none."""
    a = "a" if interface == "asgi" else ""
    alone = f"{_OF_ALL}alone:{interface}"
    django, door = (
        f"{_OF_ALL}applications:{interface}",
        f"{_OF_ALL}applications:{interface}_door",
    )
    found = [
        Variant(ALONE, alone, "/"),
        Variant(BARE, django, f"/{a}bare/"),
        Variant("endpoint", django, "/ws/", f"{a}watch"),
        Variant("endpoint, connection and user", django, "/ws/", f"{a}mine", "ada"),
        Variant("front door", door, "/ws/", f"{a}watch"),
        Variant("front door, connection and user", door, "/ws/", f"{a}mine", "ada"),
    ]
    if settings.HAS_NINJA:
        found.append(Variant("django-ninja", django, f"/ninja/{a}watch/"))
    if settings.HAS_RIVAL:
        found.append(Variant("rival", django, "/rival/default/", status="ada"))
    return found


def good_answer(variant: Variant, port: int) -> bytes:
    """What it answers, which must be the reply that all give."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", variant.path, variant.body(), variant.headers())
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    assert response.status == 200, (variant, response.status, answer)
    frame = json.loads(answer)
    expected = {"order_id": 7, "status": variant.status}
    assert frame["type"] == "reply", (variant, answer)
    assert frame["id"] == "7", (variant, answer)
    assert frame["payload"] == expected, (variant, answer)
    return answer
