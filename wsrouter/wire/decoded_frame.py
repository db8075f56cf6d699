"""The Frame of an event, which reads most of its facts when somebody asks for them."""

import ipaddress
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any

from wsrouter.routing.frame import EventType, Frame
from wsrouter.wire.mapping import HEADERS

USUAL = [name for name in HEADERS if not name.startswith("Disconnect-")]
"""The headers that every event has; a DecodedFrame is given their `values`."""
_MESSAGE_ID = USUAL.index("Message-Id")


@lru_cache(maxsize=1024)
def _address(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value.partition("%")[0]))
    except ValueError:
        return ""


def _moment(millis: str) -> datetime | None:
    return datetime.fromtimestamp(int(millis) / 1000, UTC) if millis else None


def _fact(name: str, read: Callable[[str], Any] = str) -> Any:
    place = USUAL.index(name)
    return cached_property(lambda frame: read(frame.__dict__["values"][place]))


class DecodedFrame(Frame):
    """Made of its `values` and the time at which it has `arrived`, in seconds."""

    connected_at = _fact("Connected-At", _moment)
    request_id = _fact("Request-Id")
    api_id = _fact("Api-Id")
    stage = _fact("Stage")
    domain_name = _fact("Domain-Name")
    source_ip = _fact("Source-Ip", _address)
    user_agent = _fact("User-Agent")

    @cached_property
    def message_id(self) -> str:
        is_message = self.event_type is EventType.MESSAGE
        return str(self.__dict__["values"][_MESSAGE_ID]) if is_message else ""

    @cached_property
    def received_at(self) -> datetime:
        return datetime.fromtimestamp(self.__dict__["arrived"], UTC)
