"""Connects the library to a Django project when it starts.

What a process may never need, such as checks, endings and sends, is imported when it is
needed: a worker that starts cold pays for little more than the models.
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
from django.db.models.signals import post_save, pre_delete
from django.utils.module_loading import autodiscover_modules

from wsrouter.routing import sender_slot
from wsrouter.wiring import autoreload


class WSRouterConfig(AppConfig):
    name = "wsrouter"
    verbose_name = "WebSockets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        checks.register(_check, "wsrouter")
        checks.register(_check_deployment, "wsrouter", deploy=True)
        _listen()
        sender_slot.install_sender(_sender)
        autoreload.watch_ws_modules()
        autoreload.filter_event_log()
        autodiscover_modules("ws")
        _declare()


def _declare() -> None:
    """Mistakes in a declaration are errors at start."""
    if "wsrouter.routing.router" not in sys.modules and not _names_a_router():
        return
    from wsrouter import conf
    from wsrouter.wiring import routers

    with suppress(conf.ConfigurationError):  # a system check tells of it
        for gateway in conf.gateways().values():
            routers.root_router(gateway)


def _names_a_router() -> bool:
    entries = getattr(settings, "WSROUTER", {})
    return not isinstance(entries, dict) or any(
        not isinstance(each, dict) or each.get("ROUTER") for each in entries.values()
    )


def _listen() -> None:
    """Of models only users are listened to: who listens to the deletion of a model
    makes Django load every row that it deletes."""
    from django.contrib.auth import get_user_model

    def connect(signal: Any, event: str, **more: Any) -> None:
        receiver = partial(_told, event)
        signal.connect(receiver, weak=False, dispatch_uid="wsrouter", **more)

    connect(user_logged_out, "logged_out")
    connect(user_logged_in, "logged_in")
    for model in apps.get_models():
        if issubclass(model, get_user_model()):
            connect(post_save, "saved", sender=model)
            connect(pre_delete, "deleted", sender=model)


def _told(event: str, **told: Any) -> None:
    from wsrouter import receivers

    getattr(receivers, event)(**told)


def _sender() -> Any:
    from wsrouter.wiring import outgoing

    return outgoing.sender()


def _check(**about: Any) -> list[checks.CheckMessage]:
    from wsrouter.checks.settings import CHECKS

    return _all(CHECKS, about)


def _check_deployment(**about: Any) -> list[checks.CheckMessage]:
    from wsrouter.checks import deployment
    from wsrouter.checks.settings import check_secrets

    return _all((check_secrets, *deployment.CHECKS), about)


def _all(
    functions: tuple[Callable[..., list[checks.CheckMessage]], ...], about: Any
) -> list[checks.CheckMessage]:
    return [message for check in functions for message in check(**about)]
