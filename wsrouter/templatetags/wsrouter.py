"""`{% load wsrouter %}`: tags for an application's templates."""

from django import template
from django.template import Context

register = template.Library()


@register.simple_tag(takes_context=True)
def ws_url(context: Context, gateway: str = "default") -> str:
    """The URL of a gateway's socket, as `wsrouter.client_url` has it. Raises
    ConfigurationError when it is not known."""
    from wsrouter.wiring.client_url import client_url

    request = getattr(context, "request", None) or context.get("request")
    return client_url(request, gateway)
