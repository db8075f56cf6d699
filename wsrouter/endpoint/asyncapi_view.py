"""The view that serves the AsyncAPI document of a gateway."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from wsrouter.endpoint.docs_access import documented_gateway
from wsrouter.wiring import chosen_envelope, documents


@never_cache
@login_not_required
@require_safe
def asyncapi(request: HttpRequest, alias: str = "default") -> HttpResponse:
    """Answers with 404 unless the gateway's DOCS lets this request see it."""
    gateway = documented_gateway(request, alias)
    if problem := chosen_envelope.unspoken(gateway, "AsyncAPI"):
        return HttpResponse(problem, status=404, content_type="text/plain")
    text = documents.asyncapi_text(gateway.alias, with_local=True)
    return HttpResponse(text, content_type="application/json")
