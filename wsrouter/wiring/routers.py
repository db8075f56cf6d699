"""Finds the root router of a gateway. The `ws` modules of apps are discovered as the
admin discovers their `admin` modules."""

import sys
from collections.abc import Iterable, Iterator
from functools import cache

from django.apps import apps
from django.utils.module_loading import autodiscover_modules, import_string

from wsrouter.conf import ConfigurationError
from wsrouter.options.gateway import Gateway
from wsrouter.routing.router import Router
from wsrouter.setting_caches import cleared_by


def discover() -> None:
    """Import the `ws` module of every app that has one."""
    autodiscover_modules("ws")


def root_router(gateway: Gateway) -> Router:
    """The gateway's ROUTER; without one, a router that includes those of all apps.
    Raises ConfigurationError."""
    return _configured_router(gateway) if gateway.router else apps_router()


@cleared_by("INSTALLED_APPS")
@cache
def apps_router() -> Router:
    """A router that includes the `router` of every installed app's `ws` module, except
    those that another app's router includes already."""
    discover()
    names = (f"{config.name}.ws" for config in apps.get_app_configs())
    routers = [router for name in names if (router := _router_in(name))]
    included = [inner for router in routers for inner in _included_routers(router)]
    root = Router()
    for router in routers:
        if router not in included:
            root.include(router)
    return root


def modules_without_router(others: Iterable[Router] = ()) -> tuple[str, ...]:
    """The `ws` modules that serve no route: they have no `router`, and no other router
    includes one of theirs. `others` are root routers beside that of the apps."""
    roots = (apps_router(), *others)
    served = {id(router) for root in roots for router in _included_routers(root)}
    served |= {id(root) for root in roots}
    names = (f"{config.name}.ws" for config in apps.get_app_configs())
    return tuple(
        name
        for name in names
        if name in sys.modules
        and not any(id(value) in served for value in vars(sys.modules[name]).values())
    )


def _included_routers(router: Router) -> Iterator[Router]:
    """The routers that a router includes, at any depth."""
    for include in router.includes:
        yield include.router
        yield from _included_routers(include.router)


def _configured_router(gateway: Gateway) -> Router:
    where = f"WSROUTER[{gateway.alias!r}]['ROUTER']"
    try:
        router = import_string(gateway.router)
    except ImportError as error:
        raise ConfigurationError(f"{where}: {error}") from error
    if not isinstance(router, Router):
        raise ConfigurationError(f"{where}: {gateway.router} is not a Router.")
    return router


def _router_in(module: str) -> Router | None:
    router = getattr(sys.modules.get(module), "router", None)
    if router is not None and not isinstance(router, Router):
        raise ConfigurationError(
            f"{module}.router is {router!r}, which is not a Router."
        )
    return router
