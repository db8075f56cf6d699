"""The one place where settings choose implementations."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from django.core.signals import setting_changed

from wsrouter import conf, reporting, sending, signals, ticket_store, transactions
from wsrouter.authentication import Authentication
from wsrouter.discovery import root_router
from wsrouter.errors import SendError
from wsrouter.fanout.ports import Transport
from wsrouter.fanout.sender import Sender
from wsrouter.lifecycle import Lifecycle, crash_answer
from wsrouter.routing.delivery import Delivery
from wsrouter.routing.failures import Failures
from wsrouter.routing.frame import Cause, Frame
from wsrouter.routing.hooks import Hooks
from wsrouter.routing.messages import Messages
from wsrouter.routing.outcome import Outcome
from wsrouter.routing.ports import Address, Envelope
from wsrouter.routing.table import Stack, table
from wsrouter.spec.build import build
from wsrouter.spec.gateway import Gateway
from wsrouter.spec.model import ApiSpec
from wsrouter.spec.snapshot import Snapshot
from wsrouter.store import Store
from wsrouter.sync.deployed import Deployed
from wsrouter.sync.ports import ControlPlane
from wsrouter.throttles import CacheCounter
from wsrouter.wire import selection
from wsrouter.wire.envelope import Flat, Nested

_security = logging.getLogger("wsrouter.security")


@dataclass(slots=True)
class Substitutes:
    """What tests put in the place of the network and of the settings' secret."""

    transport: Transport | None = None
    secret: str = ""


_substitutes = Substitutes()


@cache
def lifecycle(alias: str) -> Lifecycle:
    """What answers the frames of a gateway."""
    gateway = conf.gateway(alias)
    declared = table(root_router(gateway))
    declared = replace(declared, disconnects=transactions.apart(declared.disconnects))
    failures = Failures(known=reporting.KNOWN, on_crash=reporting.crashed)
    store, counter = Store(), CacheCounter()
    who = Authentication(gateway=gateway, claim=ticket_store.claim)
    return Lifecycle(
        messages=Messages(
            table=declared,
            envelope=_envelope(gateway),
            lookup=store.find,
            counter=counter,
            failures=failures,
        ),
        hooks=Hooks(table=declared, failures=failures),
        failures=failures,
        registry=store,
        identify=who.identify,
        counter=counter,
        throttles=gateway.connect_throttle,
    )


def crashed(error: Exception, frame: Frame, request: Any) -> Outcome:
    """Report what kept a frame from being handled, and answer it."""
    reporting.crashed(frame, request, error)
    return crash_answer(frame, _envelope(conf.gateway(frame.gateway)))


@cache
def sender() -> Sender:
    """What events and connections send through."""
    return sending.sender(
        substitute=_substitutes.transport,
        forget=forget_all,
        finish=finish,
        on_delivered=_tell,
    )


def transport(alias: str = "default") -> Transport:
    """The way to the sockets of a gateway."""
    return sender().terms(alias).transport


@lru_cache(maxsize=64)
def accepted_secrets(alias: str) -> tuple[str, ...]:
    """The secrets that prove a request of this gateway. Strangers may ask for any."""
    if _substitutes.secret and alias in conf.gateways():
        return (_substitutes.secret, *conf.accepted_secrets(alias))
    return conf.accepted_secrets(alias)


def wanted_snapshot(alias: str = "default", *, secret_needed: bool = True) -> Snapshot:
    """The API as code and settings want it."""
    from wsrouter.sync.desired import wanted

    gateway = conf.gateway(alias)
    return wanted(gateway, api_spec(alias), secret_needed=secret_needed)


def api_spec(alias: str = "default") -> ApiSpec:
    """What the gateway's root router registers."""
    return build(root_router(conf.gateway(alias)))


def local_snapshot(alias: str = "default") -> Snapshot:
    """The same for the local gateway, which needs no settings that only AWS does."""
    from wsrouter.sync.desired import unchecked

    return unchecked(conf.gateway(alias), api_spec(alias))


