"""The gateways that checks look at, and what their routers declare."""

from django.core.exceptions import ImproperlyConfigured

from wsrouter import conf
from wsrouter.errors import DeclarationError
from wsrouter.options.gateway import Gateway
from wsrouter.routing.table import Table, table
from wsrouter.wiring.routers import root_router


def configured_gateways() -> list[Gateway]:
    """Empty while the setting is wrong: E001 reports that."""
    try:
        return list(conf.gateways().values())
    except ImproperlyConfigured:
        return []


def declared(gateway: Gateway) -> Table | None:
    """None while its router cannot be read: E002 reports that."""
    try:
        return table(root_router(gateway))
    except (ImproperlyConfigured, DeclarationError):
        return None
