"""Chooses what reads and writes the frames of a gateway, as ENVELOPE says."""

from collections.abc import Mapping
from functools import cache, lru_cache

from wsrouter import conf
from wsrouter.options.gateway import Gateway
from wsrouter.routing.envelope_class import Envelope as EnvelopeClass
from wsrouter.routing.ports import Envelope
from wsrouter.setting_caches import cleared_by
from wsrouter.wire import selection
from wsrouter.wire.encode import OWN_FRAMES, FrameWriter
from wsrouter.wire.envelope import Flat, Nested
from wsrouter.wire.envelope_adapter import EnvelopeAdapter


def reader(gateway: Gateway, *, reads_since: bool = False) -> Envelope:
    """What reads the messages of a gateway."""
    if gateway.custom_envelope is not None:
        return _adapter(gateway.custom_envelope)
    key = selection.parse(gateway.route_selection_expression).key
    chosen = Flat if gateway.envelope == "flat" else Nested
    return chosen(key, reads_since)


def writer(gateway: Gateway) -> FrameWriter:
    """What writes replies, errors and events."""
    return custom_writer(gateway) or OWN_FRAMES


def custom_writer(gateway: Gateway) -> FrameWriter | None:
    """None where the gateway has the library's own frames."""
    if gateway.custom_envelope is None:
        return None
    return _adapter(gateway.custom_envelope)


@cleared_by("WSROUTER")
@cache
def custom_writers() -> Mapping[str, FrameWriter | None]:
    """The same for every gateway, by alias."""
    return {alias: custom_writer(found) for alias, found in conf.gateways().items()}


def check_spoken(gateway: Gateway, what: str) -> None:
    """Raises ConfigurationError for an application's own envelope, of which `what`
    knows nothing."""
    if problem := unspoken(gateway, what):
        raise conf.ConfigurationError(problem)


def unspoken(gateway: Gateway, what: str) -> str:
    """The same as a sentence; empty where there is nothing to say."""
    if gateway.custom_envelope is None:
        return ""
    name = type(gateway.custom_envelope).__qualname__
    return (
        f"{what} knows the frames of the envelopes 'nested' and 'flat'. Gateway"
        f" {gateway.alias!r} has its own: {name}."
    )


@lru_cache(maxsize=64)
def _adapter(envelope: EnvelopeClass) -> EnvelopeAdapter:
    return EnvelopeAdapter(envelope)