def control_plane(
    alias: str = "default",
    *,
    endpoint_url: str = "",
    region: str = "",
    profile: str = "",
) -> ControlPlane:
    """The gateway's control plane; what is given wins over the settings."""
    from wsrouter.aws.control_plane import ApiGatewayControlPlane

    gateway = conf.gateway(alias)
    return ApiGatewayControlPlane(
        region=region or gateway.region,
        profile=profile or gateway.aws_profile,
        endpoint_url=endpoint_url or gateway.aws_endpoint_url,
    )


def deployed(
    alias: str = "default",
    *,
    api_id: str = "",
    endpoint_url: str = "",
    region: str = "",
    profile: str = "",
) -> Deployed:
    """The API as it was published. What is given wins over the settings."""
    from wsrouter.sync.reading import published
    from wsrouter.sync.target import Target

    plane = control_plane(
        alias, endpoint_url=endpoint_url, region=region, profile=profile
    )
    return published(plane, Target.of(conf.gateway(alias), api_id=api_id))


@contextmanager
def substituted(*, transport: Transport, secret: str) -> Iterator[None]:
    """For tests: another way to the sockets, and one more secret that proves."""
    before = (_substitutes.transport, _substitutes.secret)
    _substitute(transport, secret)
    try:
        yield
    finally:
        _substitute(*before)


def _substitute(transport: Transport | None, secret: str) -> None:
    _substitutes.transport, _substitutes.secret = transport, secret
    sender.cache_clear()
    accepted_secrets.cache_clear()


def _envelope(gateway: Gateway) -> Envelope:
    key = selection.parse(gateway.route_selection_expression).key
    return Flat(key) if gateway.envelope == "flat" else Nested(key)


def finish(address: Address) -> bool:
    """Close a socket whose session has ended, then forget its row. When API Gateway
    cannot be reached the row stays as it is, expired, for the next sweep."""
    if not close(address):
        return False
    forget(address, Cause.ENDED)
    return True


def close(address: Address) -> bool:
    """Whether a socket is closed now."""
    if address.gateway not in conf.gateways():
        return True  # nobody can close it, and nothing of it will arrive
    try:
        sender().close(address)
    except SendError as error:
        _security.warning("A connection could not be closed: %s", error)
        return False
    return True


def forget(address: Address, cause: Cause = Cause.GONE) -> None:
    """Remove a connection that turned out to be closed, and tell the handlers."""
    if address.gateway in conf.gateways():
        lifecycle(address.gateway).lost(address, cause)
    else:
        Store().forget(address.connection_id, address.gateway)


def forget_all(addresses: Sequence[Address]) -> None:
    """Remove connections that turned out to be closed, in one go where no handler wants
    to be told."""
    silent: dict[str, list[str]] = {}
    for address in addresses:
        if _has_disconnect_handlers(address.gateway):
            forget(address)
        else:
            silent.setdefault(address.gateway, []).append(address.connection_id)
    for gateway, ids in silent.items():
        Store().forget_all(ids, gateway)


def _has_disconnect_handlers(alias: str) -> bool:
    if alias not in conf.gateways():
        return False
    return _has_hooks(lifecycle(alias).hooks.table.disconnects)


def _has_hooks(stack: Stack) -> bool:
    return any(
        not isinstance(each, Stack) or _has_hooks(each) for each in stack.members
    )


def _tell(delivery: Delivery) -> None:
    reporting.delivered(delivery)
    signals.delivered.send_robust(sender=None, delivery=delivery)


def _reset(*, setting: str, **_: Any) -> None:
    if setting in {"WSROUTER", "INSTALLED_APPS", "DEBUG"}:
        lifecycle.cache_clear()
        sender.cache_clear()
        accepted_secrets.cache_clear()


setting_changed.connect(_reset)
