"""Answers a page that wants a ticket for the user of its session."""

import math

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST

from wsrouter import conf, tickets
from wsrouter.errors import TooManyTickets


@never_cache
@login_not_required
@csrf_protect
@require_POST
def ticket(request: HttpRequest) -> HttpResponse:
    """POST, with Django's session and CSRF token; `?gateway=` names another gateway
    than `default`. 401 for nobody, 404 for an unknown gateway, 429 for too many."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return _refused(401, "not_authenticated")
    gateway = request.GET.get("gateway", "default")
    if gateway not in conf.gateways():
        return _refused(404, "not_found")
    session = getattr(request, "session", None)
    try:
        answer = tickets.issue(user, gateway=gateway, session=session)
    except TooManyTickets as error:
        response = _refused(429, "throttled")
        response["Retry-After"] = str(math.ceil(error.retry_after))
        return response
    return JsonResponse(answer)


def _refused(status: int, code: str) -> JsonResponse:
    return JsonResponse({"error": {"code": code}}, status=status)
