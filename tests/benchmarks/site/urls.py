"""The endpoint beside a bare view and the others that are compared."""

import orjson
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from tests.benchmarks.site import settings


@csrf_exempt
def bare(request: HttpRequest) -> HttpResponse:
    """What every answer costs at least: one JSON document in, one out."""
    frame = orjson.loads(request.body)
    payload = {"order_id": frame["payload"]["order_id"], "status": "paid"}
    answer = {"type": "reply", "action": "watch", "id": frame["id"], "payload": payload}
    return HttpResponse(orjson.dumps(answer), content_type="application/json")


@csrf_exempt
async def abare(request: HttpRequest) -> HttpResponse:
    return bare(request)


included = [path("", bare, name="endpoint"), path("ticket/", bare, name="ticket")]
urlpatterns = [
    path("bare/", bare),
    path("ws/", include("wsrouter.urls")),
    path("included/", include((included, "app"))),
    path("abare/", abare),
]
if settings.HAS_NINJA:
    from tests.benchmarks.site.ninja_api import api

    urlpatterns.append(path("ninja/", api.urls))
if settings.HAS_RIVAL:
    from tests.benchmarks.site.rival_view import Rival

    urlpatterns.append(path("rival/<slug:route>/", Rival.as_view()))
