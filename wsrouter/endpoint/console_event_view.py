"""The view that sends a test event to one connection, for the console."""

import json
import logging
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST
from pydantic import ValidationError

from wsrouter import connections
from wsrouter.endpoint.docs_access import documented_gateway
from wsrouter.errors import ConnectionGone, WSRouterError
from wsrouter.routing.event import Event
from wsrouter.wiring import incoming

PERMISSION = "wsrouter.send_test_event"
logger = logging.getLogger("wsrouter.security")


def may_send(request: HttpRequest) -> bool:
    """Whether the user of this request may send test events."""
    user = getattr(request, "user", None)
    return user is not None and user.has_perm(PERMISSION)


@never_cache
@login_not_required
@csrf_protect
@require_POST
def send_event(request: HttpRequest, alias: str = "default") -> HttpResponse:
    """Sends `{"event": ..., "connection": ..., "payload": ...}`. The status is 404 for
    a request that may not see the console, an unknown event and a connection that is
    not open on this gateway, 403 without the permission, 400 for a payload that is not
    the event's, and 502 when API Gateway does not take it."""
    gateway = documented_gateway(request, alias)
    if not may_send(request):
        return _refused(403, f"This needs the permission {PERMISSION}.")
    asked = _asked(request)
    event = _event(gateway.alias, asked.get("event"))
    if event is None:
        return _refused(404, "There is no such event.")
    try:
        connection = connections.get(str(asked.get("connection")))
        if connection.gateway != gateway.alias:
            return _refused(404, "This connection is open on another gateway.")
        delivery = event.send(asked.get("payload"), connection=connection, now=True)
    except ConnectionGone:
        return _refused(404, "This connection is not open any more.")
    except ValidationError as error:
        return _refused(400, str(error))
    except WSRouterError as error:
        return _refused(502, str(error))
    logger.info(
        "User %s sent a test event %s to connection %s.",
        request.user.pk,
        event.name,
        connection.id,
    )
    report = delivery.report
    return JsonResponse({"delivered": report is not None and report.delivered > 0})


def _asked(request: HttpRequest) -> dict[str, Any]:
    """The body; empty for one that is no JSON object."""
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _event(alias: str, name: object) -> Event[Any] | None:
    mounted = incoming.lifecycle(alias).hooks.table.events
    return next((each.event for each in mounted if each.event.name == name), None)


def _refused(status: int, text: str) -> JsonResponse:
    return JsonResponse({"error": text}, status=status)
