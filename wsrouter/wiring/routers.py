"""Finds the root router of a gateway, as the admin finds every app's `admin` module."""

import sys
from collections.abc import Iterator
from functools import cache

from django.apps import apps
from django.utils.module_loading import autodiscover_modules, import_string

from wsrouter.conf import ConfigurationError
from wsrouter.options.gateway import Gateway
from wsrouter.routing.router import Router
from wsrouter.setting_caches import cleared_by


def discover() -> None:
    """Import every app's `ws` module, so that what it declares is known."""
    autodiscover_modules("ws")


def root_router(gateway: Gateway) -> Router:
    """The gateway's ROUTER, or all routers of all apps; raises ConfigurationError."""
    return _named(gateway) if gateway.router else of_all_apps()


@cleared_by("INSTALLED_APPS")
@cache
def of_all_apps() -> Router:
    """Includes the `router` of every installed app's `ws` module, unless another one of
    them includes it already."""
    discover()
    names = (f"{config.name}.ws" for config in apps.get_app_configs())
    routers = [router for name in names if (router := _router_of(name))]
    inner = [each for router in routers for each in _below(router)]
    root = Router()
    for router in routers:
        if router not in inner:
            root.include(router)
    return root


def without_router() -> tuple[str, ...]:
    """The `ws` modules that are imported for nothing: they have no `router`, and none
    of their routers is included by another one."""
    served = {id(each) for each in _below(of_all_apps())}
    found = (f"{config.name}.ws" for config in apps.get_app_configs())
    return tuple(
        name
        for name in found
        if name in sys.modules
        and not any(id(each) in served for each in vars(sys.modules[name]).values())
    )


def _below(router: Router) -> Iterator[Router]:
    for include in router.includes:
        yield include.router
        yield from _below(include.router)


def _named(gateway: Gateway) -> Router:
    where = f"WSROUTER[{gateway.alias!r}]['ROUTER']"
    try:
        router = import_string(gateway.router)
    except ImportError as error:
        raise ConfigurationError(f"{where}: {error}") from error
    if not isinstance(router, Router):
        raise ConfigurationError(f"{where}: {gateway.router} is no Router.")
    return router


def _router_of(module: str) -> Router | None:
    router = getattr(sys.modules.get(module), "router", None)
    if router is not None and not isinstance(router, Router):
        raise ConfigurationError(f"{module}.router is no Router but {router!r}.")
    return router
