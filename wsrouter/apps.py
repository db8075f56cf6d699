"""Connects the library to a Django project when it starts.

Checks, receivers and senders are imported when they are first used, so that a process
that starts cold imports little more than the models.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.core import checks
from django.core.signals import request_finished, request_started
from django.db.models.signals import post_save, pre_delete
from django.utils.module_loading import autodiscover_modules

from wsrouter.routing import presence_slot, sender_slot
from wsrouter.wire import mapping
from wsrouter.wiring import (
    after_response,
    autoreload,
    crash_mails,
    local_function,
    session_stores,
)

_EVENT_TYPE = mapping.HEADERS["Event-Type"].environ_key
_EVENT_HEADER = f"{mapping.PREFIX}Event-Type".lower().encode()


class WSRouterConfig(AppConfig):
    name = "wsrouter"
    verbose_name = "WebSockets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        checks.register(_check, "wsrouter")
        checks.register(_check_deployment, "wsrouter", deploy=True)
        _connect_receivers()
        session_stores.wrap()
        sender_slot.install_sender(_sender)
        presence_slot.install_presences(_presences)
        autoreload.watch_ws_modules()
        autoreload.filter_event_log()
        crash_mails.limit()
        autodiscover_modules("ws")
        _check_declarations()
        local_function.serve()


def _check_declarations() -> None:
    """Build the routers, so that a wrong declaration is an error at start."""
    if "wsrouter.routing.router" not in sys.modules and not _has_router_setting():
        return
    from wsrouter import conf
    from wsrouter.wiring import routers

    with suppress(conf.ConfigurationError):  # a system check reports it
        for gateway in conf.gateways().values():
            routers.root_router(gateway)


def _has_router_setting() -> bool:
    entries = getattr(settings, "WSROUTER", {})
    return not isinstance(entries, dict) or any(
        not isinstance(entry, dict) or entry.get("ROUTER") for entry in entries.values()
    )


def _connect_receivers() -> None:
    """Deletions are received for user models only: where a model has a receiver, Django
    has to load every row that it deletes."""
    from django.contrib.auth import get_user_model

    def connect(signal: Any, name: str, **options: Any) -> None:
        receiver = partial(_receive, name)
        signal.connect(receiver, weak=False, dispatch_uid="wsrouter", **options)

    request_started.connect(after_response.begin, dispatch_uid="wsrouter")
    request_finished.connect(after_response.end, dispatch_uid="wsrouter")
    request_started.connect(_clean_handshake, dispatch_uid="wsrouter.handshake")
    connect(user_logged_out, "on_logout")
    connect(user_logged_in, "on_login")
    for model in apps.get_models():
        if issubclass(model, get_user_model()):
            connect(post_save, "on_user_saved", sender=model)
            connect(pre_delete, "on_user_deleted", sender=model)


def _receive(name: str, **arguments: Any) -> None:
    from wsrouter import receivers

    getattr(receivers, name)(**arguments)


def _clean_handshake(*, environ: Any = None, scope: Any = None, **_: Any) -> None:
    """Clean a handshake before any middleware sees it. Every request of the project
    comes by here, so nothing is imported before it is known to be one."""
    if environ is not None and environ.get(_EVENT_TYPE) == "CONNECT":
        from wsrouter.endpoint import handshake_cleaning

        handshake_cleaning.clean_environ(environ)
    elif scope is not None and dict(scope["headers"]).get(_EVENT_HEADER) == b"CONNECT":
        from wsrouter.endpoint import handshake_cleaning

        handshake_cleaning.clean_scope(scope)


def _sender() -> Any:
    from wsrouter.wiring import outgoing

    return outgoing.sender()


def _presences() -> Any:
    from wsrouter.wiring import presences

    return presences


def _check(**options: Any) -> list[checks.CheckMessage]:
    from wsrouter.checks import isolation_level, keeping, settings

    known = *settings.CHECKS, *isolation_level.CHECKS, *keeping.CHECKS
    return _run(known, options)


def _check_deployment(**options: Any) -> list[checks.CheckMessage]:
    from wsrouter.checks import deployment, events
    from wsrouter.checks.settings import check_secrets

    return _run((check_secrets, *deployment.CHECKS, *events.CHECKS), options)


def _run(
    functions: tuple[Callable[..., list[checks.CheckMessage]], ...], options: Any
) -> list[checks.CheckMessage]:
    return [message for check in functions for message in check(**options)]
