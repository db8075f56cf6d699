"""The endpoint, and a page that gets its state and its positions by HTTP."""

from django.http import HttpRequest, JsonResponse
from django.urls import include, path

from tests.faults.site import state
from wsrouter import streams


def page(request: HttpRequest) -> JsonResponse:
    groups = request.GET["groups"].split(",")
    since = streams.positions(groups=groups, user=request.user)
    user = str(request.user.pk)
    rows = {group: state.rows("group", group) for group in groups}
    return JsonResponse(
        {"since": since, "rows": rows | {f"@{user}": state.rows("user", user)}}
    )


urlpatterns = [path("ws/", include("wsrouter.urls")), path("page/", page)]
