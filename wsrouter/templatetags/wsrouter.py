"""`{% load wsrouter %}`: tags for an application's templates."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.template import Context
from django.utils.html import json_script
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def ws_url(context: Context, gateway: str = "default") -> str:
    """The URL of a gateway's socket, as `wsrouter.client_url` has it. Raises
    ConfigurationError when it is not known."""
    from wsrouter.wiring.client_url import client_url

    request = getattr(context, "request", None) or context.get("request")
    return client_url(request, gateway)


@register.simple_tag
def ws_positions(
    element_id: str,
    groups: Iterable[str] = (),
    user: Any = None,
    gateway: str = "default",
) -> SafeString:
    """A `<script type="application/json">` with the positions of streams, as
    `wsrouter.streams.positions` has them: put it above what reads the state."""
    from wsrouter.streams import positions

    found = positions(groups=groups, user=user, gateway=gateway)
    return json_script(found, element_id)
