"""Chooses what answers the frames of a gateway, as its settings say."""

from dataclasses import replace
from functools import cache, lru_cache
from typing import Any

from wsrouter import conf
from wsrouter.auth.authentication import Authentication
from wsrouter.registry import ended_sessions, ticket_claims
from wsrouter.registry.open_connections import ConnectionRegistry
from wsrouter.registry.rate_counter import CacheCounter
from wsrouter.routing.failures import Failures
from wsrouter.routing.frame import Frame
from wsrouter.routing.group_rules import GroupRules
from wsrouter.routing.hooks import Hooks
from wsrouter.routing.lifecycle import Lifecycle, crash_answer
from wsrouter.routing.messages import Messages
from wsrouter.routing.outcome import Outcome
from wsrouter.routing.table import table
from wsrouter.setting_caches import cleared_by
from wsrouter.wiring import (
    chosen_envelope,
    contradictions,
    handshake_user,
    process_secret,
    reporting,
    substitutes,
)
from wsrouter.wiring.isolated_hooks import isolated
from wsrouter.wiring.request_user import bind_user
from wsrouter.wiring.routers import root_router
from wsrouter.wiring.watching import tell_end


@cleared_by("WSROUTER", "INSTALLED_APPS", "DEBUG")
@cache
def lifecycle(alias: str) -> Lifecycle:
    """What answers the frames of a gateway."""
    gateway = conf.gateway(alias)
    declared = table(root_router(gateway))
    registry, counter = ConnectionRegistry(group_rules), CacheCounter()
    declared = replace(
        declared,
        disconnects=isolated(declared.disconnects),
        group_rules=replace(declared.group_rules, counter=counter),
    )
    failures = Failures(known=reporting.KNOWN, on_crash=reporting.report_crash)
    authentication = Authentication(
        gateway=gateway,
        claim=ticket_claims.claim,
        has_ended=ended_sessions.has_ended,
        find_user=handshake_user.find,
    )
    return Lifecycle(
        messages=Messages(
            table=declared,
            envelope=chosen_envelope.reader(gateway, reads_since=declared.keeps_events),
            lookup=registry.find,
            counter=counter,
            failures=failures,
            bind_user=bind_user,
            on_contradiction=contradictions.report,
        ),
        hooks=Hooks(table=declared, failures=failures),
        failures=failures,
        registry=registry,
        identify=authentication.identify,
        counter=counter,
        throttles=gateway.connect_throttle,
        on_end=tell_end,
    )


def group_rules(alias: str) -> GroupRules:
    """Who may be in the groups of a gateway. Raises ConfigurationError for a gateway
    that the settings do not have (any more)."""
    return lifecycle(alias).hooks.table.group_rules


def crashed(error: Exception, frame: Frame, request: Any) -> Outcome:
    """Report what kept a frame from being handled, and answer it."""
    reporting.report_crash(frame, request, error)
    return crash_answer(frame, chosen_envelope.reader(conf.gateway(frame.gateway)))


@cleared_by("WSROUTER", "INSTALLED_APPS", "DEBUG")
@lru_cache(maxsize=64)
def accepted_secrets(alias: str) -> tuple[str, ...]:
    """The secrets that prove a request of this gateway. The cache is bounded because
    the alias is not proven yet."""
    if alias not in conf.gateways():
        return ()
    own = filter(None, (substitutes.current.secret, *process_secret.drawn()))
    return (*own, *conf.accepted_secrets(alias))
