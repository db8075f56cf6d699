"""The data of a gateway's page in the admin, from the same functions as ws_sync."""

import hashlib
import json
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured

from wsrouter import conf
from wsrouter.catalog.routes import RouteSpec
from wsrouter.errors import WSRouterError
from wsrouter.options.gateway import Gateway
from wsrouter.sync import render
from wsrouter.sync.plan import Plan, prepare
from wsrouter.sync.publish import publish
from wsrouter.sync.target import Target
from wsrouter.wiring import publisher


@dataclass(frozen=True, kw_only=True, slots=True)
class GatewayPage:
    """What the page shows. `lines` are the text of the plan; `fingerprint` identifies
    the plan. `error` says why there is no plan."""

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


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedGateway:
    """A row of the list. `routes` is their number, None where `error` says why they
    are not known."""

    gateway: Gateway
    routes: int | None = None
    error: str = ""


def gateway_list() -> list[ListedGateway]:
    """All configured gateways, without asking AWS. Raises ImproperlyConfigured when the
    setting is wrong."""
    return [_listed(gateway) for gateway in conf.gateways().values()]


def _listed(gateway: Gateway) -> ListedGateway:
    try:
        routes = publisher.api_spec(gateway.alias).routes
    except (WSRouterError, ImproperlyConfigured) as error:
        return ListedGateway(gateway=gateway, error=str(error))
    return ListedGateway(gateway=gateway, routes=len(routes))


def gateway_page(alias: str) -> GatewayPage:
    """The gateway's routes and plan, or the error in place of a plan when AWS cannot be
    asked. Raises WSRouterError and ImproperlyConfigured when the routes are not known.
    """
    routes = publisher.api_spec(alias).routes
    try:
        plan = _plan(alias)
    except (WSRouterError, ImproperlyConfigured) as error:
        return GatewayPage(alias=alias, routes=routes, error=str(error))
    return GatewayPage(
        alias=alias,
        routes=routes,
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
