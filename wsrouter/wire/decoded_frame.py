"""A Frame that converts most of its values when they are first read."""

import ipaddress
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any

from wsrouter.routing.frame import EventType, Frame
from wsrouter.wire.mapping import HEADERS

ALWAYS_MAPPED = [name for name in HEADERS if not name.startswith("Disconnect-")]
"""The headers that every event has; a DecodedFrame holds their values in `mapped`."""
_MESSAGE_ID = ALWAYS_MAPPED.index("Message-Id")


@lru_cache(maxsize=1024)
def _address(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value.partition("%")[0]))
    except ValueError:
        return ""


def _moment(millis: str) -> datetime | None:
    return datetime.fromtimestamp(int(millis) / 1000, UTC) if millis else None


def _lazy(name: str, read: Callable[[str], Any] = str) -> Any:
    place = ALWAYS_MAPPED.index(name)
    return cached_property(lambda frame: read(frame.__dict__["mapped"][place]))


class DecodedFrame(Frame):
    """Holds the `mapped` values as they were sent, and the time at which the event
    `arrived`, in seconds."""

    connected_at = _lazy("Connected-At", _moment)
    request_id = _lazy("Request-Id")
    api_id = _lazy("Api-Id")
    stage = _lazy("Stage")
    domain_name = _lazy("Domain-Name")
    source_ip = _lazy("Source-Ip", _address)
    user_agent = _lazy("User-Agent")

    @cached_property
    def message_id(self) -> str:
        is_message = self.event_type is EventType.MESSAGE
        return str(self.__dict__["mapped"][_MESSAGE_ID]) if is_message else ""

    @cached_property
    def received_at(self) -> datetime:
        return datetime.fromtimestamp(self.__dict__["arrived"], UTC)
