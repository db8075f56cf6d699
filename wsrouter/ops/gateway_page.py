"""What the admin shows of a gateway, through the same functions as ws_sync."""

import hashlib
import json
from dataclasses import dataclass

from wsrouter import conf
from wsrouter.catalog.routes import RouteSpec
from wsrouter.sync import render
from wsrouter.sync.plan import Plan, prepare
from wsrouter.sync.publish import publish
from wsrouter.sync.target import Target
from wsrouter.wiring import publisher


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """`fingerprint` tells one plan from another; `lines` are the plan in words."""

    alias: str
    routes: tuple[RouteSpec, ...] = ()
    lines: tuple[str, ...] = ()
    fingerprint: str = ""
    in_sync: bool = False
    error: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What was published from the page."""

    url: str
    lines: tuple[str, ...]
    warnings: tuple[str, ...]


def page(alias: str) -> Page:
    """The gateway's routes and plan; raises WSRouterError."""
    plan = _plan(alias)
    return Page(
        alias=alias,
        routes=publisher.api_spec(alias).routes,
        lines=tuple(render.text(plan).splitlines()),
        fingerprint=_fingerprint(plan),
        in_sync=plan.in_sync,
    )


def publish_page(alias: str, *, seen: str) -> Done | None:
    """Publish the plan with the fingerprint `seen`; None when it is another by now."""
    plan = _plan(alias)
    if _fingerprint(plan) != seen:
        return None
    published = publish(publisher.control_plane(alias), plan)
    return Done(
        url=published.url,
        lines=tuple(render.line(change) for change in plan.changes),
        warnings=published.warnings,
    )


def _plan(alias: str) -> Plan:
    target = Target.of(conf.gateway(alias))
    snapshot = publisher.wanted_snapshot(alias)
    return prepare(publisher.control_plane(alias), target, snapshot)


def _fingerprint(plan: Plan) -> str:
    text = json.dumps([render.values(plan), str(plan.digest)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
