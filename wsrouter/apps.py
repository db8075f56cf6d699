"""Connects the library to a Django project when it starts."""

from contextlib import suppress

from django.apps import AppConfig


class WSRouterConfig(AppConfig):
    name = "wsrouter"
    verbose_name = "WebSockets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from wsrouter import (
            account_events,
            assembly,
            checks,
            conf,
            deployment_checks,
            discovery,
            reloading,
        )

        checks.register()
        deployment_checks.register()
        account_events.listen()
        assembly.install()
        reloading.watch()
        reloading.hush()
        discovery.discover()
        with suppress(conf.ConfigurationError):  # a system check tells of it
            for gateway in conf.gateways().values():
                discovery.root_router(gateway)
