"""The view that issues a ticket to the user of the request's session."""

import math

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST

from wsrouter import conf, tickets
from wsrouter.errors import TooManyTickets
from wsrouter.identity import has_row


@never_cache
@login_not_required
@csrf_protect
@require_POST
def ticket(request: HttpRequest) -> HttpResponse:
    """Answers a POST with Django's session cookie and CSRF token; `?gateway=` chooses
    another gateway than `default`. The status is 401 when the user is not logged in,
    is inactive or has no row in the database, or the session has just ended, 404 for an
    unknown gateway and 429 after too many tickets."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or not has_row(user):
        return _error_response(401, "not_authenticated")
    gateway = request.GET.get("gateway", "default")
    if gateway not in conf.gateways():
        return _error_response(404, "not_found")
    session = getattr(request, "session", None)
    try:
        answer = tickets.issue(user, gateway=gateway, session=session)
    except TooManyTickets as error:
        response = _error_response(429, "throttled")
        response["Retry-After"] = str(math.ceil(error.retry_after))
        return response
    except ValueError:  # an inactive user, or a session that ends at this moment
        return _error_response(401, "not_authenticated")
    return JsonResponse(answer)


def _error_response(status: int, code: str) -> JsonResponse:
    return JsonResponse({"error": {"code": code}}, status=status)
