"""The data of a gateway's page in the admin, from the same functions as ws_sync."""

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
class GatewayPage:
    """What the page shows. `lines` are the text of the plan; `fingerprint` identifies
    the plan."""

    alias: str
    routes: tuple[RouteSpec, ...] = ()
    lines: tuple[str, ...] = ()
    fingerprint: str = ""
    in_sync: bool = False
    error: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Publication:
    """The result of publishing from the page; `lines` are its changes."""

    url: str
    lines: tuple[str, ...]
    warnings: tuple[str, ...]


def gateway_page(alias: str) -> GatewayPage:
    """The gateway's routes and plan; raises WSRouterError."""
    plan = _plan(alias)
    return GatewayPage(
        alias=alias,
        routes=publisher.api_spec(alias).routes,
        lines=tuple(render.plan_text(plan).splitlines()),
        fingerprint=_fingerprint(plan),
        in_sync=plan.in_sync,
    )


def publish_if_unchanged(alias: str, *, fingerprint: str) -> Publication | None:
    """Publish the plan that has this fingerprint; None when the plan has changed."""
    plan = _plan(alias)
    if _fingerprint(plan) != fingerprint:
        return None
    published = publish(publisher.control_plane(alias), plan)
    return Publication(
        url=published.url,
        lines=tuple(render.change_line(change) for change in plan.changes),
        warnings=published.warnings,
    )


def _plan(alias: str) -> Plan:
    target = Target.of(conf.gateway(alias))
    snapshot = publisher.wanted_snapshot(alias)
    return prepare(publisher.control_plane(alias), target, snapshot)


def _fingerprint(plan: Plan) -> str:
    text = json.dumps([render.json_values(plan), str(plan.digest)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
