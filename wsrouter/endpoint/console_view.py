"""The console: a page that shows a gateway's routes and events, and talks to them."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from wsrouter import conf
from wsrouter.endpoint import console_event_view
from wsrouter.endpoint.docs_access import documented_gateway
from wsrouter.options.gateway import Gateway

FOLDER = "wsrouter/console"
MODULES = (
    "api",
    "connection",
    "describe",
    "elements",
    "entry",
    "explain",
    "fields",
    "form",
    "frames",
    "history",
    "javascript",
    "outline",
    "rows",
    "tree",
    "trial",
    "values",
)
CLIENT = "wsrouter/client.js"
"""The page loads each from the URL that staticfiles gives it, hash included: no module
imports another, since a relative import has no hash."""


@never_cache
@login_not_required
@require_safe
def console(request: HttpRequest, alias: str = "default") -> HttpResponse:
    """Answers with 404 unless the gateway's DOCS lets this request see it. With
    `?connection=ID` its events have a form that sends them to that connection."""
    from wsrouter.endpoint import console_csp
    from wsrouter.wire import selection

    gateway = documented_gateway(request, alias)
    urls, problem = _urls(request, gateway)
    context: dict[str, Any] = {
        "gateway": gateway,
        "title": gateway.api_name or gateway.alias,
        "action": selection.parse(gateway.route_selection_expression).key or "",
        "document_url": _url(request, "asyncapi", gateway.alias),
        "other_consoles": dict(_other_consoles(request, gateway)),
        "urls": urls,
        "problem": problem,
        "who": _who(request),
        "modules": {"client": CLIENT}
        | {name: f"{FOLDER}/{name}.js" for name in MODULES},
        "csrf_cookie": _csrf_cookie(),
        **_test_events(request, gateway.alias),
        "policy_sources": " ".join(console_csp.origins(urls.values())),
    }
    response = render(request, "wsrouter/console.html", context)
    return console_csp.allow(request, response, urls.values())


def _test_events(request: HttpRequest, alias: str) -> dict[str, str]:
    """For a page that was opened for one connection, by a user who may send to it."""
    connection_id = request.GET.get("connection", "")
    if not connection_id or not console_event_view.may_send(request):
        return {}
    url = _url(request, "test-event", alias)
    return {"test_url": url, "connection_id": connection_id}


def _csrf_cookie() -> str:
    """Empty where scripts cannot read it: the page then has the token itself."""
    is_hidden = settings.CSRF_USE_SESSIONS or settings.CSRF_COOKIE_HTTPONLY
    return "" if is_hidden else settings.CSRF_COOKIE_NAME


def _urls(request: HttpRequest, gateway: Gateway) -> tuple[dict[str, str], str]:
    """Where the page can connect to, by the name of the place, and what the settings
    lack when that is nowhere."""
    from wsrouter.wiring import chosen_envelope, client_url

    if problem := chosen_envelope.unspoken(gateway, "The console"):
        return {}, problem
    known = client_url.known_urls(gateway, client_url.page_host(request))
    urls = {"local gateway": known.local, "deployed API": known.deployed}
    found = {name: url for name, url in urls.items() if url}
    if found:
        return found, ""
    local = f" On this machine, `manage.py ws_local --gateway {gateway.alias}` runs it."
    return found, known.problem + (local if settings.DEBUG else "")


def _who(request: HttpRequest) -> str:
    """The user of this page. Empty where no middleware says who that is."""
    user = getattr(request, "user", None)
    if user is None:
        return ""
    return str(user.get_username()) if user.is_authenticated else "not logged in"


def _other_consoles(
    request: HttpRequest, gateway: Gateway
) -> Iterator[tuple[str, str]]:
    """The URLs of those that this request may see, by alias."""
    for alias in conf.gateways():
        if alias != gateway.alias:
            with suppress(Http404):
                documented_gateway(request, alias)
                yield alias, _url(request, "console", alias)


def _url(request: HttpRequest, name: str, alias: str) -> str:
    namespace = getattr(request.resolver_match, "namespace", None)
    kwargs = {} if alias == "default" else {"alias": alias}
    return reverse(f"wsrouter:{name}", kwargs=kwargs, current_app=namespace)
